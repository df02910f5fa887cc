/* What people answer on pages, and what is sent in their name. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "tests/lib/software_card.h"
#include "tests/lib/walk.h"
#include "webui/assets.h"

static struct provider genkan;
static struct service a_city, b_city;
static struct resident hanako;

static void open_all(void)
{
    provider_open(&genkan, NULL);
    service_open_a(&a_city, &genkan);
    service_open_b(&b_city, &genkan);
    resident_open(&hanako, &genkan, "residents/hanako");
}

static void close_all(void)
{
    resident_close(&hanako);
    service_close(&b_city);
    service_close(&a_city);
    provider_close(&genkan);
}

TestSuite(people, .init = open_all, .fini = close_all);

static int64_t consents(void)
{
    return provider_number(&genkan, "SELECT count(*) FROM consent");
}

static struct browser *at_consent(void)
{
    cr_assert(browser_get(&hanako.browser, service_begin(&a_city, NULL)));
    cr_assert(resident_goes_to(&hanako, AT_CONSENT), "%s", hanako.browser.url);
    return &hanako.browser;
}

static const struct json *received(void)
{
    const char *code = service_receive(&a_city, &hanako.browser, NULL);
    struct tokens t = service_redeem(&a_city, code);
    cr_assert_eq(t.status, 200);
    return service_userinfo(&a_city, t.access, NULL);
}

/* --- forms ---------------------------------------------------------------------------------------------------- */

Test(people, every_form_refuses_what_our_page_did_not_send)
{
    static const char *const forms[][2] = {
        {"/login/card", "purpose=login"},       {"/profile", "do=skip"}, {"/confirm", "do=continue"},
        {"/consent", "do=allow&duration=year"}, {"/cancel", "do=x"},     {"/me/interests", "interest-health=yes"}};
    struct browser *b = at_consent();
    const char *i = browser_field(b, "/consent", "i"), *csrf = browser_field(b, "/consent", "csrf");
    for (size_t n = 0; n < sizeof forms / sizeof *forms; n++) {
        const char *action = forms[n][0], *fields = forms[n][1];
        cr_assert(browser_post(b, action, arena_printf(&b->a, "i=%s&%s", i, fields)));
        cr_expect_eq(b->status, 403, "%s without token: %d", action, b->status);
        cr_assert(browser_post(b, action, arena_printf(&b->a, "i=%s&csrf=%.10s&%s", i, csrf, fields)));
        cr_expect_eq(b->status, 403, "%s with half a token: %d", action, b->status);
        cr_assert(browser_post_from_elsewhere(b, action, arena_printf(&b->a, "i=%s&csrf=%s&%s", i, csrf, fields)));
        cr_expect_eq(b->status, 403, "%s from elsewhere: %d", action, b->status);
        cr_assert(browser_post(b, action, arena_printf(&b->a, "i=%s&i=%s&csrf=%s&%s", i, i, csrf, fields)));
        cr_expect_eq(b->status, 400, "%s with a parameter twice: %d", action, b->status);
    }
    cr_expect_eq(consents(), 0);
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM profile WHERE field = 'interests'"), 0);
}

Test(people, nobody_answers_in_another_browsers_login)
{
    struct browser *b = at_consent();
    struct resident other;
    const char *i = browser_field(b, "/consent", "i");
    resident_open(&other, &genkan, "residents/taro");
    cr_assert(browser_get(&other.browser, service_begin(&a_city, NULL)));
    const char *csrf = browser_field(&other.browser, "/login/card", "csrf");
    cr_assert(browser_post(&other.browser, "/consent",
                           arena_printf(&other.browser.a, "i=%s&csrf=%s&do=allow&duration=year", i, csrf)));
    cr_expect_eq(other.browser.status, 400);
    cr_expect_eq(browser_at(&other.browser), AT_ERROR);
    cr_expect_not(browser_says(&other.browser, "花子"), "nothing of it is shown");
    cr_expect_eq(consents(), 0);
    resident_close(&other);
}

/* --- consent -------------------------------------------------------------------------------------------------- */

Test(people, what_is_not_ticked_is_not_given)
{
    struct browser *b = at_consent();
    cr_assert(PRESS(b, "/consent", "do=allow"));
    const struct json *claims = received();
    cr_expect_not_null(json_member(claims, "name"));
    cr_expect_null(json_member(claims, "age_over_65"));
    cr_expect_null(json_member(claims, "interests"));
}

