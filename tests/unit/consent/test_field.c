#include <criterion/criterion.h>

#include "consent/field.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(field, .init = open_arena, .fini = close_arena);

static struct field_profile profile_with(const char *field, const char *json)
{
    struct field_profile p = {.n = 1, .today = VIEW("2026-11-22")};
    p.values[0] = (struct field_value){.field = field_find(view_text(field)),
                                       .json = view_text(json),
                                       .source = SOURCE_CARD_READ,
                                       .as_of = VIEW("2026-11-01"),
                                       .changed_at = 7};
    return p;
}

static const char *value_text(const struct field_profile *p, const char *field)
{
    struct field_value v;
    enum err err = field_value(&v, &a, p, field_find(view_text(field)));
    return err == ERR_NOT_FOUND ? "absent" : err ? err_name(err) : arena_text(&a, v.json);
}

Test(field, of_another_name_is_unknown)
{
    cr_expect_null(field_find(VIEW("individual_number")));
    cr_expect_null(field_find(VIEW("Name")));
    cr_expect_null(field_find(VIEW("")));
    cr_expect_null(field_find(VIEW_NONE));
    cr_expect_null(field_at(field_count()));
}

Test(field, catalogue_has_each_id_once_in_two_languages_and_derives_only_from_stored_fields)
{
    for (size_t i = 0; i < field_count(); i++) {
        const struct field *f = field_at(i);
        cr_expect_eq(field_find(view_text(f->id)), f);
        cr_expect_eq(field_index(f), i);
        cr_expect(*f->ja && *f->en && *f->easy, "%s", f->id);
        cr_expect(*f->claim && f->format, "%s", f->id);
        for (size_t k = 0; k < i; k++)
            cr_expect_str_neq(field_at(k)->claim, f->claim);
        cr_expect_eq(f->derive != NULL, f->from != NULL, "%s", f->id);
        cr_expect(!f->share || !f->derive, "%s", f->id);
        cr_expect_eq(f->origin == FIELD_DERIVED, f->from != NULL, "%s", f->id);
        cr_expect(!f->from || !field_find(view_text(f->from))->from, "%s", f->id);
    }
}

Test(field, is_asked_for_by_its_own_word_or_by_a_standard_scope_only)
{
    const struct field *name = field_find(VIEW("name")), *age = field_find(VIEW("age_over_65"));
    const struct field *phone = field_find(VIEW("phone_number"));
    cr_expect_not(field_in_scope(name, VIEW("openid")));
    cr_expect_not(field_in_scope(name, VIEW("openid names")));
    cr_expect(field_in_scope(name, VIEW("openid name")));
    cr_expect(field_in_scope(name, VIEW("openid profile")));
    cr_expect_not(field_in_scope(age, VIEW("openid profile")));
    cr_expect(field_in_scope(age, VIEW("openid age_over_65")));
    cr_expect(field_in_scope(phone, VIEW("openid phone")));
}

Test(field, derived_from_an_uncertain_birth_date_is_absent)
{
    struct field_profile p = profile_with("birthdate", "\"1961-00-00\"");
    cr_expect_str_eq(value_text(&p, "age_over_65"), "absent");
    cr_expect_str_eq(value_text(&p, "age_over_20"), "true");
    p = profile_with("birthdate", "\"1950-04-01\"");
    cr_expect_str_eq(value_text(&p, "age_over_65"), "true");
    p = profile_with("birthdate", "\"2008-11-23\"");
    cr_expect_str_eq(value_text(&p, "age_over_18"), "false");
    p = profile_with("birthdate", "12");
    cr_expect_str_eq(value_text(&p, "age_over_18"), "absent");
    p = profile_with("name", "\"x\"");
    cr_expect_str_eq(value_text(&p, "age_over_18"), "absent");
}

Test(field, municipality_says_no_more_than_the_municipality)
{
    struct field_profile p = profile_with("address", "{\"formatted\":\"大阪府堺市堺区南瓦町3番1号\"}");
    cr_expect_str_eq(value_text(&p, "municipality"), "{\"code\":\"27140\",\"name\":\"堺市\"}");
    p = profile_with("address", "{\"formatted\":\"東京都港区芝公園\"}");
    cr_expect_str_eq(value_text(&p, "municipality"), "{\"code\":\"13103\",\"name\":\"港区\"}");
    p = profile_with("address", "{\"formatted\":\"東京都芝公園\"}");
    cr_expect_str_eq(value_text(&p, "municipality"), "absent");
    p = profile_with("address", "not json");
    cr_expect_str_eq(value_text(&p, "municipality"), "absent");
}

