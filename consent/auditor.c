#include "consent/auditor.h"

#include "base/base64.h"
#include "base/seal.h"
#include "base/secret.h"
#include "base/text.h"

enum { PSEUDONYM_TEXT = 43, ACT_MAX = 4096 };

const struct auditor auditor_operator = {
    .id = {{'g', 'e', 'n', 'k', 'a', 'n', ' ', 'o', 'p', 'e', 'r', 'a', 't', 'o', 'r'}},
    .name = {(const uint8_t *)"operator", 8}};

/* Short, fit to be shown: no control characters. */
static bool is_line(struct view v, size_t most)
{
    if (!v.n || !text_is_utf8(v) || text_count(v) > most)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
    return true;
}

static enum err note(struct ledger *l, struct db *db, enum ledger_type type, const char *act, int64_t now_ms)
{
    struct ledger_event e = {
        .type = type, .at = now_ms, .act = act, .via = type == LEDGER_AUDITOR ? "audit" : "command"};
    return act ? ledger_append(l, db, &e, NULL) : ERR_LIMIT;
}

/* --- the role ----------------------------------------------------------------------------------------------------- */

enum err auditor_invite(struct ident *id, struct ledger *l, struct arena *a, struct db *db, struct view name,
                        struct view code, int64_t now_ms)
{
    static const char SQL[] =
        "INSERT INTO auditor (id, name, code, invited_at, code_until) VALUES ($1, $2, $3, $4, $5)";
    struct ident hash = ident_of(code);
    int64_t now = now_ms / 1000;
    if (!is_line(name, AUDITOR_NAME_MAX))
        return ERR_SYNTAX;
    *id = ident_mint();
    enum err err =
        db_run(db, SQL, VALUES(V_IDENT(*id), V_TEXT(name), V_IDENT(hash), V_INT(now), V_INT(now + AUDITOR_CODE_LIFE)));
    return err ? err
               : note(l, db, LEDGER_OPERATOR, arena_printf(a, "auditor invite %.*s", (int)name.n, (const char *)name.p),
                      now_ms);
}

static enum err read_auditor(struct auditor *out, struct arena *a, const struct row *row)
{
    *out = (struct auditor){.id = row_ident(row, 0),
                            .resident = row_ident(row, 2),
                            .invited_at = row_int(row, 3),
                            .code_until = row_int(row, 4),
                            .joined_at = row_int(row, 5),
                            .removed_at = row_int(row, 6)};
    return row_keep(&out->name, a, row_text(row, 1));
}

#define AUDITOR_COLUMNS "id, name, resident, invited_at, code_until, joined_at, removed_at"

enum err auditor_find(struct auditor *out, struct arena *a, struct db *db, struct ident resident)
{
    static const char SQL[] = "SELECT " AUDITOR_COLUMNS " FROM auditor WHERE resident = $1 AND removed_at IS NULL";
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(resident)), &row);
    return err ? err : read_auditor(out, a, &row);
}

static enum err take_code(struct auditor *out, struct arena *a, struct db *db, struct view code, struct ident resident,
                          int64_t now)
{
    static const char SQL[] = "UPDATE auditor SET code = NULL, resident = $2, joined_at = $3 WHERE code = $1 AND "
                              "code_until > $3 AND removed_at IS NULL RETURNING " AUDITOR_COLUMNS;
    struct ident hash = ident_of(code);
    struct row row;
    if (!ident_is(hash))
        return ERR_NOT_FOUND;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(hash), V_IDENT(resident), V_INT(now)), &row);
    return err ? err : read_auditor(out, a, &row);
}

enum err auditor_join(struct auditor *out, struct ledger *l, struct arena *a, struct db *db, struct view code,
                      struct ident resident, int64_t now_ms)
{
    enum err err = auditor_find(out, a, db, resident);
    if (!err)
        return ERR_CONFLICT;
    if (err == ERR_NOT_FOUND)
        err = take_code(out, a, db, code, resident, now_ms / 1000);
    return err ? err : auditor_note(l, db, out, "join", now_ms);
}

