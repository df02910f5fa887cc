#include "consent/grant.h"
#include "consent/grant_inner.h"
#include "consent/grant_scope.h"

#include "base/hex.h"
#include "base/text.h"

/* --- deciding --------------------------------------------------------------------------------------------------- */

const char *grant_reason_name(enum grant_reason r)
{
    static const char *const names[] = {"silent",        "new_service", "new_field", "required_now", "terms_changed",
                                        "proof_changed", "expired",     "withdrawn", "prompted",     "only_once",
                                        "new_detail",    "every_time",  "suspended"};
    return (size_t)r < sizeof names / sizeof *names ? names[r] : "unknown";
}

const struct grant_decision *grant_decision_on(const struct grant *g, const struct field *f)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].field == f)
            return &g->decisions[i];
    return NULL;
}

static bool stands(enum grant_end end, int64_t ended_at, int64_t expires_at, int64_t now)
{
    return end == GRANT_LIVE && ended_at == 0 && (expires_at == 0 || now < expires_at);
}

bool grant_is_live(const struct grant *g, int64_t now)
{
    return stands(g->end, g->ended_at, g->expires_at, now);
}

bool grant_may_release(const struct grant *g, int64_t now)
{
    return g->stop == GRANT_RUNS && grant_is_live(g, now);
}

bool grant_standing_may_release(const struct grant_standing *g, int64_t now)
{
    return g->stop == GRANT_RUNS && stands(g->end, g->ended_at, g->expires_at, now);
}

static bool has_run_out(const struct grant_decision *d, int64_t now)
{
    return d->until != 0 && now >= d->until;
}

static bool same_purpose(const struct grant_decision *d, const struct ask_item *item)
{
    return memcmp(d->purpose, item->hash, ASK_HASH) == 0;
}

/* What a resident writes herself has no proof that could change; a value of a card has the day it was read as its
 * proof, and another value read on the same day is not the one she saw. A value that has gone is not a changed one:
 * there is nothing to release. */
static bool same_proof(const struct grant_decision *d, const struct field_value *value)
{
    if (!value)
        return true;
    if (d->source != value->source)
        return false;
    return value->source == SOURCE_RESIDENT ||
           (view_equal(d->as_of, value->as_of) && d->changed_at == value->changed_at);
}

bool grant_covers(const struct grant_decision *d, const struct ask_item *item, const struct field_value *value,
                  int64_t now)
{
    return d->field == item->field && d->given && !has_run_out(d, now) && same_purpose(d, item) && same_proof(d, value);
}

/* The stored value a field stands on; for its proof the derived value itself is not needed. */
static const struct field_value *proof_of(const struct field_profile *p, const struct field *f)
{
    return field_stored(p, f->from ? field_find(view_text(f->from)) : f);
}

static enum grant_reason decide_item(const struct grant_facts *facts, const struct ask_item *item)
{
    const struct grant_decision *d = grant_decision_on(facts->grant, item->field);
    if (!d)
        return GRANT_NEW_FIELD;
    if (has_run_out(d, facts->now))
        return GRANT_EXPIRED;
    if (!d->given && item->required)
        return GRANT_REQUIRED_NOW;
    if (!same_purpose(d, item))
        return GRANT_TERMS_CHANGED;
    if (d->given && !same_proof(d, proof_of(facts->profile, item->field)))
        return GRANT_PROOF_CHANGED;
    return GRANT_SILENT;
}

static enum grant_reason decide_details(const struct grant_facts *facts)
{
    enum grant_reason reason = GRANT_SILENT;
    for (size_t i = 0; i < facts->details.n && reason == GRANT_SILENT; i++)
        reason = grant_decide_detail(facts, &facts->details.items[i]);
    return reason;
}

/* What concerns the grant as a whole; what was decided inside this interaction is not asked twice, whatever its
 * duration or prompt. */
static enum grant_reason decide_whole(const struct grant_facts *facts)
{
    const struct grant *g = facts->grant;
    if (!g)
        return GRANT_NEW_SERVICE;
    if (g->end == GRANT_ENDED_WITHDRAWN)
        return GRANT_WITHDRAWN;
    if (g->duration == GRANT_ONCE && !facts->reached_here)
        return GRANT_ONLY_ONCE;
    if (!grant_is_live(g, facts->now))
        return GRANT_EXPIRED;
    if (g->stop != GRANT_RUNS)
        return GRANT_SUSPENDED;
    if (facts->prompt_consent && !facts->reached_here)
        return GRANT_PROMPTED;
    if (memcmp(g->terms_hash, facts->ask->terms_hash, sizeof g->terms_hash) != 0)
        return GRANT_TERMS_CHANGED;
    return GRANT_SILENT;
}

