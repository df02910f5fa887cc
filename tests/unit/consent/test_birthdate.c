#include <criterion/criterion.h>

#include "consent/birthdate.h"

Test(birthdate, refuses_what_no_calendar_has)
{
    static const char *const bad[] = {"",           "1950",       "1950-4-1",   "1950-13-01", "1950-00-01",
                                      "1950-04-31", "1951-02-29", "1900-02-29", "19500401",   "1950-04-01 ",
                                      "1950/04/01", "195o-04-01", "-950-04-01", "0000-00-09", "1950-04-32"};
    struct birthdate b;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(birthdate_read(&b, view_text(bad[i])), "%s", bad[i]);
    cr_expect_not(birthdate_read(&b, VIEW_NONE));
}

Test(birthdate, keeps_unknown_parts_unknown)
{
    struct birthdate b;
    cr_assert(birthdate_read(&b, VIEW("1950-00-00")));
    cr_expect(b.year == 1950 && b.month == 0 && b.day == 0);
    cr_assert(birthdate_read(&b, VIEW("1950-04-00")));
    cr_expect(b.month == 4 && b.day == 0);
    cr_assert(birthdate_read(&b, VIEW("0000-02-29")));
    cr_expect_eq(b.year, 0);
}

Test(birthdate, gives_an_age_only_when_every_possible_day_gives_the_same)
{
    static const struct {
        const char *born, *today;
        int years;
        enum birthdate_answer answer;
    } table[] = {
        {"1961-11-22", "2026-11-22", 65, BIRTHDATE_YES},       {"1961-11-23", "2026-11-22", 65, BIRTHDATE_NO},
        {"1961-11-00", "2026-11-22", 65, BIRTHDATE_UNCERTAIN}, {"1961-10-00", "2026-11-22", 65, BIRTHDATE_YES},
        {"1961-12-00", "2026-11-22", 65, BIRTHDATE_NO},        {"1961-11-00", "2026-11-30", 65, BIRTHDATE_YES},
        {"1961-00-00", "2026-11-22", 65, BIRTHDATE_UNCERTAIN}, {"1960-00-00", "2026-11-22", 65, BIRTHDATE_YES},
        {"1962-00-00", "2026-11-22", 65, BIRTHDATE_NO},        {"1961-00-00", "2026-12-31", 65, BIRTHDATE_YES},
        {"0000-04-01", "2026-11-22", 18, BIRTHDATE_UNCERTAIN}, {"2008-02-29", "2026-02-28", 18, BIRTHDATE_NO},
        {"2008-02-29", "2026-03-01", 18, BIRTHDATE_YES},       {"2008-02-00", "2026-02-28", 18, BIRTHDATE_UNCERTAIN},
        {"2030-01-01", "2026-11-22", 18, BIRTHDATE_NO},        {"2027-00-00", "2026-11-22", 18, BIRTHDATE_NO},
        {"1961-11-22", "2026-11-21", 65, BIRTHDATE_NO},        {"2008-02-29", "2028-02-28", 20, BIRTHDATE_NO},
        {"2008-02-29", "2028-02-29", 20, BIRTHDATE_YES},       {"2008-03-01", "2026-02-28", 18, BIRTHDATE_NO},
        {"1961-11-22", "", 65, BIRTHDATE_UNCERTAIN},           {"1961-11-22", "2026-11-00", 65, BIRTHDATE_UNCERTAIN},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct birthdate b;
        cr_assert(birthdate_read(&b, view_text(table[i].born)));
        cr_expect_eq(birthdate_is_at_least(&b, table[i].years, view_text(table[i].today)), table[i].answer, "%s on %s",
                     table[i].born, table[i].today);
    }
}