enum err auditor_remove(struct ledger *l, struct arena *a, struct db *db, struct ident id, int64_t now_ms)
{
    static const char SQL[] = "UPDATE auditor SET removed_at = $2, code = NULL WHERE id = $1 AND removed_at IS NULL "
                              "RETURNING " AUDITOR_COLUMNS;
    static const char REQUESTS[] = "DELETE FROM identity_request WHERE auditor = $1 AND decided_at IS NULL";
    struct auditor gone;
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(id), V_INT(now_ms / 1000)), &row);
    if (!err)
        err = read_auditor(&gone, a, &row);
    if (!err)
        err = db_run(db, REQUESTS, VALUES(V_IDENT(id)));
    return err ? err
               : note(l, db, LEDGER_OPERATOR,
                      arena_printf(a, "auditor remove %.*s", (int)gone.name.n, (const char *)gone.name.p), now_ms);
}

struct gathering {
    struct arena *a;
    void *items;
    size_t n, max;
};

static enum err gather_auditor(void *ctx, const struct row *row)
{
    struct gathering *g = ctx;
    if (g->n == g->max)
        return ERR_LIMIT;
    return read_auditor((struct auditor *)g->items + g->n++, g->a, row);
}

enum err auditor_list(struct auditor **out, size_t *n, struct arena *a, struct db *db)
{
    static const char COUNT[] = "SELECT count(*) FROM auditor";
    static const char SQL[] = "SELECT " AUDITOR_COLUMNS " FROM auditor ORDER BY invited_at DESC, id LIMIT $1";
    struct row row;
    enum err err = db_one(db, a, COUNT, NO_VALUES, &row);
    if (err)
        return err;
    struct gathering g = {.a = a, .max = (size_t)row_int(&row, 0)};
    g.items = arena_array(a, g.max, sizeof(struct auditor));
    if (!g.items)
        return ERR_LIMIT;
    err = db_each(db, SQL, VALUES(V_INT((int64_t)g.max)), gather_auditor, &g);
    *out = g.items;
    *n = g.n;
    return err;
}

enum err auditor_note(struct ledger *l, struct db *db, const struct auditor *who, const char *what, int64_t now_ms)
{
    struct arena a;
    arena_open(&a, 2 * ACT_MAX);
    bool is_operator = ident_equal(who->id, auditor_operator.id);
    const char *id = base64url_text(&a, ident_view(&who->id));
    const char *act = !id || !what  ? NULL
                      : is_operator ? arena_printf(&a, "audit %s", what)
                                    : arena_printf(&a, "%s by %s", what, id);
    enum err err = note(l, db, is_operator ? LEDGER_OPERATOR : LEDGER_AUDITOR, act, now_ms);
    arena_close(&a);
    return err;
}

/* --- four eyes ---------------------------------------------------------------------------------------------------- */

enum identity_state identity_state_of(const struct identity_request *r, int64_t now)
{
    if (!r->decided_at)
        return now < r->asked_at + IDENTITY_PATIENCE ? IDENTITY_WAITING : IDENTITY_OVER;
    if (!r->allowed)
        return IDENTITY_DENIED;
    return now < r->until ? IDENTITY_ALLOWED : IDENTITY_OVER;
}

bool identity_may_decide(const struct identity_request *r, const struct auditor *who, int64_t now)
{
    return identity_state_of(r, now) == IDENTITY_WAITING && !ident_equal(r->auditor, who->id) && !who->removed_at &&
           ident_is(who->resident);
}

static bool is_pseudonym(struct arena *a, struct view text)
{
    struct view bytes;
    return text.n == PSEUDONYM_TEXT && base64url_read(a, text, &bytes) == ERR_OK;
}

bool identity_is_of_person(const struct identity_request *r)
{
    return r->pseudonym.n == 0;
}

