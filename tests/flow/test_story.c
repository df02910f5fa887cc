/* The story: Hanako logs in with her card, two booking services receive what she agreed to, she logs out. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(story, .init = open_stage, .fini = close_stage);

#define NAME "大阪　花子" /* as on the card, with its wide space */

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* The error a request without any page gets; NULL: a code. */
static const char *asks_silently(struct service *s)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(s, "prompt=none")));
    service_receive(s, browser, &error);
    return error;
}

Test(story, hanako_logs_in_and_a_city_gets_what_she_agreed_to)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    IS_AT(browser, AT_LOGIN);
    cr_assert(browser_says(browser, "A市 施設予約"), "she is told who asks");

    cr_assert(resident_goes_on(hanako));
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, NULL));

    IS_AT(browser, AT_PROFILE);
    cr_assert(PRESS(browser, "/profile", "do=read"));
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, NULL));

    IS_AT(browser, AT_CONSENT);
    cr_assert(browser_says(browser, NAME), "she sees the value");
    cr_assert(browser_says(browser, "予約者の確認"), "and what it is for");
    cr_assert(PRESS(browser, "/consent", "do=allow", "give-age_over_65=yes"));

    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    cr_assert_null(json_member(t.claims, "name"), "fields leave through UserInfo only");
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    bool over_65;
    cr_assert_str_eq(claim(a_city, claims, "sub"), t.sub);
    cr_assert_str_eq(claim(a_city, claims, "name"), NAME);
    cr_assert(json_is_object(json_member(claims, "address")));
    cr_assert(json_bool(json_member(claims, "age_over_65"), &over_65) && over_65);
    cr_assert_null(json_member(claims, "interests"), "she did not tick it");
    cr_assert_null(json_member(claims, "birthdate"), "nobody asked for it");
    cr_assert(provider_ledger_is_whole(genkan));
}

Test(story, the_second_service_opens_without_card_and_knows_her_under_another_sub)
{
    struct tokens at_a = opens(a_city);
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    IS_AT(browser, AT_CONFIRM);
    cr_assert(browser_says(browser, NAME), "whose session it is");
    cr_assert(PRESS(browser, "/confirm", "do=continue"));
    IS_AT(browser, AT_CONSENT);
    cr_assert(PRESS(browser, "/consent", "do=allow"));
    struct tokens at_b = service_redeem(b_city, service_receive(b_city, browser, NULL));
    cr_assert_eq(at_b.status, 200, "%s", at_b.error);
    cr_assert_str_neq(at_a.sub, at_b.sub);
    cr_assert_str_neq(claim(a_city, at_a.claims, "sid"), claim(b_city, at_b.claims, "sid"));
    const struct json *claims = service_userinfo(b_city, at_b.access, NULL);
    cr_assert_str_eq(claim(b_city, claims, "name"), NAME);
    cr_assert_null(json_member(claims, "municipality"), "she did not tick it");
    cr_assert_null(json_member(claims, "address"), "B never asked");
}

/* Another service of A's sector. */
static const char LIBRARY[] =
    "{\"client_name\":\"A市 図書館\",\"client_name#en\":\"A City library\",\"profile\":\"muni\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://library.localhost:8083/cb\"],"
    "\"backchannel_logout_uri\":\"http://127.0.0.1:%u/logout\",\"backchannel_logout_session_required\":true,"
    "\"token_endpoint_auth_method\":\"client_secret_basic\",\"grant_types\":[\"authorization_code\","
    "\"refresh_token\",\"urn:ietf:params:oauth:grant-type:token-exchange\"],"
    "\"policy_uri\":\"http://library.localhost:8083/privacy\",\"contacts\":[\"help@a-city.example\"],\"fields\":["
    "{\"id\":\"name\",\"required\":true,\"purpose\":\"貸出\",\"purpose#en\":\"to lend\"}]}";

static const char *exchanges(struct service *s, const char *token)
{
    const struct json *answer;
    service_call(s, "/token",
                 arena_printf(&s->channel.a,
                              "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=%s"
                              "&subject_token_type=urn:ietf:params:oauth:token-type:access_token"
                              "&audience=" PROVIDER_ISSUER "&scope=openid",
                              token),
                 NULL, &answer);
    cr_assert_not_null(claim(s, answer, "access_token"), "%s", claim(s, answer, "error"));
    return claim(s, answer, "access_token");
}

