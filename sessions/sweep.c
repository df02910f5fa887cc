#include "sessions/sweep.h"

#include "sessions/profile.h"
#include "sessions/wish.h"

/* Rows of one table that are due, at most $2. A login under way means nothing once it is over, and anybody can begin
 * one: it goes at once. The others stay for SWEEP_GRACE_S. */
#define DELETE_DUE(TABLE) "DELETE FROM " TABLE " WHERE id IN (SELECT id FROM " TABLE " WHERE expires_at <= $1 LIMIT $2)"

static enum err delete_due(struct db *db, struct sweep *s, const char *sql, int64_t grace_s)
{
    enum err e = db_run(db, sql, VALUES(V_INT(s->now - grace_s), V_INT((int64_t)s->batch)));
    if (e == ERR_OK) {
        size_t n = (size_t)db_changes(db);
        s->deleted += n;
        s->done &= n < s->batch;
    }
    return e;
}

struct look {
    struct ident last;
    size_t n;
};

static enum err note_last(void *ctx, const struct row *row)
{
    struct look *look = ctx;
    look->last = row_ident(row, 0);
    look->n++;
    return ERR_OK;
}

/* Ids begin with the time of minting: the families that may be due stand at the front, between refreshable ones that
 * live long. So each batch looks at the next stretch of ids instead of at an index that every redemption would pay for.
 */
static enum err sweep_families(struct db *db, struct sweep *s)
{
    static const char LOOK[] = "SELECT id FROM family WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
    static const char DELETE[] = "DELETE FROM family WHERE id > $1 AND id <= $2 AND expires_at <= $3";
    struct look look = {.last = s->cursor};
    struct ident end = IDENT_NONE;
    int64_t due = s->now - SWEEP_GRACE_S;
    for (int i = 0; i < 4; i++)
        end.b[i] = (uint8_t)((uint64_t)due >> (24 - 8 * i));
    enum err e =
        db_each(db, LOOK, VALUES(V_BLOB(ident_view(&s->cursor)), V_BLOB(ident_view(&end)), V_INT((int64_t)s->batch)),
                note_last, &look);
    if (e != ERR_OK || look.n == 0)
        return e;
    e = db_run(db, DELETE, VALUES(V_BLOB(ident_view(&s->cursor)), V_BLOB(ident_view(&look.last)), V_INT(due)));
    if (e == ERR_OK) {
        s->deleted += (size_t)db_changes(db);
        s->done &= look.n < s->batch;
        s->next_cursor = look.last;
    }
    return e;
}

static enum err sweep_history(struct db *db, struct sweep *s)
{
    struct profile_forget f = {.now = s->now, .limit = s->batch};
    enum err e = profile_forget_job(db, &f);
    s->deleted += f.done;
    s->done &= f.done < s->batch;
    return e;
}

static enum err sweep_wishes(struct db *db, struct sweep *s)
{
    size_t deleted, looked;
    enum err e = wish_sweep(db, s->now, s->batch, &deleted, &looked);
    if (e == ERR_OK) {
        s->deleted += deleted;
        s->done &= looked < s->batch;
    }
    return e;
}

enum err sweep_job(struct db *db, void *ctx)
{
    static const char INTERACTIONS[] = DELETE_DUE("interaction"), TXNS[] = DELETE_DUE("card_txn"),
                      SESSIONS[] = DELETE_DUE("session"), DECOUPLED[] = DELETE_DUE("decoupled"),
                      CODES[] = DELETE_DUE("counter_code"), ONCE[] = DELETE_DUE("once"),
                      PUSHED[] = DELETE_DUE("pushed");
    static const struct {
        const char *sql;
        int64_t grace_s;
    } TABLES[] = {
        {INTERACTIONS, 0}, {TXNS, SWEEP_GRACE_S},  {SESSIONS, SWEEP_GRACE_S}, {DECOUPLED, SWEEP_GRACE_S}, {CODES, 0},
        {ONCE, 0},         {PUSHED, SWEEP_GRACE_S}}; /* longer than an interaction lives that began with it */
    struct sweep *s = ctx;
    s->batch = s->batch ? s->batch : 200;
    s->deleted = 0;
    s->done = true;
    s->next_cursor = s->cursor;
    for (size_t i = 0; i < sizeof TABLES / sizeof TABLES[0]; i++) {
        enum err e = delete_due(db, s, TABLES[i].sql, TABLES[i].grace_s);
        if (e != ERR_OK)
            return e;
    }
    enum err e = sweep_history(db, s);
    if (e == ERR_OK)
        e = sweep_wishes(db, s);
    return e ? e : sweep_families(db, s);
}

enum err sweep_run(struct store *store, int64_t now, size_t *deleted)
{
    struct sweep s = {.now = now};
    size_t n = 0;
    do {
        enum err e = store_write(store, sweep_job, &s);
        if (e != ERR_OK)
            return e;
        n += s.deleted;
        s.cursor = s.next_cursor;
    } while (!s.done);
    if (deleted)
        *deleted = n;
    return ERR_OK;
}
