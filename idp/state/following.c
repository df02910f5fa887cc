#include "idp/state/following.h"

#include "consent/history.h"
#include "store/store.h"

enum { BATCH = 200, CEILING = 2 << 20 };

struct following {
    struct arena *arena;
    bool more;
};

static enum err follow_job(struct db *db, void *ctx)
{
    struct following *f = ctx;

    return history_follow(db, f->arena, BATCH, &f->more);
}

/* Looking costs a read, taking in a durable write: only when there is something. */
static enum err is_behind(const struct op *op, struct arena *a, bool *behind)
{
    static const char SQL[] =
        "SELECT EXISTS (SELECT 1 FROM ledger_event WHERE position >= (SELECT next FROM history_head WHERE one = 1))";
    struct row row;
    struct db *db = store_borrow(op->store);
    enum err e = db_one(db, a, SQL, NO_VALUES, &row);

    store_return(op->store, db);
    *behind = !e && row_int(&row, 0) != 0;
    return e;
}

enum err following_run(const struct op *op, size_t batches)
{
    struct arena a;
    struct following f = {&a, false};

    arena_open(&a, CEILING);
    enum err e = is_behind(op, &a, &f.more);
    for (size_t i = 0; i < batches && f.more && !e; i++) {
        arena_reset(&a);
        e = store_write(op->store, follow_job, &f);
    }
    arena_close(&a);
    return e;
}
