#include "idp/rules/verified_claims.h"

#include "base/clock.h"
#include "consent/birthdate.h"
#include "idp/rules/claim_wish.h"

#define ANSWER_MAX 24576
#define DAY_S      86400
#define JST_S      (9 * 3600) /* the dates of certificates and cards are Japan's */

bool verified_claims_has(const struct field *f)
{
    return field_is_of_card(f);
}

bool verified_claims_is_proven(const struct field_value *v)
{
    return verified_claims_has(v->field) && v->source == SOURCE_CARD_SIGNED && view_is(v->proof.issuer);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* What there is to ask of a verification and of evidence, in the order in which it is told. */
enum { FRAMEWORK, TIME, VERIFICATION_ELEMENTS };
static const char *const verification_names[] = {"trust_framework", "time"};

enum { TYPE, SIGNATURE_TYPE, ISSUER, SERIAL_NUMBER, CREATED_AT, DATE_OF_ISSUANCE, DATE_OF_EXPIRY, EVIDENCE_ELEMENTS };
static const char *const evidence_names[] = {"type",       "signature_type",   "issuer",        "serial_number",
                                             "created_at", "date_of_issuance", "date_of_expiry"};

/* Each of NAMES in J is asked for as a claim is. Elements that are not known are none of ours (Schema 5.4.2). */
static bool are_wishes(const struct json *j, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *wish = json_member(j, names[i]);
        if (wish && !claim_wish_is_good(wish))
            return false;
    }
    return json_is_object(j);
}

/* IDA 5.4: an entry is a filter over one type of evidence and says which, by "value" and never by "values". */
static bool is_evidence_wish(const struct json *j)
{
    const struct json *type = json_member(j, "type");

    return are_wishes(j, evidence_names, EVIDENCE_ELEMENTS) && view_is(json_member_text(type, "value")) &&
           !json_member(type, "values");
}

/* The entries that are there are filters: none would filter everything out. */
static bool is_evidence(const struct json *j)
{
    if (!json_is_array(j) || json_count(j) == 0)
        return false;
    for (size_t i = 0; i < json_count(j); i++)
        if (!is_evidence_wish(json_at(j, i)))
            return false;
    return true;
}

/* IDA 5.4: what is wanted of the verification is named; the trust framework always is (the schema of requests). */
static bool is_verification(const struct json *j)
{
    const struct json *evidence = json_member(j, "evidence");

    return are_wishes(j, verification_names, VERIFICATION_ELEMENTS) && json_member(j, "trust_framework") &&
           (!evidence || is_evidence(evidence));
}

/* IDA 5.3: the claims by name; null asks for none. */
static bool read_claims(struct verified_wish *out, const struct json *claims)
{
    const struct json *j;
    struct view name;
    size_t i;

    if (json_is_null(claims))
        return true;
    for (i = 0; json_member_at(claims, i, &name, &j); i++) {
        const struct field *f = field_of_claim(name);
        if (!claim_wish_is_good(j))
            return false;
        out->fields |= f && verified_claims_has(f) ? field_bit(f) : 0;
    }
    return i > 0;
}

/* Members beside the two are ignored (Schema 5.2). */
static bool read_wish(struct verified_wish *out, const struct json *j)
{
    *out = (struct verified_wish){.claims = json_member(j, "claims"), .verification = json_member(j, "verification")};
    return json_is_object(j) && is_verification(out->verification) && read_claims(out, out->claims);
}

/* What asks for nothing that we know is passed over. */
static bool add_wish(struct verified_wishes *out, const struct json *j)
{
    if (out->n == VERIFIED_WISHES_MAX || !read_wish(&out->items[out->n], j))
        return false;
    out->fields |= out->items[out->n].fields;
    out->n += out->items[out->n].fields ? 1 : 0;
    return true;
}

bool verified_wishes_read(struct verified_wishes *out, const struct json *j)
{
    out->n = 0;
    out->fields = 0;
    out->is_array = json_is_array(j);
    if (!out->is_array)
        return add_wish(out, j);
    for (size_t i = 0; i < json_count(j); i++)
        if (!add_wish(out, json_at(j, i)))
            return false;
    return true;
}

