#include <criterion/criterion.h>

#include "base/json.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(json, .init = open_arena, .fini = close_arena);

Test(json, refuses_what_is_not_exactly_one_value)
{
    struct json *j;
    const char *why;
    static const char *const bad[] = {"",
                                      "{",
                                      "{} {}",
                                      "{\"a\":1,\"a\":2}",
                                      "{'a':1}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":\"\xFF\"}",
                                      "[1,]",
                                      "nul",
                                      "{\"a\":\"\\ud800\"}",
                                      "\"a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(json_read(&j, &a, view_text(bad[i]), &why), ERR_SYNTAX, "%s", bad[i]);
        cr_expect(strlen(why) > 0, "%s", bad[i]);
    }
    cr_expect_eq(json_read(&j, &a, VIEW("{\"a\":\"x\0y\"}"), &why), ERR_SYNTAX);
    cr_expect_eq(json_read(&j, &a, VIEW_NONE, NULL), ERR_SYNTAX);
}

Test(json, refuses_bottomless_nesting)
{
    struct json *j;
    char deep[5000];
    memset(deep, '[', sizeof deep);
    cr_expect_eq(json_read(&j, &a, view_bytes(deep, sizeof deep), NULL), ERR_SYNTAX);
}

Test(json, gives_members_only_of_the_type_asked_for)
{
    struct json *j;
    struct view v;
    int64_t n;
    bool b;
    cr_assert_eq(json_read(&j, &a, VIEW("{\"t\":\"x\",\"n\":7,\"b\":true,\"l\":[1,2],\"r\":1.5}"), NULL), ERR_OK);
    cr_expect(json_text(json_member(j, "t"), &v) && view_equal_text(v, "x"));
    cr_expect_not(json_text(json_member(j, "n"), &v));
    cr_expect(json_int(json_member(j, "n"), &n) && n == 7);
    cr_expect_not(json_int(json_member(j, "r"), &n));
    cr_expect_not(json_int(json_member(j, "t"), &n));
    cr_expect(json_bool(json_member(j, "b"), &b) && b);
    cr_expect_not(json_bool(json_member(j, "n"), &b));
    cr_expect_eq(json_count(json_member(j, "l")), 2);
    cr_expect_null(json_at(json_member(j, "l"), 2));
    cr_expect_null(json_member(json_member(j, "l"), "t"));
    cr_expect_null(json_member(NULL, "t"));
    cr_expect_eq(json_member_int(j, "missing", -3), -3);
    cr_expect_not(view_is(json_member_text(j, "n")));
}

Test(json, names_the_first_stranger)
{
    struct json *j;
    struct view stranger;
    static const char *const names[] = {"a", "b", NULL};
    cr_assert_eq(json_read(&j, &a, VIEW("{\"b\":1,\"c\":2}"), NULL), ERR_OK);
    cr_expect_not(json_only(j, names, &stranger));
    cr_expect(view_equal_text(stranger, "c"));
    cr_assert_eq(json_read(&j, &a, VIEW("{\"b\":1}"), NULL), ERR_OK);
    cr_expect(json_only(j, names, &stranger));
}

/* RFC 8785 section 3.2.3 (sorting) and 3.2.2.2 (escapes) */
Test(json, writes_the_canonical_form)
{
    struct json *j;
    struct buf b;
    const char *s;
    cr_assert_eq(json_read(&j, &a,
                           VIEW("{\"\\u20ac\":\"Euro\", \"\\r\":\"CR\", \"\\ufb33\":\"Hebrew\", \"1\":\"One\","
                                "\"\\ud83d\\ude00\":\"Emoji\", \"\\u0080\":\"Control\", \"\\u00f6\":\"o\"}"),
                           NULL),
                 ERR_OK);
    buf_open(&b, &a, 1000);
    json_put_canonical(&b, j);
    cr_assert_eq(buf_done_text(&b, &s), ERR_OK);
    cr_expect_str_eq(
        s, "{\"\\r\":\"CR\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"ö\":\"o\",\"€\":\"Euro\",\"😀\":\"Emoji\","
           "\"\uFB33\":\"Hebrew\"}");
    struct buf c;
    buf_open(&c, &a, 1000);
    cr_assert_eq(json_read(&j, &a, VIEW("[1.5]"), NULL), ERR_OK);
    json_put_canonical(&c, j);
    cr_expect_neq(buf_done_text(&c, &s), ERR_OK);
}

Test(json, the_writer_puts_commas_and_escapes)
{
    struct buf b;
    struct json_out o;
    const char *s;
    buf_open(&b, &a, 1000);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "t", VIEW("\"\\\x01\n</"));
    json_pair(&o, "absent", VIEW_NONE);
    json_pair_int(&o, "n", -5);
    json_key(&o, "l");
    json_begin_array(&o);
    json_put_bool(&o, true);
    json_put_null(&o);
    json_begin(&o);
    json_end(&o);
    json_end_array(&o);
    json_pair_bool(&o, "f", false);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &s), ERR_OK);
    cr_expect_str_eq(s, "{\"t\":\"\\\"\\\\\\u0001\\n</\",\"n\":-5,\"l\":[true,null,{}],\"f\":false}");
}
