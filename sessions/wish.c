#include "sessions/wish.h"

#include "base/hash.h"

struct wish wish_of(struct view claims, struct view details)
{
    uint8_t digest[SHA256_SIZE], claims_digest[SHA256_SIZE];
    struct wish w = {IDENT_NONE, claims, details};

    if (!view_is(claims) && !view_is(details))
        return w;
    sha256(claims_digest, claims); /* of fixed size, so that no two pairs are joined to the same bytes */
    const struct view pieces[] = {VIEW_ARRAY(claims_digest), details};
    sha256_of(digest, pieces, 2);
    w.id = ident_read(view_part(VIEW_ARRAY(digest), 0, sizeof w.id));
    return w;
}

enum err wish_find(struct wish *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT claims, details FROM wish WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);

    if (!e)
        *out = (struct wish){id, row_text(&r, 0), row_text(&r, 1)};
    return e;
}

enum err wish_is_fresh(bool *fresh, struct db *db, struct arena *a, struct ident id, int64_t now)
{
    static const char SQL[] = "SELECT 1 FROM wish WHERE id = $1 AND seen_at > $2";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id), V_INT(now - WISH_FRESH_S)), &r);

    *fresh = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err wish_keep(struct db *db, const struct wish *w, int64_t now)
{
    static const char SQL[] = "INSERT INTO wish (id, claims, details, seen_at) VALUES ($1, $2, $3, $4) "
                              "ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at "
                              "WHERE seen_at < excluded.seen_at";

    return db_run(db, SQL, VALUES(V_IDENT(w->id), V_TEXT(w->claims), V_TEXT(w->details), V_INT(now)));
}

#define OLDEST "SELECT id FROM wish WHERE seen_at <= $1 ORDER BY seen_at, id LIMIT $2"

enum err wish_sweep(struct db *db, int64_t now, size_t max, size_t *deleted, size_t *looked)
{
    static const char DELETE[] = "DELETE FROM wish WHERE id IN (" OLDEST ") "
                                 "AND NOT EXISTS (SELECT 1 FROM family f WHERE f.wish = wish.id)";
    static const char POSTPONE[] = "UPDATE wish SET seen_at = $3 WHERE id IN (" OLDEST ")";
    int64_t due = now - WISH_GRACE_S;
    enum err e = db_run(db, DELETE, VALUES(V_INT(due), V_INT((int64_t)max)));

    if (e)
        return e;
    *deleted = *looked = (size_t)db_changes(db);
    e = db_run(db, POSTPONE, VALUES(V_INT(due), V_INT((int64_t)(max - *deleted)), V_INT(now)));
    if (!e)
        *looked += (size_t)db_changes(db);
    return e;
}