static const char *act_of(struct arena *a, const char *verb, const struct identity_request *r)
{
    if (!identity_is_of_person(r))
        return arena_printf(a, "identity %s %.*s: %.*s", verb, (int)r->pseudonym.n, (const char *)r->pseudonym.p,
                            (int)r->reason.n, (const char *)r->reason.p);
    const char *id = base64url_text(a, ident_view(&r->id));
    return id ? arena_printf(a, "identity %s person %s: %.*s", verb, id, (int)r->reason.n, (const char *)r->reason.p)
              : NULL;
}

/* So many as people can look through, and nobody fills the list for the others. */
static enum err check_open(struct arena *a, struct db *db, const struct auditor *who, int64_t now)
{
    static const char SQL[] = "SELECT count(*), coalesce(sum(auditor = $1), 0) FROM identity_request WHERE "
                              "decided_at IS NULL AND asked_at > $2";
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(who->id), V_INT(now - IDENTITY_PATIENCE)), &row);
    if (err)
        return err;
    return row_int(&row, 0) >= IDENTITY_OPEN_ALL || row_int(&row, 1) >= IDENTITY_OPEN_ONE ? ERR_LIMIT : ERR_OK;
}

static enum err add_request(struct ledger *l, struct arena *a, struct db *db, const struct auditor *who,
                            const struct identity_request *r, int64_t now_ms)
{
    static const char SQL[] = "INSERT INTO identity_request (id, auditor, pseudonym, reason, asked_at, person) VALUES "
                              "($1, $2, $3, $4, $5, $6)";
    if (!is_line(r->reason, AUDITOR_REASON_MAX))
        return ERR_SYNTAX;
    enum err err = check_open(a, db, who, now_ms / 1000);
    if (!err)
        err = db_run(db, SQL,
                     VALUES(V_IDENT(r->id), V_IDENT(who->id), V_TEXT(r->pseudonym), V_TEXT(r->reason),
                            V_INT(now_ms / 1000), V_BLOB(r->person)));
    return err ? err : auditor_note(l, db, who, act_of(a, "ask", r), now_ms);
}

enum err identity_ask(struct ident *id, struct ledger *l, struct arena *a, struct db *db, const struct auditor *who,
                      struct view pseudonym, struct view reason, int64_t now_ms)
{
    struct identity_request r = {.id = ident_mint(), .pseudonym = pseudonym, .reason = reason};
    *id = r.id;
    return is_pseudonym(a, pseudonym) ? add_request(l, a, db, who, &r, now_ms) : ERR_SYNTAX;
}

/* --- a person ----------------------------------------------------------------------------------------------------- */

/* Bound to the request, so that nobody can put one person's name into another request that was allowed. */
static struct view aad_of(struct arena *a, struct ident request)
{
    static const char what[] = "genkan identity person";
    uint8_t *p = arena_alloc(a, sizeof what + sizeof request.b);
    if (!p)
        return VIEW_NONE;
    memcpy(p, what, sizeof what);
    memcpy(p + sizeof what, request.b, sizeof request.b);
    return view_bytes(p, sizeof what + sizeof request.b);
}

static enum err seal_person(struct view *out, struct arena *a, const struct ledger *l, struct ident request,
                            const struct identity_person *p)
{
    uint8_t key[SEAL_KEY_SIZE];
    struct view aad = aad_of(a, request);
    char *plain = arena_printf(a, "%.*s\n%.*s", (int)p->birthdate.n, (const char *)p->birthdate.p, (int)p->name.n,
                               (const char *)p->name.p);
    if (!plain || !view_is(aad))
        return ERR_MEMORY;
    ledger_key(key, l, "identity request 1");
    enum err err = seal_write(a, VIEW_ARRAY(key), aad, view_text(plain), out);
    wipe(key, sizeof key);
    return err;
}

