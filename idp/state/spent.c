#include "idp/state/spent.h"

#include "store/store.h"

struct spending {
    const struct spent *spent;
    store_job *job; /* NULL: nothing but the spending */
    void *ctx;
    enum refusal replayed;
};

void spend_later(struct visit *v)
{
    v->spent.later = true;
}

/* Each of them, also behind one that came before: a request that is refused has used up all. */
static enum err spend_all(struct spending *s, struct db *db)
{
    s->replayed = REFUSAL_NONE;
    for (size_t i = 0; i < s->spent->n; i++) {
        enum err e = once_take_job(db, (void *)(uintptr_t)&s->spent->once[i]);
        if (e && e != ERR_CONFLICT)
            return e;
        if (e && !s->replayed)
            s->replayed = s->spent->replayed[i];
    }
    return ERR_OK;
}

static enum err spend_job(struct db *db, void *ctx)
{
    struct spending *s = ctx;
    enum err e = spend_all(s, db);

    return e || s->replayed || !s->job ? e : s->job(db, s->ctx);
}

enum err spend_and_write(struct visit *v, enum err (*job)(struct db *db, void *ctx), void *ctx, enum refusal *refusal)
{
    struct spending s = {.spent = &v->spent, .job = job, .ctx = ctx};
    enum err e = store_write_soon(v->op->store, spend_job, &s);

    if (e)
        return e;
    v->spent.n = 0;
    if (s.replayed)
        *refusal = s.replayed;
    return ERR_OK;
}

enum err spend_rest(struct visit *v, enum refusal *refusal)
{
    return v->spent.n ? spend_and_write(v, NULL, NULL, refusal) : ERR_OK;
}

enum err spend_once(struct visit *v, const struct once *once, enum refusal replayed, enum refusal *refusal)
{
    INSIST(v->spent.n < SPENT_MAX);
    v->spent.once[v->spent.n] = *once;
    v->spent.replayed[v->spent.n++] = replayed;
    return v->spent.later ? ERR_OK : spend_rest(v, refusal);
}