/* --- keeping ------------------------------------------------------------------------------------------------------ */

static void keep_wish(struct json_out *o, const struct verified_wish *w)
{
    json_begin(o);
    json_key(o, "claims");
    json_begin(o);
    for (size_t i = 0; i < field_count(); i++) {
        const struct field *f = field_at(i);
        if (!(w->fields & field_bit(f)))
            continue;
        json_key(o, f->claim);
        claim_wish_keep(o, json_member(w->claims, f->claim));
    }
    json_end(o);
    json_key(o, "verification");
    json_put_value(o, w->verification);
    json_end(o);
}

void verified_wishes_keep(struct json_out *o, const struct verified_wishes *w)
{
    if (w->is_array)
        json_begin_array(o);
    for (size_t i = 0; i < w->n; i++)
        keep_wish(o, &w->items[i]);
    if (w->is_array)
        json_end_array(o);
}

/* --- what there is to tell ---------------------------------------------------------------------------------------- */

/* One element of a verification or of evidence, as it would be told. */
struct element {
    struct view text; /* absent: there is nothing to tell */
    int64_t until;    /* dates and times: the last second that is meant; 0: neither */
    bool always;      /* Schema: its parent is not valid without it */
};

/* The elements of one object, by position. */
struct elements {
    const char *const *names;
    size_t n;
    struct element list[EVIDENCE_ELEMENTS];
    uint32_t wanted; /* those that are asked for, as bits */
};

struct telling {
    struct arena *a;
    const struct verified_facts *facts;
    const struct verified_wish *wish;
    const struct field_proof *proof; /* of the values that are told together */
    uint32_t fields;                 /* those values */
    struct elements verification, evidence;
};

static struct view name_of_ours(const struct telling *t, const char *path)
{
    struct view issuer = t->facts->issuer;

    return view_text(arena_printf(t->a, "%.*s%s", (int)issuer.n, (const char *)issuer.p, path));
}

static struct element required(struct view text)
{
    return (struct element){text, 0, true};
}

static struct element time_of(const struct telling *t, int64_t at)
{
    int64_t told = at - at % VERIFIED_TIME_STEP_S;

    return (struct element){view_text(clock_utc_text(t->a, told)), told, false};
}

/* IDA 5.5.2: an age counts from the last second of a day. */
static struct element date_of(const struct telling *t, int64_t at)
{
    int64_t day = (at + JST_S) / DAY_S;

    return (struct element){view_text(clock_jst_date(t->a, at)), (day + 1) * DAY_S - JST_S - 1, false};
}

/* The last day of a sign certificate is a birthday of its holder: it is told to nobody who is not told her birth date
 * in the same breath. */
static struct element expiry_of(const struct telling *t)
{
    bool told = t->fields & field_bit(field_find(VIEW("birthdate")));

    return told ? date_of(t, t->proof->not_after) : (struct element){VIEW_NONE, 0, false};
}

/* Everything but the expiry is there, unless memory was short. */
static enum err check_elements(const struct elements *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!view_is(all->list[i].text))
            return ERR_MEMORY;
    return ERR_OK;
}

static enum err find_elements(struct telling *t)
{
    struct element *v = t->verification.list, *e = t->evidence.list;

    v[FRAMEWORK] = required(name_of_ours(t, VERIFIED_TRUST_FRAMEWORK));
    v[TIME] = time_of(t, t->proof->at);
    e[TYPE] = required(VIEW("electronic_signature"));
    e[SIGNATURE_TYPE] = required(name_of_ours(t, VERIFIED_SIGNATURE_TYPE));
    e[ISSUER] = required(t->proof->issuer);
    e[SERIAL_NUMBER] = required(VIEW(VERIFIED_SERIAL_NUMBER));
    e[CREATED_AT] = time_of(t, t->proof->at);
    e[DATE_OF_ISSUANCE] = date_of(t, t->proof->not_before);
    e[DATE_OF_EXPIRY] = expiry_of(t);
    enum err err = check_elements(&t->verification, VERIFICATION_ELEMENTS);
    return err ? err : check_elements(&t->evidence, DATE_OF_EXPIRY);
}