enum err identity_ask_person(struct ident *id, struct ledger *l, struct arena *a, struct db *db,
                             const struct auditor *who, const struct identity_person *person, struct view reason,
                             int64_t now_ms)
{
    struct identity_request r = {.id = ident_mint(), .pseudonym = VIEW(""), .reason = reason};
    *id = r.id;
    if (!is_line(person->name, IDENTITY_NAME_MAX) || !is_line(person->birthdate, 10))
        return ERR_SYNTAX;
    enum err err = seal_person(&r.person, a, l, r.id, person);
    return err ? err : add_request(l, a, db, who, &r, now_ms);
}

enum err identity_person(struct identity_person *out, struct arena *a, const struct ledger *l,
                         const struct identity_request *r)
{
    uint8_t key[SEAL_KEY_SIZE];
    struct view aad = aad_of(a, r->id), rest = VIEW_NONE;
    if (!view_is(r->person))
        return ERR_NOT_FOUND;
    if (!view_is(aad))
        return ERR_MEMORY;
    ledger_key(key, l, "identity request 1");
    enum err err = seal_read(a, VIEW_ARRAY(key), aad, r->person, &rest);
    wipe(key, sizeof key);
    if (err)
        return err == ERR_SYNTAX ? ERR_MISMATCH : err;
    if (!view_next(&rest, '\n', &out->birthdate))
        return ERR_MISMATCH;
    out->name = rest;
    return ERR_OK;
}

enum err identity_search(struct db *db, const struct identity_request *r, struct ident searched, struct view found,
                         int64_t at)
{
    static const char SQL[] = "UPDATE identity_request SET searched = $2, found = $3, searched_at = $4 WHERE id = $1 "
                              "AND searched_at IS NULL AND coalesce(searched, x'') = coalesce($5, x'')";
    enum err err =
        db_run(db, SQL, VALUES(V_IDENT(r->id), V_IDENT(searched), V_BLOB(found), V_TIME(at), V_IDENT(r->searched)));
    return err || db_changes(db) == 1 ? err : ERR_CONFLICT;
}

enum err identity_forget(struct db *db, int64_t now)
{
    static const char SQL[] = "UPDATE identity_request SET person = NULL, searched = NULL, found = NULL WHERE "
                              "person IS NOT NULL AND CASE WHEN decided_at IS NULL THEN asked_at <= $2 "
                              "WHEN allowed = 1 THEN until <= $1 ELSE 1 END";
    return db_run(db, SQL, VALUES(V_INT(now), V_INT(now - IDENTITY_PATIENCE)));
}

/* --- deciding ----------------------------------------------------------------------------------------------------- */

#define IDENTITY_SELECT                                                                                                \
    "SELECT r.id, r.auditor, r.pseudonym, r.reason, r.asked_at, r.decided_by, r.decided_at, r.allowed, r.until, "      \
    "x.name, y.name, r.person, r.searched, r.found, r.searched_at FROM identity_request r LEFT JOIN auditor x ON "     \
    "x.id = r.auditor LEFT JOIN auditor y ON "                                                                         \
    "y.id = r.decided_by "

static enum err read_request(struct identity_request *out, struct arena *a, const struct row *row)
{
    *out = (struct identity_request){.id = row_ident(row, 0),
                                     .auditor = row_ident(row, 1),
                                     .asked_at = row_int(row, 4),
                                     .decided_by = row_ident(row, 5),
                                     .decided_at = row_int(row, 6),
                                     .allowed = row_int(row, 7) == 1,
                                     .until = row_int(row, 8),
                                     .searched = row_ident(row, 12),
                                     .searched_at = row_int(row, 14)};
    struct view *texts[] = {&out->pseudonym, &out->reason, &out->asked_by, &out->decided_name};
    static const size_t columns[] = {2, 3, 9, 10};
    enum err err = ERR_OK;
    for (size_t i = 0; i < 4 && !err; i++)
        err = row_keep(texts[i], a, row_text(row, columns[i]));
    if (!err)
        err = row_keep(&out->person, a, row_blob(row, 11));
    return err ? err : row_keep(&out->found, a, row_blob(row, 13));
}

