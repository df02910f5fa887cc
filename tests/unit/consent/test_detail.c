/* Is one wish inside another? (RFC 9396 6.1) */
#include <criterion/criterion.h>

#include "consent/detail.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(detail, .init = open_arena, .fini = close_arena);

static const struct json *json(const char *text)
{
    struct json *j;

    cr_assert_eq(json_read(&j, &arena, view_text(text), NULL), ERR_OK, "%s", text);
    return j;
}

static const char GRANTED[] = "{\"type\":\"t\",\"actions\":[\"read\",\"write\"],\"n\":7,\"yes\":true,"
                              "\"deep\":{\"a\":[\"x\"],\"b\":\"y\"}}";

Test(detail, never_fits_when_it_says_more)
{
    static const char *const asked[] = {"[]",
                                        "{}",
                                        "{\"type\":\"T\"}",
                                        "{\"type\":\"t \"}",
                                        "{\"actions\":[\"read\"]}",
                                        "{\"type\":\"t\",\"actions\":[\"admin\"]}",
                                        "{\"type\":\"t\",\"actions\":[\"read\",\"admin\"]}",
                                        "{\"type\":\"t\",\"actions\":[\"READ\"]}",
                                        "{\"type\":\"t\",\"actions\":[]}",
                                        "{\"type\":\"t\",\"actions\":\"read\"}",
                                        "{\"type\":\"t\",\"locations\":[\"x\"]}",
                                        "{\"type\":\"t\",\"n\":8}",
                                        "{\"type\":\"t\",\"n\":\"7\"}",
                                        "{\"type\":\"t\",\"n\":7.0}",
                                        "{\"type\":\"t\",\"yes\":false}",
                                        "{\"type\":\"t\",\"yes\":null}",
                                        "{\"type\":\"t\",\"deep\":{\"a\":[\"x\"]}}",
                                        "{\"type\":\"t\",\"deep\":{\"a\":[\"x\"],\"c\":\"y\"}}",
                                        "{\"type\":\"t\",\"deep\":{\"a\":[],\"b\":\"y\"}}"};

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        cr_expect_not(detail_fits(json(GRANTED), json(asked[i])), "%s", asked[i]);
}

Test(detail, fits_when_it_says_as_much_or_less)
{
    static const char *const asked[] = {GRANTED, "{\"type\":\"t\"}", "{\"type\":\"t\",\"actions\":[\"write\"]}",
                                        "{\"type\":\"t\",\"actions\":[\"write\",\"read\"],\"n\":7}",
                                        "{\"type\":\"t\",\"deep\":{\"b\":\"y\",\"a\":[\"x\"]}}"};

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        cr_expect(detail_fits(json(GRANTED), json(asked[i])), "%s", asked[i]);
}

Test(detail, that_leaves_something_out_may_mean_more_and_is_not_covered)
{
    cr_expect_not(detail_covers(json("{\"type\":\"t\",\"locations\":[\"a\"]}"), json("{\"type\":\"t\"}")));
    cr_expect_not(detail_covers(json("{\"type\":\"t\"}"), json("{\"type\":\"t\",\"locations\":[\"a\"]}")));
    cr_expect(detail_covers(json("{\"type\":\"t\",\"locations\":[\"a\",\"b\"]}"),
                            json("{\"type\":\"t\",\"locations\":[\"b\"]}")));
}

Test(detail, is_narrowed_to_what_was_asked)
{
    struct view out;

    cr_assert_eq(detail_narrow(&out, &arena, json("{\"actions\":[\"read\",\"write\"],\"n\":7,\"type\":\"t\"}"),
                               json("{\"type\":\"t\",\"actions\":[\"read\"]}")),
                 ERR_OK);
    cr_expect(view_equal_text(out, "{\"actions\":[\"read\"],\"n\":7,\"type\":\"t\"}"), "%.*s", (int)out.n,
              (const char *)out.p);
}
