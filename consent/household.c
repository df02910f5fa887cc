#include "consent/household.h"

#include <stdio.h>

#include "base/text.h"
#include "consent/birthdate.h"

#define COUNT(A) (sizeof(A) / sizeof *(A))

enum { JSON_MAX = 2048, SCHOOL_YEARS = 9 };

static const struct household_relation relations[] = {
    {"spouse", "配偶者・パートナー", "Spouse or partner"},
    {"child", "子", "Child"},
    {"parent", "父・母", "Parent"},
    {"sibling", "きょうだい", "Brother or sister"},
    {"grandchild", "孫", "Grandchild"},
    {"grandparent", "祖父・祖母", "Grandparent"},
    {"other", "その他", "Other"},
};

size_t household_relation_count(void)
{
    return COUNT(relations);
}

const struct household_relation *household_relation_at(size_t i)
{
    return i < COUNT(relations) ? &relations[i] : NULL;
}

const struct household_relation *household_relation_find(struct view id)
{
    for (size_t i = 0; i < COUNT(relations); i++)
        if (view_equal_text(id, relations[i].id))
            return &relations[i];
    return NULL;
}

/* --- reading and writing ------------------------------------------------------------------------------------------ */

/* "YYYY-MM" */
static bool read_month(struct household_member *m, struct view v)
{
    struct birthdate b;
    char day[] = "0000-00-01";
    if (v.n != 7)
        return false;
    memcpy(day, v.p, 7);
    if (!birthdate_read(&b, view_text(day)) || b.year <= 1800 || !b.month)
        return false;
    m->year = b.year;
    m->month = b.month;
    return true;
}

static bool read_member(struct household_member *m, const struct json *j)
{
    static const char *const names[] = {"relation", "born", NULL};
    struct view stranger, born;
    m->relation = household_relation_find(json_member_text(j, "relation"));
    return json_is_object(j) && json_only(j, names, &stranger) && m->relation &&
           json_text(json_member(j, "born"), &born) && read_month(m, born);
}

bool household_read(struct household *out, const struct json *j)
{
    static const char *const names[] = {"size", "members", NULL};
    const struct json *members = json_member(j, "members");
    struct view stranger;
    int64_t size = json_member_int(j, "size", 0);
    *out = (struct household){0};
    if (!json_is_object(j) || !json_only(j, names, &stranger) || size < 1 || size > HOUSEHOLD_SIZE_MAX)
        return false;
    out->size = (int)size;
    if (!members)
        return true;
    if (!json_is_array(members) || json_count(members) > HOUSEHOLD_MEMBERS_MAX || json_count(members) >= (size_t)size)
        return false;
    for (; out->n < json_count(members); out->n++)
        if (!read_member(&out->members[out->n], json_at(members, out->n)))
            return false;
    return true;
}

enum err household_write(struct view *json, struct arena *a, const struct household *h)
{
    struct buf b;
    struct json_out o;
    char born[24];
    buf_open(&b, a, JSON_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_key(&o, "members");
    json_begin_array(&o);
    for (size_t i = 0; i < h->n; i++) {
        const struct household_member *m = &h->members[i];
        snprintf(born, sizeof born, "%04d-%02d", m->year, m->month);
        json_begin(&o);
        json_pair_text(&o, "born", born);
        json_pair_text(&o, "relation", m->relation->id);
        json_end(&o);
    }
    json_end_array(&o);
    json_pair_int(&o, "size", h->size);
    json_end(&o);
    return buf_done(&b, json);
}

/* --- what may leave --------------------------------------------------------------------------------------------- */

void household_without_grown_ups(struct household *h, struct view today)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct birthdate born = {.year = h->members[i].year, .month = h->members[i].month};
        if (birthdate_is_at_least(&born, HOUSEHOLD_OF_AGE, today) == BIRTHDATE_NO)
            h->members[kept++] = h->members[i];
    }
    h->n = kept;
}

/* --- deriving ----------------------------------------------------------------------------------------------------- */

/* The first school year that may have begun with an April of YEAR: the one of TODAY. */
static bool school_year_of(int *year, struct view today)
{
    struct birthdate t;
    if (!birthdate_read(&t, today) || !t.year || !t.day)
        return false;
    *year = t.month >= 4 ? t.year : t.year - 1;
    return true;
}

/* In how many school years does M begin school, seen from YEAR: EARLY and LATE differ for births in April. */
static void beginning_of(const struct household_member *m, int *early, int *late)
{
    *early = m->month <= 4 ? m->year + 6 : m->year + 7;
    *late = m->month < 4 ? m->year + 6 : m->year + 7;
}

static enum household_answer answer_of(bool early, bool late)
{
    if (early != late)
        return HOUSEHOLD_UNCERTAIN;
    return early ? HOUSEHOLD_YES : HOUSEHOLD_NO;
}

static enum household_answer is_preschool(const struct household_member *m, int year)
{
    int early, late;
    beginning_of(m, &early, &late);
    return answer_of(year < early, year < late);
}

static enum household_answer goes_to_school(const struct household_member *m, int year)
{
    int early, late;
    beginning_of(m, &early, &late);
    return answer_of(year >= early && year < early + SCHOOL_YEARS, year >= late && year < late + SCHOOL_YEARS);
}

/* Yes, if it is of one; no, if it is of none and all are known. */
static enum household_answer of_anybody(const struct household *h, struct view today,
                                        enum household_answer (*of)(const struct household_member *, int))
{
    int year;
    bool certain = h->n + 1 == (size_t)h->size;
    if (!school_year_of(&year, today))
        return HOUSEHOLD_UNCERTAIN;
    for (size_t i = 0; i < h->n; i++) {
        enum household_answer answer = of(&h->members[i], year);
        if (answer == HOUSEHOLD_YES)
            return HOUSEHOLD_YES;
        certain = certain && answer == HOUSEHOLD_NO;
    }
    return certain ? HOUSEHOLD_NO : HOUSEHOLD_UNCERTAIN;
}

enum household_answer household_has_preschool_child(const struct household *h, struct view today)
{
    return of_anybody(h, today, is_preschool);
}

enum household_answer household_has_school_child(const struct household *h, struct view today)
{
    return of_anybody(h, today, goes_to_school);
}
