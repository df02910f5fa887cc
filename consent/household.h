/* household: who lives with the resident, as she says herself: how many, and of whom she likes relation and month of
 * birth. What is derived from it is certain or absent. */
#ifndef CONSENT_HOUSEHOLD_H
#define CONSENT_HOUSEHOLD_H

#include "base/json.h"

#define HOUSEHOLD_SIZE_MAX    30 /* people, the resident counted */
#define HOUSEHOLD_MEMBERS_MAX 12 /* of whom something is said */

struct household_relation {
    const char *id, *ja, *en;
};
size_t household_relation_count(void);
const struct household_relation *household_relation_at(size_t i);
const struct household_relation *household_relation_find(struct view id); /* NULL: no such relation */

struct household_member {
    const struct household_relation *relation;
    int year, month; /* of birth, in the Gregorian calendar */
};

struct household {
    int size;                                               /* the resident counted */
    struct household_member members[HOUSEHOLD_MEMBERS_MAX]; /* the others */
    size_t n;                                               /* at most size - 1 */
};

/* {"size":3,"members":[{"relation":"child","born":"2021-05"}]}. False: no household. */
bool household_read(struct household *out, const struct json *j);

enum err household_write(struct view *json, struct arena *a, const struct household *h) MUST_CHECK;

/* What may leave of it (docs/decisions/children.md): members who are surely under age on TODAY. Grown-ups are counted
 * in the size, and nothing is said of them: nobody agrees for another adult. */
#define HOUSEHOLD_OF_AGE 18
void household_without_grown_ups(struct household *h, struct view today);

enum household_answer { HOUSEHOLD_NO, HOUSEHOLD_YES, HOUSEHOLD_UNCERTAIN };

/* Does anybody of it not yet go to school / go to elementary or junior high school, on TODAY ("YYYY-MM-DD")? School
 * begins in the April after the sixth birthday and lasts for nine years (School Education Act, art. 17). Whoever is
 * born on 1 April becomes six on 31 March, and begins a year before the others of that April: with the month alone such
 * a year is uncertain. No, only if something is said of everybody. */
enum household_answer household_has_preschool_child(const struct household *h, struct view today);
enum household_answer household_has_school_child(const struct household *h, struct view today);

#endif
