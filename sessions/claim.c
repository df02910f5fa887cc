#include "sessions/claim.h"

#include "sessions/card.h"
#include "sessions/list.h"

/* --- likeness --------------------------------------------------------------------------------------------------- */

enum err likeness_record(struct db *db, struct ident resident, struct view digest)
{
    static const char RECORD[] = "INSERT INTO likeness (resident, digest) VALUES ($1, $2) "
                                 "ON CONFLICT (resident) DO UPDATE SET digest = $2";
    static const char FORGET[] = "DELETE FROM likeness WHERE resident = $1";
    if (view_is(digest))
        return db_run(db, RECORD, VALUES(V_IDENT(resident), V_BLOB(digest)));
    return db_run(db, FORGET, VALUES(V_IDENT(resident)));
}

enum err likeness_find(struct view *out, struct db *db, struct arena *a, struct ident resident)
{
    static const char SQL[] = "SELECT digest FROM likeness WHERE resident = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident)), &r);
    *out = e == ERR_OK ? row_blob(&r, 0) : VIEW_NONE;
    return e;
}

static enum err count_other(void *ctx, const struct row *row)
{
    struct likeness_others *o = ctx;
    o->n++;
    o->one = row_ident(row, 0);
    o->older = row_int(row, 1) != 0;
    return ERR_OK;
}

enum err likeness_others(struct likeness_others *out, struct db *db, struct ident resident, struct view digest)
{
    static const char SQL[] = "SELECT l.resident, r.created_at < me.created_at FROM likeness l "
                              "JOIN resident r ON r.id = l.resident JOIN resident me ON me.id = $1 "
                              "WHERE l.digest = $2 AND l.resident <> $1 LIMIT 2";
    *out = (struct likeness_others){0};
    return db_each(db, SQL, VALUES(V_IDENT(resident), V_BLOB(digest)), count_other, out);
}

/* --- claim ------------------------------------------------------------------------------------------------------ */

enum err claim_record(struct db *db, const struct claim *c)
{
    static const char SQL[] = "INSERT INTO claim (account_key, claimant, account, digest, created_at, due_at) "
                              "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_key) DO UPDATE SET claimant = $2, "
                              "account = $3, digest = $4, created_at = $5, due_at = $6 WHERE refused_at IS NULL";
    enum err e = db_run(db, SQL,
                        VALUES(V_BLOB(c->account_key), V_IDENT(c->claimant), V_IDENT(c->account), V_BLOB(c->digest),
                               V_INT(c->created_at), V_INT(c->due_at)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

#define COLUMNS "c.account_key, c.claimant, c.account, c.digest, c.created_at, c.due_at, c.refused_at"

static void read_row(struct claim *out, const struct row *r)
{
    *out = (struct claim){.account_key = row_blob(r, 0),
                          .claimant = row_ident(r, 1),
                          .account = row_ident(r, 2),
                          .digest = row_blob(r, 3),
                          .created_at = row_int(r, 4),
                          .due_at = row_int(r, 5),
                          .refused_at = row_int(r, 6)};
}

enum err claim_find(struct claim *out, struct db *db, struct arena *a, struct view account_key)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM claim c WHERE c.account_key = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_BLOB(account_key)), &r);
    if (e == ERR_OK)
        read_row(out, &r);
    return e;
}

static enum err keep_claim(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct claim *c = list_add(list);
    if (!c)
        return ERR_LIMIT;
    read_row(c, row);
    enum err e = row_keep(&c->account_key, list->a, c->account_key);
    return e ? e : row_keep(&c->digest, list->a, c->digest);
}

enum err claim_list(struct claim **out, size_t *n, struct db *db, struct arena *a, struct ident account)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM claim c JOIN card k ON k.account_key = c.account_key "
                              "AND k.resident = c.claimant WHERE c.account = $1 AND c.refused_at IS NULL "
                              "ORDER BY c.created_at, c.account_key LIMIT 8";
    struct list list;
    list_open(&list, a, sizeof(struct claim));
    enum err e = db_each(db, SQL, VALUES(V_IDENT(account)), keep_claim, &list);
    if (e != ERR_OK)
        return e;
    *out = list.items;
    *n = list.n;
    return ERR_OK;
}

enum err claim_refuse(struct db *db, struct view account_key, struct ident account, int64_t now)
{
    static const char SQL[] = "UPDATE claim SET refused_at = $3 WHERE account_key = $1 AND account = $2 "
                              "AND refused_at IS NULL";
    enum err e = db_run(db, SQL, VALUES(V_BLOB(account_key), V_IDENT(account), V_INT(now)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_NOT_FOUND : e;
}

enum err claim_settle(struct db *db, const struct claim *c, int64_t now)
{
    static const char FORGET[] = "DELETE FROM claim WHERE account_key = $1";
    enum err e = card_move(db, c->account_key, c->claimant, c->account, now);
    return e ? e : db_run(db, FORGET, VALUES(V_BLOB(c->account_key)));
}

enum err claim_card(struct view *account_key, size_t *n, struct db *db, struct arena *a, struct ident resident)
{
    static const char SQL[] = "SELECT min(account_key), count(*) FROM card WHERE resident = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident)), &r);
    if (e != ERR_OK)
        return e;
    *n = (size_t)row_int(&r, 1);
    *account_key = *n == 1 ? row_blob(&r, 0) : VIEW_NONE;
    return ERR_OK;
}
