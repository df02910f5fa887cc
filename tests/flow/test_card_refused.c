/* What a card's answer that is not right gets: a page of its own, nothing recorded but that it was tried, and the login
 * goes on where it was. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CARD_START));
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(card_refused, .init = open_stage, .fini = close_stage);

static const char *request_now(struct browser *b)
{
    const char *request = card_request_of(browser_link(b, "/v1/auth/"));
    cr_assert_not_null(request);
    return request;
}

#define TODO "//*[@aria-labelledby='todo']//*[local-name()='li']"

/* The card's problem, and at least one thing that she can do about it. */
static void is_told_what_to_do(const char *after)
{
    cr_assert_eq(browser_at(browser), AT_CARD_PROBLEM, "%s: %s", after, at_name(browser_at(browser)));
    cr_expect(browser_has_id(browser, "todo"), "%s", after);
    cr_expect_gt(browser_count(browser, TODO), 0, "%s", after);
    cr_expect_eq(browser_count(browser, TODO "[normalize-space() = '']"), 0, "%s", after);
}

static int64_t sessions(void)
{
    return provider_number(genkan, "SELECT count(*) FROM session");
}

/* Whatever went wrong: nobody is logged in, and with her good card Hanako gets through after all. */
static void nothing_happened_and_she_goes_on(void)
{
    cr_assert_null(browser_cookie_value(browser, "__Host-session"));
    cr_assert_eq(sessions(), 0);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM resident"), 0);
    if (browser_at(browser) == AT_CARD_PROBLEM)
        cr_assert(PRESS(browser, "/login/card", NULL));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s: %s", at_name(browser_at(browser)), browser->url);
    cr_assert_eq(service_redeem(a_city, service_receive(a_city, browser, NULL)).status, 200);
}

/* --- what the agent reports ------------------------------------------------------------------------------------- */

static const char *const CODES[] = {
    "user_cancelled", "no_reader",      "reader_busy",  "no_card",          "wrong_card",      "card_removed",
    "pin_last_try",   "pin_blocked",    "cert_expired", "unsupported_card", "request_invalid", "request_expired",
    "clock_skew",     "origin_refused", "busy",         "update_required"};
enum { CODES_N = sizeof CODES / sizeof CODES[0] };

Test(card_refused, every_error_of_the_agent_has_a_page_of_its_own_and_a_new_attempt)
{
    const char *headings[CODES_N];
    for (size_t i = 0; i < CODES_N; i++) {
        cr_assert(resident_uses_card(hanako, &(struct card_trick){.error = CODES[i]}), "%s", CODES[i]);
        is_told_what_to_do(CODES[i]);
        headings[i] = browser_heading(browser);
        for (size_t j = 0; j < i; j++)
            cr_assert_str_neq(headings[i], headings[j], "%s and %s", CODES[i], CODES[j]);
        cr_assert(PRESS(browser, "/login/card", NULL));
        IS_AT(browser, AT_CARD_START);
    }
    nothing_happened_and_she_goes_on();
}

/* --- certificates ----------------------------------------------------------------------------------------------- */

static const char *const BAD[] = {
    "bad/expired",      "bad/not-yet",      "bad/revoked",     "bad/on-hold",         "bad/other-hierarchy",
    "bad/own-root",     "bad/wrong-policy", "bad/no-policy",   "bad/ca-true",         "bad/sha1",
    "bad/critical-ext", "bad/small-key",    "bad/wrong-usage", "bad/wrong-ext-usage", "bad/duplicate-ext",
    "bad/signs-certs",  "bad/zero-serial"};

Test(card_refused, no_bad_certificate_logs_in)
{
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct software_card good = hanako->card;
        card_open(&hanako->card, provider_persona(genkan, BAD[i]));
        cr_assert(resident_uses_card(hanako, NULL), "%s", BAD[i]);
        is_told_what_to_do(BAD[i]);
        card_close(&hanako->card);
        hanako->card = good;
        cr_assert(PRESS(browser, "/login/card", NULL));
    }
    nothing_happened_and_she_goes_on();
}

/* --- proofs that are none --------------------------------------------------------------------------------------- */

static void trick_fails(const struct card_trick *trick)
{
    cr_assert(resident_uses_card(hanako, trick));
    is_told_what_to_do("a trick");
    nothing_happened_and_she_goes_on();
}