static const char *sub_at_userinfo(struct service *s, const char *access)
{
    return claim(s, service_userinfo(s, access, NULL), "sub");
}

/* OIDC Core 8.1: in whatever way she is named to it. */
Test(story, two_services_of_one_sector_know_her_under_one_sub)
{
    struct service library = {.id = "library",
                              .secret = "the secret of the library, 0123456789",
                              .redirect_uri = "http://library.localhost:8083/cb",
                              .scope = "openid name"};
    service_open(&library, genkan, LIBRARY);
    struct tokens at_a = opens(a_city), t = opens(&library);
    cr_expect_str_eq(t.sub, at_a.sub);
    cr_expect_str_eq(sub_at_userinfo(&library, t.access), at_a.sub);
    cr_expect_str_eq(sub_at_userinfo(&library, exchanges(&library, t.access)), at_a.sub, "exchanged");
    struct tokens next = service_refresh(&library, t.refresh);
    cr_assert_eq(next.status, 200, "%s", next.error);
    cr_expect_str_eq(next.sub, at_a.sub, "refreshed");
    cr_expect_str_eq(sub_at_userinfo(&library, next.access), at_a.sub, "refreshed");
    cr_expect_str_neq(claim(&library, t.claims, "sid"), claim(a_city, at_a.claims, "sid"), "each has its own session");
    cr_assert(resident_logs_out(hanako));
    cr_assert_eq(provider_deliver(genkan), 2);
    cr_expect_str_eq(claim(&library, service_last_logout(&library), "sub"), at_a.sub, "logged out");
    service_close(&library);
}

Test(story, afterwards_single_sign_on_is_silent_and_her_sub_stays)
{
    struct tokens first = opens(a_city);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    struct tokens second = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(second.status, 200);
    cr_assert_str_eq(first.sub, second.sub);
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert_not_null(service_receive(a_city, browser, NULL));
}

Test(story, silence_needs_a_login_and_a_consent)
{
    cr_assert_str_eq(asks_silently(a_city), "login_required");
    opens(a_city);
    cr_assert_null(asks_silently(a_city));
    cr_assert_str_eq(asks_silently(b_city), "interaction_required", "B has never been opened in this session");
    opens(b_city);
    cr_assert_null(asks_silently(b_city));
}

Test(story, log_out_at_genkan_closes_both)
{
    struct tokens at_a = opens(a_city), at_b = opens(b_city);
    int status;
    provider_pass(genkan, 5);
    cr_assert(resident_logs_out(hanako));
    cr_assert(browser_says(browser, "A市 施設予約") && browser_says(browser, "B市 施設予約"));
    cr_assert_eq(provider_deliver(genkan), 2);

    const struct json *told = service_last_logout(a_city);
    cr_assert_str_eq(claim(a_city, told, "sid"), claim(a_city, at_a.claims, "sid"));
    cr_assert(
        json_is_object(json_member(json_member(told, "events"), "http://schemas.openid.net/event/backchannel-logout")));
    cr_assert_null(json_member(told, "nonce"), "Back-Channel Logout 1.0, 2.4");
    told = service_last_logout(b_city);
    cr_assert_str_eq(claim(b_city, told, "sid"), claim(b_city, at_b.claims, "sid"));

    service_userinfo(a_city, at_a.access, &status);
    cr_assert_eq(status, 401);
    cr_assert_str_eq(service_refresh(b_city, at_b.refresh).error, "invalid_grant");
    cr_assert_str_eq(asks_silently(a_city), "login_required");
    cr_assert_str_eq(asks_silently(b_city), "login_required");
    cr_assert_eq(provider_deliver(genkan), 0, "each is told once");
}

Test(story, a_service_may_send_her_to_log_out_and_gets_her_back)
{
    struct tokens t = opens(a_city);
    const char *url = arena_printf(&browser->a,
                                   "/end_session?id_token_hint=%s&state=xyz&post_logout_redirect_uri="
                                   "http%%3A%%2F%%2Fa-city.localhost%%3A8081%%2Fbye",
                                   t.id_token);
    cr_assert(browser_get(browser, url));
    if (browser_at(browser) == AT_LOGOUT_CONFIRM)
        cr_assert(PRESS(browser, "/end_session", "do=logout"));
    IS_AT(browser, AT_ELSEWHERE);
    cr_assert_str_eq(browser->url, "http://a-city.localhost:8081/bye?state=xyz");
    cr_assert_str_eq(asks_silently(a_city), "login_required");
}

