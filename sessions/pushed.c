#include "sessions/pushed.h"

enum err pushed_mint(struct db *db, const struct pushed *p)
{
    static const char SQL[] = "INSERT INTO pushed (id, client, request, epoch, expires_at) VALUES ($1, $2, $3, $4, $5)";

    return db_run(
        db, SQL,
        VALUES(V_IDENT(p->id), V_TEXT(p->client), V_TEXT(p->request), V_IDENT(p->epoch), V_INT(p->expires_at)));
}

enum err pushed_find(struct pushed *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT client, request, epoch, expires_at, used_at FROM pushed WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);

    if (e)
        return e;
    *out = (struct pushed){.id = id,
                           .client = row_text(&r, 0),
                           .request = row_text(&r, 1),
                           .epoch = row_ident(&r, 2),
                           .expires_at = row_int(&r, 3),
                           .used_at = row_int(&r, 4)};
    return ERR_OK;
}

enum pushed_state pushed_check(const struct pushed *p, struct view client, struct ident epoch, int64_t now)
{
    if (!view_equal(p->client, client))
        return PUSHED_OTHER_CLIENT;
    if (p->used_at)
        return PUSHED_USED;
    /* After an outage its use may be forgotten. */
    if (now >= p->expires_at || !ident_equal(p->epoch, epoch))
        return PUSHED_EXPIRED;
    return PUSHED_GOOD;
}

enum err pushed_take(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] = "UPDATE pushed SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
    enum err e = db_run(db, SQL, VALUES(V_IDENT(id), V_INT(now)));

    return !e && db_changes(db) != 1 ? ERR_CONFLICT : e;
}
