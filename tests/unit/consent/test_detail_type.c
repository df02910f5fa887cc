/* Types of authorization details: what a definition must be, and what an object of one (RFC 9396 2 and 5). */
#include <criterion/criterion.h>

#include "consent/detail_type.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 22);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(detail_type, .init = open_arena, .fini = close_arena);

static const struct json *json(const char *text)
{
    struct json *j;
    const char *why = "";

    cr_assert_eq(json_read(&j, &arena, view_text(text), &why), ERR_OK, "%s: %s", text, why);
    return j;
}

#define WORDS         "\"title\":\"題\",\"title#en\":\"title\""
#define HEAD(TYPE)    "\"type\":\"" TYPE "\"," WORDS ",\"sentence\":\"文\",\"sentence#en\":\"sentence\""
#define TYPE(MEMBERS) "[{" HEAD("t") ",\"members\":[" MEMBERS "]}]"
#define VALUE(TEXT)   "{\"value\":\"" TEXT "\"," WORDS "}"

static enum err read(const struct detail_type **out, const char *definitions, const char *resource,
                     struct ask_fault *fault)
{
    size_t n;

    return detail_types_read(out, &n, &arena, json(definitions), view_text(resource), fault);
}

static void is_refused(const char *definitions, const char *where)
{
    const struct detail_type *types;
    struct ask_fault fault = {NULL, NULL};

    cr_expect_eq(read(&types, definitions, "https://r.example/api", &fault), ERR_SYNTAX, "%s", definitions);
    cr_expect(fault.field && strstr(fault.field, where), "%s: %s %s", definitions, fault.field, fault.rule);
}

static const struct detail_type *good(const char *definitions)
{
    const struct detail_type *types;
    struct ask_fault fault = {NULL, NULL};

    cr_assert_eq(read(&types, definitions, "https://r.example/api", &fault), ERR_OK, "%s: %s %s", definitions,
                 fault.field, fault.rule);
    return types;
}

Test(detail_type, definition_is_refused_when_it_is_not_whole)
{
    static const struct {
        const char *definitions, *where;
    } rows[] = {
        {"{}", "definitions"},
        {"[7]", "[0]"},
        {"[{" HEAD("t") "}]", "members"},
        {"[{" HEAD("t") ",\"members\":[],\"colour\":1}]", "colour"},
        {"[{" HEAD("") ",\"members\":[]}]", "type"},
        {"[{" HEAD("a b") ",\"members\":[]}]", "type"},
        {"[{" HEAD("予約") ",\"members\":[]}]", "type"},
        {"[{\"type\":\"t\",\"title\":\"題\",\"sentence\":\"文\",\"sentence#en\":\"s\",\"members\":[]}]", "title#en"},
        {"[{\"type\":\"t\"," WORDS ",\"sentence\":\"文\",\"members\":[]}]", "sentence#en"},
        {"[{\"type\":\"t\"," WORDS ",\"sentence\":\"a\\nb\",\"sentence#en\":\"s\",\"members\":[]}]", "sentence"},
        {"[{\"type\":\"t\"," WORDS ",\"sentence\":\"a\\u202eb\",\"sentence#en\":\"s\",\"members\":[]}]", "sentence"},
        {"[{" HEAD("t") ",\"every_time\":\"yes\",\"members\":[]}]", "every_time"},
        {"[{" HEAD("t") ",\"members\":[]},{" HEAD("t") ",\"members\":[]}]", "[1].type"},
        {TYPE("{\"name\":\"type\",\"kind\":\"text\"," WORDS "}"), "name"},
        {TYPE("{\"name\":\"x\"," WORDS "}"), "kind"},
        {TYPE("{\"name\":\"x\",\"kind\":\"number\"," WORDS "}"), "kind"},
        {TYPE("{\"name\":\"actions\",\"kind\":\"text\"," WORDS "}"), "kind"},
        {TYPE("{\"name\":\"actions\"," WORDS "}"), "values"},
        {TYPE("{\"name\":\"identifier\",\"kind\":\"texts\"," WORDS "}"), "kind"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\",\"title\":\"題\"}"), "title#en"},
        {TYPE("{\"name\":\"x\",\"kind\":\"integer\",\"values\":[" VALUE("1") "]," WORDS "}"), "values"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\",\"values\":[]," WORDS "}"), "values"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\",\"values\":[" VALUE("a") "," VALUE("a") "]," WORDS "}"), "values"},
        {TYPE("{\"name\":\"locations\",\"values\":[" VALUE("https://r.example/other") "]," WORDS "}"), "values"},
        {TYPE("{\"name\":\"locations\",\"values\":[" VALUE("https://r.example/apis") "]," WORDS "}"), "values"},
        {TYPE("{\"name\":\"x\",\"kind\":\"integer\",\"min\":3,\"max\":2," WORDS "}"), "min"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\",\"max\":1001," WORDS "}"), "max"},
        {TYPE("{\"name\":\"x\",\"kind\":\"boolean\",\"max\":1," WORDS "}"), "max"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\",\"min\":1," WORDS "}"), "min"},
        {TYPE("{\"name\":\"x\",\"kind\":\"integer\",\"max\":3,\"default\":4," WORDS "}"), "default"},
        {TYPE("{\"name\":\"x\",\"kind\":\"integer\",\"required\":true,\"default\":4," WORDS "}"), "default"},
        {TYPE("{\"name\":\"x\",\"kind\":\"object\"," WORDS "}"), "members"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\",\"members\":[]," WORDS "}"), "members"},
        {TYPE("{\"name\":\"x\",\"kind\":\"text\"," WORDS "},{\"name\":\"x\",\"kind\":\"text\"," WORDS "}"), "[1].name"},
        {TYPE("{\"name\":\"a\",\"kind\":\"object\"," WORDS ",\"members\":[{\"name\":\"b\",\"kind\":\"object\"," WORDS
              ",\"members\":[{\"name\":\"c\",\"kind\":\"object\"," WORDS ",\"members\":[]}]}]}"),
         "members"},
    };
    const struct detail_type *types;
    struct ask_fault fault = {NULL, NULL};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_refused(rows[i].definitions, rows[i].where);
    cr_expect_eq(read(&types, TYPE(""), NULL, &fault), ERR_SYNTAX, "of a service that is no resource server");
}

