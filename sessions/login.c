#include "sessions/login.h"

#include "sessions/list.h"
#include "sessions/token.h"

enum err login_record(struct db *db, const struct login *l)
{
    static const char SQL[] = "INSERT INTO login (resident, at, session, agent, network) VALUES ($1, $2, $3, $4, $5) "
                              "ON CONFLICT (resident, at, session) DO NOTHING";
    return db_run(
        db, SQL, VALUES(V_IDENT(l->resident), V_INT(l->at), V_IDENT(l->session), V_TEXT(l->agent), V_BLOB(l->network)));
}

#define COLUMNS "resident, at, session, agent, network, disowned_at"

static enum err keep(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct login *l = list_add(list);
    if (!l)
        return ERR_LIMIT;
    *l = (struct login){.resident = row_ident(row, 0),
                        .at = row_int(row, 1),
                        .session = row_ident(row, 2),
                        .disowned_at = row_int(row, 5)};
    enum err e = row_keep(&l->agent, list->a, row_text(row, 3));
    return e ? e : row_keep(&l->network, list->a, row_blob(row, 4));
}

enum err login_list(struct login **out, size_t *n, struct db *db, struct arena *a, struct ident resident, size_t max)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM login WHERE resident = $1 ORDER BY at DESC, session LIMIT $2";
    struct list list;
    list_open(&list, a, sizeof(struct login));
    enum err e = db_each(db, SQL, VALUES(V_IDENT(resident), V_INT((int64_t)max)), keep, &list);
    *out = list.items;
    *n = e ? 0 : list.n;
    return e;
}

enum err login_list_disowned(struct login **out, size_t *n, struct db *db, struct arena *a, size_t max)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM login WHERE disowned_at IS NOT NULL "
                              "ORDER BY disowned_at DESC, session, at LIMIT $1";
    struct list list;
    list_open(&list, a, sizeof(struct login));
    enum err e = db_each(db, SQL, VALUES(V_INT((int64_t)max)), keep, &list);
    *out = list.items;
    *n = e ? 0 : list.n;
    return e;
}

enum err login_disown(struct db *db, struct arena *a, struct ident resident, struct ident session, int64_t now)
{
    static const char FIRST[] = "SELECT min(at) FROM login WHERE resident = $1 AND session = $2";
    static const char MARK[] = "UPDATE login SET disowned_at = $3 WHERE resident = $1 AND session = $2 "
                               "AND disowned_at IS NULL";
    struct row r;
    enum err e = db_one(db, a, FIRST, VALUES(V_IDENT(resident), V_IDENT(session)), &r);
    if (e)
        return e;
    if (row_is_null(&r, 0))
        return ERR_NOT_FOUND;
    int64_t since = row_int(&r, 0);
    e = db_run(db, MARK, VALUES(V_IDENT(resident), V_IDENT(session), V_INT(now)));
    return e ? e : token_revoke_disowned(db, resident, session, since, now);
}

enum err login_forget(size_t *done, struct db *db, int64_t before, size_t max)
{
    static const char SQL[] = "DELETE FROM login WHERE (resident, at, session) IN "
                              "(SELECT resident, at, session FROM login WHERE at < $1 ORDER BY at LIMIT $2)";
    enum err e = db_run(db, SQL, VALUES(V_INT(before), V_INT((int64_t)max)));
    *done = e ? 0 : (size_t)db_changes(db);
    return e;
}
