#include "sessions/decoupled.h"

#include "sessions/list.h"

/* One row changed, or the answer is no. */
static enum err one_row(struct db *db, enum err e, enum err otherwise)
{
    return e == ERR_OK && db_changes(db) != 1 ? otherwise : e;
}

enum err decoupled_mint(struct db *db, const struct decoupled *d, int64_t now)
{
    static const char SQL[] =
        "INSERT INTO decoupled (id, kind, client, user_code, resident, request, binding, notify, created_at, "
        "expires_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE (SELECT count(*) FROM decoupled "
        "WHERE resident = $5 AND kind = 2 AND state = 0 AND expires_at > $11) < $12";

    enum err e = db_run(db, SQL,
                        VALUES(V_IDENT(d->id), V_INT(d->kind), V_TEXT(d->client), V_IDENT(d->user_code),
                               V_IDENT(d->resident), V_TEXT(d->request), V_TEXT(d->binding), V_BLOB(d->notify),
                               V_INT(d->created_at), V_INT(d->expires_at), V_INT(now), V_INT(DECOUPLED_OPEN_MAX)));
    return one_row(db, e, ERR_LIMIT);
}

#define COLUMNS                                                                                                        \
    "id, kind, client, user_code, resident, request, binding, notify, created_at, expires_at, state, session, "        \
    "grant_id, scope, decided_at"

static void read_row(struct decoupled *out, const struct row *r)
{
    *out = (struct decoupled){.id = row_ident(r, 0),
                              .kind = (enum decoupled_kind)row_int(r, 1),
                              .client = row_text(r, 2),
                              .user_code = row_ident(r, 3),
                              .resident = row_ident(r, 4),
                              .request = row_text(r, 5),
                              .binding = row_text(r, 6),
                              .notify = row_blob(r, 7),
                              .created_at = row_int(r, 8),
                              .expires_at = row_int(r, 9),
                              .state = (enum decoupled_state)row_int(r, 10),
                              .session = row_ident(r, 11),
                              .grant = row_ident(r, 12),
                              .scope = row_text(r, 13),
                              .decided_at = row_int(r, 14)};
}

enum err decoupled_find(struct decoupled *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM decoupled WHERE id = $1";
    struct row r;

    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    if (e == ERR_OK)
        read_row(out, &r);
    return e;
}

enum err decoupled_find_by_code(struct decoupled *out, struct db *db, struct arena *a, struct ident user_code,
                                int64_t now)
{
    static const char SQL[] =
        "SELECT " COLUMNS " FROM decoupled WHERE user_code = $1 AND state = 0 AND expires_at > $2";
    struct row r;

    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(user_code), V_INT(now)), &r);
    if (e == ERR_OK)
        read_row(out, &r);
    return e;
}

/* What may still be decided ends in this condition. */
#define OPEN " WHERE id = $1 AND state = 0 AND expires_at > $2"

enum err decoupled_take_code(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] = "UPDATE decoupled SET user_code = NULL" OPEN " AND user_code IS NOT NULL";

    return one_row(db, db_run(db, SQL, VALUES(V_IDENT(id), V_INT(now))), ERR_CONFLICT);
}

static enum err keep_request(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct decoupled *d = list_add(list);
    enum err e;

    if (!d)
        return ERR_LIMIT;
    read_row(d, row);
    if ((e = row_keep(&d->client, list->a, d->client)) || (e = row_keep(&d->request, list->a, d->request)) ||
        (e = row_keep(&d->binding, list->a, d->binding)))
        return e;
    return row_keep(&d->notify, list->a, d->notify);
}

enum err decoupled_list(struct decoupled **out, size_t *n, struct db *db, struct arena *a, struct ident resident,
                        int64_t now)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM decoupled WHERE resident = $1 AND kind = 2 AND state = 0 "
                              "AND expires_at > $2 ORDER BY created_at DESC, id LIMIT $3";
    struct list list;

    list_open(&list, a, sizeof(struct decoupled));
    enum err e =
        db_each(db, SQL, VALUES(V_IDENT(resident), V_INT(now), V_INT(DECOUPLED_OPEN_MAX)), keep_request, &list);
    *out = list.items;
    *n = list.n;
    return e;
}

enum err decoupled_allow(struct db *db, const struct decoupled *d, int64_t now)
{
    /* Of a counter's request only the resident who was asked may decide. */
    static const char SQL[] = "UPDATE decoupled SET state = 1, resident = $3, session = $4, grant_id = $5, scope = $6, "
                              "request = $7, decided_at = $2" OPEN " AND (resident IS NULL OR resident = $3)";

    enum err e = db_run(db, SQL,
                        VALUES(V_IDENT(d->id), V_INT(now), V_IDENT(d->resident), V_IDENT(d->session), V_IDENT(d->grant),
                               V_TEXT(d->scope), V_TEXT(d->request)));
    return one_row(db, e, ERR_CONFLICT);
}

enum err decoupled_refuse(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] = "UPDATE decoupled SET state = 2, decided_at = $2" OPEN;

    return one_row(db, db_run(db, SQL, VALUES(V_IDENT(id), V_INT(now))), ERR_CONFLICT);
}

enum err counter_code_record(struct db *db, struct ident code, struct ident resident, int64_t expires_at)
{
    static const char SQL[] = "INSERT INTO counter_code (id, resident, expires_at) VALUES ($1, $2, $3) "
                              "ON CONFLICT (resident) DO UPDATE SET id = $1, expires_at = $3";

    return db_run(db, SQL, VALUES(V_IDENT(code), V_IDENT(resident), V_INT(expires_at)));
}

enum err counter_code_take(struct ident *resident, struct db *db, struct arena *a, struct ident code, int64_t now)
{
    static const char SQL[] = "DELETE FROM counter_code WHERE id = $1 AND expires_at > $2 RETURNING resident";
    struct row r;

    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(code), V_INT(now)), &r);
    *resident = e == ERR_OK ? row_ident(&r, 0) : IDENT_NONE;
    return e;
}