Test(card_refused, a_changed_signature)
{
    trick_fails(&(struct card_trick){.flip_signature = true});
}

Test(card_refused, a_signature_over_another_nonce)
{
    trick_fails(&(struct card_trick){.other_nonce = true});
}

Test(card_refused, a_signature_made_for_another_site)
{
    trick_fails(&(struct card_trick){.other_issuer = true});
}

Test(card_refused, an_answer_to_a_transaction_that_never_was)
{
    trick_fails(&(struct card_trick){.txn = "AAAAAAAAAAAAAAAAAAAAAA"});
}

Test(card_refused, what_is_no_answer_at_all)
{
    static const char *const GARBAGE[] = {"", "AAAA", "not base64 at all!", "e30", "bnVsbA"};
    for (size_t i = 0; i < sizeof GARBAGE / sizeof GARBAGE[0]; i++) {
        resident_returns(hanako, GARBAGE[i]);
        cr_assert_null(browser_cookie_value(browser, "__Host-session"), "%s", GARBAGE[i]);
        cr_assert_eq(sessions(), 0);
    }
}

Test(card_refused, an_answer_that_is_too_large)
{
    char *big = arena_alloc(&browser->a, 20001);
    memset(big, 'A', 20000);
    cr_assert(!resident_returns(hanako, big));
    cr_assert_eq(browser->status, 413);
    cr_assert_eq(sessions(), 0);
}

/* --- replay, time, other browsers ------------------------------------------------------------------------------- */

Test(card_refused, the_same_answer_twice)
{
    const char *fragment = card_answer(&hanako->card, &browser->a, request_now(browser), NULL);
    cr_assert(resident_returns(hanako, fragment));
    cr_assert_eq(sessions(), 1);
    const char *first = arena_text(&browser->a, view_text(browser_cookie_value(browser, "__Host-session")));
    resident_returns(hanako, fragment);
    cr_assert_eq(sessions(), 1);
    cr_assert_str_eq(browser_cookie_value(browser, "__Host-session"), first);
}

Test(card_refused, a_wrong_answer_burns_the_transaction)
{
    const char *request = request_now(browser);
    cr_assert(resident_uses_card(hanako, &(struct card_trick){.flip_signature = true}));
    IS_AT(browser, AT_CARD_PROBLEM);
    resident_returns(hanako, card_answer(&hanako->card, &browser->a, request, NULL));
    cr_assert_eq(sessions(), 0, "the right answer comes too late");
}

Test(card_refused, an_answer_after_three_minutes)
{
    const char *fragment = card_answer(&hanako->card, &browser->a, request_now(browser), NULL);
    provider_pass(genkan, 180);
    cr_assert(resident_returns(hanako, fragment));
    nothing_happened_and_she_goes_on();
}

Test(card_refused, an_answer_after_the_whole_login_has_expired)
{
    const char *fragment = card_answer(&hanako->card, &browser->a, request_now(browser), NULL);
    provider_pass(genkan, 1800);
    resident_returns(hanako, fragment);
    cr_assert_eq(sessions(), 0);
    cr_assert(!browser->elsewhere && browser_has_id(browser, "todo"), "a page says what to do: %s", browser->url);
}

/* Fixation: the attacker begins a login in her own browser and sends the link to the agent to a victim, whose browser
 * brings the answer. Neither of them may be logged in by it. */
Test(card_refused, the_answer_to_another_browsers_transaction)
{
    struct resident victim;
    resident_open(&victim, genkan, "residents/taro");
    const char *fragment = card_answer(&victim.card, &browser->a, request_now(browser), NULL);
    resident_returns(&victim, fragment);
    cr_assert_null(browser_cookie_value(&victim.browser, "__Host-session"));
    cr_assert_eq(sessions(), 0);
    resident_returns(hanako, fragment);
    cr_assert_null(browser_cookie_value(browser, "__Host-session"), "and it is burnt");
    cr_assert_eq(sessions(), 0);
    resident_close(&victim);
}

