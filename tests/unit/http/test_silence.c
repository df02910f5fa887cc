#include <criterion/criterion.h>

#include "http/silence.h"

static struct silence s;
static struct silent a, b, c;

static void open_all(void)
{
    silence_open(&s);
    silence_join(&s, &a, 10);
    silence_join(&s, &b, 20);
    silence_join(&s, &c, 30);
}

TestSuite(silence, .init = open_all);

Test(silence, gives_the_longest_first_and_none_too_early)
{
    cr_expect_null(silence_take(&s, 9));
    cr_expect_eq(silence_since(&s), 10);
    cr_expect_eq(silence_take(&s, 20), &a);
    cr_expect_eq(silence_take(&s, 20), &b);
    cr_expect_null(silence_take(&s, 20));
    cr_expect_eq(silence_take(&s, 30), &c);
    cr_expect_eq(silence_since(&s), SILENCE_NEVER);
}

Test(silence, whoever_speaks_leaves_and_comes_again_at_the_end)
{
    silence_leave(&s, &b);
    silence_leave(&s, &b);
    silence_leave(&s, &a);
    silence_join(&s, &a, 40);
    silence_join(&s, &a, 50); /* is there: nothing changes */
    cr_expect_eq(silence_take(&s, 100), &c);
    cr_expect_eq(silence_take(&s, 45), &a);
    cr_expect_null(silence_take(&s, 100));
}
