/* What comes back from a card, and everything that may be wrong with it. The interaction survives all of it. */
#include <criterion/criterion.h>

#include "tests/lib/walk.h"
#include "webui/page_def.h"

static struct provider genkan;
static struct service a_city;
static struct resident hanako;

static void open_all(void)
{
    provider_open(&genkan, NULL);
    service_open_a(&a_city, &genkan);
    resident_open(&hanako, &genkan, "residents/hanako");
}

static void close_all(void)
{
    resident_close(&hanako);
    service_close(&a_city);
    provider_close(&genkan);
}

TestSuite(card_answers, .init = open_all, .fini = close_all);

/* --- looking -------------------------------------------------------------------------------------------------- */

static bool shows_problem(struct resident *r, enum page_problem problem)
{
    struct arena a;
    struct words *words;
    struct view title;
    const char *why;
    arena_open(&a, 1 << 20);
    cr_assert_eq(page_words(&words, &a, PAGE_JA, &why), ERR_OK);
    const char *key = arena_printf(&a, "problem.%s.title", page_problem_name(problem));
    cr_assert(words_find(words, view_text(key), &title));
    bool shown = browser_says(&r->browser, arena_printf(&a, "<h1>%.*s</h1>", (int)title.n, title.p));
    arena_close(&a);
    return shown;
}

#define expect_problem(R, PROBLEM)                                                                                     \
    cr_expect(shows_problem((R), (PROBLEM)), "%s: %s %s", page_problem_name(PROBLEM), (R)->browser.url,                \
              browser_title(&(R)->browser))

static int64_t sessions(void)
{
    return provider_number(&genkan, "SELECT count(*) FROM session");
}

static void go_to_card(struct resident *r)
{
    cr_assert(browser_get(&r->browser, service_begin(&a_city, NULL)));
    cr_assert(resident_goes_to(r, AT_CARD_START), "%s", r->browser.url);
}

static const char *answer_of(struct resident *r, const struct card_trick *trick)
{
    const char *request = card_request_of(browser_link(&r->browser, "/v1/auth/"));
    cr_assert_not_null(request);
    return card_answer(&r->card, &r->browser.a, request, trick);
}

/* --- refusals ------------------------------------------------------------------------------------------------- */

Test(card_answers, signatures_that_do_not_fit_open_nothing_and_a_new_try_does)
{
    const struct card_trick tricks[] = {{.flip_signature = true}, {.other_nonce = true}, {.other_issuer = true}};
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
        go_to_card(&hanako);
        cr_assert(resident_uses_card(&hanako, &tricks[i]));
        expect_problem(&hanako, PAGE_PROBLEM_PROOF_INVALID);
        cr_expect_eq(browser_at(&hanako.browser), AT_CARD_PROBLEM);
        cr_expect_eq(sessions(), 0);
        cr_expect_null(browser_cookie_value(&hanako.browser, "__Host-session"));
    }
    cr_assert(PRESS(&hanako.browser, "/login/card", NULL), "the page has a new try on it");
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, every_error_code_has_its_page_and_a_new_try)
{
    for (enum page_problem p = PAGE_PROBLEM_USER_CANCELLED; p <= PAGE_PROBLEM_UPDATE_REQUIRED; p++) {
        struct card_trick trick = {.error = page_problem_name(p)};
        go_to_card(&hanako);
        cr_assert(resident_uses_card(&hanako, &trick), "%s", trick.error);
        expect_problem(&hanako, p);
        cr_expect_eq(browser_at(&hanako.browser), AT_CARD_PROBLEM);
        cr_expect(PRESS(&hanako.browser, "/login/card", NULL));
        cr_expect_eq(browser_at(&hanako.browser), AT_CARD_START, "%s", trick.error);
    }
    cr_expect_eq(sessions(), 0);
}

