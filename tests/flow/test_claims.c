/* Fields asked for by name (OIDC Core 5.5), in UserInfo and in the ID token. */
#include <criterion/criterion.h>

#include "http/url.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
    a_city->scope = b_city->scope = "openid";
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(claims_flow, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

static const char *asking(const char *claims)
{
    const char *text;
    struct buf b;

    buf_open(&b, a(), 16384);
    buf_put_text(&b, "claims=");
    url_put_encoded(&b, view_text(claims));
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

/* She goes all the way; what optional fields she gives stand in hanako->ticks. */
static struct tokens opens(struct service *s, const char *claims)
{
    cr_assert(browser_get(browser, service_begin(s, asking(claims))));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s", browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static int64_t leaves_of(const char *via)
{
    return provider_number(genkan, arena_printf(a(),
                                                "SELECT count(*) FROM ledger_event WHERE event LIKE "
                                                "'%%\"disclosed\"%%' AND event LIKE '%%\"via\":\"%s\"%%'",
                                                via));
}

/* --- refused ---------------------------------------------------------------------------------------------------- */

Test(claims_flow, what_is_malformed_is_told_the_service)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(a_city, asking("{\"userinfo\":[]}"))));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request");
}

Test(claims_flow, a_field_that_is_not_registered_is_neither_shown_nor_given)
{
    cr_assert(browser_get(browser, service_begin(a_city, asking("{\"userinfo\":{\"birthdate\":{\"essential\":true}},"
                                                                "\"id_token\":{\"gender\":null}}"))));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_null(json_member(t.claims, "gender"));
    cr_assert_null(json_member(service_userinfo(a_city, t.access, NULL), "birthdate"));
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM wish"), 1);
}

Test(claims_flow, another_subject_than_the_one_that_is_named_is_refused)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_assert(browser_get(browser, service_begin(a_city, arena_printf(a(), "prompt=none&%s",
                                                                      asking("{\"id_token\":{\"sub\":{\"value\":"
                                                                             "\"nobody\"}}}")))));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "login_required");
}

Test(claims_flow, what_she_refuses_is_absent_and_what_she_was_not_asked_is_asked)
{
    struct tokens t = opens(a_city, "{\"userinfo\":{\"name\":null,\"age_over_65\":{\"essential\":true}}}");
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_assert_not_null(json_member(claims, "name"));
    cr_assert_null(json_member(claims, "age_over_65"), "optional, and not ticked");
    cr_assert_null(json_member(claims, "address"), "registered, and not asked");
    cr_assert(browser_get(browser, service_begin(a_city, asking("{\"id_token\":{\"address\":null}}"))));
    cr_assert_eq(browser_at(browser), AT_CONSENT, "another place is the same field, but another field is asked anew");
}

/* --- given ------------------------------------------------------------------------------------------------------ */

Test(claims_flow, the_id_token_carries_what_was_asked_in_it_and_the_ledger_says_so)
{
    static const char *const ticks[] = {"give-municipality=yes", NULL};

    hanako->ticks = ticks;
    struct tokens t = opens(b_city, "{\"id_token\":{\"name\":null},\"userinfo\":{\"municipality\":null}}");
    cr_assert_str_eq(claim(b_city, t.claims, "name"), "大阪　花子");
    cr_assert_not_null(json_member(json_member(t.claims, "sources"), "name"));
    cr_assert_null(json_member(t.claims, "municipality"));
    cr_assert_eq(leaves_of("id_token"), 1);
    const struct json *claims = service_userinfo(b_city, t.access, NULL);
    cr_assert_not_null(json_member(claims, "municipality"));
    cr_assert_null(json_member(claims, "name"));
    cr_assert_eq(leaves_of("userinfo"), 1);
    cr_assert(provider_ledger_is_whole(genkan));
}

Test(claims_flow, the_history_says_that_a_field_went_out_in_the_id_token)
{
    struct browser *b = &hanako->browser;
    (void)opens(b_city, "{\"id_token\":{\"name\":null}}");
    cr_assert(browser_get(b, PROVIDER_ISSUER "/me/history"));
    cr_expect(browser_says(b, "ログインの結果（IDトークン）と一緒に") && !browser_says(b, "そのほか"));
    cr_assert(PRESS(b, "/lang", "lang=en"));
    cr_assert(browser_get(b, PROVIDER_ISSUER "/me/history"));
    cr_expect(browser_says(b, "With the login, in the ID token") && !browser_says(b, "Otherwise"));
    cr_assert(PRESS(b, "/lang", "lang=ja-simple"));
    cr_assert(browser_get(b, PROVIDER_ISSUER "/me/history"));
    cr_expect(browser_says(b, "ログインの ときに 渡しました"));
}