Test(people, a_tick_that_the_page_did_not_offer_gives_nothing)
{
    struct browser *b = at_consent();
    cr_assert(PRESS(b, "/consent", "do=allow", "give-interests=yes", "give-birthdate=yes", "give-x=yes"));
    const struct json *claims = received();
    const char *given = strstr(provider_ledger_list(&genkan, NULL), ",given,");
    cr_assert_not_null(given);
    cr_expect_null(memmem(given, strcspn(given, "\n"), "interests", 9), "it is not on record as given");
    cr_expect_null(json_member(claims, "interests"), "there was no value to see");
    cr_expect_null(json_member(claims, "birthdate"), "A市 did not register it");
}

Test(people, the_answer_needs_a_duration_and_a_choice)
{
    struct browser *b = at_consent();
    cr_assert(PRESS(b, "/consent", "do=allow", "duration"));
    cr_expect_eq(b->status, 400);
    cr_expect(browser_says(b, "duration"), "the parameter is named");
    b = at_consent();
    cr_assert(PRESS(b, "/consent", "do=allow", "duration=forever"));
    cr_expect_eq(b->status, 400);
    b = at_consent();
    cr_assert(PRESS(b, "/consent", "do=perhaps"));
    cr_expect_eq(b->status, 400);
    b = at_consent();
    cr_assert(PRESS(b, "/consent", NULL));
    cr_expect_eq(b->status, 400);
    cr_expect_eq(consents(), 0);
}

Test(people, a_yes_counts_for_the_page_it_was_said_on)
{
    struct browser *b = at_consent();
    const char *i = browser_field(b, "/consent", "i"), *csrf = browser_field(b, "/consent", "csrf"),
               *shown = browser_field(b, "/consent", "shown");
    cr_assert(browser_get(b, arena_printf(&b->a, "/me/interests?i=%s", i)), "in another tab");
    cr_assert(PRESS(b, "/me/interests", "interest-health=yes"));
    cr_assert_eq(browser_at(b), AT_CONSENT, "%s", b->url);
    const char *old =
        arena_printf(&b->a, "i=%s&csrf=%s&shown=%s&do=allow&duration=year&give-interests=yes", i, csrf, shown);
    cr_assert(browser_post(b, "/consent", old), "the page of before is sent");
    cr_expect_eq(browser_at(b), AT_CONSENT, "it is shown again, as it is now");
    cr_expect_eq(consents(), 0);
    cr_assert(browser_post(b, "/consent", arena_printf(&b->a, "i=%s&csrf=%s&do=allow&duration=year", i, csrf)));
    cr_expect_eq(browser_at(b), AT_CONSENT, "without the digest it counts for nothing");
    cr_expect_eq(consents(), 0);
    cr_assert(PRESS(b, "/consent", "do=allow", "give-interests=yes"));
    cr_expect_not_null(json_member(received(), "interests"));
}

Test(people, nothing_is_allowed_while_a_required_field_has_no_value)
{
    struct browser *b = &hanako.browser;
    hanako.skips_profile = true;
    at_consent();
    cr_expect_not(browser_says(b, "value=\"allow\""));
    cr_assert(PRESS(b, "/consent", "do=allow", "duration=year"), "sent all the same");
    cr_expect_eq(browser_at(b), AT_CONSENT);
    cr_expect_eq(consents(), 0);
    cr_assert(PRESS(b, "/profile", "do=read"), "the card can be read from here");
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_assert_eq(browser_at(b), AT_CONSENT, "%s", b->url);
    cr_assert(PRESS(b, "/consent", "do=allow"));
    cr_expect_not_null(json_member(received(), "name"));
}

Test(people, a_no_goes_to_the_service_as_access_denied)
{
    const char *error = NULL;
    struct browser *b = at_consent();
    cr_assert(PRESS(b, "/consent", "do=refuse"));
    cr_expect_null(service_receive(&a_city, b, &error));
    cr_expect_str_eq(error, "access_denied");
    cr_expect_eq(consents(), 0);
    cr_expect(provider_ledger_is_whole(&genkan));
    cr_expect_not_null(strstr(provider_ledger_list(&genkan, NULL), "refused"));
}

Test(people, can_stop_on_every_page_of_a_login)
{
    static const enum at pages[] = {AT_LOGIN, AT_CARD_START, AT_PROFILE};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const char *error = NULL;
        struct browser *b = &hanako.browser;
        cr_assert(browser_get(b, service_begin(&a_city, NULL)));
        cr_assert(resident_goes_to(&hanako, pages[i]), "%s", b->url);
        cr_assert(PRESS(b, "/cancel", NULL));
        cr_assert_eq(browser_at(b), AT_ELSEWHERE, "%s", b->url);
        cr_expect_null(service_receive(&a_city, b, &error));
        cr_expect_str_eq(error, "access_denied");
    }
}

