#include "seed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/file.h"
#include "base/hash.h"
#include "consent/grant.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/op.h"
#include "idp/state/registration.h"
#include "idp/tokens/keys.h"
#include "idp/tokens/subject.h"
#include "sessions/profile.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "store/store.h"

static void must(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, err_name(e));
    exit(1);
}

static const char *config_text(struct arena *a, const struct seed *s, const char *folder, const char *roots,
                               uint16_t port, unsigned workers)
{
    return arena_printf(a,
                        "issuer = \"%s\"\nlisten = {\"127.0.0.1:%u\"}\ndata = \"%s/data\"\n%s%.0u%s"
                        "jpki {\n  trust = \"test\"\n  roots = \"%s\"\n}\n"
                        "limits {\n  pushed_requests_per_minute = 0\n  introspections_per_minute = 1000000\n}\nlog {\n "
                        " level = \"warn\"\n}\n",
                        s->issuer, port, folder, workers ? "workers = " : "", workers, workers ? "\n" : "", roots);
}

/* What is particular about service I. */
static const char *particulars(struct arena *a, const struct seed *s, int i)
{
    if (i == SEED_REFRESH)
        return "\"grant_types\":[\"authorization_code\",\"refresh_token\"],";
    if (i == SEED_KEYS)
        return arena_printf(a, "\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[%s]},",
                            s->keys.jwk);
    return "";
}

static const char *registration_text(struct arena *a, const struct seed *s, int i)
{
    return arena_printf(
        a,
        "{\"client_name\":\"施設予約 %d\",\"organization\":{\"id\":\"city-%d\",\"name\":\"A市\",\"name#en\":\"A "
        "City\"},"
        "\"profile\":\"muni\",\"sector\":\"city-%d\",\"redirect_uris\":[\"%s\"],\"id_token_signed_response_alg\":\"%"
        "s\",%s"
        "\"fields\":["
        "{\"id\":\"name\",\"required\":true,\"purpose\":\"予約者の確認\",\"purpose#en\":\"To know who books\"},"
        "{\"id\":\"address\",\"required\":true,\"purpose\":\"市民料金\",\"purpose#en\":\"Residents' price\"},"
        "{\"id\":\"age_over_65\",\"required\":false,\"purpose\":\"割引\",\"purpose#en\":\"Reduced price\"}]}",
        i, i, i, s->redirect_uri, i == SEED_RS256 ? "RS256" : "ES256", particulars(a, s, i));
}

struct seeding {
    struct seed *seed;
    struct arena *a;
    struct op *op;
    struct client *client[SEED_CLIENTS];
    struct ident resident;
    struct field_profile profile;
    int64_t now;
};

/* --- inside one write job --------------------------------------------------------------------------------------- */

static void record_clients(struct seeding *s, struct db *db)
{
    uint8_t hash[SHA256_SIZE];
    sha256(hash, view_text(s->seed->secret));
    for (int i = 0; i < SEED_CLIENTS; i++) {
        struct registration_fault fault = {0};
        struct view id = view_text(s->seed->client[i]), text = view_text(registration_text(s->a, s->seed, i));
        if (registration_read(&s->client[i], s->a, text, id, &fault) != ERR_OK) {
            fprintf(stderr, "bench: registration: %s %s\n", fault.member, fault.rule);
            exit(1);
        }
        must(clients_record(db, id, text, hash, s->now), "client");
    }
}