Test(card_answers, bad_certificates_have_their_pages)
{
    static const struct {
        const char *persona;
        enum page_problem problem;
    } bad[] = {{"bad/expired", PAGE_PROBLEM_CERT_EXPIRED},      {"bad/not-yet", PAGE_PROBLEM_CERT_NOT_YET},
               {"bad/revoked", PAGE_PROBLEM_CERT_REVOKED},      {"bad/other-hierarchy", PAGE_PROBLEM_WRONG_CERT},
               {"bad/wrong-policy", PAGE_PROBLEM_WRONG_CERT},   {"bad/ca-true", PAGE_PROBLEM_WRONG_CERT},
               {"bad/critical-ext", PAGE_PROBLEM_WRONG_CERT},   {"bad/sha1", PAGE_PROBLEM_UNSUPPORTED_CARD},
               {"bad/small-key", PAGE_PROBLEM_RESPONSE_INVALID}}; /* its signature is too short already */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct resident other;
        resident_open(&other, &genkan, bad[i].persona);
        go_to_card(&other);
        cr_expect(resident_uses_card(&other, NULL), "%s", bad[i].persona);
        expect_problem(&other, bad[i].problem);
        cr_expect_eq(browser_at(&other.browser), AT_CARD_PROBLEM, "%s", bad[i].persona);
        resident_close(&other);
    }
    cr_expect_eq(sessions(), 0);
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM resident"), 0);
}

Test(card_answers, a_request_lives_three_minutes)
{
    go_to_card(&hanako);
    provider_pass(&genkan, 181);
    cr_assert(resident_uses_card(&hanako, NULL));
    expect_problem(&hanako, PAGE_PROBLEM_REQUEST_EXPIRED);
    cr_expect_eq(sessions(), 0);
    cr_expect(PRESS(&hanako.browser, "/login/card", NULL));
    cr_expect(resident_uses_card(&hanako, NULL));
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, an_answer_is_good_once)
{
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    const char *cookie = arena_text(&hanako.browser.a, view_text(browser_cookie_value(&hanako.browser, "__Host-card")));
    cr_assert(resident_returns(&hanako, answer));
    cr_expect_eq(sessions(), 1);
    cr_assert(resident_returns(&hanako, answer), "the same answer again, as Back would send it");
    expect_problem(&hanako, PAGE_PROBLEM_USED);
    cr_expect_eq(sessions(), 1);
    browser_set_cookie(&hanako.browser, "__Host-card", cookie);
    cr_assert(resident_returns(&hanako, answer), "and with the cookie it came with");
    cr_expect_eq(browser_at(&hanako.browser), AT_PROFILE, "the login goes on where it was");
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, a_used_answer_is_told_of_when_its_login_is_over)
{
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    cr_assert(resident_returns(&hanako, answer));
    cr_assert(resident_goes_to(&hanako, AT_ELSEWHERE), "%s", hanako.browser.url);
    cr_assert(resident_returns(&hanako, answer));
    expect_problem(&hanako, PAGE_PROBLEM_USED);
    cr_expect(browser_has_id(&hanako.browser, "todo"));
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, a_wrong_answer_uses_the_transaction_up_too)
{
    go_to_card(&hanako);
    const char *wrong = answer_of(&hanako, &(struct card_trick){.flip_signature = true});
    const char *right = answer_of(&hanako, NULL);
    cr_assert(resident_returns(&hanako, wrong));
    cr_assert(resident_returns(&hanako, right));
    expect_problem(&hanako, PAGE_PROBLEM_PROOF_INVALID);
    cr_expect_eq(sessions(), 0);
}

Test(card_answers, an_attacker_cannot_log_a_victim_into_his_own_account)
{
    struct resident attacker;
    resident_open(&attacker, &genkan, "residents/taro");
    go_to_card(&attacker);
    const char *answer = answer_of(&attacker, NULL);
    go_to_card(&hanako);
    cr_assert(resident_returns(&hanako, answer), "his answer arrives in her browser");
    expect_problem(&hanako, PAGE_PROBLEM_OTHER_BROWSER);
    cr_expect_null(browser_cookie_value(&hanako.browser, "__Host-session"));
    cr_assert(resident_returns(&attacker, answer), "and is burnt for him, too");
    cr_expect_eq(browser_at(&attacker.browser), AT_LOGIN);
    cr_expect_eq(sessions(), 0);
    resident_close(&attacker);
}