struct grant_verdict grant_decide(const struct grant_facts *facts)
{
    struct grant_verdict verdict = {.reason = decide_whole(facts)};
    for (size_t i = 0; i < facts->ask->n && verdict.reason == GRANT_SILENT; i++) {
        verdict.reason = decide_item(facts, &facts->ask->items[i]);
        if (verdict.reason != GRANT_SILENT)
            verdict.field = facts->ask->items[i].field;
    }
    if (verdict.reason == GRANT_SILENT)
        verdict.reason = decide_details(facts);
    return verdict;
}

/* --- what comes of a choice ------------------------------------------------------------------------------------- */

static int64_t until_of(enum grant_duration duration, int64_t now)
{
    switch (duration) {
    case GRANT_ONCE:
        return now + GRANT_ONCE_LIFE;
    case GRANT_ONE_YEAR:
        return now + GRANT_YEAR;
    case GRANT_UNTIL_WITHDRAWN:
        return 0;
    }
    return now; /* no duration that was offered: nothing is allowed */
}

static struct grant_decision decision_of(const struct ask_item *item, bool given, const struct field_profile *profile,
                                         int64_t until, int64_t now)
{
    struct grant_decision d = {.field = item->field, .given = given || item->required, .until = until, .since = now};
    const struct field_value *value = proof_of(profile, item->field);
    memcpy(d.purpose, item->hash, ASK_HASH);
    if (value) {
        d.source = value->source;
        d.as_of = value->as_of;
        d.changed_at = value->changed_at;
    }
    return d;
}

/* Fields not asked this time keep their decision and their end; "this time only" says nothing about other times, and
 * other times nothing about this one. PREVIOUS is live, or NULL. */
static bool keeps_others(const struct grant *out, enum grant_action action, const struct grant *previous)
{
    if (!previous || action == GRANT_CREATE || action == GRANT_REPLACE)
        return false;
    return action == GRANT_MERGE || (previous->duration != GRANT_ONCE && out->duration != GRANT_ONCE);
}

static void keep_others(struct grant *out, const struct ask *ask, const struct grant *previous, int64_t now)
{
    for (size_t i = 0; i < previous->n; i++) {
        const struct grant_decision *d = &previous->decisions[i];
        if (!ask_find(ask, d->field) && !has_run_out(d, now))
            out->decisions[out->n++] = *d;
    }
}

size_t grant_others(const struct field *out[FIELD_MAX], const struct ask *ask, const struct grant *grant, int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < grant->n; i++) {
        const struct grant_decision *d = &grant->decisions[i];
        if (d->given && !has_run_out(d, now) && !ask_find(ask, d->field))
            out[n++] = d->field;
    }
    return n;
}

static int64_t latest_end(const struct grant *g, int64_t end)
{
    for (size_t i = 0; i < g->n_details && end != 0; i++)
        end = g->details[i].until == 0 || g->details[i].until > end ? g->details[i].until : end;
    for (size_t i = 0; i < g->n && end != 0; i++)
        end = g->decisions[i].until == 0 || g->decisions[i].until > end ? g->decisions[i].until : end;
    return end;
}

