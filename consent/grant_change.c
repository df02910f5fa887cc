#include "consent/grant_change.h"
#include "consent/grant_inner.h"

static enum err find_live(struct grant *out, struct arena *a, struct db *db, struct ident id, int64_t at_ms)
{
    enum err err = grant_find_by_id(out, a, db, id);
    return !err && !grant_is_live(out, at_ms / 1000) ? ERR_NOT_FOUND : err;
}

/* --- single fields ---------------------------------------------------------------------------------------------- */

/* May D go out from now on? Only what her page could show her: today's terms, purpose and value. */
static enum err give(struct grant *g, struct grant_decision *d, const struct grant_edit *edit,
                     const struct ask_item *item, struct arena *a)
{
    struct field_value value;
    if (memcmp(g->terms_hash, edit->ask->terms_hash, sizeof g->terms_hash) != 0 ||
        memcmp(d->purpose, item->hash, ASK_HASH) != 0)
        return ERR_CONFLICT;
    enum err err = field_value(&value, a, edit->profile, item->field);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
    d->source = value.source;
    d->as_of = value.as_of;
    d->changed_at = value.changed_at;
    d->given = true;
    return ERR_OK;
}

static struct grant_decision *decision_on(struct grant *g, const struct field *f)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].field == f)
            return &g->decisions[i];
    return NULL;
}

static enum err turn(struct grant *g, struct grant_turned *turned, const struct grant_edit *edit, size_t i,
                     struct arena *a)
{
    const struct ask_item *item = &edit->ask->items[i];
    struct grant_decision *d = decision_on(g, item->field);
    if (!d || item->required || d->given == edit->given[i])
        return ERR_OK;
    d->since = edit->at_ms / 1000;
    if (d->given) {
        d->given = false;
        turned->off[turned->n_off++] = item->field;
        return ERR_OK;
    }
    enum err err = give(g, d, edit, item, a);
    if (!err)
        turned->on[turned->n_on++] = item->field;
    return err;
}

/* Those that stand in the grant as her page showed them. */
static void turn_detail(struct grant_detail *d, struct grant_turned *turned, const struct grant_edit *edit)
{
    for (size_t i = 0; i < edit->details.n; i++) {
        const struct detail *item = &edit->details.items[i];
        if (!view_equal(d->json, item->json) || memcmp(d->meaning, item->meaning, sizeof d->meaning) != 0 ||
            d->given == edit->details_given[i])
            continue;
        d->given = edit->details_given[i];
        d->since = edit->at_ms / 1000;
        if (d->given)
            turned->details_on[turned->n_details_on++] = *item;
        else
            turned->details_off[turned->n_details_off++] = *item;
        return;
    }
}

static enum err turn_details(struct grant *g, struct grant_turned *turned, const struct grant_edit *edit,
                             struct arena *a)
{
    struct grant_detail *details = arena_array(a, g->n_details, sizeof *details);
    if (!details)
        return ERR_MEMORY;
    for (size_t i = 0; i < g->n_details; i++) {
        details[i] = g->details[i];
        turn_detail(&details[i], turned, edit);
    }
    g->details = details;
    return ERR_OK;
}

static enum err append_turned(struct grant *g, struct ledger *l, struct db *db, const struct grant_edit *edit,
                              const struct grant_turned *turned, bool on)
{
    struct ledger_event e = grant_event(&g->who, edit->ask->hash, edit->at_ms, edit->via);
    const struct detail *details = on ? turned->details_on : turned->details_off;
    e.type = on ? LEDGER_GIVEN : LEDGER_WITHDRAWN;
    e.grant = g->id;
    for (size_t i = 0; i < (on ? turned->n_on : turned->n_off); i++)
        grant_event_add(&e, on ? turned->on[i] : turned->off[i]);
    for (size_t i = 0; i < (on ? turned->n_details_on : turned->n_details_off); i++)
        grant_event_add_detail(&e, details[i].type, details[i].json);
    return e.n_fields || e.n_details ? ledger_append(l, db, &e, &g->leaf) : ERR_OK;
}

bool grant_turned_is(const struct grant_turned *t)
{
    return t->n_off + t->n_on + t->n_details_off + t->n_details_on > 0;
}

enum err grant_edit(struct grant *out, struct grant_turned *turned, struct ledger *l, struct arena *a, struct db *db,
                    const struct grant_edit *edit)
{
    *turned = (struct grant_turned){.n_off = 0};
    enum err err = find_live(out, a, db, edit->id, edit->at_ms);
    if (err)
        return err;
    if (!ident_equal(out->who.resident, edit->resident))
        return ERR_NOT_FOUND;
    if (out->stop != GRANT_RUNS)
        return ERR_CONFLICT;
    for (size_t i = 0; i < edit->ask->n && !err; i++)
        err = turn(out, turned, edit, i, a);
    if (!err)
        err = turn_details(out, turned, edit, a);
    if (err || !grant_turned_is(turned))
        return err;
    err = append_turned(out, l, db, edit, turned, false);
    if (!err)
        err = append_turned(out, l, db, edit, turned, true);
    return err ? err : grant_rewrite(a, db, out);
}

/* --- suspended -------------------------------------------------------------------------------------------------- */

static enum err append_stop(struct ledger *l, struct db *db, const struct grant *g, const struct grant_stopping *s,
                            enum ledger_type type, const char *act)
{
    struct ledger_event e = grant_event(&g->who, g->ask_hash, s->at_ms, s->via);
    e.type = type;
    e.grant = g->id;
    e.act = act;
    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].given)
            grant_event_add(&e, g->decisions[i].field);
    grant_event_add_details(&e, g);
    return ledger_append(l, db, &e, NULL);
}

static enum err find_stopped(struct grant *out, struct arena *a, struct db *db, const struct grant_stopping *s)
{
    enum err err = find_live(out, a, db, s->id, s->at_ms);
    if (!err && ident_is(s->resident) && !ident_equal(out->who.resident, s->resident))
        err = ERR_NOT_FOUND;
    return err;
}

enum err grant_suspend(struct grant *out, struct ledger *l, struct arena *a, struct db *db,
                       const struct grant_stopping *s)
{
    enum grant_stop stop = ident_is(s->resident) ? GRANT_STOPPED_BY_RESIDENT : GRANT_STOPPED_BY_OPERATOR;
    enum err err = find_stopped(out, a, db, s);
    if (err)
        return err;
    if (out->stop >= stop)
        return ERR_CONFLICT;
    out->stop = stop;
    err = append_stop(l, db, out, s, LEDGER_SUSPENDED, NULL);
    return err ? err : grant_rewrite(a, db, out);
}

enum err grant_resume(struct grant *out, struct ledger *l, struct arena *a, struct db *db,
                      const struct grant_stopping *s)
{
    enum err err = find_stopped(out, a, db, s);
    if (err)
        return err;
    if (out->stop == GRANT_RUNS || (ident_is(s->resident) && out->stop == GRANT_STOPPED_BY_OPERATOR))
        return ERR_CONFLICT;
    out->stop = GRANT_RUNS;
    err = append_stop(l, db, out, s, LEDGER_CHANGED, "resume");
    return err ? err : grant_rewrite(a, db, out);
}
