#include <criterion/criterion.h>
#include <stdio.h>

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

/* Everything about the object that is read the short way, and what is next to it. A blank in front lets jansson read
 * it. */
static const struct plain_row {
    const char *text;
    bool good;
} plain_rows[] = {
    {"{\"a\":\"1\",\"a\":\"2\"}", false},
    {"{\"a\":\"1\",\"b\":\"2\",\"a\":\"1\"}", false},
    {"{\"o\":{\"a\":\"1\",\"a\":\"2\"}}", false},
    {"{\"\":\"1\",\"\":\"2\"}", false},
    {"{\"a\":\"1\"", false},
    {"{\"a\":\"1\",", false},
    {"{\"a\":\"1\",}", false},
    {"{,\"a\":\"1\"}", false},
    {"{\"a\":\"1\"\"b\":\"2\"}", false},
    {"{\"a\"\"1\"}", false},
    {"{\"a\":}", false},
    {"{\"a\":\"1}", false},
    {"{\"a\":\"1\"}}", false},
    {"{\"a\":\"1\"}{\"a\":\"1\"}", false},
    {"{\"a\":\"1\"}x", false},
    {"{\"a\":{\"b\":\"1\"}", false},
    {"{a:\"1\"}", false},
    {"{\"a\":\"1\n\"}", false},
    {"{\"a\n\":\"1\"}", false},
    {"{\"a\":\"12345678\x01\"}", false},
    {"{\"a\":\"\x1F\"}", false},
    {"{\"a\":\"\xFF\"}", false},
    {"{\"\xC0\x80\":\"1\"}", false},
    {"{\"a\":\"\xED\xA0\x80\"}", false},
    {"{\"a\":\"\xF4\x90\x80\x80\"}", false},
    {"{\"a\":\"\xE7\x8E\"}", false},
    {"{\"a\":\"\\q\"}", false},
    {"{\"a\":\"\\\"}", false},
    {"{\"a\":\"\"}", true},
    {"{\"\":\"1\"}", true},
    {"{\"a\":\"1\",\"A\":\"2\",\"ab\":\"\x7F\"}", true},
    {"{\"name\":\"\xE7\x8E\x84\xE9\x96\xA2\",\"\xF0\xA0\xAE\xB7\":\"x\"}", true},
    {"{\"o\":{\"a\":\"1\"},\"p\":{\"a\":\"2\"}}", true},
    {"{\"1\":{\"2\":{\"3\":{\"4\":\"deep\"}}}}", true},
    {"{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":\"deeper\"}}}}}", true},
    {"{\"a\":\"1\\n2\"}", true},
    {"{\"a\" : \"1\"}", true},
    {"{\"a\":\"1\",\"n\":1,\"l\":[],\"e\":{},\"t\":true}", true},
    {"{}", true},
    {"{\"a\":\"1\"} ", true},
};

static const char *canonical(const char *before, const char *text)
{
    struct json *j;
    struct buf b;
    const char *s;
    if (json_read(&j, &a, view_text(arena_printf(&a, "%s%s", before, text)), NULL) != ERR_OK)
        return NULL;
    buf_open(&b, &a, 4096);
    json_put_canonical(&b, j);
    cr_assert_eq(buf_done_text(&b, &s), ERR_OK);
    return s;
}

Test(json, reads_plain_objects_as_jansson_reads_them)
{
    for (size_t i = 0; i < sizeof plain_rows / sizeof *plain_rows; i++) {
        const struct plain_row *row = &plain_rows[i];
        const char *ours = canonical("", row->text), *other = canonical(" ", row->text);
        cr_expect_eq(ours != NULL, row->good, "%s", row->text);
        cr_expect_eq(other != NULL, row->good, "%s", row->text);
        cr_expect(!ours || !other || strcmp(ours, other) == 0, "%s: %s, but %s", row->text, ours, other);
    }
}

