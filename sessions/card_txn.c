#include "sessions/card_txn.h"

enum err card_txn_mint(struct db *db, const struct card_txn *t)
{
    static const char SQL[] = "INSERT INTO card_txn (id, cookie, interaction, nonce, purpose, carrier, request, bind, "
                              "created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    return db_run(db, SQL,
                  VALUES(V_IDENT(t->id), V_IDENT(t->cookie), V_IDENT(t->interaction), V_BLOB(VIEW_ARRAY(t->nonce)),
                         V_INT(t->purpose), V_INT(t->carrier), V_TEXT(t->request), V_TEXT(t->bind),
                         V_INT(t->created_at), V_INT(t->expires_at)));
}

#define COLUMNS                                                                                                        \
    "id, cookie, interaction, nonce, purpose, carrier, request, bind, created_at, expires_at, taken_at, state, reason"

static void read_row(struct card_txn *out, const struct row *r)
{
    *out = (struct card_txn){
        .id = row_ident(r, 0),
        .cookie = row_ident(r, 1),
        .interaction = row_ident(r, 2),
        .purpose = (enum card_purpose)row_int(r, 4),
        .carrier = (enum card_carrier)row_int(r, 5),
        .request = row_text(r, 6),
        .bind = row_text(r, 7),
        .created_at = row_int(r, 8),
        .expires_at = row_int(r, 9),
        .taken_at = row_int(r, 10),
        .state = (enum card_state)row_int(r, 11),
        .reason = row_text(r, 12),
    };
    struct view nonce = row_blob(r, 3);
    INSIST(nonce.n == sizeof out->nonce); /* the table checks it */
    memcpy(out->nonce, nonce.p, sizeof out->nonce);
}

enum err card_txn_find(struct card_txn *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM card_txn WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    if (e == ERR_OK)
        read_row(out, &r);
    return e;
}

enum err card_txn_find_newest(struct card_txn *out, struct db *db, struct arena *a, struct ident interaction)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM card_txn WHERE interaction = $1 ORDER BY number DESC LIMIT 1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(interaction)), &r);
    if (e == ERR_OK)
        read_row(out, &r);
    return e;
}

static enum err used_or_unknown(enum card_txn_verdict *verdict, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT 1 FROM card_txn WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    *verdict = e == ERR_OK ? CARD_TXN_USED : CARD_TXN_UNKNOWN;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum card_txn_verdict judge(const struct card_txn *t, struct ident cookie, int64_t now)
{
    if (!ident_equal(t->cookie, cookie))
        return CARD_TXN_OTHER_BROWSER;
    return now < t->expires_at ? CARD_TXN_GOOD : CARD_TXN_EXPIRED;
}

static const char *reason_of(enum card_txn_verdict v)
{
    return v == CARD_TXN_OTHER_BROWSER ? "other_browser" : v == CARD_TXN_EXPIRED ? "expired" : NULL;
}

enum err card_txn_take(struct card_txn *out, enum card_txn_verdict *verdict, struct db *db, struct arena *a,
                       struct ident id, struct ident cookie, int64_t now)
{
    /* protocol.md, "Transaction": taken in one statement, right or wrong. */
    static const char SQL[] = "UPDATE card_txn SET taken_at = $2, state = $3 WHERE id = $1 AND taken_at IS NULL "
                              "RETURNING " COLUMNS;
    struct card_txn t;
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id), V_INT(now), V_INT(CARD_CLAIMED)), &r);
    if (e == ERR_NOT_FOUND)
        return used_or_unknown(verdict, db, a, id);
    if (e != ERR_OK)
        return e;
    read_row(&t, &r);
    *verdict = judge(&t, cookie, now);
    if (*verdict != CARD_TXN_GOOD)
        return card_txn_record_result(db, id, CARD_FAILED, view_text(reason_of(*verdict)));
    *out = t;
    return ERR_OK;
}

enum err card_txn_record_result(struct db *db, struct ident id, enum card_state state, struct view reason)
{
    static const char SQL[] = "UPDATE card_txn SET state = $2, reason = $3 WHERE id = $1 AND taken_at IS NOT NULL "
                              "AND state NOT IN ($4, $5)";
    INSIST(state == CARD_DONE || state == CARD_FAILED);
    enum err e =
        db_run(db, SQL, VALUES(V_IDENT(id), V_INT(state), V_TEXT(reason), V_INT(CARD_DONE), V_INT(CARD_FAILED)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}
