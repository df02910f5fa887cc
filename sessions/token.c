#include "sessions/token.h"

#include "base/chance.h"
#include "base/hash.h"
#include "store/store.h"

static void put_time(struct ident *id, int64_t minted_at)
{
    for (int i = 0; i < 4; i++)
        id->b[i] = (uint8_t)((uint64_t)minted_at >> (24 - 8 * i));
}

struct ident token_family_id(struct view code, int64_t minted_at)
{
    uint8_t digest[SHA256_SIZE];
    struct ident id;
    sha256(digest, code);
    put_time(&id, minted_at);
    memcpy(id.b + 4, digest, sizeof id.b - 4);
    return id;
}

struct ident token_family_mint(int64_t minted_at)
{
    struct ident id = ident_mint();
    put_time(&id, minted_at);
    return id;
}

int64_t token_family_minted_at(struct ident id)
{
    int64_t at = 0;
    for (int i = 0; i < 4; i++)
        at = at << 8 | id.b[i];
    return at;
}

bool token_is_plain(const struct family *f)
{
    return ident_is(f->session) && !f->offline && !f->refreshable && !ident_is(f->wish) && !view_is(f->resource);
}

/* One that is there stays as it is. */
static enum err insert(struct db *db, const struct family *f)
{
    static const char SQL[] = "INSERT INTO family (id, client, resident, session, grant_id, scope, minted_at, "
                              "expires_at, offline, refreshable, cnf, resource, wish, refresh, refresh_at, "
                              "refresh_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
                              "$15, $16) ON CONFLICT (id) DO NOTHING";
    return db_run(db, SQL,
                  VALUES(V_IDENT(f->id), V_TEXT(f->client), V_IDENT(f->resident), V_IDENT(f->session),
                         V_IDENT(f->grant), V_TEXT(f->scope), V_INT(f->minted_at), V_INT(f->expires_at),
                         V_INT(f->offline), V_INT(f->refreshable), V_BLOB(cnf_bytes(&f->cnf)), V_TEXT(f->resource),
                         V_IDENT(f->wish), V_IDENT(f->refresh.id), V_TIME(f->refresh.minted_at),
                         V_TIME(f->refresh.expires_at)));
}

enum err token_record(struct db *db, const struct family *f)
{
    enum err e = insert(db, f);
    return e || db_changes(db) == 1 ? e : ERR_CONFLICT;
}

enum err token_redeem(enum redeem_verdict *verdict, struct db *db, const struct family *f, int64_t now)
{
    enum err e = insert(db, f);
    if (e != ERR_OK)
        return e;
    *verdict = db_changes(db) == 1 ? CODE_REDEEMED : CODE_USED_BEFORE;
    return *verdict == CODE_REDEEMED ? ERR_OK : token_revoke_family(db, f->id, now);
}

#define FACTS                                                                                                          \
    "f.id, f.client, f.session, f.grant_id, f.scope, f.minted_at, f.expires_at, f.offline, f.refreshable, "            \
    "f.revoked_at, s.id, s.ended_at, f.resident, f.cnf, f.resource, f.wish"
#define LOGIN         "s.expires_at, s.auth_at, s.seen_at, s.acr, s.amr"
#define REFRESH_FACTS FACTS ", " LOGIN ", f.refresh, f.refresh_at, f.refresh_until"
#define OF_FAMILY     " FROM family f LEFT JOIN session s ON s.id = f.session WHERE f.id = $1"

/* ERR_STORE: damaged; a family that was bound to a key is never one that is bound to none. */
static enum err read_facts(struct token_facts *out, const struct row *r)
{
    *out = (struct token_facts){
        .family =
            {
                .id = row_ident(r, 0),
                .client = row_text(r, 1),
                .resident = row_ident(r, 12),
                .session = row_ident(r, 2),
                .grant = row_ident(r, 3),
                .scope = row_text(r, 4),
                .minted_at = row_int(r, 5),
                .expires_at = row_int(r, 6),
                .offline = row_int(r, 7) != 0,
                .refreshable = row_int(r, 8) != 0,
                .revoked_at = row_int(r, 9),
                .resource = row_text(r, 14),
                .wish = row_ident(r, 15),
            },
        .has_session = !row_is_null(r, 10),
        .session_ended_at = row_int(r, 11),
    };
    return cnf_of_bytes(&out->family.cnf, row_blob(r, 13)) ? ERR_OK : ERR_STORE;
}

/* LOGIN, from column AT on. */
static void read_login(struct token_facts *out, const struct row *r, size_t at)
{
    out->session_expires_at = row_int(r, at);
    out->session_auth_at = row_int(r, at + 1);
    out->session_seen_at = row_int(r, at + 2);
    out->session_acr = row_text(r, at + 3);
    out->session_amr = row_text(r, at + 4);
}

enum err token_find_family(struct token_facts *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT " FACTS OF_FAMILY;
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    return e ? e : read_facts(out, &r);
}

enum err token_find_plain(struct token_facts *out, struct db *db, struct arena *a, const struct family *f)
{
    static const char SQL[] = "SELECT f.revoked_at, s.resident, s.ended_at "
                              "FROM session s LEFT JOIN family f ON f.id = $1 WHERE s.id = $2";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(f->id), V_IDENT(f->session)), &r);
    if (e)
        return e;
    *out = (struct token_facts){.family = *f, .has_session = true, .session_ended_at = row_int(&r, 2)};
    out->family.revoked_at = row_int(&r, 0);
    out->family.resident = row_ident(&r, 1);
    return ERR_OK;
}