void grant_of_choice(struct grant *out, const struct ask *ask, const struct grant_choice *choice,
                     const struct field_profile *profile, const struct grant *previous,
                     const struct ledger_parties *who, struct ident new_id, int64_t now)
{
    *out = (struct grant){.id = new_id, .who = *who, .duration = choice->duration, .given_at = now};
    bool lives = previous && grant_is_live(previous, now), merges = choice->action == GRANT_MERGE;
    if (lives && choice->action != GRANT_CREATE)
        out->id = previous->id;
    /* What is added for this time only does not end what was given for longer. */
    if (lives && merges && out->duration == GRANT_ONCE)
        out->duration = previous->duration;
    memcpy(out->terms_hash, ask->terms_hash, sizeof out->terms_hash);
    memcpy(out->ask_hash, ask->hash, sizeof out->ask_hash);
    int64_t until = until_of(choice->duration, now);
    for (size_t i = 0; i < ask->n; i++)
        out->decisions[out->n++] = decision_of(&ask->items[i], choice->given[i], profile, until, now);
    if (keeps_others(out, choice->action, lives ? previous : NULL))
        keep_others(out, ask, previous, now);
    out->expires_at = latest_end(out, until);
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

/* What she decided and whether it counts; what a login looks at besides; whom it is about; and what nobody needs who
 * only asks whether something may go out. */
#define DECIDED  "terms_hash, decisions, expires_at, ended_at, end_reason, stopped"
#define OF_LOGIN "id, duration, given_at, claim_until, details, details_refused"
#define PARTIES  "resident, client, org, sector, subject"
#define COLUMNS  DECIDED ", " OF_LOGIN ", " PARTIES ", ask_hash, scopes, leaf"

#define OF_BOTH " FROM consent WHERE resident = $1 AND client = $2 "
#define NEWEST  "ORDER BY ended_at IS NULL DESC, given_at DESC, ended_at DESC LIMIT 1"
/* At most one is alive (grant_record), so there is nothing to sort. */
#define ALIVE "AND ended_at IS NULL"

static const char SQL_FIND_BY_ID[] = "SELECT " COLUMNS " FROM consent WHERE id = $1";
static const char SQL_LIST[] = "SELECT " COLUMNS " FROM consent WHERE resident = $1 AND ended_at IS NULL "
                               "AND (expires_at IS NULL OR expires_at > $2) ORDER BY given_at DESC, id";
static const char SQL_NEWEST[] =
    "SELECT " COLUMNS " FROM consent c WHERE resident = $1 AND NOT EXISTS (SELECT 1 FROM consent d "
    "WHERE d.resident = c.resident AND d.client = c.client AND (d.ended_at IS NULL, d.given_at, d.ended_at, d.id) > "
    "(c.ended_at IS NULL, c.given_at, c.ended_at, c.id)) ORDER BY given_at DESC, id LIMIT $2";
static const char SQL_DUE[] = "SELECT " COLUMNS " FROM consent WHERE ended_at IS NULL AND expires_at <= $1 "
                              "ORDER BY expires_at LIMIT $2";
static const char SQL_UNCLAIMED[] = "SELECT " COLUMNS " FROM consent WHERE claim_until <= $1 AND ended_at IS NULL "
                                    "ORDER BY claim_until LIMIT $2";
static const char SQL_CLAIM[] = "UPDATE consent SET claim_until = NULL WHERE id = $1 AND claim_until IS NOT NULL";
static const char SQL_INSERT[] =
    "INSERT INTO consent (id, resident, client, org, sector, subject, terms_hash, ask_hash, decisions, duration, "
    "given_at, expires_at, stopped, leaf, details, details_refused, scopes, claim_until) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
static const char SQL_UPDATE[] = "UPDATE consent SET org = $4, sector = $5, subject = $6, terms_hash = $7, "
                                 "ask_hash = $8, decisions = $9, duration = $10, given_at = $11, expires_at = $12, "
                                 "stopped = $13, leaf = $14, details = $15, details_refused = $16, scopes = $17, "
                                 "claim_until = $18 "
                                 "WHERE id = $1 AND resident = $2 AND client = $3 AND ended_at IS NULL";
static const char SQL_END[] =
    "UPDATE consent SET ended_at = $2, end_reason = $3, leaf = $4 WHERE id = $1 AND ended_at IS NULL";

enum { DECISIONS_MAX = 8192, DETAILS_TEXT_MAX = 262144 };

/* A line for each decision: field, 1 or 0, source, day or -, purpose hash, end, since when it was that value, since
 * when it is decided. */
static void grant_put_decisions(struct buf *out, const struct grant *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct grant_decision *d = &g->decisions[i];
        buf_put_text(out, d->field->id);
        buf_put_text(out, d->given ? " 1 " : " 0 ");
        buf_put_int(out, d->source);
        buf_put_byte(out, ' ');
        buf_put(out, d->as_of.n ? d->as_of : VIEW("-"));
        buf_put_byte(out, ' ');
        hex_put(out, VIEW_ARRAY(d->purpose));
        buf_put_byte(out, ' ');
        buf_put_int(out, d->until);
        buf_put_byte(out, ' ');
        buf_put_int(out, d->changed_at);
        buf_put_byte(out, ' ');
        buf_put_int(out, d->since);
        buf_put_byte(out, '\n');
    }
}

/* The next number of LINE, with the blank behind it. */
static bool take_int(struct view *line, int64_t *out)
{
    size_t n = text_leading_int(*line, out);
    if (n == 0 || (n < line->n && line->p[n] != ' '))
        return false;
    *line = view_from(*line, n + 1);
    return true;
}