Test(field, of_a_household_come_size_and_children_and_no_month_of_birth)
{
    struct field_profile p = profile_with("household", "{\"size\":3,\"members\":[{\"relation\":\"child\",\"born\":"
                                                       "\"2021-05\"},{\"relation\":\"spouse\",\"born\":\"1990-01\"}]}");
    cr_expect_str_eq(value_text(&p, "household_size"), "3");
    cr_expect_str_eq(value_text(&p, "has_preschool_child"), "true");
    cr_expect_str_eq(value_text(&p, "has_school_child"), "false");
    p = profile_with("household", "{\"size\":3}");
    cr_expect_str_eq(value_text(&p, "household_size"), "3");
    cr_expect_str_eq(value_text(&p, "has_preschool_child"), "absent");
    cr_expect_str_eq(value_text(&p, "has_school_child"), "absent");
    p = profile_with("household", "{\"size\":0}");
    cr_expect_str_eq(value_text(&p, "household_size"), "absent");
    p = profile_with("household", "[");
    cr_expect_str_eq(value_text(&p, "has_preschool_child"), "absent");
}

/* What she wrote of her husband stays with her: nobody agrees for another adult (docs/decisions/children.md). */
Test(field, of_a_household_children_go_out_and_grown_ups_stay)
{
    struct field_profile p = profile_with("household", "{\"size\":3,\"members\":[{\"relation\":\"spouse\",\"born\":"
                                                       "\"1955-03\"},{\"relation\":\"child\",\"born\":\"2020-06\"}]}");
    cr_expect_str_eq(value_text(&p, "household"),
                     "{\"members\":[{\"born\":\"2020-06\",\"relation\":\"child\"}],\"size\":3}");
}

Test(field, is_of_the_card_or_of_the_resident_whatever_it_is_derived_from)
{
    cr_expect(field_is_of_card(field_find(VIEW("name"))));
    cr_expect(field_is_of_card(field_find(VIEW("age_over_65"))));
    cr_expect(field_is_of_card(field_find(VIEW("municipality"))));
    cr_expect_not(field_is_of_card(field_find(VIEW("email"))));
    cr_expect_not(field_is_of_card(field_find(VIEW("household_size"))));
}

Test(field, derived_value_carries_source_and_date_of_what_it_stands_on)
{
    struct field_profile p = profile_with("birthdate", "\"1950-04-01\"");
    struct field_value v;
    cr_assert_eq(field_value(&v, &a, &p, field_find(VIEW("age_over_65"))), ERR_OK);
    cr_expect_str_eq(v.field->id, "age_over_65");
    cr_expect_eq(v.source, SOURCE_CARD_READ);
    cr_expect(view_equal_text(v.as_of, "2026-11-01"));
    cr_expect_eq(v.changed_at, 7);
}

/* --- what the card says ----------------------------------------------------------------------------------------- */

static const char *made(enum err (*make)(struct view *, struct arena *, struct view), struct view from)
{
    struct view json;
    enum err err = make(&json, &a, from);
    return err ? err_name(err) : arena_text(&a, json);
}