Test(claims_flow, a_refreshed_id_token_carries_them_with_a_leaf_of_its_own)
{
    struct tokens t = opens(b_city, "{\"id_token\":{\"name\":null}}");

    t = service_refresh(b_city, t.refresh);
    cr_assert_eq(t.status, 200);
    cr_assert_str_eq(claim(b_city, t.claims, "name"), "大阪　花子");
    cr_assert_eq(leaves_of("id_token"), 2);
}

Test(claims_flow, a_value_that_is_not_the_one_asked_for_stays)
{
    struct tokens t = opens(b_city, "{\"id_token\":{\"name\":{\"value\":\"somebody else\"}}}");

    cr_assert_null(json_member(t.claims, "name"));
    cr_assert_eq(leaves_of("id_token"), 0);
    t = opens(b_city, "{\"id_token\":{\"name\":{\"values\":[\"somebody else\",\"大阪　花子\"]}}}");
    cr_assert_not_null(json_member(t.claims, "name"));
}

Test(claims_flow, the_same_wish_is_written_once)
{
    static const char claims[] = "{\"userinfo\":{\"name\":null}}";

    opens(a_city, claims);
    opens(a_city, "{\"userinfo\":{\"name\":{\"essential\":true},\"nickname\":null}}");
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM wish"), 1);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM family WHERE wish IS NOT NULL"), 2);
    cr_assert(browser_get(browser, service_begin(a_city, asking(claims))));
    IS_AT(browser, AT_ELSEWHERE);
}

Test(claims_flow, a_request_without_it_keeps_nothing)
{
    cr_assert(resident_visits(hanako, a_city));
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM wish"), 0);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM family WHERE wish IS NOT NULL"), 0);
}

Test(claims_flow, claims_can_be_pushed)
{
    const char *form = service_request(a_city, asking("{\"userinfo\":{\"name\":null}}"));

    cr_assert(browser_get(browser, service_at(a_city, service_push(a_city, form, NULL))));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_not_null(json_member(service_userinfo(a_city, t.access, NULL), "name"));
}

/* OIDC Core 5.2: there is one writing of everything, whatever is liked better. */
Test(claims_flow, claims_locales_bring_no_other_writing)
{
    struct view name;
    const struct json *j;

    cr_assert(browser_get(
        browser, service_begin(a_city, arena_printf(a(), "claims_locales=en%%20ja-Kana-JP&%s",
                                                    asking("{\"userinfo\":{\"name\":null,\"name#ja-Kana-JP\":null,"
                                                           "\"name#en\":{\"essential\":true},\"website\":null}}")))));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_assert_str_eq(claim(a_city, claims, "name"), "大阪　花子");
    for (size_t i = 0; json_member_at(claims, i, &name, &j); i++)
        cr_assert_eq(view_index(name, '#'), name.n, "%.*s", (int)name.n, (const char *)name.p);
}

/* --- how she logged in ------------------------------------------------------------------------------------------ */

static const char *error_of(const char *more)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(a_city, more)));
    service_receive(a_city, browser, &error);
    return error;
}

Test(claims_flow, an_essential_acr_that_nobody_can_have_is_refused_before_she_takes_her_card)
{
    cr_assert_str_eq(error_of(asking("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"aal4\"]}}}")),
                     "unmet_authentication_requirements");
    cr_assert(resident_visits(hanako, a_city));
    cr_assert_str_eq(error_of(asking("{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"aal4\"}}}")),
                     "unmet_authentication_requirements");
}

Test(claims_flow, an_acr_that_is_not_essential_refuses_nothing_and_the_true_one_comes_back)
{
    struct tokens t = opens(a_city, "{\"id_token\":{\"acr\":{\"values\":[\"aal4\"]}}}");

    cr_assert_str_eq(claim(a_city, t.claims, "acr"), "aal3");
    t = opens(a_city, "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"aal4\",\"aal3\"]}}}");
    cr_assert_str_eq(claim(a_city, t.claims, "acr"), "aal3");
}

Test(claims_flow, a_registered_max_age_asks_for_the_card_again)
{
    service_update(a_city, "\"sector\":", "\"default_max_age\":60,\"sector\":");
    cr_assert(resident_visits(hanako, a_city));
    cr_assert_null(error_of("prompt=none"));
    provider_pass(genkan, 61);
    cr_assert_str_eq(error_of("prompt=none"), "login_required");
    cr_assert_null(error_of("prompt=none&max_age=600"), "the request says something else");
}

Test(claims_flow, login_hint_display_and_locales_do_no_harm)
{
    cr_assert(browser_get(browser, service_begin(a_city, "login_hint=hanako&display=popup&ui_locales=en%20ja")));
    IS_AT(browser, AT_LOGIN);
    cr_assert(browser_says(browser, "lang=\"en\""));
}