Test(people, a_second_press_does_no_harm)
{
    struct browser *b = at_consent();
    const char *i = browser_field(b, "/consent", "i"), *csrf = browser_field(b, "/consent", "csrf"),
               *shown = browser_field(b, "/consent", "shown");
    cr_assert(PRESS(b, "/consent", "do=allow"));
    cr_assert_eq(browser_at(b), AT_ELSEWHERE);
    cr_assert(browser_post(b, "/consent",
                           arena_printf(&b->a, "i=%s&csrf=%s&shown=%s&do=allow&duration=year", i, csrf, shown)));
    cr_expect_eq(browser_at(b), AT_ERROR, "the login is over: %s", b->url);
    cr_expect_eq(consents(), 1);
}

/* --- continue as ---------------------------------------------------------------------------------------------- */

Test(people, another_person_at_a_shared_computer_is_asked_and_may_use_her_own_card)
{
    struct browser *b = &hanako.browser;
    cr_assert(resident_visits(&hanako, &a_city));
    cr_assert(browser_get(b, service_begin(&b_city, NULL)));
    cr_assert_eq(browser_at(b), AT_CONFIRM, "%s", b->url);
    cr_expect(browser_says(b, "大阪　花子"), "whose session it is");
    cr_assert(PRESS(b, "/confirm", "do=other"));
    cr_assert_eq(browser_at(b), AT_LOGIN, "%s", b->url);
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    struct software_card hers = hanako.card;
    card_open(&hanako.card, provider_persona(&genkan, "residents/taro"));
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_expect_eq(browser_at(b), AT_PROFILE, "%s", b->url);
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM resident"), 2);
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 1,
                 "hers is ended, not left behind");
    card_close(&hanako.card);
    hanako.card = hers;
}

Test(people, an_answer_other_than_the_two_is_refused)
{
    struct browser *b = &hanako.browser;
    cr_assert(resident_visits(&hanako, &a_city));
    cr_assert(browser_get(b, service_begin(&b_city, NULL)));
    cr_assert(PRESS(b, "/confirm", "do=perhaps"));
    cr_expect_eq(b->status, 400);
}

/* --- home, interests, language, assets ------------------------------------------------------------------------ */

Test(people, home_says_who_is_logged_in_and_where)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, "/"));
    cr_expect(browser_has_id(b, "none"));
    cr_expect_not(browser_has_form(b, "/end_session"));
    cr_assert(resident_visits(&hanako, &a_city));
    cr_assert(browser_get(b, "/"));
    cr_expect(browser_has_id(b, "session"));
    cr_expect(browser_says(b, "大阪　花子"));
    cr_expect(browser_says(b, "A市 施設予約"));
    cr_expect_not(browser_says(b, "B市 施設予約"));
}

Test(people, interests_need_a_login_and_can_be_taken_back)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, "/me/interests"));
    cr_expect_eq(browser_at(b), AT_HOME);
    cr_assert(resident_visits(&hanako, &a_city));
    cr_assert(browser_get(b, "/me/interests"));
    cr_assert(PRESS(b, "/me/interests", "interest-health=yes", "interest-stranger=yes"));
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM profile WHERE field = 'interests'"), 1);
    cr_expect(browser_says(b, "保存しました"));
    cr_assert(PRESS(b, "/me/interests", "interest-health"));
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM profile WHERE field = 'interests'"), 0);
}

Test(people, the_language_can_be_switched_on_the_page)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, service_begin(&a_city, NULL)));
    cr_expect(browser_says(b, "マイナンバーカードでログイン"));
    cr_assert(PRESS(b, "/lang", "lang=en"));
    cr_expect_eq(browser_at(b), AT_LOGIN, "back on the same page: %s", b->url);
    cr_expect(browser_says(b, "<html"));
    cr_expect(browser_says(b, "lang=\"en\""));
    cr_expect(browser_says(b, "Log in with your My Number Card"));
}

