/* minor: who is too young to agree alone (docs/decisions/children.md). */
#ifndef CONSENT_MINOR_H
#define CONSENT_MINOR_H

#include "consent/field.h"

#define MINOR_YEARS 15 /* from this age on a resident agrees alone */

/* By the birth date in P (field `birthdate`), on P's day: is the resident younger than that, or may she be? Not when no
 * birth date is stored, or its year is unknown: then nothing says that she is a child. */
bool minor_is(const struct field_profile *p);

#endif
