/* What one address may begin, and what it may go on doing when that is used up. */
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
