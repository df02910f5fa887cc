#include "webui/words.h"

#include <criterion/criterion.h>

static enum err read(struct words **w, struct arena *a, const char *file, const char **why)
{
    arena_open(a, 1 << 16);
    *why = NULL;
    return words_read(w, a, view_text(file), why);
}

Test(words, finds_a_word_and_trims_it)
{
    struct arena a;
    struct words *w;
    const char *why;
    struct view text;
    cr_assert_eq(read(&w, &a, "# comment\n\nb.x =  two = 2 \r\na = one", &why), ERR_OK);
    cr_assert_eq(words_count(w), 2);
    cr_assert(words_find(w, VIEW("b.x"), &text));
    cr_assert(view_equal_text(text, "two = 2"));
    cr_assert(view_equal_text(words_key(w, 0), "a"));
    arena_close(&a);
}

Test(words, does_not_find_what_is_not_there)
{
    struct arena a;
    struct words *w;
    const char *why;
    struct view text;
    cr_assert_eq(read(&w, &a, "ab = 1\n", &why), ERR_OK);
    cr_assert_not(words_find(w, VIEW("a"), &text));
    cr_assert_not(words_find(w, VIEW("abc"), &text));
    cr_assert_not(words_find(w, VIEW(""), &text));
    arena_close(&a);
    cr_assert_eq(read(&w, &a, "", &why), ERR_OK);
    cr_assert_not(words_find(w, VIEW("a"), &text));
    arena_close(&a);
}

Test(words, refuses_a_line_that_is_no_word)
{
    static const char *const bad[] = {"a", "= x", "a =", "a = ", "A = x", "a b = x", "a-b = x", "ok = 1\n<p> = x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct words *w;
        const char *why;
        cr_expect_eq(read(&w, &a, bad[i], &why), ERR_SYNTAX, "%s", bad[i]);
        cr_expect_not_null(why);
        arena_close(&a);
    }
}

Test(words, refuses_a_key_that_stands_twice)
{
    struct arena a;
    struct words *w;
    const char *why;
    cr_assert_eq(read(&w, &a, "a = 1\nb = 2\na = 3", &why), ERR_SYNTAX);
    cr_assert_str_eq(why, "the word a stands twice");
    arena_close(&a);
}

Test(words, refuses_to_lay_a_word_over_nothing)
{
    struct arena a, b;
    struct words *w, *over;
    const char *why;
    struct view text;
    cr_assert_eq(read(&w, &a, "a = 1\nb = 2", &why), ERR_OK);
    cr_assert_eq(read(&over, &b, "b = 3\nc = 4", &why), ERR_OK);
    cr_expect_eq(words_lay_over(w, over, &a, &why), ERR_SYNTAX);
    cr_expect_str_eq(why, "the word c lies over nothing");
    arena_close(&b);
    cr_assert_eq(read(&over, &b, "b = 3", &why), ERR_OK);
    cr_assert_eq(words_lay_over(w, over, &a, &why), ERR_OK);
    cr_expect(words_find(w, VIEW("b"), &text) && view_equal_text(text, "3"));
    cr_expect(words_find(w, VIEW("a"), &text) && view_equal_text(text, "1"));
    arena_close(&a);
    arena_close(&b);
}
