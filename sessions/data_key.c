#include "sessions/data_key.h"

#include "base/buf.h"
#include "base/chance.h"
#include "base/seal.h"
#include "base/secret.h"
#include "base/text.h"
#include "sessions/list.h"

/* What a data key is wrapped to: nobody can give it to another resident. */
static struct view aad_of(uint8_t out[40], struct ident resident)
{
    static const char what[] = "genkan data key 1"; /* with its NUL */
    _Static_assert(sizeof what + sizeof resident.b <= 40, "does not fit");
    memcpy(out, what, sizeof what);
    memcpy(out + sizeof what, resident.b, sizeof resident.b);
    return view_bytes(out, sizeof what + sizeof resident.b);
}

enum err data_key_unwrap(struct view *key, struct arena *a, struct master *m, struct ident resident,
                         struct view wrapped, int64_t number)
{
    uint8_t aad[40];
    enum err e = master_unwrap(m, a, number, aad_of(aad, resident), wrapped, key);
    if (e == ERR_NOT_FOUND) /* the master key, not hers */
        return ERR_UNAVAILABLE;
    return !e && key->n != SEAL_KEY_SIZE ? ERR_MISMATCH : e;
}

enum err data_key_find(struct view *key, struct db *db, struct arena *a, struct master *m, struct ident resident)
{
    static const char SQL[] = "SELECT sealed, master FROM profile WHERE resident = $1 AND field = ''";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident)), &r);
    return e ? e : data_key_unwrap(key, a, m, resident, row_blob(&r, 0), row_int(&r, 1));
}

enum err data_key_current(int64_t *number, struct db *db, struct arena *a)
{
    static const char SQL[] = "SELECT value FROM setting WHERE name = 'profile_master'";
    struct row r;
    enum err e = db_one(db, a, SQL, NO_VALUES, &r);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE : e;
    return text_to_int(row_text(&r, 0), number) && *number > 0 ? ERR_OK : ERR_STORE;
}

static enum err mint(struct view *key, struct db *db, struct arena *a, struct master *m, struct ident resident)
{
    static const char SQL[] = "INSERT INTO profile (resident, field, sealed, changed_at, master) "
                              "VALUES ($1, '', $2, 0, $3)";
    uint8_t aad[40], *bytes = arena_alloc(a, SEAL_KEY_SIZE);
    struct view wrapped;
    int64_t number = 0;
    if (!bytes)
        return ERR_MEMORY;
    chance_bytes(bytes, SEAL_KEY_SIZE);
    *key = view_bytes(bytes, SEAL_KEY_SIZE);
    enum err e = data_key_current(&number, db, a);
    if (!e)
        e = master_wrap(m, a, number, aad_of(aad, resident), *key, &wrapped);
    if (!e)
        e = db_run(db, SQL, VALUES(V_IDENT(resident), V_BLOB(wrapped), V_INT(number)));
    return e == ERR_NOT_FOUND ? ERR_UNAVAILABLE : e;
}

enum err data_key_need(struct view *key, struct db *db, struct arena *a, struct master *m, struct ident resident)
{
    enum err e = data_key_find(key, db, a, m, resident);
    return e == ERR_NOT_FOUND ? mint(key, db, a, m, resident) : e;
}

/* --- rotation ---------------------------------------------------------------------------------------------------- */

enum err data_key_turn_job(struct db *db, void *ctx)
{
    static const char SQL[] = "UPDATE setting SET value = $1 WHERE name = 'profile_master' AND value = $2";
    const struct data_key_turn *t = ctx;
    const char *next = arena_printf(t->a, "%lld", (long long)t->number);
    const char *now = arena_printf(t->a, "%lld", (long long)t->number - 1);
    if (!next || !now)
        return ERR_MEMORY;
    enum err e = db_run(db, SQL, VALUES(V_TEXT(view_text(next)), V_TEXT(view_text(now))));
    return !e && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

enum err data_key_waiting(int64_t *n, struct db *db, struct arena *a)
{
    static const char SQL[] = "SELECT count(*) FROM profile WHERE master IS NOT NULL AND master <> $1";
    struct row r;
    int64_t number;
    enum err e = data_key_current(&number, db, a);
    if (!e)
        e = db_one(db, a, SQL, VALUES(V_INT(number)), &r);
    if (!e)
        *n = row_int(&r, 0);
    return e;
}

struct old_key {
    struct ident resident;
    struct view wrapped;
    int64_t number;
};

static enum err note(void *ctx, const struct row *row)
{
    struct list *l = ctx;
    struct old_key *k = list_add(l);
    if (!k)
        return ERR_LIMIT;
    k->resident = row_ident(row, 0);
    k->number = row_int(row, 2);
    return row_keep(&k->wrapped, l->a, row_blob(row, 1));
}

static enum err rewrap(struct db *db, const struct data_key_rewrap *r, const struct old_key *k, int64_t number)
{
    static const char SQL[] = "UPDATE profile SET sealed = $3, master = $2 WHERE resident = $1 AND field = ''";
    uint8_t aad[40];
    struct view key, wrapped;
    enum err e = data_key_unwrap(&key, r->a, r->master, k->resident, k->wrapped, k->number);
    if (!e)
        e = master_wrap(r->master, r->a, number, aad_of(aad, k->resident), key, &wrapped);
    return e ? e : db_run(db, SQL, VALUES(V_IDENT(k->resident), V_INT(number), V_BLOB(wrapped)));
}

/* The older ones are all smaller: numbers only grow. */
enum err data_key_rewrap_job(struct db *db, void *ctx)
{
    static const char SQL[] = "SELECT resident, sealed, master FROM profile WHERE master IS NOT NULL AND master < $1 "
                              "ORDER BY master LIMIT $2";
    struct data_key_rewrap *r = ctx;
    struct list list;
    int64_t number;
    list_open(&list, r->a, sizeof(struct old_key));
    enum err e = data_key_current(&number, db, r->a);
    if (!e)
        e = db_each(db, SQL, VALUES(V_INT(number), V_INT((int64_t)r->batch)), note, &list);
    const struct old_key *keys = list.items;
    for (size_t i = 0; i < list.n && !e; i++)
        e = rewrap(db, r, &keys[i], number);
    r->done = list.n;
    return e;
}