/* False: not what grant_put_decisions writes. A field that has left the catalogue gives NULL in d->field. */
static bool read_decision(struct grant_decision *d, struct view line)
{
    struct view id, given, day, purpose;
    int64_t source;
    if (!view_next(&line, ' ', &id) || !view_next(&line, ' ', &given) || given.n != 1 || !take_int(&line, &source) ||
        source > SOURCE_RESIDENT || !view_next(&line, ' ', &day) || !view_next(&line, ' ', &purpose) ||
        hex_read_into(d->purpose, sizeof d->purpose, purpose) || !take_int(&line, &d->until) ||
        !take_int(&line, &d->changed_at) || !take_int(&line, &d->since))
        return false;
    d->field = field_find(id);
    d->given = given.p[0] == '1';
    d->source = (enum field_source)source;
    d->as_of = view_equal(day, VIEW("-")) ? VIEW_NONE : day;
    return true;
}

static enum err read_decisions(struct grant *g, struct view text)
{
    struct view line;
    while (view_next(&text, '\n', &line)) {
        struct grant_decision d = {0};
        if (line.n == 0)
            continue;
        if (g->n == FIELD_MAX || !read_decision(&d, line))
            return ERR_STORE;
        if (d.field)
            g->decisions[g->n++] = d;
    }
    return ERR_OK;
}

/* A line for each: meaning, 1 if asked every time, end, since when, the object. Canonical JSON has no line break. Those
 * that she left out stand in a column of their own. */
static void grant_put_details(struct buf *out, const struct grant *g, bool given)
{
    for (size_t i = 0; i < g->n_details; i++) {
        const struct grant_detail *d = &g->details[i];
        if (d->given != given)
            continue;
        hex_put(out, VIEW_ARRAY(d->meaning));
        buf_put_text(out, d->every_time ? " 1 " : " 0 ");
        buf_put_int(out, d->until);
        buf_put_byte(out, ' ');
        buf_put_int(out, d->since);
        buf_put_byte(out, ' ');
        buf_put(out, d->json);
        buf_put_byte(out, '\n');
    }
}

static bool read_detail(struct grant_detail *d, struct arena *a, struct view line)
{
    struct view part[4];
    struct json *object;
    for (size_t i = 0; i < 4; i++)
        if (!view_next(&line, ' ', &part[i]))
            return false;
    if (hex_read_into(d->meaning, sizeof d->meaning, part[0]) || part[1].n != 1 || !text_to_int(part[2], &d->until) ||
        !text_to_int(part[3], &d->since) || json_read(&object, a, line, NULL))
        return false;
    d->every_time = part[1].p[0] == '1';
    d->json = line;
    d->type = json_member_text(object, "type");
    return view_is(d->type);
}

static enum err add_details(struct grant *g, struct grant_detail *details, struct arena *a, struct view text,
                            bool given)
{
    struct view line;
    while (view_next(&text, '\n', &line)) {
        if (line.n == 0)
            continue;
        if (g->n_details == GRANT_DETAILS_MAX)
            return ERR_STORE;
        details[g->n_details] = (struct grant_detail){.given = given};
        if (!read_detail(&details[g->n_details], a, line))
            return ERR_STORE;
        g->n_details++;
    }
    return ERR_OK;
}

static enum err read_details(struct grant *g, struct arena *a, struct view given, struct view refused)
{
    if (given.n == 0 && refused.n == 0)
        return ERR_OK;
    struct grant_detail *details = arena_array(a, GRANT_DETAILS_MAX, sizeof *details);
    if (!details)
        return ERR_MEMORY;
    g->details = details;
    enum err err = add_details(g, details, a, given, true);
    return err ? err : add_details(g, details, a, refused, false);
}

/* ROW's views must live as long as the grant. *G, in which nothing is decided yet, gets the columns DECIDED, the first
 * of ROW. */
static enum err read_decided(struct grant *g, const struct row *row)
{
    struct view terms = row_blob(row, 0);
    if (terms.n != sizeof g->terms_hash)
        return ERR_STORE;
    memcpy(g->terms_hash, terms.p, terms.n);
    g->expires_at = row_int(row, 2);
    g->ended_at = row_int(row, 3);
    g->end = (enum grant_end)row_int(row, 4);
    g->stop = (enum grant_stop)row_int(row, 5);
    return read_decisions(g, row_text(row, 1));
}

/* The same with OF_LOGIN, which follow. */
static enum err read_of_login(struct grant *g, struct arena *a, const struct row *row)
{
    g->id = row_ident(row, 6);
    g->duration = (enum grant_duration)row_int(row, 7);
    g->given_at = row_int(row, 8);
    g->claim_until = row_int(row, 9);
    enum err err = read_decided(g, row);
    return err ? err : read_details(g, a, row_text(row, 10), row_text(row, 11));
}