Test(card_answers, two_tabs_do_not_get_into_each_others_way)
{
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    const char *first = answer_of(&hanako, NULL), *first_at = arena_text(&b->a, view_text(b->url));
    go_to_card(&hanako);
    const char *second = answer_of(&hanako, NULL), *second_at = arena_text(&b->a, view_text(b->url));
    const char *i = browser_param(b, first_at, "i"), *j = browser_param(b, second_at, "i");
    cr_assert_str_neq(i, j);
    cr_assert(resident_returns(&hanako, first));
    cr_expect_eq(browser_at(b), AT_PROFILE, "%s", b->url);
    cr_expect_str_eq(browser_param(b, b->url, "i"), i);
    cr_assert(resident_returns(&hanako, second));
    cr_expect_eq(browser_at(b), AT_PROFILE, "%s", b->url);
    cr_expect_str_eq(browser_param(b, b->url, "i"), j);
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 1);
    cr_expect_null(browser_cookie_value(b, "__Host-card"), "nobody needs it any more");
}

Test(card_answers, the_cookie_of_the_card_is_worth_nothing_without_the_browsers_own)
{
    struct resident thief;
    resident_open(&thief, &genkan, "residents/hanako");
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    go_to_card(&thief);
    browser_set_cookie(&thief.browser, "__Host-card", browser_cookie_value(&hanako.browser, "__Host-card"));
    cr_assert(resident_returns(&thief, answer));
    cr_expect_neq(browser_at(&thief.browser), AT_PROFILE);
    cr_expect_null(browser_cookie_value(&thief.browser, "__Host-session"));
    cr_expect_eq(sessions(), 0);
    resident_close(&thief);
}

Test(card_answers, a_browser_that_began_nothing_gets_nothing)
{
    struct resident stranger;
    resident_open(&stranger, &genkan, "residents/taro");
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    cr_assert(resident_returns(&stranger, answer));
    expect_problem(&stranger, PAGE_PROBLEM_OTHER_BROWSER);
    cr_expect_eq(browser_at(&stranger.browser), AT_OTHER, "there is no login to go on with");
    cr_expect_eq(sessions(), 0);
    resident_close(&stranger);
}

Test(card_answers, an_answer_to_another_transaction_is_refused)
{
    struct card_trick trick = {.txn = "AAAAAAAAAAAAAAAAAAAAAA"};
    go_to_card(&hanako);
    cr_assert(resident_uses_card(&hanako, &trick));
    expect_problem(&hanako, PAGE_PROBLEM_RESPONSE_INVALID);
    cr_expect_eq(sessions(), 0);
}

Test(card_answers, garbage_is_refused)
{
    static const char *const garbage[] = {"AAAA", "eyJ0eG4iOiJhIn0", "!!!!", "e30"};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        go_to_card(&hanako);
        cr_assert(resident_returns(&hanako, garbage[i]), "%s", garbage[i]);
        expect_problem(&hanako, PAGE_PROBLEM_RESPONSE_INVALID);
    }
    cr_expect_eq(sessions(), 0);
}

/* --- who may send it ------------------------------------------------------------------------------------------ */

static int send_json(struct resident *r, const char *answer, const char *const *headers)
{
    const char *body = arena_printf(&r->browser.a, "{\"response\":\"%s\"}", answer);
    cr_assert(browser_send(&r->browser, "/login/card/complete", headers, "application/json", view_text(body)));
    return r->browser.status;
}

