#include "idp/state/consent_change.h"

#include "base/text.h"
#include "idp/state/event_tell.h"
#include "sessions/token.h"

/* Fields by their names, and types of things to be done elsewhere: each once, separated by spaces. The objects may name
 * people, and the service knows them. */
struct names {
    const char *names[FIELD_MAX];
    size_t n;
    struct view types;
};
enum { TYPES_MAX = 8192 };

static void add_names(struct names *out, const struct field *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out->names[out->n++] = fields[i]->id;
}

static enum err add_type(struct names *out, struct arena *a, struct view type)
{
    struct buf b;

    if (text_has_word(out->types, type))
        return ERR_OK;
    buf_open(&b, a, TYPES_MAX);
    buf_put(&b, out->types);
    if (b.n)
        buf_put_byte(&b, ' ');
    buf_put(&b, type);
    return buf_done(&b, &out->types);
}

static enum err add_types(struct names *out, struct arena *a, const struct detail *details, size_t n)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++)
        e = add_type(out, a, details[i].type);
    return e;
}

static enum err add_given(struct names *out, struct arena *a, const struct grant *g)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].given)
            out->names[out->n++] = g->decisions[i].field->id;
    for (size_t i = 0; i < g->n_details && !e; i++)
        if (g->details[i].given)
            e = add_type(out, a, g->details[i].type);
    return e;
}

static enum err tell(struct db *db, const struct consent_change *c, enum event_kind kind, const struct names *withdrawn,
                     const struct names *given)
{
    const struct event_token token = {.kind = kind,
                                      .issuer = c->issuer,
                                      .sub = c->grant.who.subject,
                                      .withdrawn = withdrawn->names,
                                      .n_withdrawn = withdrawn->n,
                                      .given = given->names,
                                      .n_given = given->n,
                                      .details_withdrawn = withdrawn->types,
                                      .details_given = given->types,
                                      .by_operator = !ident_is(c->who.resident),
                                      .at = c->who.at_ms / 1000};
    return event_tell(db, c->arena, c->client, token);
}

static enum err withdraw(struct db *db, struct consent_change *c)
{
    const struct grant_stopping *w = &c->who;
    struct names withdrawn = {.n = 0}, none = {.n = 0};
    enum err e = grant_find_by_id(&c->grant, c->arena, db, w->id);

    if (!e)
        e = grant_withdraw(c->ledger, c->arena, db, w->resident, w->id, w->via, w->at_ms);
    if (!e)
        e = token_revoke_grant(db, w->id, w->at_ms / 1000);
    if (!e)
        e = add_given(&withdrawn, c->arena, &c->grant);
    return e ? e : tell(db, c, EVENT_WITHDRAWN, &withdrawn, &none);
}

static enum err edit(struct db *db, struct consent_change *c)
{
    struct names off = {.n = 0}, on = {.n = 0};
    enum err e = grant_edit(&c->grant, &c->turned, c->ledger, c->arena, db, c->edit);

    if (e || !grant_turned_is(&c->turned))
        return e;
    add_names(&off, c->turned.off, c->turned.n_off);
    add_names(&on, c->turned.on, c->turned.n_on);
    if ((e = add_types(&off, c->arena, c->turned.details_off, c->turned.n_details_off)) ||
        (e = add_types(&on, c->arena, c->turned.details_on, c->turned.n_details_on)))
        return e;
    return tell(db, c, EVENT_CHANGED, &off, &on);
}

static enum err suspend(struct db *db, struct consent_change *c)
{
    struct names fields = {.n = 0}, none = {.n = 0};
    enum err e = grant_suspend(&c->grant, c->ledger, c->arena, db, &c->who);

    if (!e)
        e = add_given(&fields, c->arena, &c->grant);
    return e ? e : tell(db, c, EVENT_SUSPENDED, &fields, &none);
}

static enum err resume(struct db *db, struct consent_change *c)
{
    struct names fields = {.n = 0}, none = {.n = 0};
    enum err e = grant_resume(&c->grant, c->ledger, c->arena, db, &c->who);

    if (!e)
        e = add_given(&fields, c->arena, &c->grant);
    return e ? e : tell(db, c, EVENT_RESUMED, &none, &fields);
}

enum err consent_change_job(struct db *db, void *ctx)
{
    static enum err (*const acts[])(struct db *, struct consent_change *) = {
        [CONSENT_WITHDRAW] = withdraw, [CONSENT_EDIT] = edit, [CONSENT_SUSPEND] = suspend, [CONSENT_RESUME] = resume};
    struct consent_change *c = ctx;

    return acts[c->act](db, c);
}
