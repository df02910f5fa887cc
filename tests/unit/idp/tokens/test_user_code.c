#include "idp/tokens/user_code.h"

#include <criterion/criterion.h>
#include <string.h>

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 65536);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(user_code, .init = open_arena, .fini = close_arena);

Test(user_code, anything_but_nine_digits_is_refused)
{
    static const char *const bad[] = {
        "",
        "12345678",
        "1234567890",
        "12345678a",
        "123.456.789",
        "12345678\xEF\xBC\xA1",
        "１２３４５６７８",
        "123456789\n",
        "1 2 3 4 5 6 7 8 9                                                              "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(view_is(user_code_read(&a, view_text(bad[i]))), "%s", bad[i]);
    cr_expect_not(view_is(user_code_read(&a, VIEW("12345678\xEF\xBC"))));
}

Test(user_code, what_people_type_is_read)
{
    static const char *const good[] = {"123456789",     "123-456-789",   " 123 456 789 ",       "１２３-４５６-７８９",
                                       "123－456－789", "123ー456ー789", "１２３　４５６　789", "123−456−789"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(view_equal_text(user_code_read(&a, view_text(good[i])), "123456789"), "%s", good[i]);
}

Test(user_code, is_random_and_shown_in_threes)
{
    char *one = user_code_mint(&a), *two = user_code_mint(&a);
    cr_assert(one && two);
    cr_expect_eq(strlen(one), USER_CODE_DIGITS);
    cr_expect_neq(strcmp(one, two), 0);
    cr_expect(view_equal_text(user_code_read(&a, view_text(one)), one));
    cr_expect_str_eq(user_code_show(&a, VIEW("123456789")), "123-456-789");
}
