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

Test(text, finds_whole_words_only)
{
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
