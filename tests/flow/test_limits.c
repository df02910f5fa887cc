/* What one address may begin, and what it may go on doing when that is used up; and what one service and one account
 * may. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct provider genkan;
static struct service a_city, b_city;
static struct resident hanako;
static struct browser *browser = &hanako.browser;

static void open_stage(void)
{
    static const struct provider_options few = {.limits =
                                                    "interactions_per_minute = 10\n card_transactions_per_minute = 10\n"
                                                    " pushed_requests_per_minute = 10\n"};

    provider_open(&genkan, &few);
    service_open_a(&a_city, &genkan);
    service_open_b(&b_city, &genkan);
    resident_open(&hanako, &genkan, "residents/hanako");
}

static void close_stage(void)
{
    resident_close(&hanako);
    service_close(&b_city);
    service_close(&a_city);
    provider_close(&genkan);
}

TestSuite(limits_of_an_address, .init = open_stage, .fini = close_stage);

static void is_told_to_wait(void)
{
    cr_assert_eq(browser->status, 429, "%d", browser->status);
    IS_AT(browser, AT_ERROR);
    cr_assert_not_null(strcasestr(browser->headers, "Retry-After: "));
    cr_assert_not_null(browser_quote(browser));
}

Test(limits_of_an_address, a_flood_of_logins_is_429_and_writes_nothing_more)
{
    for (int i = 0; i < 10; i++) {
        cr_assert(browser_get(browser, service_begin(&a_city, NULL)));
        IS_AT(browser, AT_LOGIN);
    }
    for (int i = 0; i < 5; i++) {
        cr_assert(browser_get(browser, service_begin(&a_city, NULL)));
        is_told_to_wait();
    }
    cr_assert_eq(provider_number(&genkan, "SELECT count(*) FROM interaction"), 10);
}

Test(limits_of_an_address, a_service_that_pushes_too_much_is_told_to_wait_and_another_is_not)
{
    const char *error;

    for (int i = 0; i < 10; i++)
        service_push(&a_city, service_request(&a_city, NULL), NULL);
    service_push(&a_city, service_request(&a_city, NULL), &error);
    cr_assert_eq(a_city.channel.status, 429, "RFC 9126 2.3");
    cr_assert_not_null(strcasestr(a_city.channel.headers, "Retry-After: "));
    cr_assert_eq(provider_number(&genkan, "SELECT count(*) FROM pushed"), 10);
    service_push(&b_city, service_request(&b_city, NULL), NULL);
}

Test(limits_of_an_address, who_is_answered_silently_is_never_told_to_wait)
{
    cr_assert(resident_visits(&hanako, &a_city));
    service_receive(&a_city, browser, NULL);
    for (int i = 0; i < 30; i++) {
        cr_assert(browser_get(browser, service_begin(&a_city, "prompt=none")));
        cr_assert_not_null(service_receive(&a_city, browser, NULL));
    }
}

Test(limits_of_an_address, a_flood_of_card_transactions_is_429_and_writes_nothing_more)
{
    cr_assert(browser_get(browser, service_begin(&a_city, NULL)));
    const char *next = arena_printf(&browser->a, "/next?i=%s", browser_field(browser, "/login/card", "i"));
    for (int i = 0; i < 10; i++) {
        cr_assert(browser_get(browser, next));
        cr_assert(PRESS(browser, "/login/card", "purpose=login"));
        IS_AT(browser, AT_CARD_START);
    }
    cr_assert(browser_get(browser, next));
    cr_assert(PRESS(browser, "/login/card", "purpose=login"));
    is_told_to_wait();
    cr_assert_eq(provider_number(&genkan, "SELECT count(*) FROM card_txn"), 10);
}

/* --- of one service, whatever its addresses ----------------------------------------------------------------------- */

static void open_few(void)
{
    static const struct provider_options few = {
        .limits = "introspections_per_minute = 10\n revocations_per_minute = 10\n exchanges_per_minute = 10\n "
                  "card_proofs_per_account = 5\n card_links_per_account = 5\n"};

    provider_open(&genkan, &few);
    service_open_a(&a_city, &genkan);
    service_open_b(&b_city, &genkan);
    resident_open(&hanako, &genkan, "residents/hanako");
}

TestSuite(limits_of_a_service, .init = open_few, .fini = close_stage);
TestSuite(limits_of_an_account, .init = open_few, .fini = close_stage);

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(&hanako, s));
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static int asks(struct service *s, const char *path, const char *token)
{
    return service_post(s, path, arena_printf(&s->channel.a, "token=%s", token));
}

static const char *answer_of(struct service *s)
{
    return arena_text(&s->channel.a, s->channel.body);
}

Test(limits_of_a_service, who_asks_too_often_about_tokens_is_told_to_wait_and_learns_nothing_of_them)
{
    struct tokens t = opens(&a_city);

    for (int i = 0; i < 10; i++)
        cr_assert_eq(asks(&a_city, "/introspect", i % 2 ? t.access : "garbage"), 200);
    cr_assert_eq(asks(&a_city, "/introspect", t.access), 429);
    cr_expect_not_null(strcasestr(a_city.channel.headers, "Retry-After: "));
    const char *good = answer_of(&a_city);
    cr_assert_eq(asks(&a_city, "/introspect", "garbage"), 429);
    cr_expect_str_eq(answer_of(&a_city), good, "the same for whatever token");
    cr_expect_eq(asks(&b_city, "/introspect", t.access), 200, "another service goes on");
    cr_expect_eq(asks(&a_city, "/revoke", "garbage"), 200, "and so does another endpoint");
}