Test(json, keeps_the_order_of_a_plain_object_and_its_whole_texts)
{
    struct json *j;
    struct view name;
    const struct json *value;
    char text[3000] = "{\"z\":\"";
    memset(text + 6, 'x', 2900);
    memcpy(text + 2906, "\",\"a\":\"\"}", 10);
    cr_assert_eq(json_read(&j, &a, view_text(text), NULL), ERR_OK);
    cr_expect(json_member_at(j, 0, &name, &value) && view_equal_text(name, "z"));
    cr_expect(json_member_at(j, 1, &name, &value) && view_equal_text(name, "a"));
    cr_expect_eq(json_member_text(j, "z").n, 2900);
    cr_expect(view_is(json_member_text(j, "a")) && json_member_text(j, "a").n == 0);
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

static const char *written(struct view v)
{
    static char out[100];
    struct buf b;
    struct json_out o;
    struct view text;
    buf_open(&b, NULL, sizeof out);
    json_out_open(&o, &b);
    json_put_text(&o, v);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    snprintf(out, sizeof out, "%.*s", (int)text.n, (const char *)text.p);
    buf_close(&b);
    return out;
}

/* RFC 8785 3.2.2.2: every byte wherever it stands, since sixteen are looked at together. Bytes from 0x80 on go through
 * as they are: whether they are UTF-8 was asked when they came in. */
Test(json, the_writer_escapes_a_character_wherever_it_stands)
{
    static const char *const shorts[256] = {['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
                                            ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    for (int c = 1; c < 256; c++) /* no text has a NUL */
        for (int n = 1; n < 42; n++)
            for (int at = 0; at < n; at++) {
                char text[42], one[8], wanted[64];
                memset(text, c % 2 ? '!' : ' ', sizeof text); /* the lowest that need none */
                text[at] = (char)c;
                snprintf(one, sizeof one, c < 0x20 ? "\\u%04x" : "%c", c);
                snprintf(wanted, sizeof wanted, "\"%.*s%s%.*s\"", at, text, shorts[c] ? shorts[c] : one, n - at - 1,
                         text + at + 1);
                cr_assert_str_eq(written(view_bytes(text, (size_t)n)), wanted, "%d in %d at %d", c, n, at);
            }
    cr_expect_str_eq(written(VIEW("\xe7\x8e\x84\xe7\x8e\x84\xe7\x8e\x84\x1f")), "\"玄玄玄\\u001f\"");
    cr_expect_str_eq(written(VIEW("\xf4\x8f\xbf\xbf\xc2\xa2\xc2\xa2")), "\"\xf4\x8f\xbf\xbf\xc2\xa2\xc2\xa2\"");
}

Test(json, the_writer_escapes_two_neighbours_wherever_they_stand)
{
    for (int n = 2; n < 42; n++)
        for (int at = 0; at + 1 < n; at++) {
            char text[42], wanted[64];
            memset(text, 'x', sizeof text);
            text[at] = '"';
            text[at + 1] = '\\';
            snprintf(wanted, sizeof wanted, "\"%.*s\\\"\\\\%.*s\"", at, text, n - at - 2, text + at + 2);
            cr_assert_str_eq(written(view_bytes(text, (size_t)n)), wanted, "%d at %d", n, at);
        }
    cr_expect_str_eq(written(VIEW("")), "\"\"");
}

/* How much is written of TEXT into a buffer of LIMIT bytes that has one already; 0: it does not fit. */
static size_t fits(struct view text, size_t limit)
{
    struct buf b;
    struct json_out o;
    struct view done;
    buf_open(&b, NULL, limit);
    json_out_open(&o, &b);
    buf_put_byte(&b, '[');
    json_put_text(&o, text);
    enum err err = buf_done(&b, &done);
    cr_expect(err == ERR_OK || err == ERR_LIMIT);
    buf_close(&b);
    return done.n;
}

Test(json, the_writer_fills_a_buffer_to_the_last_byte_and_not_further)
{
    for (size_t n = 0; n < 40; n++) {
        char text[40];
        memset(text, 'x', sizeof text);
        cr_expect_eq(fits(view_bytes(text, n), n + 3), n + 3);
        cr_expect_eq(fits(view_bytes(text, n), n + 2), 0);
        if (n == 0)
            continue;
        text[n - 1] = '"';
        cr_expect_eq(fits(view_bytes(text, n), n + 4), n + 4);
        cr_expect_eq(fits(view_bytes(text, n), n + 3), 0);
    }
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
