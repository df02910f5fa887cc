/* GET, POST /me/household: who lives with the resident, as she says it. What she typed is never lost: with anything
 * wrong, or with another version saved meanwhile, the page comes back with it. */
#include "consent/household.h"

#include "base/clock.h"
#include "base/text.h"
#include "consent/birthdate.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/entry.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

enum { ROWS_AT_FIRST = 4, ROWS_MORE = 4, SLIPS_MAX = 1 + HOUSEHOLD_MEMBERS_MAX };

struct line {
    struct view relation, year, month;
    enum page_rule rule;
};

/* The form as it was filled in, or as what is stored fills it. */
struct filled {
    struct view size;
    struct line rows[HOUSEHOLD_MEMBERS_MAX];
    size_t n;
    int64_t version;
    enum page_rule size_rule;
    size_t slips;
};

/* --- out of the profile ----------------------------------------------------------------------------------------- */

static struct view number_text(const struct visit *v, int n)
{
    return view_text(arena_printf(v->arena, "%d", n));
}

static size_t rows_for(size_t people)
{
    size_t n = people + ROWS_MORE / 2 > ROWS_AT_FIRST ? people + ROWS_MORE / 2 : ROWS_AT_FIRST;
    return n < HOUSEHOLD_MEMBERS_MAX ? n : HOUSEHOLD_MEMBERS_MAX;
}

static enum err form_of_profile(struct filled *f, const struct visit *v, const struct field_profile *profile)
{
    const struct field_value *value = field_stored(profile, field_find(VIEW("household")));
    struct household h;
    struct json *j;
    *f = (struct filled){.n = ROWS_AT_FIRST, .version = entry_version_of(profile, "household")};
    enum err e = value ? json_read(&j, v->arena, value->json, NULL) : ERR_NOT_FOUND;
    if (e || !household_read(&h, j))
        return e == ERR_NOT_FOUND ? ERR_OK : e ? e : ERR_STORE;
    f->size = number_text(v, h.size);
    f->n = rows_for(h.n);
    for (size_t i = 0; i < h.n; i++)
        f->rows[i] = (struct line){view_text(h.members[i].relation->id), number_text(v, h.members[i].year),
                                   number_text(v, h.members[i].month), PAGE_RULE_NONE};
    return ERR_OK;
}

/* --- out of the form -------------------------------------------------------------------------------------------- */

static struct view param_of_row(const struct visit *v, const char *name, size_t i)
{
    const char *full = arena_printf(v->arena, "%s-%zu", name, i + 1);
    return full ? visit_param(v, full) : VIEW_NONE;
}

static void form_of_request(struct filled *f, const struct visit *v)
{
    int64_t rows;
    *f = (struct filled){.size = visit_param(v, "size"), .version = entry_version_sent(v, "version")};
    if (!text_to_int(visit_param(v, "rows"), &rows) || rows < 1 || rows > HOUSEHOLD_MEMBERS_MAX)
        rows = HOUSEHOLD_MEMBERS_MAX;
    f->n = (size_t)rows;
    for (size_t i = 0; i < f->n; i++)
        f->rows[i] = (struct line){param_of_row(v, "relation", i), param_of_row(v, "year", i),
                                   param_of_row(v, "month", i), PAGE_RULE_NONE};
}

/* A number as people type it: full-width digits, spaces around it, zeros before it. -1: none. */
static int64_t number_of(struct view typed)
{
    char digits[8];
    size_t n = 0;
    for (size_t i = 0; i < typed.n; i++) {
        struct view letter = view_part(typed, i, 3);
        bool wide =
            letter.n == 3 && letter.p[0] == 0xEF && letter.p[1] == 0xBC && letter.p[2] >= 0x90 && letter.p[2] <= 0x99;
        char c = wide ? (char)('0' + letter.p[2] - 0x90) : (char)typed.p[i];
        i += wide ? 2 : 0;
        if (c == ' ' || (c == '0' && n == 0))
            continue;
        if (c < '0' || c > '9' || n == sizeof digits - 1)
            return -1;
        digits[n++] = c;
    }
    int64_t value;
    return n && text_to_int(view_bytes(digits, n), &value) ? value : -1;
}