Test(limits_of_a_service, nobody_uses_up_what_is_anothers)
{
    struct service thief = a_city;

    thief.secret = "not the secret of A city, but as long as one";
    for (int i = 0; i < 15; i++)
        asks(&thief, "/introspect", "garbage");
    thief.channel = (struct browser){0};
    cr_expect_eq(asks(&b_city, "/introspect", "garbage"), 200);
}

Test(limits_of_a_service, who_revokes_too_often_is_told_to_wait_and_nothing_is_revoked)
{
    struct tokens t = opens(&a_city);

    for (int i = 0; i < 10; i++)
        cr_assert_eq(asks(&a_city, "/revoke", "garbage"), 200);
    cr_assert_eq(asks(&a_city, "/revoke", t.access), 429);
    cr_expect_not_null(strcasestr(a_city.channel.headers, "Retry-After: "));
    cr_assert_eq(asks(&a_city, "/introspect", t.access), 200);
    cr_expect(browser_says(&a_city.channel, "\"active\":true"));
}

Test(limits_of_a_service, who_exchanges_too_often_is_told_to_wait)
{
    const char *form = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=garbage"
                       "&subject_token_type=urn:ietf:params:oauth:token-type:access_token&resource=https://x.example/";

    service_update(&b_city, "\"refresh_token\"",
                   "\"refresh_token\",\"urn:ietf:params:oauth:grant-type:token-exchange\"");
    for (int i = 0; i < 10; i++)
        cr_assert_neq(service_post(&b_city, "/token", form), 429);
    cr_assert_eq(service_post(&b_city, "/token", form), 429);
    cr_expect_not_null(strcasestr(b_city.channel.headers, "Retry-After: "));
    cr_expect(browser_says(&b_city.channel, "temporarily_unavailable"));
}

/* --- of one account, whatever its addresses ----------------------------------------------------------------------- */

/* In another browser each time, and never further than the login. */
static void logs_in_anew(void)
{
    browser_forget(browser);
    cr_assert(browser_get(browser, service_begin(&a_city, NULL)));
    cr_assert(PRESS(browser, "/login/card", NULL));
    IS_AT(browser, AT_CARD_START);
}

static int64_t sessions(void)
{
    return provider_number(&genkan, "SELECT count(*) FROM session");
}

Test(limits_of_an_account, a_card_that_proves_too_often_is_told_to_wait_and_another_is_not)
{
    for (int i = 0; i < 5; i++) {
        logs_in_anew();
        cr_assert(resident_uses_card(&hanako, NULL));
    }
    cr_assert_eq(sessions(), 5);
    logs_in_anew();
    const char *request = card_request_of(browser_link(browser, "/v1/auth/"));
    const char *body =
        arena_printf(&browser->a, "{\"response\":\"%s\"}", card_answer(&hanako.card, &browser->a, request, NULL));
    const char *const headers[] = {"Origin: http://localhost:8080", "Sec-Fetch-Site: same-origin", "X-Genkan-Card: 1",
                                   NULL};
    cr_assert(browser_send(browser, "/login/card/complete", headers, "application/json", view_text(body)));
    cr_expect_eq(browser->status, 429, "%d", browser->status);
    cr_expect_not_null(strcasestr(browser->headers, "Retry-After: "));
    cr_expect(browser_says(browser, "problem=too_often"));
    cr_expect_eq(sessions(), 5, "nobody was logged in");
    cr_assert(browser_get(browser, "/login/card/return?problem=too_often"));
    cr_expect(browser_says(browser, "15分"), "there is a page for it");

    struct software_card mine = hanako.card;
    card_open(&hanako.card, provider_persona(&genkan, "residents/renewed"));
    logs_in_anew();
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_expect_eq(sessions(), 6, "another card, at the same address");
    card_close(&hanako.card);
    hanako.card = mine;
}

Test(limits_of_an_account, a_revoked_card_is_counted_too)
{
    struct software_card mine = hanako.card;
    card_open(&hanako.card, provider_persona(&genkan, "bad/revoked"));
    for (int i = 0; i < 6; i++) {
        logs_in_anew();
        cr_assert(resident_uses_card(&hanako, NULL));
        cr_expect_eq(browser_says(browser, "15分ほど待って") != 0, i == 5, "%d: %s", i, browser->url);
    }
    card_close(&hanako.card);
    hanako.card = mine;
}

/* Who has seen her certificate, but has not her card, keeps her out of nothing. */
Test(limits_of_an_account, proofs_that_are_none_count_for_nobody)
{
    for (int i = 0; i < 8; i++) {
        logs_in_anew();
        cr_assert(resident_uses_card(&hanako, &(struct card_trick){.flip_signature = true}));
    }
    logs_in_anew();
    cr_assert(resident_uses_card(&hanako, NULL));
    cr_expect_eq(sessions(), 1);
}

Test(limits_of_an_account, links_begun_too_often_are_429_and_write_nothing_more)
{
    cr_assert(browser_get(browser, "/"));
    cr_assert(PRESS(browser, "/me/card", "do=login"));
    cr_assert(resident_goes_to(&hanako, AT_HOME), "%s", browser->url);
    for (int i = 0; i < 6; i++) {
        int64_t before = provider_number(&genkan, "SELECT count(*) FROM card_txn");
        cr_assert(browser_get(browser, "/me/cards"));
        cr_assert(PRESS(browser, "/me/card", "do=link"));
        cr_assert(PRESS(browser, "/login/card", NULL));
        if (i < 5) {
            IS_AT(browser, AT_CARD_START);
            continue;
        }
        is_told_to_wait();
        cr_expect_eq(provider_number(&genkan, "SELECT count(*) FROM card_txn"), before);
        cr_expect(browser_says(browser, "あなたのカードで"), "the page does not speak of many requests from one place");
    }
}