/* PARTIES, from column AT on. */
static struct ledger_parties parties_of(const struct row *row, size_t at)
{
    return (struct ledger_parties){.resident = row_ident(row, at),
                                   .client = row_text(row, at + 1),
                                   .org = row_text(row, at + 2),
                                   .sector = row_text(row, at + 3),
                                   .subject = row_text(row, at + 4)};
}

static enum err read_grant(struct grant *g, struct arena *a, const struct row *row)
{
    struct view ask = row_blob(row, 17);
    *g = (struct grant){.who = parties_of(row, 12), .scopes = row_text(row, 18), .leaf = row_int(row, 19)};
    if (ask.n != sizeof g->ask_hash)
        return ERR_STORE;
    memcpy(g->ask_hash, ask.p, ask.n);
    return read_of_login(g, a, row);
}

/* By SQL_LIVE, or, where that finds none, SQL. */
static enum err find_newest(struct row *out, struct arena *a, struct db *db, const char *sql_live, const char *sql,
                            struct ident resident, struct view client)
{
    enum err err = db_one(db, a, sql_live, VALUES(V_IDENT(resident), V_TEXT(client)), out);
    return err == ERR_NOT_FOUND ? db_one(db, a, sql, VALUES(V_IDENT(resident), V_TEXT(client)), out) : err;
}

enum err grant_find(struct grant *out, struct arena *a, struct db *db, struct ident resident, struct view client)
{
    static const char SQL_LIVE[] = "SELECT " COLUMNS OF_BOTH ALIVE, SQL[] = "SELECT " COLUMNS OF_BOTH NEWEST;
    struct row row;
    enum err err = find_newest(&row, a, db, SQL_LIVE, SQL, resident, client);
    return err ? err : read_grant(out, a, &row);
}

enum err grant_find_for_login(struct grant *out, struct arena *a, struct db *db, struct ident resident,
                              struct view client)
{
    static const char SQL_LIVE[] = "SELECT " DECIDED ", " OF_LOGIN OF_BOTH ALIVE,
                      SQL[] = "SELECT " DECIDED ", " OF_LOGIN OF_BOTH NEWEST;
    struct row row;
    enum err err = find_newest(&row, a, db, SQL_LIVE, SQL, resident, client);
    if (err)
        return err;
    *out = (struct grant){.who = {.resident = resident, .client = client}};
    return read_of_login(out, a, &row);
}

enum err grant_find_for_release(struct grant *out, struct arena *a, struct db *db, struct ident id)
{
    static const char SQL[] = "SELECT " DECIDED ", " PARTIES " FROM consent WHERE id = $1";
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(id)), &row);
    if (err)
        return err;
    *out = (struct grant){.id = id, .who = parties_of(&row, 6)};
    return read_decided(out, &row);
}

enum err grant_find_resident(struct ident *out, struct arena *a, struct db *db, struct view client, struct view subject)
{
    static const char SQL[] = "SELECT resident FROM consent WHERE subject = $1 AND client = $2 LIMIT 1";
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_TEXT(subject), V_TEXT(client)), &row);
    *out = err ? IDENT_NONE : row_ident(&row, 0);
    return err;
}

enum err grant_find_by_id(struct grant *out, struct arena *a, struct db *db, struct ident id)
{
    struct row row;
    enum err err = db_one(db, a, SQL_FIND_BY_ID, VALUES(V_IDENT(id)), &row);
    return err ? err : read_grant(out, a, &row);
}

enum err grant_find_standing(struct grant_standing *out, struct arena *a, struct db *db, struct ident id)
{
    static const char SQL[] = "SELECT expires_at, ended_at, end_reason, stopped FROM consent WHERE id = $1";
    struct row row;
    enum err err = db_one(db, a, SQL, VALUES(V_IDENT(id)), &row);
    if (!err)
        *out = (struct grant_standing){.expires_at = row_int(&row, 0),
                                       .ended_at = row_int(&row, 1),
                                       .end = (enum grant_end)row_int(&row, 2),
                                       .stop = (enum grant_stop)row_int(&row, 3)};
    return err;
}

struct gather {
    struct arena *a;
    struct grant *grants;
    size_t n, size;
};

static enum err gather_row(void *ctx, const struct row *row)
{
    struct gather *g = ctx;
    struct row kept = *row; /* the row's bytes live only during this call */
    for (size_t i = 0; i < kept.n; i++) {
        enum err err = row_keep(&kept.column[i].v, g->a, row->column[i].v);
        if (err)
            return err;
    }
    if (g->n == g->size) {
        size_t size = g->size ? g->size * 2 : 8;
        struct grant *grown = arena_array(g->a, size, sizeof *grown);
        if (!grown)
            return ERR_LIMIT;
        if (g->n)
            memcpy(grown, g->grants, g->n * sizeof *grown);
        g->grants = grown;
        g->size = size;
    }
    return read_grant(&g->grants[g->n++], g->a, &kept);
}

