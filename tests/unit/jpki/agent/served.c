#include "jpki/agent/served.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(served, a_request_is_served_once_for_each_issuer)
{
    static struct served s;
    cr_assert(!served_take(&s, VIEW("https://a"), VIEW("1"), 100, 10));
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("1"), 100, 20), ERR_CONFLICT);
    cr_expect_eq(served_take(&s, VIEW("https://b"), VIEW("1"), 100, 20), ERR_OK);
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("2"), 100, 20), ERR_OK);
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("1"), 100, 99), ERR_CONFLICT);
}

Test(served, serves_nothing_when_it_cannot_remember_any_more)
{
    static struct served s;
    char jti[16];
    for (int i = 0; i < SERVED_MAX; i++) {
        snprintf(jti, sizeof jti, "%d", i);
        cr_assert(!served_take(&s, VIEW("https://a"), view_text(jti), 100 + i, 10));
    }
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("x"), 100, 10), ERR_LIMIT);
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("5"), 100, 10), ERR_CONFLICT);
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("x"), 200, 100), ERR_OK, "the first has expired");
    cr_expect_eq(served_take(&s, VIEW("https://a"), VIEW("y"), 200, 100), ERR_LIMIT);
}
