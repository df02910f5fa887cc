/* Which writings of a name and a birth date are the same. */
#include "idp/rules/writing.h"

#include <criterion/criterion.h>

static bool is(const char *asked, const char *stored, const char *substitutes)
{
    struct writing a, s;
    cr_assert(writing_read(&a, view_text(asked), VIEW_NONE), "%s", asked);
    cr_assert(writing_read(&s, view_text(stored), substitutes ? view_text(substitutes) : VIEW_NONE), "%s", stored);
    return writing_is(&a, &s);
}

Test(writing, other_names_are_others)
{
    static const char *const others[][2] = {{"大阪 花子", "大阪 華子"},
                                            {"大阪 花", "大阪 花子"},
                                            {"大阪 花子", "大阪 花"},
                                            {"JOHN SMITH", "JOHN SMYTH"},
                                            {"みどり", "ミドリ"},
                                            {"子花 阪大", "大阪 花子"},
                                            {"か", "が"},
                                            {"SMITH", "SMITH JOHN"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(is(others[i][0], others[i][1], NULL), "%s", others[i][0]);
}

Test(writing, what_is_no_name_is_refused)
{
    struct writing w;
    char longest[WRITING_MAX + 2];
    memset(longest, 'a', sizeof longest);
    cr_expect_not(writing_read(&w, VIEW_NONE, VIEW_NONE));
    cr_expect_not(writing_read(&w, VIEW(""), VIEW_NONE));
    cr_expect_not(writing_read(&w, VIEW(" 　・"), VIEW_NONE));
    cr_expect_not(writing_read(&w, VIEW("\xff"), VIEW_NONE));
    cr_expect_not(writing_read(&w, view_bytes(longest, WRITING_MAX + 1), VIEW_NONE));
    cr_expect(writing_read(&w, view_bytes(longest, WRITING_MAX), VIEW_NONE));
}

Test(writing, usual_writings_of_one_name_are_one)
{
    static const char *const same[][2] = {
        {"大阪　花子", "大阪　花子"},
        {"大阪花子", "大阪　花子"},
        {"大阪 花子", "大阪　花子"},
        {"花子 大阪", "大阪　花子"},
        {"花子大阪", "大阪　花子"},
        {"高橋 辺", "髙橋　邉"},
        {"山崎斉", "山\uFA11　齋"},
        {"神谷 隆", "\uFA19谷　隆"},
        {"葛\U000E0100城", "葛城"},
        {"佐佐木 一", "佐々木　一"},
        {"三ケ島 薫", "三ヶ島　薰"},
        {"John Smith", "ＳＭＩＴＨ　ＪＯＨＮ"},
        {"josé o'neil-santos", "ONEIL SANTOS JOSE"},
        {"マリア・ガルシア", "ﾏﾘｱ ｶﾞﾙｼｱ"},
        {"ハ\u309Aク", "パク"},
        {"paul smith john", "SMITH JOHN PAUL"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        cr_expect(is(same[i][0], same[i][1], NULL), "%s and %s", same[i][0], same[i][1]);
}

Test(writing, what_stands_in_for_a_character_may_be_any_one)
{
    cr_expect(is("𠮷田 恵", "□田　恵", "10000"));
    cr_expect(is("大田 恵", "大田　恵", "10000"));
    cr_expect_not(is("吉田 恵美", "□田　恵", "10000"));
    cr_expect_not(is("吉村 恵", "□田　恵", "10000"), "the others must fit");
    cr_expect_not(is("吉田 恵", "□田　恵", "00000"));
}

Test(writing, dates_as_people_write_them)
{
    static const char *const same[] = {"1977-11-23",       "1977/11/23", "1977年11月23日",     "19771123",
                                       "昭和52年11月23日", "S52.11.23",  "ｓ５２．１１．２３", "１９７７　１１　２３"};
    static const char *const none[] = {
        "",          "1977-11", "1977-13-23",           "1977-02-30",    "昭和0年1月1日", "yesterday", "1977-11-23-1",
        "77-11-23x", "\xff",    "99999999999999999999", "平成99年1月1日"};
    char out[WRITING_DATE];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        cr_expect(writing_read_date(out, view_text(same[i])), "%s", same[i]);
        cr_expect_str_eq(out, "1977-11-23");
    }
    cr_expect(writing_read_date(out, VIEW("平成元年1月8日")));
    cr_expect_str_eq(out, "1989-01-08");
    cr_expect(writing_read_date(out, VIEW("1935-00-00")), "the register may not know");
    cr_expect_str_eq(out, "1935-00-00");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(writing_read_date(out, view_text(none[i])), "%s", none[i]);
}

Test(writing, a_text_that_tells_who_it_is_is_noticed)
{
    static const char *const tells[] = {"大阪花子さんの問い合わせ", "Letter of 花子　大阪", "letter, born 1977/11/23",
                                        "昭和52年11月23日生まれの方", "19771123"};
    static const char *const silent[] = {"問い合わせ 12号", "大阪市の問い合わせ", "1977", "2026-11-23", ""};
    struct writing name;
    cr_assert(writing_read(&name, VIEW("大阪 花子"), VIEW_NONE));
    for (size_t i = 0; i < sizeof tells / sizeof *tells; i++)
        cr_expect(writing_tells(view_text(tells[i]), &name, "1977-11-23"), "%s", tells[i]);
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        cr_expect_not(writing_tells(view_text(silent[i]), &name, "1977-11-23"), "%s", silent[i]);
    cr_assert(writing_read(&name, VIEW("大阪花子"), VIEW_NONE));
    cr_expect(writing_tells(VIEW("花子 大阪さん"), &name, "1977-11-23"));
    cr_assert(writing_read(&name, VIEW("佐々木 一"), VIEW_NONE));
    cr_expect(writing_tells(VIEW("佐々木一さん"), &name, "1977-11-23"));
}
