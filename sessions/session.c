#include "sessions/session.h"

#include <stdio.h>

#include "sessions/list.h"
#include "sessions/token.h"
#include "store/store.h"

void session_number(char out[SESSION_NUMBER_SIZE], struct ident id)
{
    snprintf(out, SESSION_NUMBER_SIZE, "%02x%02x-%02x%02x", id.b[0], id.b[1], id.b[2], id.b[3]);
}

#define PLACE(S)                                                                                                       \
    V_TEXT((S)->place.country), V_TEXT((S)->place.country_en), V_TEXT((S)->place.city), V_TEXT((S)->place.city_en)

enum err session_mint(struct db *db, const struct session *s)
{
    static const char SQL[] = "INSERT INTO session (id, resident, browser, acr, amr, auth_at, created_at, seen_at, "
                              "expires_at, ticket, card, agent, network, country, country_en, city, city_en) "
                              "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    return db_run(db, SQL,
                  VALUES(V_IDENT(s->id), V_IDENT(s->resident), V_IDENT(s->browser), V_TEXT(s->acr), V_TEXT(s->amr),
                         V_INT(s->auth_at), V_INT(s->created_at), V_INT(s->seen_at), V_INT(s->expires_at),
                         V_IDENT(s->ticket), V_IDENT(s->card), V_TEXT(s->agent), V_BLOB(s->network), PLACE(s)));
}

enum err session_renew(struct db *db, const struct session *s)
{
    static const char SQL[] = "UPDATE session SET ticket = $2, auth_at = $3, seen_at = $4, expires_at = $5, card = $6, "
                              "agent = $7, network = $8, acr = $9, amr = $10, country = $11, country_en = $12, city = "
                              "$13, city_en = $14 WHERE id = $1 AND ended_at IS NULL AND expires_at > $3";
    enum err e = db_run(db, SQL,
                        VALUES(V_IDENT(s->id), V_IDENT(s->ticket), V_INT(s->auth_at), V_INT(s->seen_at),
                               V_INT(s->expires_at), V_IDENT(s->card), V_TEXT(s->agent), V_BLOB(s->network),
                               V_TEXT(s->acr), V_TEXT(s->amr), PLACE(s)));
    return e == ERR_OK && db_changes(db) != 1 ? ERR_CONFLICT : e;
}

/* What every request of a resident looks at; what pages of hers show besides; and what only the list of them shows. */
#define BRIEF      "id, resident, browser, acr, amr, auth_at, seen_at, expires_at, ended_at"
#define COLUMNS    BRIEF ", created_at, ticket, card"
#define WITH_WHERE COLUMNS ", agent, network, country, country_en, city, city_en"

static void read_brief(struct session *out, const struct row *r)
{
    *out = (struct session){
        .id = row_ident(r, 0),
        .resident = row_ident(r, 1),
        .browser = row_ident(r, 2),
        .acr = row_text(r, 3),
        .amr = row_text(r, 4),
        .auth_at = row_int(r, 5),
        .seen_at = row_int(r, 6),
        .expires_at = row_int(r, 7),
        .ended_at = row_int(r, 8),
    };
}

static void read_row(struct session *out, const struct row *r)
{
    read_brief(out, r);
    out->created_at = row_int(r, 9);
    out->ticket = row_ident(r, 10);
    out->card = row_ident(r, 11);
}

static void read_where(struct session *out, const struct row *r)
{
    out->agent = row_text(r, 12);
    out->network = row_blob(r, 13);
    out->place = (struct session_place){row_text(r, 14), row_text(r, 15), row_text(r, 16), row_text(r, 17)};
}

enum err session_find(struct session *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT " WITH_WHERE " FROM session WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    if (e)
        return e;
    read_row(out, &r);
    read_where(out, &r);
    return ERR_OK;
}

enum err session_find_brief(struct session *out, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT " BRIEF " FROM session WHERE id = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(id)), &r);
    if (!e)
        read_brief(out, &r);
    return e;
}

enum err session_find_by_ticket(struct session *out, struct db *db, struct arena *a, struct ident ticket)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM session WHERE ticket = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(ticket)), &r);
    if (!e)
        read_row(out, &r);
    return e;
}

enum err session_find_for(struct session *out, bool *has_service, struct db *db, struct arena *a, struct ident ticket,
                          struct view client)
{
    static const char SQL[] = "SELECT " BRIEF ", EXISTS (SELECT 1 FROM session_service x WHERE x.session = session.id "
                              "AND x.client = $2) FROM session WHERE ticket = $1";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(ticket), V_TEXT(client)), &r);
    if (e)
        return e;
    read_brief(out, &r);
    *has_service = row_int(&r, 9) != 0;
    return ERR_OK;
}