static bool is_empty(const struct line *r)
{
    return r->relation.n == 0 && r->year.n == 0 && r->month.n == 0;
}

static enum page_rule read_member(struct household_member *m, const struct line *r, struct view today)
{
    struct birthdate t;
    int64_t year = number_of(r->year), month = number_of(r->month);
    m->relation = household_relation_find(r->relation);
    if (!m->relation)
        return PAGE_RULE_RELATION;
    if (!birthdate_read(&t, today) || year < 1900 || year > 2200)
        return PAGE_RULE_YEAR;
    if (month < 1 || month > 12)
        return PAGE_RULE_MONTH;
    m->year = (int)year;
    m->month = (int)month;
    return m->year > t.year || (m->year == t.year && m->month > t.month) ? PAGE_RULE_FUTURE : PAGE_RULE_NONE;
}

/* Everything is looked at, so that everything wrong is told at once. */
static void read_form(struct household *h, struct filled *f, struct view today)
{
    *h = (struct household){0};
    for (size_t i = 0; i < f->n; i++) {
        if (is_empty(&f->rows[i]))
            continue;
        f->rows[i].rule = read_member(&h->members[h->n++], &f->rows[i], today);
        f->slips += f->rows[i].rule != PAGE_RULE_NONE;
    }
    int64_t size = number_of(f->size);
    h->size = (int)size;
    f->size_rule = size < 1 || size > HOUSEHOLD_SIZE_MAX ? PAGE_RULE_SIZE
                   : (size_t)size <= h->n                ? PAGE_RULE_PEOPLE
                                                         : PAGE_RULE_NONE;
    f->slips += f->size_rule != PAGE_RULE_NONE;
}

/* --- showing ---------------------------------------------------------------------------------------------------- */

static const struct view TRUE_TEXT = {(const uint8_t *)"true", 4};

static bool is_about(enum page_rule rule, enum page_rule column)
{
    return rule == column || (rule == PAGE_RULE_FUTURE && column != PAGE_RULE_RELATION);
}

static struct page_person person_of(const struct visit *v, const struct line *r, size_t i)
{
    struct page_person p = {
        .number = number_text(v, (int)i + 1),
        .spouse = view_equal_text(r->relation, "spouse"),
        .child = view_equal_text(r->relation, "child"),
        .parent = view_equal_text(r->relation, "parent"),
        .sibling = view_equal_text(r->relation, "sibling"),
        .grandchild = view_equal_text(r->relation, "grandchild"),
        .grandparent = view_equal_text(r->relation, "grandparent"),
        .other = view_equal_text(r->relation, "other"),
        .year = r->year,
        .month = r->month,
        .rule = r->rule,
    };
    if (r->rule != PAGE_RULE_NONE)
        p.note = view_text(arena_printf(v->arena, "note-%zu", i + 1));
    if (is_about(r->rule, PAGE_RULE_RELATION))
        p.relation_invalid = TRUE_TEXT;
    if (is_about(r->rule, PAGE_RULE_YEAR))
        p.year_invalid = TRUE_TEXT;
    if (is_about(r->rule, PAGE_RULE_MONTH))
        p.month_invalid = TRUE_TEXT;
    return p;
}

/* The link leads to what is to be put right. */
static struct page_slip slip_of(const struct visit *v, enum page_rule rule, size_t i)
{
    const char *column = rule == PAGE_RULE_RELATION ? "relation" : rule == PAGE_RULE_MONTH ? "month" : "year";
    return (struct page_slip){view_text(arena_printf(v->arena, "/me/household#%s-%zu", column, i + 1)),
                              number_text(v, (int)i + 1), rule};
}

