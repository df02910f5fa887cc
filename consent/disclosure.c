#include "consent/disclosure.h"

/* The value that may go out for ITEM; ERR_NOT_FOUND: none may. */
static enum err release(struct field_value *out, struct arena *a, const struct disclosure_facts *facts,
                        const struct ask_item *item)
{
    const struct grant_decision *d = grant_decision_on(facts->grant, item->field);
    if (!d || !d->given)
        return ERR_NOT_FOUND;
    enum err err = field_value(out, a, facts->profile, item->field);
    if (err)
        return err;
    return grant_covers(d, item, out, facts->now) ? ERR_OK : ERR_NOT_FOUND;
}

/* Suspended, or terms that are not those she saw: nothing at all goes out until she is asked again. */
static bool may_release(const struct disclosure_facts *facts)
{
    return facts->grant && grant_may_release(facts->grant, facts->now) &&
           memcmp(facts->grant->terms_hash, facts->ask->terms_hash, sizeof facts->ask->terms_hash) == 0;
}

enum err disclosure_decide(struct disclosure *out, struct arena *a, const struct disclosure_facts *facts)
{
    out->n = 0;
    out->plain = out->verified = 0;
    out->verified_claims = VIEW_NONE;
    out->grant = facts->grant;
    out->ask = facts->ask;
    if (!may_release(facts))
        return ERR_OK;
    for (size_t i = 0; i < facts->ask->n; i++) {
        enum err err = release(&out->values[out->n], a, facts, &facts->ask->items[i]);
        if (!err)
            out->plain |= field_bit(out->values[out->n++].field);
        else if (err != ERR_NOT_FOUND)
            return err;
    }
    return ERR_OK;
}

void disclosure_keep(struct disclosure *d, uint32_t plain, uint32_t verified, struct view verified_claims)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n; i++)
        if ((plain | verified) & field_bit(d->values[i].field))
            d->values[kept++] = d->values[i];
    d->n = kept;
    d->plain = plain;
    d->verified = verified;
    d->verified_claims = verified_claims;
}

/* Positions (from 0) of the characters that stand in for others; nothing where there are none. */
static void put_substitutes(struct json_out *o, struct view marks)
{
    if (!view_is(marks) || !memchr(marks.p, '1', marks.n))
        return;
    json_key(o, "substitutes");
    json_begin_array(o);
    for (size_t i = 0; i < marks.n; i++)
        if (marks.p[i] == '1')
            json_put_int(o, (int64_t)i);
    json_end_array(o);
}

/* Where each released value comes from and from when, and of no other: docs/for-services.md. */
static void put_sources(struct json_out *o, const struct disclosure *d)
{
    if (d->n == 0)
        return;
    json_key(o, "sources");
    json_begin(o);
    for (size_t i = 0; i < d->n; i++) {
        json_key(o, d->values[i].field->id);
        json_begin(o);
        json_pair_text(o, "source", field_source_name(d->values[i].source));
        json_pair(o, "as_of", d->values[i].as_of);
        put_substitutes(o, d->values[i].substitutes);
        json_end(o);
    }
    json_end(o);
}

/* OIDC Core 5.1: some claims come with a word on whether they were proven; here they never were yet. */
void disclosure_put_claims(struct json_out *o, const struct disclosure *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct field *f = d->values[i].field;
        if (!(d->plain & field_bit(f)))
            continue;
        json_key(o, f->claim);
        json_put_raw(o, d->values[i].json);
        if (f->verified)
            json_pair_bool(o, f->verified, false);
    }
    if (view_is(d->verified_claims)) {
        json_key(o, "verified_claims");
        json_put_raw(o, d->verified_claims);
    }
    put_sources(o, d);
}

enum err disclosure_record(struct ledger *l, struct db *db, const struct disclosure *d, const char *via, int64_t at_ms)
{
    if (d->n == 0)
        return ERR_OK;
    struct ledger_event e = {.type = LEDGER_DISCLOSED,
                             .at = at_ms,
                             .who = d->grant->who,
                             .grant = d->grant->id,
                             .ground = "consent",
                             .via = via,
                             .terms = VIEW_ARRAY(d->ask->hash),
                             .n_fields = d->n};
    for (size_t i = 0; i < d->n; i++) {
        e.fields[i] = d->values[i].field;
        if (d->verified & field_bit(e.fields[i]))
            e.verified[e.n_verified++] = e.fields[i];
    }
    return ledger_append(l, db, &e, NULL);
}
