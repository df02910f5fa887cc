#include <criterion/criterion.h>

#include "idp/endpoints/people.h"

static struct arena arena;
static struct visit ja, en;

static void open_visit(void)
{
    arena_open(&arena, 1 << 20);
    ja = (struct visit){.arena = &arena};
    en = (struct visit){.arena = &arena, .english = true};
}

static void close_visit(void)
{
    arena_close(&arena);
}

TestSuite(people, .init = open_visit, .fini = close_visit);

Test(people, writes_the_time_in_japan)
{
    cr_expect(view_equal_text(people_time(&ja, 0), "9:00"));
    cr_expect(view_equal_text(people_time(&ja, 15 * 3600 + 7 * 60 + 59), "0:07"));
}

Test(people, writes_dates_as_people_do)
{
    cr_expect(view_equal_text(people_date(&ja, VIEW("2026-11-02")), "2026年11月2日"));
    cr_expect(view_equal_text(people_date(&en, VIEW("2026-11-02")), "2 November 2026"));
    cr_expect(view_equal_text(people_date(&en, VIEW("2026-01-31")), "31 January 2026"));
}

Test(people, leaves_alone_what_is_no_full_date)
{
    static const char *const odd[] = {"",           "2026",       "2026-11", "2026-00-01", "2026-13-01",
                                      "2026-11-00", "2026-11-32", "x-y-z",   "99999-01-01"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        cr_expect(view_equal_text(people_date(&ja, view_text(odd[i])), odd[i]), "%s", odd[i]);
    cr_expect_not(view_is(people_date(&ja, VIEW_NONE)));
}

Test(people, picks_the_language_of_names)
{
    struct client client = {.name = {VIEW("A市 施設予約"), VIEW("Booking")}, .org_name = {VIEW("A市"), VIEW("A City")}};
    cr_expect(view_equal_text(people_service(&ja, &client).name, "A市 施設予約"));
    cr_expect(view_equal_text(people_service(&en, &client).organisation, "A City"));
}

Test(people, knows_no_name_without_a_value)
{
    struct field_profile profile = {.today = VIEW("2026-11-22")};
    cr_expect_not(view_is(people_name(&ja, &profile)));
}