/* --- does it fulfil what is asked? -------------------------------------------------------------------------------- */

/* Does J say anywhere which values it wants? Of what we do not know none can be fulfilled (IDA 5.5.1), and anything but
 * null and objects may say so in a form that we do not know either. */
static bool names_values(const struct json *j)
{
    const struct json *inner;
    struct view name;
    bool any = claim_wish_has_values(j) || !(json_is_null(j) || json_is_object(j) || json_is_array(j));

    for (size_t i = 0; !any && json_member_at(j, i, &name, &inner); i++)
        any = !view_equal_text(name, "essential") && names_values(inner);
    for (size_t i = 0; !any && json_at(j, i); i++)
        any = names_values(json_at(j, i));
    return any;
}

static bool is_value(const struct json *wanted, struct view text)
{
    struct view v;

    return json_text(wanted, &v) && view_equal(v, text);
}

static bool takes_text(const struct json *wish, struct view text)
{
    const struct json *value = json_member(wish, "value"), *values = json_member(wish, "values");
    bool takes = (!value && !values) || is_value(value, text);

    for (size_t i = 0; !takes && i < json_count(values); i++)
        takes = is_value(json_at(values, i), text);
    return takes;
}

/* IDA 5.5.2: an age is of dates and times only; what is neither cannot fulfil it. */
static bool takes(const struct json *wish, const struct element *e, int64_t now)
{
    if (!e || !view_is(e->text))
        return !names_values(wish);
    if (json_member(wish, "max_age") && (e->until == 0 || !claim_wish_takes_date(wish, e->until, now)))
        return false;
    return takes_text(wish, e->text);
}

/* NULL: none of ours. Otherwise it is asked for. */
static const struct element *want(struct elements *all, struct view name)
{
    for (size_t i = 0; i < all->n; i++)
        if (view_equal_text(name, all->names[i])) {
            all->wanted |= (uint32_t)1 << i;
            return &all->list[i];
        }
    return NULL;
}

/* Every member of WISHES but the one called PAST. */
static bool takes_all(struct elements *all, const struct json *wishes, const char *past, int64_t now)
{
    const struct json *wish;
    struct view name;

    for (size_t i = 0; json_member_at(wishes, i, &name, &wish); i++)
        if (!view_equal_text(name, past) && !takes(wish, want(all, name), now))
            return false;
    return true;
}

/* IDA 5.4: the entries are linked by OR; those that fit are the template. */
static bool takes_evidence(struct telling *t, const struct json *entries)
{
    uint32_t wanted = 0;

    for (size_t i = 0; i < json_count(entries); i++) {
        t->evidence.wanted = 0;
        if (takes_all(&t->evidence, json_at(entries, i), "", t->facts->now))
            wanted |= t->evidence.wanted;
    }
    t->evidence.wanted = wanted;
    return wanted != 0; /* each entry asks for its type at least */
}

static bool takes_verification(struct telling *t)
{
    const struct json *evidence = json_member(t->wish->verification, "evidence");

    t->verification.wanted = t->evidence.wanted = 0;
    return takes_all(&t->verification, t->wish->verification, "evidence", t->facts->now) &&
           (!evidence || takes_evidence(t, evidence));
}

/* Days since 1970-01-01 of a date of the calendar (the count that begins in March has its leap day at the end). */
static int64_t days_of(const struct birthdate *d)
{
    int64_t y = d->month > 2 ? d->year : d->year - 1, m = (d->month + 9) % 12;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d->day - 1 - 719468;
}

/* A birth date that is not whole is no date that an age could be counted from. */
static bool is_young_enough(const struct json *wish, const struct field_value *v, int64_t now)
{
    struct birthdate d;

    if (!json_member(wish, "max_age"))
        return true;
    if (v->json.n != 12 || !birthdate_read(&d, view_part(v->json, 1, 10)) || !d.year || !d.day)
        return false;
    return claim_wish_takes_date(wish, (days_of(&d) + 1) * DAY_S - JST_S - 1, now);
}