Test(story, log_out_without_her_word_asks_first_and_never_sends_her_elsewhere)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/end_session?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F"));
    IS_AT(browser, AT_LOGOUT_CONFIRM);
    cr_assert(PRESS(browser, "/end_session", "do=stay"));
    cr_assert_null(asks_silently(a_city), "she stayed");
    cr_assert(browser_get(browser, "/end_session?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F"));
    cr_assert(PRESS(browser, "/end_session", "do=logout"));
    cr_assert(!browser->elsewhere);
    cr_assert_str_eq(asks_silently(a_city), "login_required");
}

Test(story, the_auditor_sees_who_received_which_field)
{
    struct tokens t = opens(a_city);
    service_userinfo(a_city, t.access, NULL);
    const char *list = provider_ledger_list(genkan, "a-city");
    cr_assert(strstr(list, "disclosed") && strstr(list, "name") && strstr(list, "address"), "%s", list);
    cr_assert_null(strstr(list, "花子"), "never values");
    cr_assert_null(strstr(provider_ledger_list(genkan, "b-city"), "disclosed"));
    cr_assert(provider_ledger_is_whole(genkan));
}

Test(story, no_leaf_no_data)
{
    struct tokens t = opens(a_city);
    static const char COUNT[] = "SELECT count(*) FROM ledger_event WHERE class = 5";
    int64_t before = provider_number(genkan, COUNT);
    service_userinfo(a_city, t.access, NULL);
    service_userinfo(a_city, t.access, NULL);
    cr_assert_eq(provider_number(genkan, COUNT), before + 2, "every release is a leaf of its own");
}

Test(story, everything_lives_through_a_restart)
{
    struct tokens at_a = opens(a_city), at_b = opens(b_city);
    provider_restart(genkan);
    browser_move(browser, genkan->port);
    browser_move(&a_city->channel, genkan->port);
    browser_move(&b_city->channel, genkan->port);
    cr_assert_null(asks_silently(a_city));
    cr_assert_not_null(service_userinfo(a_city, at_a.access, NULL));
    cr_assert_eq(service_refresh(b_city, at_b.refresh).status, 200);
    cr_assert(provider_ledger_is_whole(genkan));
}

Test(story, whoever_skips_the_profile_can_use_what_needs_only_sub)
{
    a_city->scope = "openid";
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(t.status, 200);
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_assert_str_eq(claim(a_city, claims, "sub"), t.sub);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM profile WHERE field <> ''"), 0);
}

Test(story, a_required_field_that_is_not_there_can_only_be_read_or_refused)
{
    const char *error;
    hanako->skips_profile = true;
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert_null(browser_field(browser, "/consent", "duration"), "there is nothing to allow");
    cr_assert(PRESS(browser, "/consent", "do=refuse"));
    cr_assert_null(service_receive(a_city, browser, &error));
    cr_assert_str_eq(error, "access_denied");
}

Test(story, a_refusal_is_remembered_by_the_ledger_and_asked_again_next_time)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(browser, "/consent", "do=refuse"));
    cr_assert_null(service_receive(a_city, browser, &error));
    cr_assert_str_eq(error, "access_denied");
    cr_assert_not_null(strstr(provider_ledger_list(genkan, "a-city"), "refused"));
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
}

Test(story, cancel_on_any_page_tells_the_service_no)
{
    const enum at pages[] = {AT_LOGIN, AT_CARD_START, AT_PROFILE};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const char *error;
        struct resident fresh;
        resident_open(&fresh, genkan, "residents/taro");
        cr_assert(browser_get(&fresh.browser, service_begin(a_city, NULL)));
        cr_assert(resident_goes_to(&fresh, pages[i]));
        cr_assert(PRESS(&fresh.browser, "/cancel", NULL), "%s", at_name(pages[i]));
        cr_assert_null(service_receive(a_city, &fresh.browser, &error));
        cr_assert_str_eq(error, "access_denied");
        resident_close(&fresh);
    }
}