enum token_state token_check(const struct token_facts *facts, int64_t now)
{
    const struct family *f = &facts->family;
    if (f->revoked_at)
        return TOKEN_REVOKED;
    if (now >= f->expires_at)
        return TOKEN_EXPIRED;
    if (f->offline || !ident_is(f->session))
        return TOKEN_LIVE;
    return facts->has_session && !facts->session_ended_at ? TOKEN_LIVE : TOKEN_SESSION_ENDED;
}

enum err token_revoke_family(struct db *db, struct ident family, int64_t now)
{
    static const char SQL[] = "UPDATE family SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    return db_run(db, SQL, VALUES(V_IDENT(family), V_INT(now)));
}

enum err token_revoke_plain(struct db *db, const struct family *f, int64_t now)
{
    enum err e = db_note_end(db, f->id);
    if (!e)
        e = insert(db, f);
    return e ? e : token_revoke_family(db, f->id, now);
}

enum err token_revoke_session(struct db *db, struct ident session, int64_t now)
{
    static const char SQL[] = "UPDATE family SET revoked_at = $2 WHERE session = $1 AND refreshable = 1 "
                              "AND offline = 0 AND revoked_at IS NULL";
    return db_run(db, SQL, VALUES(V_IDENT(session), V_INT(now)));
}

enum err token_revoke_disowned(struct db *db, struct ident resident, struct ident session, int64_t since, int64_t now)
{
    static const char SQL[] = "UPDATE family SET revoked_at = $4 WHERE resident = $1 AND refreshable = 1 "
                              "AND revoked_at IS NULL AND (session = $2 OR (session IS NULL AND minted_at >= $3))";
    return db_run(db, SQL, VALUES(V_IDENT(resident), V_IDENT(session), V_INT(since), V_INT(now)));
}

enum err token_revoke_grant(struct db *db, struct ident grant, int64_t now)
{
    static const char SQL[] =
        "UPDATE family SET revoked_at = $2 WHERE grant_id = $1 AND refreshable = 1 AND revoked_at IS NULL";
    return db_run(db, SQL, VALUES(V_IDENT(grant), V_INT(now)));
}

enum err token_revoke_resident(struct db *db, struct ident resident, int64_t now)
{
    static const char SQL[] = "UPDATE family SET revoked_at = $2 WHERE resident = $1 AND revoked_at IS NULL";
    return db_run(db, SQL, VALUES(V_IDENT(resident), V_INT(now)));
}

enum err token_extend(struct db *db, struct ident family, int64_t expires_at)
{
    static const char SQL[] = "UPDATE family SET expires_at = $2 WHERE id = $1 AND expires_at < $2";
    return db_run(db, SQL, VALUES(V_IDENT(family), V_INT(expires_at)));
}

/* --- refresh tokens --------------------------------------------------------------------------------------------- */

enum err refresh_find(struct token_facts *out, struct db *db, struct arena *a, struct ident family)
{
    static const char SQL[] = "SELECT " REFRESH_FACTS OF_FAMILY;
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(family)), &r);
    if (!e)
        e = read_facts(out, &r);
    if (e)
        return e;
    read_login(out, &r, 16);
    out->family.refresh = (struct refresh){row_ident(&r, 21), row_int(&r, 22), row_int(&r, 23)};
    return ERR_OK;
}

/* Reuse and theft first: they revoke whatever else is wrong. */
static enum refresh_verdict judge(const struct token_facts *facts, struct ident id, struct view client, int64_t now)
{
    if (!view_equal(facts->family.client, client))
        return REFRESH_OTHER_CLIENT;
    if (!ident_equal(facts->family.refresh.id, id))
        return REFRESH_USED;
    if (now >= facts->family.refresh.expires_at)
        return REFRESH_EXPIRED;
    switch (token_check(facts, now)) {
    case TOKEN_REVOKED:
        return REFRESH_REVOKED;
    case TOKEN_EXPIRED:
        return REFRESH_EXPIRED;
    case TOKEN_SESSION_ENDED:
        return REFRESH_SESSION_ENDED;
    default:
        return REFRESH_GOOD;
    }
}

enum err refresh_take(struct token_facts *out, enum refresh_verdict *verdict, struct db *db, struct arena *a,
                      struct ident family, struct ident id, struct view client, int64_t now)
{
    enum err e = refresh_find(out, db, a, family);
    *verdict = REFRESH_UNKNOWN;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *verdict = judge(out, id, client, now);
    if (*verdict != REFRESH_USED && *verdict != REFRESH_OTHER_CLIENT)
        return ERR_OK;
    return token_revoke_family(db, family, now);
}

enum err refresh_rotate(struct db *db, const struct family *f, struct ident before)
{
    static const char SQL[] = "UPDATE family SET refresh = $2, refresh_at = $3, refresh_until = $4, "
                              "expires_at = $5 WHERE id = $1 AND refresh = $6";
    enum err e = db_run(db, SQL,
                        VALUES(V_IDENT(f->id), V_IDENT(f->refresh.id), V_INT(f->refresh.minted_at),
                               V_INT(f->refresh.expires_at), V_INT(f->expires_at), V_IDENT(before)));
    return e || db_changes(db) == 1 ? e : ERR_CONFLICT;
}