enum err identity_find(struct identity_request *out, struct arena *a, struct db *db, struct ident id)
{
    static const char SQL[] = IDENTITY_SELECT "WHERE r.id = $1";
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(id)), &row);
    return err ? err : read_request(out, a, &row);
}

enum err identity_decide(struct ledger *l, struct arena *a, struct db *db, const struct auditor *who, struct ident id,
                         bool allow, int64_t now_ms)
{
    static const char SQL[] = "UPDATE identity_request SET decided_by = $2, decided_at = $3, allowed = $4, until = $5 "
                              "WHERE id = $1 AND decided_at IS NULL";
    int64_t now = now_ms / 1000;
    struct identity_request r;
    struct auditor still;
    enum err err = identity_find(&r, a, db, id);
    if (err)
        return err;
    if (!identity_may_decide(&r, who, now))
        return ERR_PERMISSION;
    err = auditor_find(&still, a, db, who->resident); /* the role may have been taken away since the request was read */
    if (err == ERR_NOT_FOUND || (!err && !ident_equal(still.id, who->id)))
        return ERR_PERMISSION;
    if (err)
        return err;
    err =
        db_run(db, SQL,
               VALUES(V_IDENT(id), V_IDENT(who->id), V_INT(now), V_INT(allow), V_INT(allow ? now + IDENTITY_LIFE : 0)));
    return err ? err : auditor_note(l, db, who, act_of(a, allow ? "allow" : "deny", &r), now_ms);
}

static enum err gather_request(void *ctx, const struct row *row)
{
    struct gathering *g = ctx;
    if (g->n == g->max)
        return ERR_LIMIT;
    return read_request((struct identity_request *)g->items + g->n++, g->a, row);
}

enum err identity_list(struct identity_request **out, size_t *n, struct arena *a, struct db *db, int64_t now,
                       size_t max)
{
    static const char SQL[] =
        IDENTITY_SELECT "ORDER BY r.decided_at IS NULL AND r.asked_at > $2 DESC, r.asked_at DESC, "
                        "r.id LIMIT $1";
    struct gathering g = {.a = a, .max = max, .items = arena_array(a, max, sizeof(struct identity_request))};
    if (!g.items)
        return ERR_LIMIT;
    enum err err = db_each(db, SQL, VALUES(V_INT((int64_t)max), V_INT(now - IDENTITY_PATIENCE)), gather_request, &g);
    *out = g.items;
    *n = g.n;
    return err;
}

/* --- whose is it? ------------------------------------------------------------------------------------------------- */

struct searching {
    const struct ledger *l;
    uint8_t wanted[32];
    struct ident *out;
    bool found;
};

static enum err compare(void *ctx, const struct row *row)
{
    struct searching *s = ctx;
    uint8_t pseudonym[32];
    struct ident resident = row_ident(row, 0);
    ledger_pseudonym(pseudonym, s->l, resident);
    if (memcmp(pseudonym, s->wanted, sizeof pseudonym) == 0) {
        *s->out = resident;
        s->found = true;
    }
    return ERR_OK;
}

enum err identity_resident(struct ident *out, const struct ledger *l, struct db *db, struct view pseudonym)
{
    struct searching s = {.l = l, .out = out};
    struct arena a;
    struct view bytes;
    arena_open(&a, 4096);
    enum err err = base64url_read(&a, pseudonym, &bytes);
    if (!err && bytes.n == sizeof s.wanted)
        memcpy(s.wanted, bytes.p, bytes.n);
    else
        err = ERR_NOT_FOUND;
    if (!err)
        err = db_each(db, "SELECT id FROM resident", NO_VALUES, compare, &s);
    arena_close(&a);
    return err || s.found ? err : ERR_NOT_FOUND;
}
