#include "sessions/notice.h"

#include "sessions/list.h"

/* About a day in all: a service that is down over night still learns of it. */
static const int64_t WAITS[] = {5, 30, 120, 600, 3600, 3600, 3600, 3600, 3600, 3600, 21600, 43200};

int64_t notice_wait_s(int tries)
{
    int n = (int)(sizeof WAITS / sizeof WAITS[0]);
    return tries >= 1 && tries <= n ? WAITS[tries - 1] : 0;
}

enum err notice_add(struct db *db, const struct notice *n)
{
    static const char SQL[] =
        "INSERT INTO notice (channel, client, sub, sid, event, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $6)";
    return db_run(db, SQL,
                  VALUES(V_INT(n->channel), V_TEXT(n->client), V_TEXT(n->sub), V_TEXT(n->sid), V_TEXT(n->event),
                         V_INT(n->created_at)));
}

static enum err keep(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct notice *n = list_add(list);
    if (!n)
        return ERR_LIMIT;
    n->id = row_int(row, 0);
    n->created_at = row_int(row, 4);
    n->tries = (int)row_int(row, 5) + 1;
    n->channel = (enum notice_channel)row_int(row, 6);
    enum err e = row_keep(&n->client, list->a, row_text(row, 1));
    if (e == ERR_OK)
        e = row_keep(&n->sub, list->a, row_text(row, 2));
    if (e == ERR_OK)
        e = row_keep(&n->event, list->a, row_text(row, 7));
    return e == ERR_OK ? row_keep(&n->sid, list->a, row_text(row, 3)) : e;
}

/* After the last try it waits as long as before it: whoever took it removes it, unless we crash. */
static enum err put_off(struct db *db, struct notice *n, int64_t now)
{
    static const char SQL[] = "UPDATE notice SET tries = $2, due_at = $3 WHERE id = $1";
    int64_t wait = notice_wait_s(n->tries);
    n->due_at = now + (wait ? wait : WAITS[sizeof WAITS / sizeof WAITS[0] - 1]);
    return db_run(db, SQL, VALUES(V_INT(n->id), V_INT(n->tries), V_INT(n->due_at)));
}

enum err notice_take_due(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max, int64_t now)
{
    static const char SQL[] = "SELECT id, client, sub, sid, created_at, tries, channel, event FROM notice "
                              "WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2";
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
    static const char OLD[] = "DELETE FROM notice WHERE client = $1 AND channel = $3 AND created_at <= $2";
    static const char TRIES[] = "SELECT max(tries) FROM notice WHERE client = $1 AND channel = $2";
    static const char SQL[] = "UPDATE notice SET due_at = $2 WHERE client = $1 AND channel = $3 AND due_at < $2";
    struct row r;
    enum err e = db_run(db, OLD, VALUES(V_TEXT(client), V_INT(now - NOTICE_LIFE_S), V_INT(channel)));
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
    static const char SQL[] = "SELECT due_at FROM notice ORDER BY due_at LIMIT 1";
    struct row r;
    enum err e = db_one(db, a, SQL, NO_VALUES, &r);
    if (e == ERR_OK)
        *due_at = row_int(&r, 0);
    return e;
}

enum err notice_count(int64_t *out, struct db *db, struct arena *a)
{
    struct row r;
    enum err e = db_one(db, a, "SELECT COUNT(*) FROM notice", NO_VALUES, &r);
    if (e == ERR_OK)
        *out = row_int(&r, 0);
    return e;
}
