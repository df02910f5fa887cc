#include "sessions/card.h"

#include "sessions/list.h"

struct ident card_id(struct view account_key)
{
    return ident_of(account_key);
}

static enum err keep_card(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct card *c = list_add(list);
    if (!c)
        return ERR_LIMIT;
    *c = (struct card){.id = card_id(row_blob(row, 0)), .linked_at = row_int(row, 1), .used_at = row_int(row, 2)};
    return ERR_OK;
}

enum err card_list(struct card **out, size_t *n, struct db *db, struct arena *a, struct ident resident)
{
    static const char SQL[] = "SELECT account_key, linked_at, used_at FROM card WHERE resident = $1 "
                              "ORDER BY linked_at, account_key";
    struct list list;
    list_open(&list, a, sizeof(struct card));
    enum err e = db_each(db, SQL, VALUES(V_IDENT(resident)), keep_card, &list);
    if (e != ERR_OK)
        return e;
    *out = list.items;
    *n = list.n;
    return ERR_OK;
}

enum err card_find(struct card_owner *out, struct db *db, struct arena *a, struct view account_key)
{
    static const char SQL[] = "SELECT resident, linked_at, used_at, answered_at FROM card WHERE account_key = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_BLOB(account_key)), &r);
    if (e == ERR_OK)
        *out = (struct card_owner){row_ident(&r, 0), row_int(&r, 1), row_int(&r, 2), row_int(&r, 3)};
    return e;
}

enum err card_move(struct db *db, struct view account_key, struct ident from, struct ident to, int64_t now)
{
    static const char SQL[] = "UPDATE card SET resident = $3, linked_at = $4 WHERE account_key = $1 AND resident = $2";
    enum err e = db_run(db, SQL, VALUES(V_BLOB(account_key), V_IDENT(from), V_IDENT(to), V_INT(now)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

enum err card_record_answered(struct db *db, struct view account_key, int64_t now)
{
    static const char SQL[] = "UPDATE card SET answered_at = $2 WHERE account_key = $1";
    return db_run(db, SQL, VALUES(V_BLOB(account_key), V_INT(now)));
}

struct seeking {
    struct ident id;
    struct arena *a;
    struct view account_key; /* absent: not found */
    size_t n;
};

static enum err look_at(void *ctx, const struct row *row)
{
    struct seeking *s = ctx;
    s->n++;
    if (!ident_equal(card_id(row_blob(row, 0)), s->id))
        return ERR_OK;
    return row_keep(&s->account_key, s->a, row_blob(row, 0));
}

enum err card_remove(struct db *db, struct arena *a, struct ident resident, struct ident id)
{
    static const char SEEK[] = "SELECT account_key FROM card WHERE resident = $1";
    static const char REMOVE[] = "DELETE FROM card WHERE account_key = $1 AND resident = $2";
    struct seeking s = {.id = id, .a = a, .account_key = VIEW_NONE};
    enum err e = db_each(db, SEEK, VALUES(V_IDENT(resident)), look_at, &s);
    if (e != ERR_OK)
        return e;
    if (!view_is(s.account_key))
        return ERR_NOT_FOUND;
    return s.n == 1 ? ERR_CONFLICT : db_run(db, REMOVE, VALUES(V_BLOB(s.account_key), V_IDENT(resident)));
}
