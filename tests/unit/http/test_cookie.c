#include <criterion/criterion.h>

#include "http/cookie.h"

static struct view find(const char *header, const char *name)
{
    size_t count = 0;
    return cookie_find(view_text(header), name, &count);
}

static enum err write_one(const char *name, struct view value, int64_t max_age, const char **text)
{
    static char space[512];
    struct buf b;
    const char *written = NULL;
    buf_open(&b, NULL, 400);
    enum err e = cookie_write(&b, &(struct cookie){.name = name, .value = value, .max_age = max_age});
    if (!e && buf_done_text(&b, &written) == ERR_OK)
        memcpy(space, written, strlen(written) + 1);
    *text = space;
    buf_close(&b);
    return e;
}

Test(cookie, ignores_a_name_there_twice)
{
    size_t count = 0;
    cr_expect_not(view_is(cookie_find(VIEW("a=1; a=2"), "a", &count)));
    cr_expect_eq(count, 2);
    cr_expect_not(view_is(find("a=1; b=2; a=1", "a")));
}

Test(cookie, ignores_malformed_values)
{
    cr_expect_not(view_is(find("a=\"1\"", "a")));
    cr_expect_not(view_is(find("a=1,2", "a")));
    cr_expect_not(view_is(find("a=1\\2", "a")));
    cr_expect_not(view_is(find("a=1 2", "a")));
    cr_expect_not(view_is(find("a=\xe7\x8e\x84", "a")));
}

/* RFC 6265 4.1.1: every byte wherever it stands, since sixteen are looked at together. */
Test(cookie, knows_what_a_value_may_have_in_it)
{
    for (int c = 1; c < 256; c++)
        for (size_t n = 1; n < 36; n++)
            for (size_t at = 0; at < n; at += n < 18 ? 1 : 5) {
                bool fine = c > 0x20 && c < 0x7F && !strchr("\",;\\", c);
                char value[40];
                const char *text;
                memset(value, 'x', sizeof value);
                value[at] = (char)c;
                cr_assert_eq(write_one("__Host-a", view_bytes(value, n), 5, &text), fine ? ERR_OK : ERR_SYNTAX,
                             "%d at %zu of %zu", c, at, n);
            }
}

Test(cookie, does_not_mix_up_names)
{
    cr_expect_not(view_is(find("ab=1", "a")));
    cr_expect_not(view_is(find("a", "a")));
    cr_expect_not(view_is(find("xa=1", "a")));
    cr_expect_not(view_is(find("A=1", "a")));
    cr_expect_not(view_is(find("a =1", "a")), "a space is no part of a name, nor is it skipped");
    cr_expect_not(view_is(find("b=a=1", "a")));
    cr_expect_not(view_is(find("", "a")));
}

Test(cookie, finds_a_value_among_others)
{
    cr_expect(view_equal_text(find("a=1", "a"), "1"));
    cr_expect(view_equal_text(find("b=2; a=1; c=3", "a"), "1"));
    cr_expect(view_equal_text(find("b=2;a=1=2;c", "a"), "1=2"));
    struct view empty = find("a=; b=1", "a");
    cr_expect(view_is(empty) && empty.n == 0);
}

Test(cookie, refuses_a_name_with_space)
{
    const char *text;
    cr_expect_eq(write_one("__Host-a b", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-a=b", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-a;b", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-a\r", VIEW("1"), 5, &text), ERR_SYNTAX);
}

Test(cookie, refuses_a_name_that_a_neighbour_could_plant)
{
    const char *text;
    cr_expect_eq(write_one("session", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Secure-session", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__host-session", VIEW("1"), 5, &text), ERR_SYNTAX,
                 "browsers of before 2023 compare by case");
    cr_expect_eq(write_one("", VIEW("1"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-session", VIEW("1"), 5, &text), ERR_OK);
}

Test(cookie, refuses_a_value_that_would_end_the_cookie)
{
    const char *text;
    cr_expect_eq(write_one("__Host-a", VIEW("1; Domain=x"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-a", VIEW("1\r\nX: y"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-a", VIEW("1\0"), 5, &text), ERR_SYNTAX);
    cr_expect_eq(write_one("__Host-a", VIEW("\xff"), 5, &text), ERR_SYNTAX);
}

Test(cookie, writes_secure_httponly_path_always_and_domain_never)
{
    const char *text;
    cr_assert_eq(write_one("__Host-session", VIEW("abc"), COOKIE_SESSION, &text), ERR_OK);
    cr_expect_str_eq(text, "__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
    cr_assert_eq(write_one("__Host-card", VIEW("abc"), 300, &text), ERR_OK);
    cr_expect_str_eq(text, "__Host-card=abc; Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax");
}

Test(cookie, deletes_with_an_empty_value)
{
    const char *text;
    cr_assert_eq(write_one("__Host-a", VIEW("abc"), 0, &text), ERR_OK);
    cr_expect_str_eq(text, "__Host-a=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
}