enum session_state session_check(const struct session *s, struct ident browser, int64_t idle_s, int64_t now)
{
    if (!ident_equal(s->browser, browser))
        return SESSION_OTHER_BROWSER;
    if (s->ended_at)
        return SESSION_ENDED;
    if (now >= s->expires_at)
        return SESSION_EXPIRED;
    return now < s->seen_at + idle_s ? SESSION_LIVE : SESSION_IDLE;
}

bool session_is_due(const struct session *s, int64_t now)
{
    return now - s->seen_at >= SESSION_TOUCH_S;
}

enum err session_touch(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] = "UPDATE session SET seen_at = $2 WHERE id = $1 AND ended_at IS NULL AND seen_at < $2";
    return db_run(db, SQL, VALUES(V_IDENT(id), V_INT(now)));
}

enum err session_end(struct db *db, struct ident id, int64_t now)
{
    static const char SQL[] = "UPDATE session SET ended_at = $2, country = NULL, country_en = NULL, city = NULL, "
                              "city_en = NULL WHERE id = $1 AND ended_at IS NULL";
    enum err e = db_note_end(db, id);
    if (!e)
        e = db_run(db, SQL, VALUES(V_IDENT(id), V_INT(now)));
    if (e != ERR_OK)
        return e;
    return db_changes(db) == 1 ? token_revoke_session(db, id, now) : ERR_CONFLICT;
}

static enum err note_end(void *ctx, const struct row *row)
{
    return db_note_end(ctx, row_ident(row, 0));
}

enum err session_note_ends(struct db *db, struct ident resident)
{
    static const char SQL[] = "SELECT id FROM session WHERE resident = $1 AND ended_at IS NULL";
    return db_each(db, SQL, VALUES(V_IDENT(resident)), note_end, db);
}

enum err session_end_all(struct db *db, struct ident resident, int64_t now)
{
    static const char SQL[] = "UPDATE session SET ended_at = $2, country = NULL, country_en = NULL, city = NULL, "
                              "city_en = NULL WHERE resident = $1 AND ended_at IS NULL";
    enum err e = session_note_ends(db, resident);
    return e ? e : db_run(db, SQL, VALUES(V_IDENT(resident), V_INT(now)));
}

enum err session_add_service(struct db *db, struct ident id, struct view client, int64_t now)
{
    static const char SQL[] = "INSERT INTO session_service (session, client, first_at) VALUES ($1, $2, $3) "
                              "ON CONFLICT (session, client) DO NOTHING";
    return db_run(db, SQL, VALUES(V_IDENT(id), V_TEXT(client), V_INT(now)));
}

static enum err keep_client(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct view *v = list_add(list);
    return v ? row_keep(v, list->a, row_text(row, 0)) : ERR_LIMIT;
}

enum err session_services(struct view **clients, size_t *n, struct db *db, struct arena *a, struct ident id)
{
    static const char SQL[] = "SELECT client FROM session_service WHERE session = $1 ORDER BY first_at, client";
    struct list list;
    list_open(&list, a, sizeof(struct view));
    enum err e = db_each(db, SQL, VALUES(V_IDENT(id)), keep_client, &list);
    if (e != ERR_OK)
        return e;
    *clients = list.items;
    *n = list.n;
    return ERR_OK;
}

static enum err keep_session(void *ctx, const struct row *row)
{
    struct list *list = ctx;
    struct session *s = list_add(list);
    if (!s)
        return ERR_LIMIT;
    read_row(s, row);
    read_where(s, row);
    struct view *kept[] = {&s->acr,        &s->amr,           &s->agent,
                           &s->network,    &s->place.country, &s->place.country_en,
                           &s->place.city, &s->place.city_en};
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof kept / sizeof *kept && e == ERR_OK; i++)
        e = row_keep(kept[i], list->a, *kept[i]);
    return e;
}

enum err session_list(struct session **out, size_t *n, struct db *db, struct arena *a, struct ident resident,
                      int64_t now)
{
    static const char SQL[] = "SELECT " WITH_WHERE " FROM session WHERE resident = $1 AND ended_at IS NULL "
                              "AND expires_at > $2 ORDER BY created_at DESC, id";
    struct list list;
    list_open(&list, a, sizeof(struct session));
    enum err e = db_each(db, SQL, VALUES(V_IDENT(resident), V_INT(now)), keep_session, &list);
    if (e != ERR_OK)
        return e;
    *out = list.items;
    *n = list.n;
    return ERR_OK;
}