enum err grant_list(struct arena *a, struct db *db, struct ident resident, int64_t now, struct grant **grants,
                    size_t *n)
{
    struct gather g = {.a = a};
    enum err err = db_each(db, SQL_LIST, VALUES(V_IDENT(resident), V_INT(now)), gather_row, &g);
    *grants = g.grants;
    *n = err ? 0 : g.n;
    return err;
}

enum err grant_list_newest(struct arena *a, struct db *db, struct ident resident, struct grant **grants, size_t *n)
{
    struct gather g = {.a = a};
    enum err err = db_each(db, SQL_NEWEST, VALUES(V_IDENT(resident), V_INT(GRANT_LIST_MAX)), gather_row, &g);
    *grants = g.grants;
    *n = err ? 0 : g.n;
    return err;
}

static enum err write_details(struct view *out, struct arena *a, const struct grant *g, bool given)
{
    struct buf b;
    *out = VIEW_NONE;
    buf_open(&b, a, DETAILS_TEXT_MAX);
    grant_put_details(&b, g, given);
    return b.n == 0 ? b.err : buf_done(&b, out);
}

static enum err write_grant(struct arena *a, struct db *db, const char *sql, const struct grant *g)
{
    struct buf b;
    struct view decisions, given, refused;
    buf_open(&b, a, DECISIONS_MAX);
    grant_put_decisions(&b, g);
    enum err err = buf_done(&b, &decisions);
    if (!err)
        err = write_details(&given, a, g, true);
    if (!err)
        err = write_details(&refused, a, g, false);
    if (err)
        return err;
    return db_run(db, sql,
                  VALUES(V_IDENT(g->id), V_IDENT(g->who.resident), V_TEXT(g->who.client), V_TEXT(g->who.org),
                         V_TEXT(g->who.sector), V_TEXT(g->who.subject), V_BLOB(VIEW_ARRAY(g->terms_hash)),
                         V_BLOB(VIEW_ARRAY(g->ask_hash)), V_TEXT(decisions), V_INT(g->duration), V_INT(g->given_at),
                         V_TIME(g->expires_at), V_INT(g->stop), V_INT(g->leaf), V_TEXT(given), V_TEXT(refused),
                         V_TEXT(g->scopes), V_TIME(g->claim_until)));
}

