#include "idp/state/consent_change.h"

#include "idp/state/event_tell.h"
#include "sessions/token.h"

struct names {
    const char *names[FIELD_MAX];
    size_t n;
};

static void add_names(struct names *out, const struct field *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out->names[out->n++] = fields[i]->id;
}

static void add_given(struct names *out, const struct grant *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].given)
            out->names[out->n++] = g->decisions[i].field->id;
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
    if (e)
        return e;
    add_given(&withdrawn, &c->grant);
    return tell(db, c, EVENT_WITHDRAWN, &withdrawn, &none);
}

static enum err edit(struct db *db, struct consent_change *c)
{
    struct names off = {.n = 0}, on = {.n = 0};
    enum err e = grant_edit(&c->grant, &c->turned, c->ledger, c->arena, db, c->edit);

    if (e || c->turned.n_off + c->turned.n_on == 0)
        return e;
    add_names(&off, c->turned.off, c->turned.n_off);
    add_names(&on, c->turned.on, c->turned.n_on);
    return tell(db, c, EVENT_CHANGED, &off, &on);
}

static enum err suspend(struct db *db, struct consent_change *c)
{
    struct names fields = {.n = 0}, none = {.n = 0};
    enum err e = grant_suspend(&c->grant, c->ledger, c->arena, db, &c->who);

    if (e)
        return e;
    add_given(&fields, &c->grant);
    return tell(db, c, EVENT_SUSPENDED, &fields, &none);
}

static enum err resume(struct db *db, struct consent_change *c)
{
    struct names fields = {.n = 0}, none = {.n = 0};
    enum err e = grant_resume(&c->grant, c->ledger, c->arena, db, &c->who);

    if (e)
        return e;
    add_given(&fields, &c->grant);
    return tell(db, c, EVENT_RESUMED, &none, &fields);
}

enum err consent_change_job(struct db *db, void *ctx)
{
    static enum err (*const acts[])(struct db *, struct consent_change *) = {
        [CONSENT_WITHDRAW] = withdraw, [CONSENT_EDIT] = edit, [CONSENT_SUSPEND] = suspend, [CONSENT_RESUME] = resume};
    struct consent_change *c = ctx;

    return acts[c->act](db, c);
}