static enum err fill(const struct visit *v, const struct filled *f, struct page_household *facts)
{
    struct page_person *people = arena_array(v->arena, f->n, sizeof *people);
    struct page_slip *slips = arena_array(v->arena, SLIPS_MAX, sizeof *slips);
    if (!people || !slips)
        return ERR_MEMORY;
    if (f->size_rule != PAGE_RULE_NONE) {
        slips[facts->n_slips++] = (struct page_slip){VIEW("/me/household#size"), VIEW_NONE, f->size_rule};
        facts->size_rule = f->size_rule;
        facts->size_note = VIEW("size-note");
        facts->size_invalid = TRUE_TEXT;
    }
    for (size_t i = 0; i < f->n; i++) {
        people[i] = person_of(v, &f->rows[i], i);
        if (f->rows[i].rule != PAGE_RULE_NONE)
            slips[facts->n_slips++] = slip_of(v, f->rows[i].rule, i);
    }
    facts->people = people;
    facts->n_people = f->n;
    facts->slips = slips;
    facts->size = f->size;
    facts->rows = number_text(v, (int)f->n);
    facts->full = f->n == HOUSEHOLD_MEMBERS_MAX;
    facts->version = entry_version_text(v, f->version);
    return ERR_OK;
}

/* TYPED: the form that is shown again; NULL: what is stored. */
static void show(struct visit *v, const struct me *me, struct filled *typed, bool changed)
{
    struct buf b;
    struct filled stored, *f = typed ? typed : &stored;
    struct page_household facts = {.frame = people_frame(v, visit_param(v, "i")),
                                   .saved = !typed && view_is(form_find(v->request->query, "saved")),
                                   .changed = changed};
    enum err e = form_of_profile(&stored, v, &me->profile);
    if (!e && changed)
        f->version = stored.version;
    if (!e)
        e = fill(v, f, &facts);
    if (e) {
        show_failure(v, e, "load the household");
        return;
    }
    facts.name = me->name;
    facts.stored = stored.version != 0;
    people_open(&b, v);
    page_household(&b, v->op->pages, &facts);
    people_answer(v, changed ? 409 : f->slips ? 422 : 200, PAGE_PLAIN, &b);
}

/* --- recording -------------------------------------------------------------------------------------------------- */

/* HOUSEHOLD NULL: it is taken away. */
static void record(struct visit *v, const struct me *me, struct filled *f, const struct household *h)
{
    struct entry_change change = {.field = "household", .version = f->version};
    enum err e = h ? household_write(&change.json, v->arena, h) : ERR_OK;
    if (!e)
        e = entry_record(v, me->session.resident, &change, 1);
    if (e == ERR_CONFLICT)
        show(v, me, f, true);
    else if (e)
        show_failure(v, e, "record the household");
    else
        entry_saved(v, "/me/household");
}

static void save(struct visit *v, const struct me *me, struct filled *f)
{
    struct household h;
    const char *today = clock_jst_date(v->arena, v->now);
    if (!today) {
        show_failure(v, ERR_MEMORY, "read the household");
        return;
    }
    read_form(&h, f, view_text(today));
    if (f->slips)
        show(v, me, f, false);
    else
        record(v, me, f, &h);
}

static void answer_form(struct visit *v, const struct me *me)
{
    struct filled f;
    struct view what = visit_param(v, "do");
    form_of_request(&f, v);
    if (view_equal_text(what, "more")) {
        f.n = f.n + ROWS_MORE < HOUSEHOLD_MEMBERS_MAX ? f.n + ROWS_MORE : HOUSEHOLD_MEMBERS_MAX;
        show(v, me, &f, false);
    } else if (view_equal_text(what, "clear"))
        record(v, me, &f, NULL);
    else if (view_equal_text(what, "save"))
        save(v, me, &f);
    else
        show_parameter_error(v, VIEW("do"), "must be save, more or clear");
}

void handle_household(struct visit *v)
{
    struct me me;
    if (!me_open(v, &me))
        return;
    if (v->request->method == METHOD_POST)
        answer_form(v, &me);
    else
        show(v, &me, NULL, false);
}
