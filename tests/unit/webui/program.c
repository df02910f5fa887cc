#include "webui/program.h"

#include <criterion/criterion.h>

static const char *escaped(struct view v)
{
    static char text[4096];
    struct buf b;
    struct view out;
    buf_open(&b, NULL, sizeof text - 1);
    escaped_put(&b, v);
    cr_assert_eq(buf_done(&b, &out), ERR_OK);
    memcpy(text, out.p, out.n);
    text[out.n] = 0;
    buf_close(&b);
    return text;
}

#define BROKEN "\xEF\xBF\xBD"

Test(escaped, writes_markup_as_entities)
{
    cr_assert_str_eq(escaped(VIEW("<script>\"'&</script>")), "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;");
    cr_assert_str_eq(escaped(VIEW("&amp;")), "&amp;amp;");
    cr_assert_str_eq(escaped(VIEW("")), "");
    cr_assert_str_eq(escaped(VIEW_NONE), "");
}

Test(escaped, leaves_text_alone)
{
    cr_assert_str_eq(escaped(VIEW("大阪 花子 \xF0\xA0\x80\x8B\tA\nB")), "大阪 花子 \xF0\xA0\x80\x8B\tA\nB");
}

Test(escaped, replaces_what_no_page_may_hold)
{
    cr_assert_str_eq(escaped(VIEW("a\x01z\x7F\x1B")), "a" BROKEN "z" BROKEN BROKEN);
    cr_assert_str_eq(escaped(view_bytes("a\0b", 3)), "a" BROKEN "b");
    cr_assert_str_eq(escaped(VIEW("\xEF\xBF\xBE")), BROKEN BROKEN BROKEN);
}

Test(escaped, never_lets_broken_utf8_hide_a_bracket)
{
    cr_assert_str_eq(escaped(VIEW("\xC3<b")), BROKEN "&lt;b");
    cr_assert_str_eq(escaped(VIEW("\xE3\x81<")), BROKEN BROKEN "&lt;");
    cr_assert_str_eq(escaped(VIEW("\xC0\xBC")), BROKEN BROKEN); /* overlong "<" */
    cr_assert_str_eq(escaped(VIEW("\xE0\x80\xBC")), BROKEN BROKEN BROKEN);
    cr_assert_str_eq(escaped(VIEW("\xED\xA0\x80")), BROKEN BROKEN BROKEN); /* surrogate */
    cr_assert_str_eq(escaped(VIEW("\xF4\x90\x80\x80")), BROKEN BROKEN BROKEN BROKEN);
    cr_assert_str_eq(escaped(VIEW("\xFF")), BROKEN);
}

Test(address, takes_http_and_paths_of_our_own)
{
    static const char *const good[] = {"/", "/next?i=abc", "https://a.example/x?y#z",
                                       "http://127.0.0.1:23837/v1/auth/x", "HTTPS://A.example/"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(address_is_safe(view_text(good[i])), "%s", good[i]);
}

Test(address, refuses_everything_else)
{
    static const char *const bad[] = {"",
                                      "javascript:alert(1)",
                                      "JaVaScRiPt:alert(1)",
                                      " javascript:x",
                                      "java\tscript:x",
                                      "data:text/html,x",
                                      "vbscript:x",
                                      "//evil.example/",
                                      "/\\evil.example",
                                      "/\t/evil.example",
                                      "\\\\evil.example",
                                      "https://",
                                      "http:/x",
                                      "https:x",
                                      "x",
                                      "mailto:a@b",
                                      "https://a/\nb",
                                      "\x01https://a/",
                                      "ftp://a/",
                                      "blob:https://a/x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(address_is_safe(view_text(bad[i])), "%s", bad[i]);
    cr_expect_not(address_is_safe(VIEW_NONE));
}