Test(card_refused, the_answer_to_another_browsers_transaction_while_one_has_a_login_of_ones_own)
{
    struct resident victim;
    resident_open(&victim, genkan, "residents/taro");
    cr_assert(browser_get(&victim.browser, service_begin(&stage.b_city, NULL)));
    cr_assert(resident_goes_to(&victim, AT_CARD_START));
    const char *own = victim.browser.url;
    resident_returns(&victim, card_answer(&victim.card, &browser->a, request_now(browser), NULL));
    cr_assert_eq(sessions(), 0);
    cr_assert(!victim.browser.elsewhere && !browser_says(&victim.browser, "A市"),
              "nothing of the other login is shown");
    cr_assert(browser_get(&victim.browser, own));
    cr_assert(resident_goes_to(&victim, AT_ELSEWHERE), "the victim's own login goes on");
    resident_close(&victim);
}

Test(card_refused, a_login_opened_in_another_browser)
{
    struct resident thief;
    const char *i = browser_field(browser, "/login/card", "i");
    resident_open(&thief, genkan, "residents/taro");
    cr_assert(browser_get(&thief.browser, arena_printf(&browser->a, "/next?i=%s", i)));
    IS_AT(&thief.browser, AT_ERROR);
    cr_assert(!browser_says(&thief.browser, "A市"), "nothing of it is shown");
    cr_assert(browser_get(&thief.browser, arena_printf(&browser->a, "/login/card/start?i=%s", i)));
    IS_AT(&thief.browser, AT_ERROR);
    cr_assert_null(browser_link(&thief.browser, "/v1/auth/"));
    resident_close(&thief);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
}

Test(card_refused, an_answer_posted_by_another_site)
{
    const char *fragment = card_answer(&hanako->card, &browser->a, request_now(browser), NULL);
    browser_post_from_elsewhere(browser, "/login/card/complete", arena_printf(&browser->a, "response=%s", fragment));
    cr_assert_eq(sessions(), 0);
    const char *body = arena_printf(&browser->a, "{\"response\":\"%s\"}", fragment);
    const char *const foreign[] = {"Origin: https://evil.example", "X-Genkan-Card: 1", NULL};
    const char *const headerless[] = {"Origin: " PROVIDER_ISSUER, NULL};
    cr_assert(browser_send(browser, "/login/card/complete", foreign, "application/json", view_text(body)));
    cr_assert_geq(browser->status, 400);
    cr_assert(browser_send(browser, "/login/card/complete", headerless, "application/json", view_text(body)));
    cr_assert_geq(browser->status, 400);
    cr_assert_eq(sessions(), 0);
    cr_assert(resident_returns(hanako, fragment), "and none of them has used it up");
    cr_assert_eq(sessions(), 1);
}

Test(card_refused, somebody_elses_card_when_hers_is_to_be_read)
{
    struct software_card good = hanako->card;
    cr_assert(resident_goes_to(hanako, AT_PROFILE));
    cr_assert(PRESS(browser, "/profile", "do=read"));
    card_open(&hanako->card, provider_persona(genkan, "residents/taro"));
    cr_assert(resident_uses_card(hanako, NULL));
    IS_AT(browser, AT_CARD_PROBLEM);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM profile WHERE field <> ''"), 0, "his name is not hers");
    card_close(&hanako->card);
    hanako->card = good;
    cr_assert(PRESS(browser, "/login/card", NULL));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
}

Test(card_refused, a_reading_without_anything_read)
{
    cr_assert(resident_goes_to(hanako, AT_PROFILE));
    cr_assert(PRESS(browser, "/profile", "do=read"));
    cr_assert(resident_uses_card(hanako, &(struct card_trick){.no_text = true}));
    IS_AT(browser, AT_CARD_PROBLEM);
    cr_assert(PRESS(browser, "/profile", "do=skip"), "she may go on without");
    IS_AT(browser, AT_CONSENT);
}

/* The fragment was lost on the way: the paste box takes the whole address. */
Test(card_refused, without_script_the_answer_is_pasted)
{
    const char *fragment = card_answer(&hanako->card, &browser->a, request_now(browser), NULL);
    cr_assert(browser_get(browser, "/login/card/return"));
    IS_AT(browser, AT_CARD_RETURN);
    cr_assert(PRESS(browser, "/login/card/complete",
                    arena_printf(&browser->a, "response=" PROVIDER_ISSUER "/login/card/return#%s", fragment)));
    cr_assert_eq(sessions(), 1);
    IS_AT(browser, AT_PROFILE);
}