enum err grant_rewrite(struct arena *a, struct db *db, const struct grant *g)
{
    enum err err = write_grant(a, db, SQL_UPDATE, g);
    return err ? err : db_changes(db) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

/* --- what happened, in the ledger ------------------------------------------------------------------------------- */

struct ledger_event grant_event(const struct ledger_parties *who, const uint8_t ask_hash[32], int64_t at_ms,
                                const char *via)
{
    return (struct ledger_event){
        .at = at_ms, .who = *who, .ground = "consent", .via = via, .terms = view_bytes(ask_hash, 32)};
}

void grant_event_add_detail(struct ledger_event *e, struct view type, struct view json)
{
    INSIST(e->n_details < LEDGER_DETAILS_MAX);
    e->details[e->n_details++] = (struct ledger_detail){type, json};
}

void grant_event_add_details(struct ledger_event *e, const struct grant *g)
{
    for (size_t i = 0; i < g->n_details; i++)
        if (g->details[i].given)
            grant_event_add_detail(e, g->details[i].type, g->details[i].json);
}

void grant_event_add(struct ledger_event *e, const struct field *f)
{
    INSIST(e->n_fields < FIELD_MAX);
    e->fields[e->n_fields++] = f;
}

static enum err append(struct ledger *l, struct db *db, struct ledger_event *e, enum ledger_type type)
{
    e->type = type;
    return ledger_append(l, db, e, NULL);
}

static enum err append_requested(struct ledger *l, struct db *db, struct ledger_event e,
                                 const struct grant_answer *answer)
{
    for (size_t i = 0; i < answer->ask->n; i++)
        grant_event_add(&e, answer->ask->items[i].field);
    for (size_t i = 0; i < answer->details.n; i++)
        grant_event_add_detail(&e, answer->details.items[i].type, answer->details.items[i].json);
    return append(l, db, &e, LEDGER_REQUESTED);
}

/* Decisions on what was asked now: given (also when nothing but the login was asked) and refused. */
static enum err append_decided(struct ledger *l, struct db *db, struct ledger_event e, struct grant *g,
                               const struct grant_answer *answer, bool given)
{
    for (size_t i = 0; i < answer->ask->n; i++)
        if (grant_decision_on(g, answer->ask->items[i].field)->given == given)
            grant_event_add(&e, answer->ask->items[i].field);
    for (size_t i = 0; i < answer->details.n; i++) /* they stand first (grant_take_details) */
        if (g->details[i].given == given)
            grant_event_add_detail(&e, g->details[i].type, g->details[i].json);
    if (e.n_fields == 0 && e.n_details == 0 && !given)
        return ERR_OK;
    e.type = given ? LEDGER_GIVEN : LEDGER_REFUSED;
    return ledger_append(l, db, &e, given ? &g->leaf : NULL);
}

/* What she allowed to be done BEFORE and does not any more; what is done once is over by itself. */
static void add_taken_details(struct ledger_event *e, const struct grant *g, const struct grant *before, int64_t now)
{
    for (size_t i = 0; i < before->n_details; i++) {
        const struct grant_detail *d = &before->details[i];
        struct detail one = {.type = d->type, .json = d->json};
        memcpy(one.meaning, d->meaning, sizeof one.meaning);
        if (d->given && !d->every_time && (!d->until || now < d->until) && !grant_allows(g, &one, now))
            grant_event_add_detail(e, d->type, d->json);
    }
}

static enum err append_changed(struct ledger *l, struct db *db, struct ledger_event e, const struct grant *g,
                               const struct grant *before)
{
    for (size_t i = 0; i < before->n; i++) {
        const struct grant_decision *d = grant_decision_on(g, before->decisions[i].field);
        if (!d || d->given != before->decisions[i].given)
            grant_event_add(&e, before->decisions[i].field);
    }
    add_taken_details(&e, g, before, e.at / 1000);
    return e.n_fields || e.n_details ? append(l, db, &e, LEDGER_CHANGED) : ERR_OK;
}

static enum err end_grant(struct ledger *l, struct db *db, const struct grant *g, enum grant_end end, const char *via,
                          int64_t at_ms)
{
    int64_t leaf;
    struct ledger_event e = grant_event(&g->who, g->ask_hash, at_ms, via);
    e.type = end == GRANT_ENDED_WITHDRAWN ? LEDGER_WITHDRAWN : LEDGER_EXPIRED;
    e.grant = g->id;
    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].given)
            grant_event_add(&e, g->decisions[i].field);
    grant_event_add_details(&e, g);
    enum err err = ledger_append(l, db, &e, &leaf);
    return err ? err : db_run(db, SQL_END, VALUES(V_IDENT(g->id), V_INT(at_ms / 1000), V_INT(end), V_INT(leaf)));
}

/* The grant that is alive, or NULL in *OUT; one that ran out unnoticed is ended on the way. */
static enum err settle_previous(struct grant **out, struct ledger *l, struct arena *a, struct db *db,
                                const struct grant_answer *answer)
{
    struct grant *g = *out;
    *out = NULL;
    enum err err = grant_find(g, a, db, answer->who.resident, answer->who.client);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err || g->end != GRANT_LIVE)
        return err;
    if (!grant_is_live(g, answer->at_ms / 1000))
        return end_grant(l, db, g, GRANT_ENDED_EXPIRED, "consent-page", answer->at_ms);
    *out = g;
    return g->stop == GRANT_STOPPED_BY_OPERATOR ? ERR_CONFLICT : ERR_OK;
}

/* As when she takes single fields back (grant_edit). */
static enum err append_taken(struct ledger *l, struct db *db, struct ledger_event e, struct grant *g,
                             const struct grant *before)
{
    for (size_t i = 0; i < before->n; i++) {
        const struct grant_decision *d = grant_decision_on(g, before->decisions[i].field);
        if (before->decisions[i].given && (!d || !d->given))
            grant_event_add(&e, before->decisions[i].field);
    }
    add_taken_details(&e, g, before, e.at / 1000);
    e.type = LEDGER_WITHDRAWN;
    return e.n_fields || e.n_details ? ledger_append(l, db, &e, &g->leaf) : ERR_OK;
}

static enum err append_answer(struct ledger *l, struct db *db, const struct grant_answer *answer, struct grant *g,
                              const struct grant *before, enum grant_action action)
{
    struct ledger_event e = grant_event(&answer->who, answer->ask->hash, answer->at_ms, "consent-page");
    e.grant = g->id;
    enum err err = append_requested(l, db, e, answer);
    if (!err)
        err = append_decided(l, db, e, g, answer, true);
    if (!err)
        err = append_decided(l, db, e, g, answer, false);
    if (err || !before)
        return err;
    return action == GRANT_REPLACE ? append_taken(l, db, e, g, before) : append_changed(l, db, e, g, before);
}

