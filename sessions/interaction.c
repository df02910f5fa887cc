#include "sessions/interaction.h"

enum err interaction_mint(struct db *db, const struct interaction *i)
{
    static const char SQL[] = "INSERT INTO interaction (id, browser, client, request, created_at, expires_at, "
                              "pushed) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    return db_run(db, SQL,
                  VALUES(V_IDENT(i->id), V_IDENT(i->browser), V_TEXT(i->client), V_TEXT(i->request),
                         V_INT(i->created_at), V_INT(i->expires_at), V_IDENT(i->pushed)));
}

enum err interaction_find(struct interaction *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] =
        "SELECT browser, client, request, created_at, expires_at, session, login_at, want_login, "
        "profile_offer, problem, grant_id, refusal, done_at, held, pushed FROM interaction WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    if (e != ERR_OK)
        return e;
    *out = (struct interaction){
        .id = id,
        .browser = row_ident(&r, 0),
        .client = row_text(&r, 1),
        .request = row_text(&r, 2),
        .created_at = row_int(&r, 3),
        .expires_at = row_int(&r, 4),
        .session = row_ident(&r, 5),
        .login_at = row_int(&r, 6),
        .want_login = row_int(&r, 7) != 0,
        .profile_offer = (enum profile_offer)row_int(&r, 8),
        .problem = row_text(&r, 9),
        .grant = row_ident(&r, 10),
        .refusal = row_text(&r, 11),
        .done_at = row_int(&r, 12),
        .held = row_blob(&r, 13),
        .pushed = row_ident(&r, 14),
    };
    return ERR_OK;
}

/* The browser first: to another one we do not even say that it has expired. */
enum interaction_state interaction_check(const struct interaction *i, struct ident browser, int64_t now)
{
    if (!ident_equal(i->browser, browser))
        return INTERACTION_OTHER_BROWSER;
    if (i->done_at)
        return INTERACTION_DONE;
    return now < i->expires_at ? INTERACTION_OPEN : INTERACTION_EXPIRED;
}

/* SQL ends in the condition OPEN; one row changed, or the interaction is not open. */
#define OPEN " WHERE id = $1 AND done_at IS NULL AND expires_at > $2"

static enum err record(struct db *db, const char *sql, const struct value *values, size_t n)
{
    enum err e = db_run(db, sql, values, n);
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

enum err interaction_record_login(struct db *db, struct ident id, struct ident session, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET session = $3, login_at = $2, want_login = 0, problem = NULL" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_IDENT(session)));
}

enum err interaction_record_session(struct db *db, struct ident id, struct ident session, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET session = $3" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_IDENT(session)));
}

enum err interaction_record_want_login(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] =
        "UPDATE interaction SET want_login = 1, session = NULL, login_at = NULL, grant_id = NULL" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now)));
}

enum err interaction_record_profile_offer(struct db *db, struct ident id, enum profile_offer offer, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET profile_offer = $3, held = NULL" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_INT(offer)));
}

enum err interaction_record_held(struct db *db, struct ident id, struct view held, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET profile_offer = $3, held = $4" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_INT(PROFILE_HELD), V_BLOB(held)));
}

enum err interaction_record_problem(struct db *db, struct ident id, struct view problem, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET problem = $3" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_TEXT(problem)));
}

enum err interaction_record_grant(struct db *db, struct ident id, struct ident grant, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET grant_id = $3" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_IDENT(grant)));
}

enum err interaction_record_refusal(struct db *db, struct ident id, struct view error, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET refusal = $3" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now), V_TEXT(error)));
}

enum err interaction_take(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] = "UPDATE interaction SET done_at = $2" OPEN;
    return record(db, SQL, VALUES(V_IDENT(id), V_INT(now)));
}
