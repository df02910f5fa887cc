/* How much one address may begin. */
#include <criterion/criterion.h>

#include "idp/state/config.h"
#include "idp/state/limits.h"

enum { NOW_MS = 1000000 };

static struct limits *limits;

static void open_all(void)
{
    const struct config config = {.limits = {.interactions_per_minute = 10, .card_transactions_per_minute = 20}};

    cr_assert_eq(limits_open(&limits, &config), ERR_OK);
}

static void close_all(void)
{
    limits_close(limits);
}

TestSuite(limits, .init = open_all, .fini = close_all);

/* How many of N go through. */
static int go_through(enum limit which, const char *address, int n, int64_t now_ms)
{
    int64_t retry_s;
    int through = 0;

    for (int i = 0; i < n; i++)
        through += limits_take(limits, which, address, now_ms, &retry_s);
    return through;
}

Test(limits, refuse_what_is_more_and_say_for_how_long)
{
    int64_t retry_s = 0;

    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "192.0.2.1", 12, NOW_MS), 10);
    cr_expect_not(limits_take(limits, LIMIT_INTERACTIONS, "192.0.2.1", NOW_MS, &retry_s));
    cr_expect_eq(retry_s, 6);
    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "192.0.2.1", 2, NOW_MS + 6000), 1);
    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "192.0.2.1", 20, NOW_MS + 120000), 10);
}

Test(limits, refuse_nobody_else)
{
    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "192.0.2.1", 12, NOW_MS), 10);
    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "192.0.2.2", 12, NOW_MS), 10);
    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "2001:db8::1", 12, NOW_MS), 10);
}

Test(limits, count_each_thing_for_itself)
{
    cr_expect_eq(go_through(LIMIT_INTERACTIONS, "192.0.2.1", 12, NOW_MS), 10);
    cr_expect_eq(go_through(LIMIT_CARDS, "192.0.2.1", 30, NOW_MS), 20);
}

Test(limits, take_a_whole_64_of_ipv6_for_one_address)
{
    cr_expect_eq(go_through(LIMIT_CARDS, "2001:db8:0:1::1", 20, NOW_MS), 20);
    cr_expect_eq(go_through(LIMIT_CARDS, "2001:db8:0:1:ffff::2", 20, NOW_MS), 0);
    cr_expect_eq(go_through(LIMIT_CARDS, "2001:db8:0:2::1", 20, NOW_MS), 20);
    cr_expect_eq(go_through(LIMIT_CARDS, "::ffff:192.0.2.1", 20, NOW_MS), 20);
    cr_expect_eq(go_through(LIMIT_CARDS, "::ffff:192.0.2.2", 20, NOW_MS), 20, "that is IPv4: each for itself");
}

Test(limits, of_zero_are_none)
{
    const struct config none = {0};
    struct limits *off;
    int64_t retry_s;

    cr_assert_eq(limits_open(&off, &none), ERR_OK);
    for (int i = 0; i < 5000; i++)
        cr_assert(limits_take(off, LIMIT_INTERACTIONS, "192.0.2.1", NOW_MS, &retry_s));
    cr_expect(limits_take(NULL, LIMIT_CARDS, "192.0.2.1", NOW_MS, &retry_s));
    limits_close(off);
    limits_close(NULL);
}

Test(limits, let_one_request_be_fetched_at_a_time)
{
    cr_expect(limits_begin(limits, LIMIT_REFERENCES));
    cr_expect_not(limits_begin(limits, LIMIT_REFERENCES));
    cr_expect_not(limits_begin(limits, LIMIT_REFERENCES), "what was refused is not under way");
    limits_end(limits, LIMIT_REFERENCES);
    cr_expect(limits_begin(limits, LIMIT_REFERENCES));
    cr_expect(limits_begin(NULL, LIMIT_REFERENCES));
    limits_end(NULL, LIMIT_REFERENCES);
}

Test(limits, count_failures_for_one_name_at_one_address)
{
    const struct view a = VIEW("a-city");
    int64_t retry_s;
    for (int i = 0; i < 20; i++) {
        cr_expect(limits_may_fail(limits, "192.0.2.1", a, NOW_MS, &retry_s));
        limits_fail(limits, "192.0.2.1", a, NOW_MS);
    }
    cr_expect_not(limits_may_fail(limits, "192.0.2.1", a, NOW_MS, &retry_s), "RFC 6749 2.3.1");
    cr_expect_eq(retry_s, 3);
    cr_expect(limits_may_fail(limits, "192.0.2.1", VIEW("b-city"), NOW_MS, &retry_s));
    cr_expect(limits_may_fail(limits, "192.0.2.2", a, NOW_MS, &retry_s), "nobody is locked out from elsewhere");
    cr_expect(limits_may_fail(limits, "192.0.2.1", a, NOW_MS + 3000, &retry_s));
}