Test(card_answers, only_our_own_script_may_send_one)
{
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    static const char *const no_header[] = {"Origin: http://localhost:8080", NULL};
    static const char *const no_origin[] = {"X-Genkan-Card: 1", NULL};
    static const char *const null_origin[] = {"Origin: null", "X-Genkan-Card: 1", NULL};
    static const char *const foreign[] = {"Origin: http://evil.example", "X-Genkan-Card: 1", NULL};
    static const char *const lookalike[] = {"Origin: http://localhost:8080.evil.example", "X-Genkan-Card: 1", NULL};
    static const char *const cross[] = {"Origin: http://localhost:8080", "X-Genkan-Card: 1",
                                        "Sec-Fetch-Site: cross-site", NULL};
    cr_expect_eq(send_json(&hanako, answer, no_header), 403);
    cr_expect_eq(send_json(&hanako, answer, no_origin), 403);
    cr_expect_eq(send_json(&hanako, answer, null_origin), 403);
    cr_expect_eq(send_json(&hanako, answer, foreign), 403);
    cr_expect_eq(send_json(&hanako, answer, lookalike), 403);
    cr_expect_eq(send_json(&hanako, answer, cross), 403);
    cr_expect_eq(sessions(), 0);
    cr_assert(resident_returns(&hanako, answer), "none of that touched the transaction");
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, other_types_and_sizes_are_refused)
{
    static const char *const headers[] = {"Origin: http://localhost:8080", "X-Genkan-Card: 1", NULL};
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    cr_assert(browser_send(b, "/login/card/complete", headers, "text/plain", VIEW("{}")));
    cr_expect_eq(b->status, 415);
    cr_assert(browser_send(b, "/login/card/complete", headers, "application/json", VIEW("[]")));
    cr_expect_eq(b->status, 400);
    cr_assert(browser_send(b, "/login/card/complete", headers, "application/json", VIEW("{\"response\":\"")));
    cr_expect_eq(b->status, 400);
    char *large = arena_alloc(&b->a, 20000);
    memset(large, 'A', 20000);
    cr_assert(browser_send(b, "/login/card/complete", headers, "application/json", view_bytes(large, 20000)));
    cr_expect_eq(b->status, 413);
    cr_expect_eq(sessions(), 0);
}

/* --- without script ------------------------------------------------------------------------------------------- */

Test(card_answers, can_be_pasted_where_no_script_runs)
{
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    cr_assert(browser_get(b, "/login/card/return"));
    cr_assert_eq(browser_at(b), AT_CARD_RETURN);
    cr_assert(PRESS(b, "/login/card/complete",
                    arena_printf(&b->a, "response= http://localhost:8080/login/card/return#%s\n", answer)));
    cr_expect_eq(browser_at(b), AT_PROFILE, "%s", b->url);
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, an_empty_paste_is_pointed_out_and_nothing_is_lost)
{
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    cr_assert(browser_get(b, "/login/card/return"));
    cr_assert(PRESS(b, "/login/card/complete", "response= "));
    cr_expect_eq(browser_at(b), AT_CARD_RETURN);
    cr_expect(browser_has_id(b, "problems"));
    cr_assert(resident_returns(&hanako, answer));
    cr_expect_eq(sessions(), 1);
}

Test(card_answers, a_paste_from_elsewhere_is_refused)
{
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    const char *answer = answer_of(&hanako, NULL);
    cr_assert(browser_post(b, "/login/card/complete", arena_printf(&b->a, "response=%s", answer)));
    cr_expect_eq(b->status, 403, "without the form's token");
    cr_assert(browser_post(b, "/login/card/complete", arena_printf(&b->a, "csrf=AAAA&response=%s", answer)));
    cr_expect_eq(b->status, 403, "with a wrong one");
    cr_assert(browser_post_from_elsewhere(b, "/login/card/complete", arena_printf(&b->a, "response=%s", answer)));
    cr_expect_eq(b->status, 403);
    cr_expect_eq(sessions(), 0);
}

/* --- reading the card's text ---------------------------------------------------------------------------------- */

static void go_to_reading(void)
{
    go_to_card(&hanako);
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_assert_eq(browser_at(&hanako.browser), AT_PROFILE, "%s", hanako.browser.url);
    cr_assert(PRESS(&hanako.browser, "/profile", "do=read"));
    cr_assert_eq(browser_at(&hanako.browser), AT_CARD_START);
}