static const char BOOKING[] = TYPE("{\"name\":\"actions\",\"required\":true,\"values\":[" VALUE("read") "," VALUE(
    "book") "]," WORDS "},"
            "{\"name\":\"locations\",\"default\":[\"https://r.example/api\"],\"values\":[" VALUE(
                "https://r.example/"
                "api") "," VALUE("https://r.example/api/x") "]," WORDS "},"
                                                            "{\"name\":\"identifier\",\"max\":8," WORDS "},"
                                                            "{\"name\":\"hours\",\"kind\":\"integer\",\"min\":1,"
                                                            "\"max\":8," WORDS "},"
                                                            "{\"name\":\"guests\",\"kind\":\"boolean\"," WORDS "},"
                                                            "{\"name\":\"fee\",\"kind\":\"object\"," WORDS
                                                            ",\"members\":["
                                                            "{\"name\":\"yen\",\"kind\":\"integer\",\"required\":"
                                                            "true," WORDS "}]}");

Test(detail_type, object_is_refused_for_exactly_one_reason)
{
#define O(MORE) "{\"type\":\"t\",\"actions\":[\"read\"]" MORE "}"
    static const struct {
        const char *object;
        enum detail_fault fault;
        const char *why;
    } rows[] = {
        {"[]", DETAIL_WRONG_KIND, "RFC 9396 2: objects"},
        {O(",\"colour\":\"red\""), DETAIL_MEMBER_UNKNOWN, "5: unknown fields"},
        {O(",\"fee\":{\"yen\":1,\"sen\":1}"), DETAIL_MEMBER_UNKNOWN, NULL},
        {"{\"type\":\"t\"}", DETAIL_MEMBER_MISSING, "5: missing required fields"},
        {O(",\"fee\":{}"), DETAIL_MEMBER_MISSING, NULL},
        {"{\"type\":\"t\",\"actions\":\"read\"}", DETAIL_WRONG_KIND, "5: fields of the wrong type"},
        {"{\"type\":\"t\",\"actions\":[1]}", DETAIL_WRONG_KIND, NULL},
        {O(",\"identifier\":7"), DETAIL_WRONG_KIND, NULL},
        {O(",\"hours\":\"1\""), DETAIL_WRONG_KIND, NULL},
        {O(",\"hours\":1.5"), DETAIL_WRONG_KIND, NULL},
        {O(",\"guests\":\"true\""), DETAIL_WRONG_KIND, NULL},
        {O(",\"guests\":null"), DETAIL_WRONG_KIND, NULL},
        {O(",\"fee\":1000"), DETAIL_WRONG_KIND, NULL},
        {"{\"type\":\"t\",\"actions\":[]}", DETAIL_WRONG_VALUE, "5: fields with invalid values"},
        {"{\"type\":\"t\",\"actions\":[\"READ\"]}", DETAIL_WRONG_VALUE, "12: byte for byte"},
        {"{\"type\":\"t\",\"actions\":[\"read\",\"read\"]}", DETAIL_WRONG_VALUE, NULL},
        {O(",\"locations\":[\"https://r.example/api/\"]"), DETAIL_WRONG_VALUE, NULL},
        {O(",\"identifier\":\"\""), DETAIL_WRONG_VALUE, NULL},
        {O(",\"identifier\":\"123456789\""), DETAIL_WRONG_VALUE, NULL},
        {O(",\"identifier\":\"a\\tb\""), DETAIL_WRONG_VALUE, "12: sanitized"},
        {O(",\"identifier\":\"a\\u202eb\""), DETAIL_WRONG_VALUE, NULL},
        {O(",\"identifier\":\"a\\u0085b\""), DETAIL_WRONG_VALUE, NULL},
        {O(",\"hours\":0"), DETAIL_WRONG_VALUE, NULL},
        {O(",\"hours\":9"), DETAIL_WRONG_VALUE, NULL},
        {O(""), DETAIL_GOOD, NULL},
        {O(",\"locations\":[\"https://r.example/api/x\"],\"identifier\":\"一\",\"hours\":8,\"guests\":false,"
           "\"fee\":{\"yen\":0}"),
         DETAIL_GOOD, NULL},
    };
    const struct detail_type *type = good(BOOKING);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(detail_type_check(type, json(rows[i].object)), rows[i].fault, "%s: %s", rows[i].object,
                     rows[i].why);
}