Test(story, somebody_else_at_the_same_pc_takes_over_and_the_first_is_logged_out)
{
    struct resident taro;
    struct tokens hers = opens(a_city);
    int status;
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    IS_AT(browser, AT_CONFIRM);
    cr_assert(PRESS(browser, "/confirm", "do=other"));
    IS_AT(browser, AT_LOGIN);
    struct software_card her_card = hanako->card;
    hanako->card = taro.card; /* he puts his card on the reader */
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens his = service_redeem(b_city, service_receive(b_city, browser, NULL));
    cr_assert_eq(his.status, 200);
    service_userinfo(a_city, hers.access, &status);
    cr_assert_eq(status, 401, "her session is over");
    cr_assert_eq(provider_deliver(genkan), 1, "and A was told");
    hanako->card = her_card;
    resident_close(&taro);
}

Test(story, prompt_login_and_max_age_ask_for_the_card_again)
{
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=login")));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    service_receive(a_city, browser, NULL);
    provider_pass(genkan, 100);
    cr_assert(browser_get(browser, service_begin(a_city, "max_age=1000")));
    IS_AT(browser, AT_ELSEWHERE);
    cr_assert(browser_get(browser, service_begin(a_city, "max_age=99")));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(json_member_int(t.claims, "auth_time", 0), provider_now(genkan));
}

Test(story, prompt_consent_asks_again)
{
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=consent")));
    IS_AT(browser, AT_CONSENT);
}

Test(story, a_new_field_is_asked_for_and_the_old_ones_are_not_forgotten)
{
    a_city->scope = "openid name";
    opens(a_city);
    a_city->scope = "openid name address";
    cr_assert_str_eq(asks_silently(a_city), "consent_required");
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    IS_AT(browser, AT_CONSENT);
}

Test(story, a_field_that_is_not_registered_is_never_asked_for)
{
    a_city->scope = "openid name birthdate phone_number household";
    struct tokens t = opens(a_city);
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_assert_null(json_member(claims, "birthdate"));
    cr_assert_null(json_member(claims, "phone_number"));
    cr_assert_null(json_member(claims, "household"));
}

Test(story, the_session_ends_when_idle_and_at_its_absolute_end)
{
    opens(a_city);
    provider_pass(genkan, 899);
    cr_assert_null(asks_silently(a_city));
    provider_pass(genkan, 901);
    cr_assert_str_eq(asks_silently(a_city), "login_required");
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    for (int hour = 0; hour < 12 * 6; hour++) {
        cr_assert_null(asks_silently(a_city), "active, %d0 minutes", hour);
        provider_pass(genkan, 600);
    }
    cr_assert_str_eq(asks_silently(a_city), "login_required");
}

Test(story, a_service_may_post_its_request_and_her_session_is_found_all_the_same)
{
    opens(a_city);
    const char *url = service_begin(a_city, "prompt=none");
    cr_assert(browser_post_from_elsewhere(browser, "/authorize", strchr(url, '?') + 1));
    cr_assert_not_null(service_receive(a_city, browser, NULL));
}

Test(story, refresh_tokens_rotate)
{
    struct tokens t = opens(b_city);
    cr_assert_not_null(t.refresh);
    for (int i = 0; i < 3; i++) {
        struct tokens next = service_refresh(b_city, t.refresh);
        cr_assert_eq(next.status, 200, "%s", next.error);
        cr_expect_str_eq(claim_words(b_city, next.claims, "amr"), " sc pin", "it tells of the login still");
        cr_assert_str_neq(next.refresh, t.refresh);
        cr_assert_not_null(service_userinfo(b_city, next.access, NULL));
        t = next;
    }
}

Test(story, is_told_in_english_to_who_wants_it)
{
    browser->language = "en";
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    IS_AT(browser, AT_LOGIN);
    cr_assert(browser_says(browser, "A City facility booking"));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(browser_says(browser, "to know who books"));
    browser->language = NULL;
    cr_assert(browser_get(browser, service_begin(a_city, "ui_locales=en&prompt=login")));
    cr_assert(browser_says(browser, "A City facility booking"));
}