/* IDA 5.7.4: of a claim that is not as it is wanted, only this claim stays out. */
static bool takes_value(const struct telling *t, const struct field_value *v)
{
    const struct json *wish = json_member(t->wish->claims, v->field->claim);

    return (t->wish->fields & field_bit(v->field)) && verified_claims_is_proven(v) &&
           claim_wish_takes(wish, t->a, v->json) && is_young_enough(wish, v, t->facts->now);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void put_elements(struct json_out *o, const struct elements *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].always || (all->wanted & (uint32_t)1 << i))
            json_pair(o, all->names[i], all->list[i].text);
}

static void put_evidence(struct json_out *o, const struct telling *t)
{
    json_key(o, "evidence");
    json_begin_array(o);
    json_begin(o);
    put_elements(o, &t->evidence);
    json_end(o);
    json_end_array(o);
}

static void put_claims(struct json_out *o, const struct telling *t)
{
    for (size_t i = 0; i < t->facts->n; i++) {
        const struct field_value *v = &t->facts->values[i];
        if (!(t->fields & field_bit(v->field)))
            continue;
        json_key(o, v->field->claim);
        json_put_raw(o, v->json);
    }
}

static void put_element(struct json_out *o, const struct telling *t)
{
    json_begin(o);
    json_key(o, "verification");
    json_begin(o);
    put_elements(o, &t->verification);
    if (t->evidence.wanted)
        put_evidence(o, t);
    json_end(o);
    json_key(o, "claims");
    json_begin(o);
    put_claims(o, t);
    json_end(o);
    json_end(o);
}

/* --- deciding ----------------------------------------------------------------------------------------------------- */

/* Values of one proof are told together; LEFT: those that were not looked at yet. False: none is left. */
static bool take_group(struct telling *t, uint32_t *left)
{
    t->proof = NULL;
    t->fields = 0;
    for (size_t i = 0; i < t->facts->n; i++) {
        const struct field_value *v = &t->facts->values[i];
        uint32_t bit = field_bit(v->field);
        if (!(*left & bit) || (t->proof && !field_proof_equal(t->proof, &v->proof)))
            continue;
        t->proof = &v->proof;
        t->fields |= bit;
    }
    *left &= ~t->fields;
    return t->proof != NULL;
}

static uint32_t wanted_values(const struct telling *t)
{
    uint32_t fields = 0;

    for (size_t i = 0; i < t->facts->n; i++)
        if (takes_value(t, &t->facts->values[i]))
            fields |= field_bit(t->facts->values[i].field);
    return fields;
}

/* The elements of the answer, one behind the other. */
struct answer {
    struct json_out o;
    size_t n;
    uint32_t fields;
};

/* IDA 5.6: each element by itself. IDA 5.7.4, 5.7.5: one whose verification is not as it is wanted, or that has no
 * claim left, is left out whole. */
static enum err answer_wish(struct answer *out, struct telling *t)
{
    uint32_t left = wanted_values(t);

    while (take_group(t, &left)) {
        enum err e = find_elements(t);
        if (e)
            return e;
        if (!takes_verification(t))
            continue;
        put_element(&out->o, t);
        out->fields |= t->fields;
        out->n++;
    }
    return ERR_OK;
}

enum err verified_claims_decide(struct verified_answer *out, struct arena *a, const struct verified_wishes *w,
                                const struct verified_facts *facts)
{
    struct telling t = {.a = a,
                        .facts = facts,
                        .verification = {.names = verification_names, .n = VERIFICATION_ELEMENTS},
                        .evidence = {.names = evidence_names, .n = EVIDENCE_ELEMENTS}};
    struct answer answer = {.n = 0};
    struct view all;
    struct buf b;
    enum err e = ERR_OK;

    *out = (struct verified_answer){.fields = 0};
    buf_open(&b, a, ANSWER_MAX);
    json_out_open(&answer.o, &b);
    json_begin_array(&answer.o);
    for (size_t i = 0; i < w->n && !e; i++) {
        t.wish = &w->items[i];
        e = answer_wish(&answer, &t);
    }
    json_end_array(&answer.o);
    if (!e)
        e = buf_done(&b, &all);
    if (e || !answer.n)
        return e;
    out->fields = answer.fields;
    out->json = w->is_array || answer.n > 1 ? all : view_part(all, 1, all.n - 2);
    return ERR_OK;
}
