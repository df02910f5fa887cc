#include "idp/state/profile.h"

#include "base/clock.h"
#include "sessions/profile.h"

static const char *stored_name(const struct field *f)
{
    return f->origin == FIELD_DERIVED ? f->from : f->id;
}

static size_t add(struct view *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal_text(names[i], name))
            return n;
    names[n] = view_text(name);
    return n + 1;
}

static size_t needed(struct view *names, size_t n, const struct ask *ask)
{
    for (size_t i = 0; i < ask->n; i++)
        n = add(names, n, stored_name(ask->items[i].field));
    return n;
}

static struct field_proof proof_of(const struct profile_proof *p)
{
    return (struct field_proof){p->issuer, p->not_before, p->not_after, p->at};
}

typedef enum err find_fn(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                         struct ident resident, const struct view *fields, size_t n_fields);

static enum err load(struct field_profile *out, const struct visit *v, struct ident resident, const struct ask *ask,
                     const char *also, find_fn *find)
{
    struct view names[FIELD_MAX + 1];
    struct profile_value *values;
    size_t n_names = also ? add(names, 0, also) : 0, n;

    if (ask)
        n_names = needed(names, n_names, ask);

    *out = (struct field_profile){.today = view_text(clock_jst_date(v->arena, v->now))};
    if (!view_is(out->today))
        return ERR_MEMORY;
    enum err e = find(&values, &n, v->db, v->arena, v->op->master, resident, ask ? names : NULL, n_names);
    for (size_t i = 0; !e && i < n && out->n < FIELD_MAX; i++) {
        const struct field *f = field_find(values[i].field);
        /* The numbers of sessions' and consent's sources are the same: they stand in the database. */
        if (f)
            out->values[out->n++] = (struct field_value){.field = f,
                                                         .json = values[i].json,
                                                         .source = (enum field_source)values[i].source,
                                                         .as_of = values[i].as_of,
                                                         .substitutes = values[i].substitutes,
                                                         .proof = proof_of(&values[i].proof),
                                                         .changed_at = values[i].changed_at};
    }
    return e;
}

enum err profile_load(struct field_profile *out, const struct visit *v, struct ident resident, const struct ask *ask)
{
    return load(out, v, resident, ask, "name", profile_find);
}

enum err profile_load_outline(struct field_profile *out, const struct visit *v, struct ident resident,
                              const struct ask *ask)
{
    return load(out, v, resident, ask, "name", profile_outline);
}

enum err profile_load_asked(struct field_profile *out, const struct visit *v, struct ident resident,
                            const struct ask *ask)
{
    return load(out, v, resident, ask, NULL, profile_find);
}
