#include "sessions/notice.h"

#include "base/log.h"
#include "base/trace.h"
#include "sessions/list.h"

/* About a day in all: a service that is down over night still learns of it. */
static const int64_t WAITS[] = {5, 30, 120, 600, 3600, 3600, 3600, 3600, 3600, 3600, 21600, 43200};

int64_t notice_wait_s(int tries)
{
    int n = (int)(sizeof WAITS / sizeof WAITS[0]);
    return tries >= 1 && tries <= n ? WAITS[tries - 1] : 0;
}

/* A service that hears nothing for long must not fill the disk. */
static enum err make_room(struct db *db, const struct notice *n)
{
    static const char SQL[] =
        "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE client = $1 AND channel = $2 "
        "ORDER BY id DESC LIMIT -1 OFFSET $3)";
    enum err e = db_run(db, SQL, VALUES(V_TEXT(n->client), V_INT(n->channel), V_INT(NOTICE_MAX - 1)));
    if (!e && db_changes(db) > 0)
        log_event(LOG_ERROR, "notices_dropped", LOG_TEXT("client", n->client), LOG_INT("channel", n->channel),
                  LOG_INT("dropped", db_changes(db)));
    return e;
}

enum err notice_add(struct db *db, const struct notice *n)
{
    static const char SQL[] = "INSERT INTO notice (channel, client, sub, sid, event, created_at, due_at, jti, cause) "
                              "VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)";
    const struct trace *t = trace_current();
    enum err e = make_room(db, n);
    return e ? e
             : db_run(db, SQL,
                      VALUES(V_INT(n->channel), V_TEXT(n->client), V_TEXT(n->sub), V_TEXT(n->sid), V_TEXT(n->event),
                             V_INT(n->created_at), V_TEXT(n->jti), V_TEXT(view_text(t ? t->span : NULL))));
}

#define COLUMNS "id, client, sub, sid, created_at, tries, channel, event, jti, due_at, given_up_at, why, cause"

static enum err keep(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct notice *n = list_add(list);
    if (!n)
        return ERR_LIMIT;
    *n = (struct notice){.id = row_int(row, 0),
                         .client = row_text(row, 1),
                         .sub = row_text(row, 2),
                         .sid = row_text(row, 3),
                         .created_at = row_int(row, 4),
                         .tries = (int)row_int(row, 5),
                         .channel = (enum notice_channel)row_int(row, 6),
                         .event = row_text(row, 7),
                         .jti = row_text(row, 8),
                         .due_at = row_int(row, 9),
                         .given_up_at = row_int(row, 10),
                         .why = row_text(row, 11),
                         .cause = row_text(row, 12)};
    struct view *kept[] = {&n->client, &n->sub, &n->sid, &n->event, &n->jti, &n->why, &n->cause};
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof kept / sizeof *kept && !e; i++)
        e = row_keep(kept[i], list->a, *kept[i]);
    return e;
}

/* After the last try it waits as long as before it: whoever took it removes it, unless we crash. */
static enum err put_off(struct db *db, struct notice *n, int64_t now)
{
    static const char SQL[] = "UPDATE notice SET tries = $2, due_at = $3 WHERE id = $1";
    n->tries++;
    int64_t wait = notice_wait_s(n->tries);
    n->due_at = now + (wait ? wait : WAITS[sizeof WAITS / sizeof WAITS[0] - 1]);
    return db_run(db, SQL, VALUES(V_INT(n->id), V_INT(n->tries), V_INT(n->due_at)));
}

enum err notice_take_due(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max, int64_t now)
{
    static const char SQL[] =
        "SELECT " COLUMNS " FROM notice WHERE given_up_at IS NULL AND channel < 4 AND due_at <= $1 "
        "ORDER BY due_at, id LIMIT $2";
    struct list list;
    list_open(&list, a, sizeof(struct notice));
    enum err e = db_each(db, SQL, VALUES(V_INT(now), V_INT((int64_t)max)), keep, &list);
    struct notice *notices = list.items;
    for (size_t i = 0; e == ERR_OK && i < list.n; i++)
        e = put_off(db, &notices[i], now);
    if (e != ERR_OK)
        return e;
    *out = notices;
    *n = list.n;
    return ERR_OK;
}

enum err notice_put_off(struct db *db, struct arena *a, enum notice_channel channel, struct view client, int64_t now)
{
    static const char OLD[] = "UPDATE notice SET given_up_at = $4, why = 'too old' WHERE client = $1 AND channel = $3 "
                              "AND created_at <= $2 AND given_up_at IS NULL";
    static const char TRIES[] =
        "SELECT max(tries) FROM notice WHERE client = $1 AND channel = $2 AND given_up_at IS NULL";
    static const char SQL[] = "UPDATE notice SET due_at = $2 WHERE client = $1 AND channel = $3 AND due_at < $2 "
                              "AND given_up_at IS NULL";
    struct row r;
    enum err e = db_run(db, OLD, VALUES(V_TEXT(client), V_INT(now - NOTICE_LIFE_S), V_INT(channel), V_INT(now)));
    if (e == ERR_OK)
        e = db_one(db, a, TRIES, VALUES(V_TEXT(client), V_INT(channel)), &r);
    if (e != ERR_OK || row_is_null(&r, 0))
        return e;
    int64_t wait = notice_wait_s((int)row_int(&r, 0));
    return db_run(db, SQL, VALUES(V_TEXT(client), V_INT(now + (wait ? wait : WAITS[0])), V_INT(channel)));
}

