#include <criterion/criterion.h>
#include <stdio.h>

#include "http/throttle.h"

static struct throttle *open_with(uint32_t burst, uint32_t per_minute, size_t keys)
{
    struct throttle *t;
    cr_assert_eq(
        throttle_open(&t, &(struct throttle_config){.burst = burst, .per_minute = per_minute, .keys_max = keys}),
        ERR_OK);
    return t;
}

Test(throttle, refuses_after_the_burst_and_says_when_to_come_back)
{
    struct throttle *t = open_with(3, 60, 64);
    int64_t retry = -1;
    for (int i = 0; i < 3; i++)
        cr_expect(throttle_take(t, VIEW("a"), 1000, &retry));
    cr_expect_eq(retry, 0);
    cr_expect_not(throttle_take(t, VIEW("a"), 1000, &retry));
    cr_expect_eq(retry, 1);
    cr_expect_not(throttle_take(t, VIEW("a"), 1999, NULL));
    cr_expect(throttle_take(t, VIEW("a"), 2000, NULL));
    cr_expect_not(throttle_take(t, VIEW("a"), 2000, NULL));
    throttle_close(t);
}

Test(throttle, gives_back_over_many_minutes)
{
    struct throttle *t;
    int64_t retry;
    cr_assert_eq(throttle_open(&t, &(struct throttle_config){5, 5, 64, 15}), ERR_OK);
    for (int i = 0; i < 5; i++)
        cr_expect(throttle_take(t, VIEW("a"), 1000, &retry));
    cr_expect_not(throttle_take(t, VIEW("a"), 1000, &retry));
    cr_expect_eq(retry, 180, "a fifth of 15 minutes: %d", (int)retry);
    for (int64_t s = 2; s < 181; s++)
        cr_assert_not(throttle_take(t, VIEW("a"), s * 1000, NULL), "after %d s", (int)s);
    cr_expect(throttle_take(t, VIEW("a"), 182000, NULL));
    cr_expect_not(throttle_take(t, VIEW("a"), 182000, NULL));
    throttle_close(t);
}

Test(throttle, keeps_keys_apart)
{
    struct throttle *t = open_with(1, 1, 64);
    cr_expect(throttle_take(t, VIEW("a"), 0, NULL));
    cr_expect(throttle_take(t, VIEW("b"), 0, NULL));
    cr_expect_not(throttle_take(t, VIEW("a"), 0, NULL));
    throttle_close(t);
}

Test(throttle, never_holds_more_than_the_burst)
{
    struct throttle *t = open_with(2, 600, 64);
    cr_expect(throttle_take(t, VIEW("a"), 1, NULL));
    for (int i = 0; i < 2; i++)
        cr_expect(throttle_take(t, VIEW("a"), 1000000000, NULL));
    cr_expect_not(throttle_take(t, VIEW("a"), 1000000000, NULL));
    throttle_close(t);
}

Test(throttle, loses_no_slow_refill_to_frequent_asking)
{
    struct throttle *t = open_with(1, 1, 64);
    cr_expect(throttle_take(t, VIEW("a"), 1, NULL));
    for (int64_t ms = 10; ms < 60000; ms += 10)
        cr_assert_not(throttle_take(t, VIEW("a"), ms, NULL), "at %ld", (long)ms);
    cr_expect(throttle_take(t, VIEW("a"), 60100, NULL));
    throttle_close(t);
}

Test(throttle, stays_within_its_table)
{
    struct throttle *t = open_with(1, 1, 16);
    char key[32];
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        cr_expect(throttle_take(t, view_text(key), i + 1, NULL), "a stranger is not punished for others");
    }
    throttle_close(t);
}

Test(throttle, survives_a_clock_that_goes_back)
{
    struct throttle *t = open_with(1, 60, 16);
    cr_expect(throttle_take(t, VIEW("a"), 100000, NULL));
    cr_expect_not(throttle_take(t, VIEW("a"), 5, NULL));
    throttle_close(t);
}

Test(throttle, refuses_a_table_without_room)
{
    struct throttle *t;
    cr_expect_eq(throttle_open(&t, &(struct throttle_config){.burst = 0, .per_minute = 1, .keys_max = 1}), ERR_CONFIG);
    cr_expect_eq(throttle_open(&t, &(struct throttle_config){.burst = 1, .per_minute = 1, .keys_max = 0}), ERR_CONFIG);
}

Test(throttle, looking_takes_nothing)
{
    const struct throttle_config c = {.burst = 1, .per_minute = 60, .keys_max = 16};
    struct throttle *t;
    int64_t retry_s;
    cr_assert_eq(throttle_open(&t, &c), ERR_OK);
    for (int i = 0; i < 5; i++)
        cr_expect(throttle_has(t, VIEW("a"), 1000, &retry_s));
    cr_expect(throttle_take(t, VIEW("a"), 1000, &retry_s));
    cr_expect_not(throttle_has(t, VIEW("a"), 1000, &retry_s));
    cr_expect_eq(retry_s, 1);
    cr_expect(throttle_has(t, VIEW("b"), 1000, &retry_s));
    cr_expect(throttle_has(t, VIEW("a"), 2000, &retry_s));
    throttle_close(t);
}
