#include "consent/minor.h"

#include "consent/birthdate.h"

bool minor_is(const struct field_profile *p)
{
    const struct field_value *v = field_stored(p, field_find(VIEW("birthdate")));
    struct birthdate b; /* stored as "YYYY-MM-DD" in quotes: no escapes to read */
    if (!v)
        return false;
    if (v->json.n != 12 || !birthdate_read(&b, view_part(v->json, 1, 10)))
        return true; /* a birth date that cannot be read is no proof of age */
    return b.year != 0 && birthdate_is_at_least(&b, MINOR_YEARS, p->today) != BIRTHDATE_YES;
}