enum err notice_done(struct db *db, int64_t id)
{
    static const char SQL[] = "DELETE FROM notice WHERE id = $1";
    return db_run(db, SQL, VALUES(V_INT(id)));
}

enum err notice_next(int64_t *due_at, struct db *db, struct arena *a)
{
    static const char SQL[] = "SELECT due_at FROM notice WHERE given_up_at IS NULL AND channel < 4 "
                              "ORDER BY due_at LIMIT 1";
    struct row r;
    enum err e = db_one(db, a, SQL, NO_VALUES, &r);
    if (e == ERR_OK)
        *due_at = row_int(&r, 0);
    return e;
}

enum err notice_count(int64_t *out, struct db *db, struct arena *a)
{
    struct row r;
    enum err e = db_one(db, a, "SELECT count(*) FROM notice WHERE given_up_at IS NULL", NO_VALUES, &r);
    if (e == ERR_OK)
        *out = row_int(&r, 0);
    return e;
}

/* --- given up ---------------------------------------------------------------------------------------------------- */

enum err notice_give_up(struct db *db, int64_t id, struct view why, int64_t now)
{
    static const char SQL[] = "UPDATE notice SET given_up_at = $2, why = $3 WHERE id = $1";
    return db_run(db, SQL, VALUES(V_INT(id), V_INT(now), V_TEXT(why)));
}

static enum err list_of(struct notice **out, size_t *n, struct db *db, struct arena *a, const char *sql,
                        const struct value *values, size_t n_values)
{
    struct list list;
    list_open(&list, a, sizeof(struct notice));
    enum err e = db_each(db, sql, values, n_values, keep, &list);
    *out = list.items;
    *n = e ? 0 : list.n;
    return e;
}

enum err notice_list(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM notice ORDER BY id DESC LIMIT $1";
    return list_of(out, n, db, a, SQL, VALUES(V_INT((int64_t)max)));
}

enum err notice_retry(size_t *done, struct db *db, int64_t id, struct view client, int64_t now)
{
    static const char SQL[] = "UPDATE notice SET given_up_at = NULL, why = NULL, tries = 0, due_at = $3 "
                              "WHERE id = $1 OR ($1 = 0 AND client = $2)";
    enum err e = db_run(db, SQL, VALUES(V_INT(id), V_TEXT(client), V_INT(now)));
    *done = e ? 0 : (size_t)db_changes(db);
    return e;
}

enum err notice_drop(size_t *done, struct db *db, int64_t id, struct view client)
{
    static const char SQL[] = "DELETE FROM notice WHERE id = $1 OR ($1 = 0 AND client = $2)";
    enum err e = db_run(db, SQL, VALUES(V_INT(id), V_TEXT(client)));
    *done = e ? 0 : (size_t)db_changes(db);
    return e;
}

/* --- fetched ------------------------------------------------------------------------------------------------------ */

enum err notice_poll(struct notice **out, size_t *n, bool *more, struct db *db, struct arena *a, struct view client,
                     size_t max)
{
    static const char SQL[] =
        "SELECT " COLUMNS " FROM notice WHERE client = $1 AND channel = 4 AND given_up_at IS NULL "
        "ORDER BY id LIMIT $2";
    enum err e = list_of(out, n, db, a, SQL, VALUES(V_TEXT(client), V_INT((int64_t)max + 1)));
    *more = *n > max;
    *n -= *more;
    return e;
}

static enum err note_one(void *ctx, const struct row *row)
{
    (void)row;
    *(bool *)ctx = true;
    return ERR_OK;
}

enum err notice_poll_has(bool *has, struct db *db, struct view client)
{
    static const char SQL[] = "SELECT 1 FROM notice WHERE client = $1 AND channel = 4 AND given_up_at IS NULL LIMIT 1";
    *has = false;
    return db_each(db, SQL, VALUES(V_TEXT(client)), note_one, has);
}

enum err notice_poll_done(struct db *db, struct view client, struct view jti)
{
    static const char SQL[] = "DELETE FROM notice WHERE client = $1 AND channel = 4 AND jti = $2";
    return db_run(db, SQL, VALUES(V_TEXT(client), V_TEXT(jti)));
}

enum err notice_poll_refused(struct db *db, struct view client, struct view jti, struct view why, int64_t now)
{
    static const char SQL[] =
        "UPDATE notice SET given_up_at = $4, why = $3 WHERE client = $1 AND channel = 4 AND jti = $2 "
        "AND given_up_at IS NULL";
    return db_run(db, SQL, VALUES(V_TEXT(client), V_TEXT(jti), V_TEXT(why), V_INT(now)));
}

enum err notice_sweep(struct db *db, int64_t now)
{
    static const char OLD[] = "DELETE FROM notice WHERE given_up_at <= $1";
    static const char UNFETCHED[] = "UPDATE notice SET given_up_at = $2, why = 'not fetched' WHERE channel = 4 "
                                    "AND given_up_at IS NULL AND created_at <= $1";
    enum err e = db_run(db, OLD, VALUES(V_INT(now - NOTICE_KEPT_S)));
    return e ? e : db_run(db, UNFETCHED, VALUES(V_INT(now - NOTICE_POLL_S), V_INT(now)));
}