Test(field, birth_date_of_the_card_is_never_completed)
{
    static const struct {
        const char *card, *json;
    } table[] = {
        {"19500401", "\"1950-04-01\""}, {"19500400", "\"1950-04-00\""},
        {"19500000", "\"1950-00-00\""}, {"195004  ", "\"1950-04-00\""},
        {"1950    ", "\"1950-00-00\""}, {"00000000", "ERR_NOT_FOUND"},
        {"        ", "ERR_NOT_FOUND"},  {"19501301", "ERR_SYNTAX"},
        {"19500431", "ERR_SYNTAX"},     {"1950040", "ERR_SYNTAX"},
        {"195004011", "ERR_SYNTAX"},    {"1950 401", "ERR_SYNTAX"},
        {"1950040x", "ERR_SYNTAX"},     {"", "ERR_SYNTAX"},
        {"19500015", "ERR_SYNTAX"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_str_eq(made(field_json_of_birthdate, view_text(table[i].card)), table[i].json, "%s", table[i].card);
}

Test(field, gender_9_and_0_give_no_claim)
{
    cr_expect_str_eq(made(field_json_of_gender, VIEW("9")), "ERR_NOT_FOUND");
    cr_expect_str_eq(made(field_json_of_gender, VIEW("0")), "ERR_NOT_FOUND");
    cr_expect_str_eq(made(field_json_of_gender, VIEW("3")), "ERR_SYNTAX");
    cr_expect_str_eq(made(field_json_of_gender, VIEW("")), "ERR_SYNTAX");
    cr_expect_str_eq(made(field_json_of_gender, VIEW("11")), "ERR_SYNTAX");
    cr_expect_str_eq(made(field_json_of_gender, VIEW("1")), "\"male\"");
    cr_expect_str_eq(made(field_json_of_gender, VIEW("2")), "\"female\"");
}

Test(field, name_keeps_the_bytes_of_the_card_and_refuses_control_characters)
{
    cr_expect_str_eq(made(field_json_of_name, VIEW("大阪　花子")), "\"大阪　花子\"");
    cr_expect_str_eq(made(field_json_of_name, VIEW("O'Neil \"Bob\"")), "\"O'Neil \\\"Bob\\\"\"");
    cr_expect_str_eq(made(field_json_of_name, VIEW("")), "ERR_SYNTAX");
    cr_expect_str_eq(made(field_json_of_name, VIEW("a\nb")), "ERR_SYNTAX");
    cr_expect_str_eq(made(field_json_of_name, VIEW("a\0b")), "ERR_SYNTAX");
    cr_expect_str_eq(made(field_json_of_name, VIEW("\xE5\xA4")), "ERR_SYNTAX");
    char long_name[700];
    memset(long_name, 'a', sizeof long_name);
    cr_expect_str_eq(made(field_json_of_name, view_bytes(long_name, sizeof long_name)), "ERR_SYNTAX");
}

Test(field, address_has_region_and_locality_only_where_certain)
{
    cr_expect_str_eq(made(field_json_of_address, VIEW("大阪府堺市堺区1番")),
                     "{\"formatted\":\"大阪府堺市堺区1番\",\"locality\":\"堺市\",\"region\":\"大阪府\"}");
    cr_expect_str_eq(made(field_json_of_address, VIEW("東京都架空区1番")),
                     "{\"formatted\":\"東京都架空区1番\",\"region\":\"東京都\"}");
    cr_expect_str_eq(made(field_json_of_address, VIEW("カナダ国オタワ市")), "{\"formatted\":\"カナダ国オタワ市\"}");
    cr_expect_str_eq(made(field_json_of_address, VIEW("")), "ERR_SYNTAX");
}

Test(field, refuses_values_that_are_not_of_its_kind)
{
    static const struct {
        const char *field, *json;
        bool valid;
    } table[] = {
        {"interests", "[\"health\",\"tourism\"]", true},
        {"interests", "[]", true},
        {"interests", "[\"health\",\"health\"]", false},
        {"interests", "[\"gambling\"]", false},
        {"interests", "[1]", false},
        {"interests", "\"health\"", false},
        {"name", "\"大阪 花子\"", true},
        {"name", "\"\"", false},
        {"name", "\"a\\nb\"", false},
        {"name", "1", false},
        {"name", "\"a\" \"b\"", false},
        {"gender", "\"female\"", true},
        {"gender", "\"9\"", false},
        {"birthdate", "\"1950-00-00\"", true},
        {"birthdate", "\"0000-00-00\"", false},
        {"birthdate", "\"1950\"", false},
        {"address", "{\"formatted\":\"x\"}", true},
        {"address", "{\"formatted\":\"x\",\"floor\":\"3\"}", false},
        {"address", "{\"region\":\"x\"}", false},
        {"email", "\"hanako@example.jp\"", true},
        {"email", "\"hanako@example\"", false},
        {"email", "\"hanako@exa@mple.jp\"", false},
        {"email", "\"@example.jp\"", false},
        {"email", "\"hanako@.jp\"", false},
        {"email", "\"ha nako@example.jp\"", false},
        {"phone_number", "\"+81-6-6941-0351\"", true},
        {"phone_number", "\"06-6941-0351\"", true},
        {"phone_number", "\"6941\"", false},
        {"phone_number", "\"06-6941-0351;ext=1\"", false},
        {"phone_number", "\"+81+6941035111\"", false},
        {"household", "{\"size\":3,\"members\":[{\"relation\":\"child\",\"born\":\"2021-05\"}]}", true},
        {"household", "{\"size\":0}", false},
        {"household", "{\"size\":1,\"members\":[{\"relation\":\"child\",\"born\":\"2021-13\"}]}", false},
        {"household", "{\"size\":1,\"members\":[{},{}]}", false},
        {"household", "{\"size\":1,\"members\":[{\"relation\":\"child\",\"born\":\"2021-05\"}]}", false},
        {"household", "{\"size\":2,\"members\":[{\"relation\":\"cat\",\"born\":\"2021-05\"}]}", false},
        {"household", "{\"size\":2,\"members\":[{\"relation\":\"child\"}]}", false},
        {"household", "{\"size\":31}", false},
        {"household_size", "3", false}, /* derived */
        {"household", "{\"size\":1,\"pets\":2}", false},
        {"age_over_65", "true", false}, /* derived: nobody may store it */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_eq(field_is_valid(&a, field_find(view_text(table[i].field)), view_text(table[i].json)),
                     table[i].valid, "%s %s", table[i].field, table[i].json);
}

Test(field, is_shown_as_people_read_it)
{
    static const struct {
        const char *field, *json, *ja, *en;
    } table[] = {
        {"name", "\"大阪 花子\"", "大阪 花子", "大阪 花子"},
        {"birthdate", "\"1950-04-01\"", "1950年4月1日", "1 April 1950"},
        {"birthdate", "\"1950-04-00\"", "1950年4月（日不明）", "April 1950 (day unknown)"},
        {"birthdate", "\"1950-00-00\"", "1950年（月日不明）", "1950 (month and day unknown)"},
        {"birthdate", "\"0000-04-01\"", "4月1日（年不明）", "1 April (year unknown)"},
        {"gender", "\"female\"", "女", "Female"},
        {"age_over_65", "true", "はい", "Yes"},
        {"age_over_65", "false", "いいえ", "No"},
        {"municipality", "{\"code\":\"27140\",\"name\":\"堺市\"}", "堺市 (27140)", "堺市 (27140)"},
        {"interests", "[\"health\",\"tourism\"]", "健康・医療、観光・イベント", "Health, Tourism and events"},
        {"interests", "[]", "なし", "None"},
        {"household", "{\"size\":3}", "3人", "3 people"},
        {"household", "{\"size\":1}", "1人", "1 person"},
        {"household", "{\"size\":3,\"members\":[{\"relation\":\"child\",\"born\":\"2021-05\"}]}",
         "3人、子（2021年5月生まれ）", "3 people, Child (born 2021-05)"},
        {"household_size", "3", "3人", "3 people"},
        {"household_size", "0", "ERR_SYNTAX", "ERR_SYNTAX"},
        {"has_preschool_child", "true", "はい", "Yes"},
        {"phone_number", "\"+81669410351\"", "0669410351", "0669410351"},
        {"phone_number", "\"+14155550100\"", "+14155550100", "+14155550100"},
        {"address", "{\"formatted\":\"大阪府堺市\"}", "大阪府堺市", "大阪府堺市"},
        {"email", "\"h@example.jp\"", "h@example.jp", "h@example.jp"},
        {"gender", "\"x\"", "ERR_SYNTAX", "ERR_SYNTAX"},
        {"age_over_65", "1", "ERR_SYNTAX", "ERR_SYNTAX"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int japanese = 0; japanese < 2; japanese++) {
            struct view shown;
            struct field_value v = {.field = field_find(view_text(table[i].field)), .json = view_text(table[i].json)};
            enum err err = field_display(&shown, &a, &v, japanese);
            cr_expect_str_eq(err ? err_name(err) : arena_text(&a, shown), japanese ? table[i].ja : table[i].en);
        }
}

Test(field, substitutes_are_shown_by_character_and_place)
{
    static const struct {
        const char *field, *json, *marks, *ja, *en;
    } table[] = {
        {"name", "\"辻　花子\"", "1000", "「辻」（1文字目）", "“辻” (character 1)"},
        {"name", "\"辻　花子\"", "1001", "「辻」（1文字目）、「子」（4文字目）",
         "“辻” (character 1), “子” (character 4)"},
        {"address", "{\"formatted\":\"堺市\",\"locality\":\"堺市\"}", "01", "「市」（2文字目）", "“市” (character 2)"},
        {"name", "\"辻\"", "01", "", ""}, /* marks of another text: nothing is shown that is not there */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int japanese = 0; japanese < 2; japanese++) {
            struct view shown;
            struct field_value v = {.field = field_find(view_text(table[i].field)),
                                    .json = view_text(table[i].json),
                                    .substitutes = view_text(table[i].marks)};
            cr_assert_eq(field_display_substitutes(&shown, &a, &v, japanese), ERR_OK);
            cr_expect_str_eq(arena_text(&a, shown), japanese ? table[i].ja : table[i].en);
        }
}

Test(field, nothing_is_shown_of_a_text_without_substitutes)
{
    struct view shown;
    struct field_value v = {.field = field_find(VIEW("name")), .json = VIEW("\"辻\""), .substitutes = VIEW("0")};
    cr_assert_eq(field_display_substitutes(&shown, &a, &v, true), ERR_OK);
    cr_expect_not(view_is(shown));
    v.substitutes = VIEW_NONE;
    cr_assert_eq(field_display_substitutes(&shown, &a, &v, true), ERR_OK);
    cr_expect_not(view_is(shown));
}

Test(field, a_municipality_has_no_characters_of_the_card)
{
    struct field_profile p = {.n = 1, .today = VIEW("2026-11-22")};
    struct field_value value;
    p.values[0] = (struct field_value){.field = field_find(VIEW("address")),
                                       .json = VIEW("{\"formatted\":\"大阪府堺市堺区南瓦町\"}"),
                                       .source = SOURCE_CARD_SIGNED,
                                       .substitutes = VIEW("1000000000")};
    cr_assert_eq(field_value(&value, &a, &p, field_find(VIEW("municipality"))), ERR_OK);
    cr_expect_not(view_is(value.substitutes));
}

Test(field, takes_contacts_as_japanese_keyboards_send_them)
{
    static const struct {
        enum err (*make)(struct view *, struct arena *, struct view);
        const char *typed, *json;
    } table[] = {
        {field_json_of_email, "hanako", "ERR_SYNTAX"},
        {field_json_of_email, "", "ERR_SYNTAX"},
        {field_json_of_email, "hanako@example.jp, taro@example.jp", "ERR_SYNTAX"},
        {field_json_of_email, "花子@example.jp", "ERR_SYNTAX"},
        {field_json_of_email, "hanako@example.jp\r\nBcc: x@example.jp", "ERR_SYNTAX"},
        {field_json_of_email, " hanako@example.jp ", "\"hanako@example.jp\""},
        {field_json_of_email, "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "\"hanako@example.jp\""},
        {field_json_of_phone, "06-6941-035", "ERR_SYNTAX"},
        {field_json_of_phone, "090-1234-56789", "ERR_SYNTAX"},
        {field_json_of_phone, "110", "ERR_SYNTAX"},
        {field_json_of_phone, "でんわ", "ERR_SYNTAX"},
        {field_json_of_phone, "06-6941-0351", "\"+81669410351\""},
        {field_json_of_phone, "090-1234-5678", "\"+819012345678\""},
        {field_json_of_phone, "０９０ー１２３４－５６７８", "\"+819012345678\""},
        {field_json_of_phone, "+1-415-555-0100", "\"+14155550100\""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct view json;
        enum err err = table[i].make(&json, &a, view_text(table[i].typed));
        cr_expect_str_eq(err ? err_name(err) : arena_text(&a, json), table[i].json, "%s", table[i].typed);
    }
}

Test(field, tags_come_out_in_catalogue_order_and_only_known_ones)
{
    bool chosen[16] = {true, false, true};
    struct view json;
    cr_assert_eq(field_json_of_tags(&json, &a, chosen, field_tag_count()), ERR_OK);
    cr_expect_str_eq(arena_text(&a, json), "[\"child-rearing\",\"health\"]");
    cr_expect(field_is_valid(&a, field_find(VIEW("interests")), json));
    cr_expect_eq(field_json_of_tags(&json, &a, chosen, field_tag_count() + 1), ERR_SYNTAX);
    cr_expect_null(field_tag_at(field_tag_count()));
}

Test(field, source_names_go_both_ways)
{
    enum field_source s;
    for (int i = SOURCE_NONE; i <= SOURCE_RESIDENT; i++) {
        cr_assert(field_source_of(view_text(field_source_name((enum field_source)i)), &s));
        cr_expect_eq((int)s, i);
    }
    cr_expect_not(field_source_of(VIEW("card"), &s));
}
