#include "consent/birthdate.h"

#include "base/err.h"

static bool digits(struct view v, int *out)
{
    *out = 0;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        *out = *out * 10 + (v.p[i] - '0');
    }
    return v.n > 0;
}

static int last_day(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year == 0 || (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool birthdate_read(struct birthdate *out, struct view v)
{
    struct birthdate b;
    if (v.n != 10 || v.p[4] != '-' || v.p[7] != '-')
        return false;
    if (!digits(view_part(v, 0, 4), &b.year) || !digits(view_part(v, 5, 2), &b.month) ||
        !digits(view_part(v, 8, 2), &b.day))
        return false;
    if (b.month > 12 || (b.month == 0 && b.day != 0))
        return false;
    if (b.month != 0 && b.day > last_day(b.year, b.month))
        return false;
    *out = b;
    return true;
}

/* The age on TODAY of somebody born on that full date; before the birth it is -1. */
static int age_on(int year, int month, int day, const struct birthdate *today)
{
    bool had_it = today->month > month || (today->month == month && today->day >= day);
    int years = today->year - year - !had_it;
    return years < 0 ? -1 : years;
}

enum birthdate_answer birthdate_is_at_least(const struct birthdate *b, int years, struct view today)
{
    struct birthdate t;
    if (b->year == 0 || !birthdate_read(&t, today) || t.day == 0)
        return BIRTHDATE_UNCERTAIN;
    int first_month = b->month ? b->month : 1, last_month = b->month ? b->month : 12;
    int oldest = age_on(b->year, first_month, b->day ? b->day : 1, &t);
    int youngest = age_on(b->year, last_month, b->day ? b->day : last_day(b->year, last_month), &t);
    if (youngest >= years)
        return BIRTHDATE_YES;
    return oldest < years ? BIRTHDATE_NO : BIRTHDATE_UNCERTAIN;
}
