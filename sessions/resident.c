#include "sessions/resident.h"

#include "sessions/session.h"

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

/* --- disabled ---------------------------------------------------------------------------------------------------- */

enum err resident_find_standing(struct standing *out, struct db *db, struct arena *a, struct ident resident)
{
    static const char SQL[] = "SELECT created_at, disabled_at, disabled_reason FROM resident WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident)), &r);
    if (e == ERR_OK)
        *out = (struct standing){row_int(&r, 0), row_int(&r, 1), row_text(&r, 2)};
    return e;
}

enum err resident_is_disabled(bool *is, struct db *db, struct arena *a, struct ident resident)
{
    struct standing s;
    enum err e = resident_find_standing(&s, db, a, resident);
    *is = !e && s.disabled_at;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err one_row(struct db *db, enum err e)
{
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

enum err resident_disable(struct db *db, struct ident resident, struct view reason, int64_t now)
{
    static const char SQL[] =
        "UPDATE resident SET disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND disabled_at IS NULL";
    return one_row(db, db_run(db, SQL, VALUES(V_IDENT(resident), V_INT(now), V_TEXT(reason))));
}

enum err resident_enable(struct db *db, struct ident resident)
{
    static const char SQL[] =
        "UPDATE resident SET disabled_at = NULL, disabled_reason = NULL WHERE id = $1 AND disabled_at IS NOT NULL";
    return one_row(db, db_run(db, SQL, VALUES(V_IDENT(resident))));
}

static enum err keep_one(void *ctx, const struct row *row)
{
    struct ident *one = ctx, found = row_ident(row, 0);
    if (ident_is(*one) && !ident_equal(*one, found))
        return ERR_CONFLICT;
    *one = found;
    return ERR_OK;
}

enum err resident_find_by_login(struct ident *out, struct db *db, struct view number)
{
    static const char SQL[] = "SELECT resident FROM login WHERE substr(session, 1, 4) = $1 "
                              "UNION SELECT resident FROM session WHERE substr(id, 1, 4) = $1";
    *out = IDENT_NONE;
    enum err e = db_each(db, SQL, VALUES(V_BLOB(number)), keep_one, out);
    return e ? e : ident_is(*out) ? ERR_OK : ERR_NOT_FOUND;
}

/* --- leaving ----------------------------------------------------------------------------------------------------- */

/* Cards, profile, sessions and consents go with the row (ON DELETE CASCADE); what lives without a session is revoked.
 */
enum err resident_erase(struct db *db, struct ident resident)
{
    static const char REVOKE[] = "UPDATE family SET revoked_at = minted_at WHERE resident = $1 AND refreshable = 1 "
                                 "AND revoked_at IS NULL";
    static const char UNCLAIM[] = "DELETE FROM claim WHERE claimant = $1 AND refused_at IS NULL";
    static const char ERASE[] = "DELETE FROM resident WHERE id = $1";
    enum err e = session_note_ends(db, resident);
    if (e == ERR_OK)
        e = db_run(db, REVOKE, VALUES(V_IDENT(resident)));
    if (e == ERR_OK)
        e = db_run(db, UNCLAIM, VALUES(V_IDENT(resident)));
    if (e == ERR_OK)
        e = db_run(db, ERASE, VALUES(V_IDENT(resident)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_NOT_FOUND : e;
}
