#include <criterion/criterion.h>
#include <stdio.h>

#include "consent/household.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(household, .init = open_arena, .fini = close_arena);

static struct household with(int size, const char *born, const char *second)
{
    struct household h = {.size = size};
    const char *months[] = {born, second};
    for (size_t i = 0; i < 2 && months[i]; i++) {
        struct household_member *m = &h.members[h.n++];
        m->relation = household_relation_find(VIEW("child"));
        cr_assert_eq(sscanf(months[i], "%d-%d", &m->year, &m->month), 2);
    }
    return h;
}

#define NO     HOUSEHOLD_NO
#define YES    HOUSEHOLD_YES
#define UNSURE HOUSEHOLD_UNCERTAIN

/* Until the April after the sixth birthday; who is born on 1 April begins a year earlier than the rest of that April.
 */
Test(household, knows_who_goes_to_school_or_not_yet_or_says_nothing)
{
    static const struct {
        int size;
        const char *born, *second, *today;
        enum household_answer preschool, school;
    } table[] = {
        {3, "2020-05", NULL, "2026-11-29", YES, UNSURE}, /* of one nothing is said */
        {2, "2020-05", NULL, "2027-03-31", YES, NO},
        {2, "2020-05", NULL, "2027-04-01", NO, YES},
        {2, "2020-03", NULL, "2026-03-31", YES, NO},
        {2, "2020-03", NULL, "2026-04-01", NO, YES},
        {2, "2020-04", NULL, "2026-03-31", YES, NO},
        {2, "2020-04", NULL, "2026-04-01", UNSURE, UNSURE}, /* of 1 April, or of another day of it? */
        {2, "2020-04", NULL, "2027-03-31", UNSURE, UNSURE},
        {2, "2020-04", NULL, "2027-04-01", NO, YES},
        {3, "2020-04", "2024-01", "2026-06-01", YES, UNSURE},
        {2, "2011-05", NULL, "2027-03-31", NO, YES},
        {2, "2011-05", NULL, "2027-04-01", NO, NO},
        {2, "2011-03", NULL, "2026-03-31", NO, YES},
        {2, "2011-03", NULL, "2026-04-01", NO, NO},
        {2, "2011-04", NULL, "2026-04-01", NO, UNSURE},
        {1, NULL, NULL, "2026-11-29", NO, NO},
        {4, "1990-01", NULL, "2026-11-29", UNSURE, UNSURE},
        {2, "2020-05", NULL, "", UNSURE, UNSURE},
        {2, "2020-05", NULL, "2026-00-00", UNSURE, UNSURE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct household h = with(table[i].size, table[i].born, table[i].second);
        struct view today = view_text(table[i].today);
        cr_expect_eq(household_has_preschool_child(&h, today), table[i].preschool, "row %zu", i);
        cr_expect_eq(household_has_school_child(&h, today), table[i].school, "row %zu", i);
    }
}

Test(household, is_written_as_it_is_read)
{
    struct household h = with(4, "2021-05", "2018-12"), back;
    struct view json;
    struct json *j;
    cr_assert_eq(household_write(&json, &a, &h), ERR_OK);
    cr_expect_str_eq(arena_text(&a, json), "{\"members\":[{\"born\":\"2021-05\",\"relation\":\"child\"},{\"born\":"
                                           "\"2018-12\",\"relation\":\"child\"}],\"size\":4}");
    cr_assert_eq(json_read(&j, &a, json, NULL), ERR_OK);
    cr_assert(household_read(&back, j));
    cr_expect_eq(back.size, 4);
    cr_expect(back.n == 2 && back.members[1].year == 2018 && back.members[1].month == 12);
}

Test(household, has_relations_with_names_each_once)
{
    for (size_t i = 0; i < household_relation_count(); i++) {
        const struct household_relation *r = household_relation_at(i);
        cr_expect(*r->ja && *r->en);
        cr_expect_eq(household_relation_find(view_text(r->id)), r);
    }
    cr_expect_null(household_relation_at(household_relation_count()));
    cr_expect_null(household_relation_find(VIEW("cat")));
    cr_expect_null(household_relation_find(VIEW_NONE));
}

Test(household, lets_nothing_out_about_grown_ups_but_that_they_are_there)
{
    static const struct {
        const char *born;
        size_t left;
    } table[] = {{"1990-04", 0}, {"2008-10", 0}, {"2008-11", 0}, {"2008-12", 1}, {"2021-05", 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct household h = with(3, table[i].born, NULL);
        household_without_grown_ups(&h, VIEW("2026-11-22"));
        cr_expect_eq(h.n, table[i].left, "%s", table[i].born);
        cr_expect_eq(h.size, 3);
    }
    struct household h = with(3, "1990-04", "2021-05");
    household_without_grown_ups(&h, VIEW("2026-11-22"));
    cr_assert_eq(h.n, 1);
    cr_expect_eq(h.members[0].year, 2021, "the child stays, whatever stood before it");
}