static int64_t values(void)
{
    return provider_number(&genkan, "SELECT count(*) FROM profile WHERE field <> ''");
}

Test(card_answers, somebody_elses_card_is_never_read_into_her_profile)
{
    struct software_card hers = hanako.card, his;
    go_to_reading();
    card_open(&his, provider_persona(&genkan, "residents/taro"));
    hanako.card = his;
    cr_assert(resident_uses_card(&hanako, NULL));
    hanako.card = hers;
    expect_problem(&hanako, PAGE_PROBLEM_OTHER_RESIDENT);
    cr_expect_eq(values(), 0);
    cr_expect(PRESS(&hanako.browser, "/login/card", NULL), "a new try reads again");
    cr_expect(resident_uses_card(&hanako, NULL));
    cr_expect_eq(values(), 4);
    card_close(&his);
}

Test(card_answers, a_card_that_was_not_read_can_be_done_without)
{
    go_to_reading();
    cr_assert(resident_uses_card(&hanako, &(struct card_trick){.no_text = true}));
    expect_problem(&hanako, PAGE_PROBLEM_TEXT_UNREADABLE);
    cr_expect_eq(values(), 0);
    cr_assert(PRESS(&hanako.browser, "/profile", "do=skip"));
    cr_expect_eq(browser_at(&hanako.browser), AT_CONSENT, "%s", hanako.browser.url);
    cr_expect(browser_says(&hanako.browser, "まだ登録がありません"));
    cr_expect_not(browser_says(&hanako.browser, "value=\"allow\""), "what is required is not there");
}

Test(card_answers, reading_needs_a_login)
{
    struct browser *b = &hanako.browser;
    cr_assert(browser_get(b, service_begin(&a_city, NULL)));
    cr_assert_eq(browser_at(b), AT_LOGIN);
    cr_assert(PRESS(b, "/login/card", "purpose=read"));
    cr_expect_eq(browser_at(b), AT_LOGIN, "she is sent back to the login");
    cr_assert(PRESS(b, "/login/card", "purpose=register"));
    cr_expect_eq(browser_at(b), AT_LOGIN, "and so she is to register");
    cr_assert(PRESS(b, "/login/card", "purpose=sign"));
    cr_expect_eq(b->status, 400);
    cr_expect(browser_says(b, "purpose"), "the parameter is named");
}

/* --- the session ---------------------------------------------------------------------------------------------- */

Test(card_answers, every_login_is_a_new_ticket_and_the_older_one_opens_nothing)
{
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    cr_assert(resident_uses_card(&hanako, NULL));
    const char *first = arena_text(&b->a, view_text(browser_cookie_value(b, "__Host-session")));
    cr_assert(browser_get(b, service_begin(&a_city, "prompt=login")));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_expect_str_neq(first, browser_cookie_value(b, "__Host-session"));
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 1);
    cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM resident"), 1, "the same card is the same resident");
    browser_set_cookie(b, "__Host-session", first);
    cr_assert(browser_get(b, "/"));
    cr_expect(browser_has_id(b, "none"), "the older ticket opens nothing");
}

Test(card_answers, showing_the_card_again_needs_the_same_card)
{
    struct software_card hers = hanako.card, his;
    go_to_card(&hanako);
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_assert(browser_get(&hanako.browser, service_begin(&a_city, "prompt=login")));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    card_open(&his, provider_persona(&genkan, "residents/taro"));
    hanako.card = his;
    cr_assert(resident_uses_card(&hanako, NULL));
    hanako.card = hers;
    expect_problem(&hanako, PAGE_PROBLEM_OTHER_RESIDENT);
    cr_expect_eq(sessions(), 1);
    card_close(&his);
}

Test(card_answers, the_start_page_is_over_when_the_card_was_used)
{
    struct browser *b = &hanako.browser;
    go_to_card(&hanako);
    const char *start = arena_text(&b->a, view_text(b->url));
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_assert(browser_get(b, start), "Back");
    cr_expect_eq(browser_at(b), AT_PROFILE, "%s", b->url);
}
