/* How derived fields are computed: when they are needed, from what is stored, and only if they are certain. */
#include "base/json.h"
#include "consent/birthdate.h"
#include "consent/field.h"
#include "consent/household.h"
#include "consent/place.h"

/* Somebody is N years old from the birthday on (docs/decisions/age.md). */
enum err field_derive_age(struct view *json, struct arena *a, const struct field *f, struct view stored,
                          struct view today)
{
    (void)a;
    struct birthdate b; /* stored as "YYYY-MM-DD" in quotes: no escapes to read */
    if (stored.n != 12 || !birthdate_read(&b, view_part(stored, 1, 10)))
        return ERR_NOT_FOUND;
    enum birthdate_answer answer = birthdate_is_at_least(&b, f->years, today);
    if (answer == BIRTHDATE_UNCERTAIN)
        return ERR_NOT_FOUND;
    *json = answer == BIRTHDATE_YES ? VIEW("true") : VIEW("false");
    return ERR_OK;
}

enum err field_derive_municipality(struct view *json, struct arena *a, const struct field *f, struct view stored,
                                   struct view today)
{
    (void)f;
    (void)today;
    struct json *j;
    enum err err = json_read(&j, a, stored, NULL);
    if (err)
        return err == ERR_SYNTAX ? ERR_NOT_FOUND : err;
    struct place place = place_of(json_member_text(j, "formatted"));
    if (!place.code)
        return ERR_NOT_FOUND;
    char *text = arena_printf(a, "{\"code\":\"%s\",\"name\":\"%s\"}", place.code, place.city);
    *json = view_text(text);
    return text ? ERR_OK : ERR_MEMORY;
}

/* --- household ---------------------------------------------------------------------------------------------------- */

static enum err read_household(struct household *h, struct arena *a, struct view stored)
{
    struct json *j;
    enum err err = json_read(&j, a, stored, NULL);
    if (err)
        return err == ERR_SYNTAX ? ERR_NOT_FOUND : err;
    return household_read(h, j) ? ERR_OK : ERR_NOT_FOUND;
}

static enum err answer(struct view *json, enum household_answer answer)
{
    *json = answer == HOUSEHOLD_YES ? VIEW("true") : VIEW("false");
    return answer == HOUSEHOLD_UNCERTAIN ? ERR_NOT_FOUND : ERR_OK;
}

enum err field_share_household(struct view *json, struct arena *a, const struct field *f, struct view stored,
                               struct view today)
{
    (void)f;
    struct household h;
    enum err err = read_household(&h, a, stored);
    if (err)
        return err;
    household_without_grown_ups(&h, today);
    return household_write(json, a, &h);
}

enum err field_derive_household_size(struct view *json, struct arena *a, const struct field *f, struct view stored,
                                     struct view today)
{
    (void)f;
    (void)today;
    struct household h;
    enum err err = read_household(&h, a, stored);
    if (err)
        return err;
    *json = view_text(arena_printf(a, "%d", h.size));
    return view_is(*json) ? ERR_OK : ERR_MEMORY;
}

enum err field_derive_preschool(struct view *json, struct arena *a, const struct field *f, struct view stored,
                                struct view today)
{
    (void)f;
    struct household h;
    enum err err = read_household(&h, a, stored);
    return err ? err : answer(json, household_has_preschool_child(&h, today));
}

enum err field_derive_school(struct view *json, struct arena *a, const struct field *f, struct view stored,
                             struct view today)
{
    (void)f;
    struct household h;
    enum err err = read_household(&h, a, stored);
    return err ? err : answer(json, household_has_school_child(&h, today));
}
