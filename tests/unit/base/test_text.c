#include <criterion/criterion.h>

#include "base/text.h"

static const struct {
    struct view v;
    bool good;
} utf8[] = {
    {VIEW(""), true},
    {VIEW("abc"), true},
    {VIEW("大阪　花子"), true},
    {VIEW("\xF0\xA0\xAE\xB7"), true},  /* U+20BB7, beyond the BMP */
    {VIEW("\xF4\x8F\xBF\xBF"), true},  /* U+10FFFF */
    {VIEW("a\0b"), false},             /* NUL */
    {VIEW("\xC0\xAF"), false},         /* overlong "/" */
    {VIEW("\xE0\x80\xAF"), false},     /* overlong in three bytes */
    {VIEW("\xF0\x80\x80\xAF"), false}, /* overlong in four bytes */
    {VIEW("\xED\xA0\x80"), false},     /* surrogate */
    {VIEW("\xF4\x90\x80\x80"), false}, /* above U+10FFFF */
    {VIEW("\xE5\xA4"), false},         /* cut off */
    {VIEW("\x80"), false},             /* continuation alone */
    {VIEW("\xFF"), false},
};

Test(text, takes_exactly_well_formed_utf8)
{
    for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++)
        cr_expect_eq(text_is_utf8(utf8[i].v), utf8[i].good, "row %zu", i);
}

Test(text, that_is_plain_has_nothing_that_is_not_seen)
{
    static const char *const bad[] = {"a\nb",         "\t",           "\x1b[0m",      "a\x7f",
                                      "\xc2\x80",     "\xc2\x9f",     "\xc2\xad",     "\xd8\x9c",
                                      "\xe2\x80\x8b", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae",
                                      "\xe2\x81\xa6", "\xef\xbb\xbf", "\xef\xbf\xb9", "\xf3\xa0\x81\x81",
                                      "\xff",         "a\xe3\x81",    "\xc0\x80"};
    static const char *const good[] = {"",         "Osaka",        "大阪市",       "São Paulo", "a b",
                                       "\xc2\xa0", "\xe2\x80\x90", "\xe2\x80\xb0", "😀",         "\xf0\xa0\xae\x9f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(text_is_plain(view_text(bad[i])), "%zu", i);
    cr_expect_not(text_is_plain(view_bytes("a\0b", 3)));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(text_is_plain(view_text(good[i])), "%s", good[i]);
}

Test(text, reads_only_plain_decimal_numbers)
{
    int64_t n;
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      "01",
                                      "1:",
                                      "1/",
                                      ":",
                                      "1\xb1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "9223372036854775808",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(text_to_int(view_text(bad[i]), &n), "%s", bad[i]);
    cr_expect(text_to_int(VIEW("0"), &n) && n == 0);
    cr_expect(text_to_int(VIEW("9223372036854775807"), &n) && n == INT64_MAX);
}

Test(text, reads_a_number_up_to_what_is_no_digit)
{
    int64_t n = 7;
    static const char *const none[] = {"", " 1", "a", ":", "01 ", "00", "9223372036854775808 ", "99999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_eq(text_leading_int(view_text(none[i]), &n), 0, "%s", none[i]);
    cr_expect_eq(text_leading_int(VIEW_NONE, &n), 0);
    cr_expect(text_leading_int(VIEW("0 1"), &n) == 1 && n == 0);
    cr_expect(text_leading_int(VIEW("12/3"), &n) == 2 && n == 12);
    cr_expect(text_leading_int(VIEW("9223372036854775807:"), &n) == 19 && n == INT64_MAX);
}

/* Every byte at the end of a text of one and of several blocks: visible, printable, unreserved (RFC 3986 2.3). */
Test(text, knows_each_byte_for_what_it_is)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int c = 0; c < 256; c++)
        for (size_t n = 1; n < 40; n += n < 3 ? 1 : 6) {
            char text[40];
            memset(text, 'x', sizeof text);
            text[n - 1] = (char)c;
            struct view v = view_bytes(text, n);
            cr_expect_eq(text_is_printable(v), c >= 0x20 && c <= 0x7E, "%d", c);
            cr_expect_eq(text_is_visible(v), c >= 0x21 && c <= 0x7E, "%d", c);
            cr_expect_eq(text_unreserved(v), c && strchr(letters, c) ? n : n - 1, "%d", c);
        }
    cr_expect_eq(text_unreserved(VIEW("abc/defghijklmnopqrstuvwxyz")), 3);
    cr_expect_eq(text_unreserved(VIEW("")), 0);
}

Test(text, finds_whole_words_only)
{
    cr_expect(text_has_word(VIEW("name"), VIEW("name")));
    cr_expect(text_has_word(VIEW("a b"), VIEW("b")));
    cr_expect(text_has_word(VIEW("a b c"), VIEW("b")));
    cr_expect_not(text_has_word(VIEW("a bc"), VIEW("b")));
    cr_expect_not(text_has_word(VIEW("a cb"), VIEW("b")));
    cr_expect_not(text_has_word(VIEW("name"), VIEW("names")));
    cr_expect(text_has_word(VIEW("openid name"), VIEW("name")));
    cr_expect(text_has_word(VIEW("  openid   name "), VIEW("openid")));
    cr_expect(text_has_word(VIEW("openid "), VIEW("openid")));
    cr_expect_not(text_has_word(VIEW("openid_name"), VIEW("name")));
    cr_expect_not(text_has_word(VIEW("name_openid"), VIEW("name")));
    cr_expect_not(text_has_word(VIEW("openid name"), VIEW("openid name")));
    cr_expect_not(text_has_word(VIEW("a openid name b"), VIEW("openid name")));
    cr_expect_not(text_has_word(VIEW("openid "), VIEW("openid ")));
    cr_expect_not(text_has_word(VIEW(" "), VIEW(" ")));
    cr_expect_not(text_has_word(VIEW("openid  name"), VIEW("")));
    cr_expect_not(text_has_word(VIEW(""), VIEW("name")));
    cr_expect_not(text_has_word(VIEW_NONE, VIEW("name")));
}