static void record_value(struct seeding *s, struct db *db, const char *field, const char *json)
{
    struct profile_value value = {
        .field = view_text(field), .json = view_text(json), .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-01")};
    must(profile_record(db, s->a, s->op->master, s->resident, &value, s->now), "profile");
    s->profile.values[s->profile.n++] = (struct field_value){.field = field_find(value.field),
                                                             .json = value.json,
                                                             .source = SOURCE_CARD_READ,
                                                             .as_of = value.as_of,
                                                             .changed_at = s->now};
}

static void record_resident(struct seeding *s, struct db *db)
{
    must(resident_mint(&s->resident, db, s->now), "resident");
    s->profile.today = view_text(clock_jst_date(s->a, s->now));
    record_value(s, db, "name", "\"大阪 花子\"");
    record_value(
        s, db, "address",
        "{\"formatted\":\"大阪府大阪市中央区大手前二丁目1-22\",\"region\":\"大阪府\",\"locality\":\"大阪市中央区\"}");
    record_value(s, db, "birthdate", "\"1955-04-03\"");
    record_value(s, db, "gender", "\"female\"");
}

static void record_session(struct seeding *s, struct db *db, const char *ticket)
{
    struct session session = {
        .id = ident_of(view_text(ticket)),
        .ticket = ident_of(view_text(ticket)),
        .resident = s->resident,
        .browser = ident_of(view_text(s->seed->browser)),
        .acr = VIEW("https://genkan.example/acr/card"),
        .amr = VIEW("sc pin"),
        .auth_at = s->now,
        .created_at = s->now,
        .seen_at = s->now,
        .expires_at = s->now + 43200,
    };
    must(session_mint(db, &session), "session");
    for (int i = 0; i < SEED_CLIENTS; i++)
        must(session_add_service(db, session.id, view_text(s->seed->client[i]), s->now), "session service");
}

static void record_consent(struct seeding *s, struct db *db, const struct client *c)
{
    struct grant grant;
    struct grant_choice choice = {.given = {true, true, true}, .duration = GRANT_ONE_YEAR};
    struct grant_answer answer = {
        .ask = c->ask,
        .profile = &s->profile,
        .who = {.resident = s->resident, .client = c->id, .org = c->org_id, .sector = c->sector},
        .at_ms = s->now * 1000,
    };
    answer.who.subject = view_text(subject_sub(s->a, op_keys(s->op), c->sector, s->resident));
    must(grant_record(&grant, s->op->ledger, s->a, db, &answer, &choice), "consent");
}

static enum err seed_job(struct db *db, void *ctx)
{
    struct seeding *s = ctx;
    s->profile.n = 0;
    record_clients(s, db);
    record_resident(s, db);
    record_session(s, db, s->seed->session);
    for (int i = 0; i < SEED_CLIENTS; i++)
        record_consent(s, db, s->client[i]);
    return ERR_OK;
}

enum { SESSIONS_A_JOB = 1000 };

struct more_sessions {
    struct seeding *s;
    unsigned from;
};

static enum err sessions_job(struct db *db, void *ctx)
{
    struct more_sessions *m = ctx;
    struct seed *seed = m->s->seed;
    for (unsigned i = m->from; i < m->from + SESSIONS_A_JOB && i < seed->n_sessions; i++)
        record_session(m->s, db, seed->sessions[i]);
    return ERR_OK;
}

static void record_sessions(struct seeding *s, unsigned n)
{
    s->seed->n_sessions = n;
    s->seed->sessions = arena_alloc(s->a, (n + 1) * sizeof(*s->seed->sessions));
    for (unsigned i = 0; i < n; i++)
        s->seed->sessions[i] = chance_ticket(s->a);
    for (struct more_sessions m = {.s = s, .from = 0}; m.from < n; m.from += SESSIONS_A_JOB)
        must(store_write(s->op->store, sessions_job, &m), "sessions");
}

/* --- the folder ------------------------------------------------------------------------------------------------- */

static void fill(struct seed *s, struct arena *a, const char *folder, uint16_t port)
{
    uint8_t digest[SHA256_SIZE];
    s->config = arena_printf(a, "%s/genkan.conf", folder);
    s->issuer = arena_printf(a, "http://localhost:%u", port);
    s->client[SEED_ES256] = "bench-es256";
    s->client[SEED_RS256] = "bench-rs256";
    s->client[SEED_REFRESH] = "bench-refresh";
    s->client[SEED_KEYS] = "bench-keys";
    signer_open(&s->keys, a, "bench");
    s->secret = chance_ticket(a);
    s->browser = chance_ticket(a);
    s->session = chance_ticket(a);
    s->redirect_uri = "http://rp.localhost:8081/callback";
    s->scope = "openid name address age_over_65";
    s->verifier = chance_ticket(a);
    sha256(digest, view_text(s->verifier));
    s->challenge = base64url_text(a, VIEW_ARRAY(digest));
}

void seed_make(struct seed *out, struct arena *a, const char *folder, const char *roots, uint16_t port,
               unsigned workers, unsigned sessions)
{
    struct config *config;
    struct config_fault fault = {0};
    const char *why = "";
    fill(out, a, folder, port);
    struct view text = view_text(config_text(a, out, folder, roots, port, workers));
    must(file_write(out->config, text, 0600), "genkan.conf");
    if (config_read(&config, a, out->config, &fault) != ERR_OK) {
        fprintf(stderr, "bench: genkan.conf:%d: %s %s\n", fault.line, fault.key, fault.rule);
        exit(1);
    }
    struct seeding s = {.seed = out, .a = a, .now = clock_s(&clock_real)};
    if (op_open(&s.op, config, &clock_real, a, &why) != ERR_OK) {
        fprintf(stderr, "bench: %s\n", why);
        exit(1);
    }
    must(store_write(s.op->store, seed_job, &s), "seed");
    record_sessions(&s, sessions);
    op_close(s.op);
}

int64_t seed_ledger_size(const char *folder)
{
    struct arena a;
    struct store *store;
    struct ledger_head head;
    arena_open(&a, 65536);
    struct store_config config = {
        .path = arena_printf(&a, "%s/data/genkan.db", folder), .readers = 1, .must_exist = true};
    must(store_open(&store, &config, NULL), "store");
    struct db *db = store_borrow(store);
    must(ledger_head_find(&head, db), "ledger head");
    store_return(store, db);
    store_close(store);
    arena_close(&a);
    return head.size;
}