/* What the action does to the grant that is alive, *BEFORE (NULL: none). */
static enum err settle_action(struct grant **before, struct ledger *l, struct db *db, const struct grant_answer *answer,
                              const struct grant_choice *choice)
{
    bool named = choice->action == GRANT_MERGE || choice->action == GRANT_REPLACE;
    if (named && (!*before || !ident_equal((*before)->id, choice->managed)))
        return ERR_CONFLICT;
    if (choice->action != GRANT_CREATE || !*before)
        return ERR_OK;
    enum err err = end_grant(l, db, *before, GRANT_ENDED_WITHDRAWN, "consent-page", answer->at_ms);
    *before = NULL;
    return err;
}

enum err grant_record(struct grant *out, struct ledger *l, struct arena *a, struct db *db,
                      const struct grant_answer *answer, const struct grant_choice *choice)
{
    struct grant previous, *before = &previous;
    enum err err = settle_previous(&before, l, a, db, answer);
    if (!err)
        err = settle_action(&before, l, db, answer, choice);
    if (err)
        return err;
    grant_of_choice(out, answer->ask, choice, answer->profile, before, &answer->who, ident_mint(),
                    answer->at_ms / 1000);
    err = grant_take_details(out, a, &answer->details, choice, choice->action == GRANT_REPLACE ? NULL : before,
                             until_of(choice->duration, answer->at_ms / 1000));
    if (!err)
        err = grant_take_scopes(out, a, answer, keeps_others(out, choice->action, before) ? before : NULL);
    if (err)
        return err;
    /* 5.6.1: from her last word on. */
    if (choice->action == GRANT_CREATE || (before && before->claim_until))
        out->claim_until = answer->at_ms / 1000 + GRANT_CLAIM_S;
    out->expires_at = latest_end(out, out->expires_at);
    err = append_answer(l, db, answer, out, before, choice->action);
    return err ? err : write_grant(a, db, before ? SQL_UPDATE : SQL_INSERT, out);
}

enum err grant_record_refusal(struct ledger *l, struct db *db, const struct grant_answer *answer)
{
    struct ledger_event e = grant_event(&answer->who, answer->ask->hash, answer->at_ms, "consent-page");
    enum err err = append_requested(l, db, e, answer);
    for (size_t i = 0; i < answer->ask->n; i++)
        grant_event_add(&e, answer->ask->items[i].field);
    for (size_t i = 0; i < answer->details.n; i++)
        grant_event_add_detail(&e, answer->details.items[i].type, answer->details.items[i].json);
    return err ? err : append(l, db, &e, LEDGER_REFUSED);
}

enum err grant_withdraw(struct ledger *l, struct arena *a, struct db *db, struct ident resident, struct ident id,
                        const char *via, int64_t at_ms)
{
    struct grant g;
    enum err err = grant_find_by_id(&g, a, db, id);
    if (err)
        return err;
    if (!ident_equal(g.who.resident, resident) || g.end != GRANT_LIVE)
        return ERR_NOT_FOUND;
    return end_grant(l, db, &g, GRANT_ENDED_WITHDRAWN, via, at_ms);
}

enum err grant_claim(struct db *db, struct ident id)
{
    return db_run(db, SQL_CLAIM, VALUES(V_IDENT(id)));
}

static enum err end_due(struct ledger *l, struct arena *a, struct db *db, const char *sql, const char *via,
                        int64_t at_ms, size_t max, size_t *done)
{
    struct gather due = {.a = a};
    enum err err = db_each(db, sql, VALUES(V_INT(at_ms / 1000), V_INT((int64_t)max)), gather_row, &due);
    for (size_t i = 0; i < due.n && !err; i++)
        err = end_grant(l, db, &due.grants[i], GRANT_ENDED_EXPIRED, via, at_ms);
    if (!err)
        *done += due.n;
    return err;
}

enum err grant_expire(struct ledger *l, struct arena *a, struct db *db, int64_t at_ms, size_t max, size_t *done)
{
    *done = 0;
    enum err err = end_due(l, a, db, SQL_DUE, "sweep", at_ms, max, done);
    if (!err && *done < max)
        err = end_due(l, a, db, SQL_UNCLAIMED, "unclaimed", at_ms, max - *done, done);
    return err;
}