Test(detail_type, object_is_completed_and_has_one_writing)
{
    struct view one, other;
    const struct detail_type *type = good(BOOKING);

    cr_assert_eq(detail_type_complete(&one, &arena, type, json("{\"type\":\"t\",\"actions\":[\"read\"]}")), ERR_OK);
    cr_expect(view_equal_text(one, "{\"actions\":[\"read\"],\"locations\":[\"https://r.example/api\"],\"type\":\"t\"}"),
              "RFC 9396 7.1: %.*s", (int)one.n, (const char *)one.p);
    cr_assert_eq(detail_type_complete(&other, &arena, type, json("{ \"actions\":[\"read\"], \"type\":\"t\"}")), ERR_OK);
    cr_expect(view_equal(one, other));
}

Test(detail_type, object_is_read_in_both_languages)
{
    static const char definition[] =
        "[{\"type\":\"t\",\"title\":\"予約\",\"title#en\":\"Booking\","
        "\"title#ja-simple\":\"よやく\",\"sentence\":\"文\",\"sentence#en\":\"s\",\"members\":["
        "{\"name\":\"actions\",\"title\":\"こと\",\"title#en\":\"What\",\"values\":["
        "{\"value\":\"a\",\"title\":\"見る\",\"title#en\":\"see\"},"
        "{\"value\":\"b\",\"title\":\"払う\",\"title#en\":\"pay\"}]},"
        "{\"name\":\"fee\",\"kind\":\"object\",\"title\":\"料金\",\"title#en\":\"Fee\",\"members\":["
        "{\"name\":\"yen\",\"kind\":\"integer\",\"title\":\"円\",\"title#en\":\"Yen\"}]}]}]";
    const struct detail_type *type = good(definition);
    const struct json *object = json("{\"type\":\"t\",\"fee\":{\"yen\":300},\"actions\":[\"b\",\"a\"]}");
    struct detail_line *lines;
    size_t n;

    cr_assert_eq(detail_type_lines(&lines, &n, &arena, type, object, DETAIL_JA), ERR_OK);
    cr_assert_eq(n, 2);
    cr_expect(view_equal_text(lines[0].label, "こと") && view_equal_text(lines[0].value, "払う、見る"));
    cr_expect(view_equal_text(lines[1].value, "円：300"));
    cr_assert_eq(detail_type_lines(&lines, &n, &arena, type, object, DETAIL_EN), ERR_OK);
    cr_expect(view_equal_text(lines[0].value, "pay, see") && view_equal_text(lines[1].value, "Yen: 300"));
    cr_expect(view_equal_text(detail_words_in(&type->title, DETAIL_EASY), "よやく"));
    cr_expect(view_equal_text(detail_words_in(&type->sentence, DETAIL_EASY), "文"), "where there is none");
}

Test(detail_type, means_something_else_when_a_word_of_it_changes)
{
    const struct detail_type *one = good(BOOKING), *same = good(BOOKING);
    const struct detail_type *other = good(TYPE("{\"name\":\"actions\",\"values\":[" VALUE("read") "]," WORDS "}"));

    cr_expect_arr_eq(one->meaning, same->meaning, sizeof one->meaning);
    cr_expect(memcmp(one->meaning, other->meaning, sizeof one->meaning) != 0);
}
