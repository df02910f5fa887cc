/* birthdate: a date of birth as the register has it: month or day, rarely the year, may be unknown and stay so. */
#ifndef CONSENT_BIRTHDATE_H
#define CONSENT_BIRTHDATE_H

#include "base/view.h"

struct birthdate {
    int year, month, day; /* 0: unknown; a known day implies a known month */
};

/* "YYYY-MM-DD" with 0000, 00, 00 for unknown parts (OIDC Core 5.1). False: not a date of the calendar. */
bool birthdate_read(struct birthdate *out, struct view text);

enum birthdate_answer { BIRTHDATE_NO, BIRTHDATE_YES, BIRTHDATE_UNCERTAIN };

/* Is the person at least YEARS old on TODAY ("YYYY-MM-DD")? Uncertain unless every possible day of birth gives the
 * same answer. */
enum birthdate_answer birthdate_is_at_least(const struct birthdate *b, int years, struct view today);

#endif