Test(people, the_language_switch_redirects_nowhere_else)
{
    static const char *const bad[] = {"https://evil.example/", "//evil.example/",   "/%5Cevil.example",
                                      "javascript:x",          "%09//evil.example", ""};
    struct browser *b = &hanako.browser;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert(browser_post(b, "/lang", arena_printf(&b->a, "lang=en&back=%s", bad[i])));
        cr_expect_eq(browser_at(b), AT_HOME, "%s led to %s", bad[i], b->url);
    }
    cr_assert(browser_post(b, "/lang", "lang=fr&back=/"));
    cr_expect_eq(b->status, 400);
    cr_assert(browser_post_from_elsewhere(b, "/lang", "lang=en&back=/"));
    cr_expect_eq(b->status, 403);
}

/* What the link to the agent asks it for; the request's claims as they travel. */
static bool window_is_large(struct browser *b)
{
    const char *claims = strchr(card_request_of(browser_link(b, "/v1/auth/")), '.') + 1;
    struct view json;
    cr_assert_eq(base64url_read(&b->a, view_bytes(claims, strcspn(claims, ".")), &json), ERR_OK);
    const char *ui = arena_text(&b->a, json);
    cr_expect_neq(strstr(ui, "\"large\":true") == NULL, strstr(ui, "\"large\":false") == NULL, "%s", ui);
    return strstr(ui, "\"large\":true") != NULL;
}

Test(people, large_letters_are_chosen_on_the_page_and_reach_the_pin_window)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, service_begin(&a_city, NULL)));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    cr_expect(browser_says(b, "data-letters=\"normal\"") && browser_says(b, "大きな文字"));
    cr_expect_not(window_is_large(b), "nobody asked for them");
    cr_assert(PRESS(b, "/letters", "letters=large"));
    cr_expect_eq(browser_at(b), AT_CARD_START, "back on the same page: %s", b->url);
    cr_expect(browser_says(b, "data-letters=\"large\"") && browser_says(b, "ふつうの文字"));
    cr_assert(PRESS(b, "/login/card", NULL));
    cr_expect(window_is_large(b));
    cr_assert(PRESS(b, "/letters", "letters=normal") && PRESS(b, "/login/card", NULL));
    cr_expect_not(window_is_large(b));
}

Test(people, the_switch_of_letters_takes_nothing_else_and_redirects_nowhere_else)
{
    static const char *const bad[] = {"letters=huge", "letters=", "lang=en", "letters=large&letters=normal"};
    struct browser *b = &hanako.browser;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert(browser_post(b, "/letters", bad[i]));
        cr_expect_eq(b->status, 400, "%s", bad[i]);
    }
    cr_assert(browser_post_from_elsewhere(b, "/letters", "letters=large&back=/"));
    cr_expect_eq(b->status, 403);
    cr_assert(browser_post(b, "/letters", "letters=large&back=//evil.example/"));
    cr_expect_eq(browser_at(b), AT_HOME, "%s", b->url);
    cr_assert(browser_get(b, "/no/such/page"));
    cr_expect(browser_says(b, "data-letters=\"large\""), "errors too");
}

Test(people, assets_may_be_kept_and_pages_not)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, "/"));
    cr_expect_not_null(strstr(b->headers, "no-store"));
    cr_expect_not_null(strstr(b->headers, "default-src 'none'"));
    cr_expect_not_null(strstr(b->headers, "script-src 'self'; base-uri"), "and asks nobody");
    cr_expect_not_null(strstr(b->headers, "Referrer-Policy: same-origin"));
    struct arena a;
    arena_open(&a, 4096);
    const char *style = asset_address(&a, VIEW("genkan.css"));
    cr_assert(browser_says(b, style), "the page names it with its hash");
    cr_assert(browser_get(b, style));
    cr_expect_eq(b->status, 200);
    cr_expect_not_null(strstr(b->headers, "immutable"));
    cr_expect_not_null(strstr(b->headers, "nosniff"));
    cr_expect_not_null(strstr(b->content_type, "text/css"));
    arena_close(&a);
    cr_assert(browser_get(b, "/assets/genkan.css"));
    cr_expect_eq(b->status, 404);
    cr_assert(browser_get(b, "/assets/../genkan.conf"));
    cr_expect_eq(b->status, 404);
}

Test(people, only_the_page_with_the_agents_link_shows_its_origin_to_it)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, service_begin(&a_city, NULL)));
    cr_expect_not_null(strstr(b->headers, "Referrer-Policy: same-origin"));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    cr_expect_not_null(strstr(b->headers, "Referrer-Policy: origin"));
    cr_assert(browser_get(b, "/login/card/return"));
    cr_expect_not_null(strstr(b->headers, "script-src 'self'"));
    cr_expect_null(strstr(b->headers, "unsafe"));
}
