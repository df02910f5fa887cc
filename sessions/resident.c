#include "sessions/resident.h"

#include "base/buf.h"
#include "base/seal.h"
#include "sessions/list.h"

enum err resident_find_by_card(struct ident *out, struct db *db, struct arena *a, struct view account_key)
{
    static const char SQL[] = "SELECT resident FROM card WHERE account_key = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_BLOB(account_key)), &r);
    if (e == ERR_OK)
        *out = row_ident(&r, 0);
    return e;
}

enum err resident_mint(struct ident *out, struct db *db, int64_t now)
{
    static const char SQL[] = "INSERT INTO resident (id, created_at) VALUES ($1, $2)";
    *out = ident_mint();
    return db_run(db, SQL, VALUES(V_IDENT(*out), V_INT(now)));
}

enum err resident_link_card(struct db *db, struct ident resident, struct view account_key, int64_t now)
{
    static const char SQL[] = "INSERT INTO card (account_key, resident, linked_at, used_at) VALUES ($1, $2, $3, $3) "
                              "ON CONFLICT (account_key) DO UPDATE SET used_at = $3 WHERE resident = $2";
    enum err e = db_run(db, SQL, VALUES(V_BLOB(account_key), V_IDENT(resident), V_INT(now)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

enum err resident_of_card(struct ident *out, bool *is_new, struct db *db, struct arena *a, struct view account_key,
                          int64_t now)
{
    enum err e = resident_find_by_card(out, db, a, account_key);
    if (is_new)
        *is_new = e == ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        e = resident_mint(out, db, now);
    return e == ERR_OK ? resident_link_card(db, *out, account_key, now) : e;
}

/* Cards, profile, sessions and consents go with the row (ON DELETE CASCADE); what lives without a session is revoked.
 */
enum err resident_erase(struct db *db, struct ident resident)
{
    static const char REVOKE[] = "UPDATE family SET revoked_at = minted_at WHERE resident = $1 AND refreshable = 1 "
                                 "AND revoked_at IS NULL";
    static const char ERASE[] = "DELETE FROM resident WHERE id = $1";
    enum err e = db_run(db, REVOKE, VALUES(V_IDENT(resident)));
    if (e == ERR_OK)
        e = db_run(db, ERASE, VALUES(V_IDENT(resident)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_NOT_FOUND : e;
}

/* --- profile ---------------------------------------------------------------------------------------------------- */

const char *profile_source_name(enum profile_source s)
{
    static const char *const NAMES[] = {"", "card-signed", "card-read", "upstream", "resident"};
    INSIST(s >= PROFILE_CARD_SIGNED && s <= PROFILE_RESIDENT);
    return NAMES[s];
}

/* What a value is sealed to: nobody can move it to another resident or another field. */
static struct view aad_of(struct arena *a, struct ident resident, struct view field)
{
    struct buf b;
    struct view v;
    buf_open(&b, a, 256);
    buf_put(&b, VIEW("genkan profile 1"));
    buf_put_byte(&b, 0);
    buf_put(&b, ident_view(&resident));
    buf_put(&b, field);
    return buf_done(&b, &v) == ERR_OK ? v : VIEW_NONE;
}

/* The sealed text: one byte source, one byte length of the date, the date, the JSON value. */
static enum err pack(struct view *out, struct arena *a, const struct profile_value *v)
{
    struct buf b;
    INSIST(v->as_of.n < 256);
    buf_open(&b, a, 64 * 1024);
    buf_put_byte(&b, (uint8_t)v->source);
    buf_put_byte(&b, (uint8_t)v->as_of.n);
    buf_put(&b, v->as_of);
    buf_put(&b, v->json);
    return buf_done(&b, out);
}

static enum err unpack(struct profile_value *out, struct view plain)
{
    if (plain.n < 2 || plain.p[0] < PROFILE_CARD_SIGNED || plain.p[0] > PROFILE_RESIDENT || plain.n < 2U + plain.p[1])
        return ERR_MISMATCH;
    out->source = (enum profile_source)plain.p[0];
    out->as_of = view_part(plain, 2, plain.p[1]);
    out->json = view_from(plain, 2U + plain.p[1]);
    return ERR_OK;
}

struct reading {
    struct list list;
    struct view key;
    struct ident resident;
    const struct view *fields;
    size_t n_fields;
};

static bool is_wanted(const struct reading *r, struct view field)
{
    if (!r->fields)
        return true;
    for (size_t i = 0; i < r->n_fields; i++)
        if (view_equal(r->fields[i], field))
            return true;
    return false;
}

static enum err open_value(void *ctx, const struct row *row)
{
    struct reading *r = ctx;
    struct arena *a = r->list.a;
    struct view aad, plain;
    if (!is_wanted(r, row_text(row, 0)))
        return ERR_OK;
    struct profile_value *v = list_add(&r->list);
    if (!v || !view_is(aad = aad_of(a, r->resident, row_text(row, 0))))
        return ERR_LIMIT;
    enum err e = row_keep(&v->field, a, row_text(row, 0));
    if (e == ERR_OK)
        e = seal_read(a, r->key, aad, row_blob(row, 1), &plain);
    if (e != ERR_OK) /* a sealed value that is none has been changed just as one that does not fit */
        return e == ERR_SYNTAX ? ERR_MISMATCH : e;
    v->changed_at = row_int(row, 2);
    return unpack(v, plain);
}

enum err profile_find(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct view key,
                      struct ident resident, const struct view *fields, size_t n_fields)
{
    static const char SQL[] = "SELECT field, sealed, changed_at FROM profile WHERE resident = $1 ORDER BY field";
    struct reading r = {.key = key, .resident = resident, .fields = fields, .n_fields = n_fields};
    list_open(&r.list, a, sizeof(struct profile_value));
    enum err e = db_each(db, SQL, VALUES(V_IDENT(resident)), open_value, &r);
    if (e != ERR_OK)
        return e;
    *out = r.list.items;
    *n = r.list.n;
    return ERR_OK;
}

/* Is what is stored this very value? One that does not open is another. */
static enum err is_stored(bool *yes, struct db *db, struct arena *a, struct view key, struct ident resident,
                          const struct profile_value *value)
{
    struct profile_value *v;
    size_t n = 0;
    enum err e = profile_find(&v, &n, db, a, key, resident, &value->field, 1);
    *yes = e == ERR_OK && n == 1 && view_equal(v->json, value->json);
    return e == ERR_MISMATCH ? ERR_OK : e;
}

enum err profile_record(struct db *db, struct arena *a, struct view key, struct ident resident,
                        const struct profile_value *value, int64_t now)
{
    static const char SQL[] = "INSERT INTO profile (resident, field, sealed, changed_at) VALUES ($1, $2, $3, $4) "
                              "ON CONFLICT (resident, field) DO UPDATE SET sealed = $3, "
                              "changed_at = CASE WHEN $5 THEN changed_at ELSE max($4, changed_at + 1) END";
    struct view plain, sealed, aad = aad_of(a, resident, value->field);
    bool same = false;
    if (!view_is(aad))
        return ERR_LIMIT;
    enum err e = is_stored(&same, db, a, key, resident, value);
    if (e == ERR_OK)
        e = pack(&plain, a, value);
    if (e == ERR_OK)
        e = seal_write(a, key, aad, plain, &sealed);
    if (e == ERR_OK)
        e = db_run(db, SQL, VALUES(V_IDENT(resident), V_TEXT(value->field), V_BLOB(sealed), V_INT(now), V_INT(same)));
    return e;
}

enum err profile_erase(struct db *db, struct ident resident, struct view field)
{
    static const char SQL[] = "DELETE FROM profile WHERE resident = $1 AND field = $2";
    return db_run(db, SQL, VALUES(V_IDENT(resident), V_TEXT(field)));
}
