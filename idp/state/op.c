#include "idp/state/op.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "consent/ledger.h"
#include "http/fetch.h"
#include "http/url.h"
#include "idp/state/client_keys.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/documents.h"
#include "idp/state/herald.h"
#include "idp/state/key_document.h"
#include "idp/state/limits.h"
#include "idp/state/outgoing.h"
#include "idp/state/places.h"
#include "idp/state/polls.h"
#include "idp/state/predecessors_http.h"
#include "idp/state/proof_keys.h"
#include "idp/state/tally.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/keys.h"
#include "jpki/pki/revocation.h"
#include "sessions/data_key.h"
#include "store/store.h"

/* Sets of keys, newest first; older ones stay, since requests under way may be signing with them. */
struct op_keyring {
    pthread_mutex_t lock; /* one reads anew at a time */
    _Atomic(struct keyset *) newest;
};

/* Which edition of the lists of keys: both are written as a whole, so each edition is another file. */
struct edition {
    struct timespec changed[2];
    ino_t file[2];
};

struct keyset {
    struct keyset *older;
    struct edition edition;
    struct keys *keys;
    struct key_document *document;
};

const struct keys *op_keys(const struct op *op)
{
    return atomic_load(&op->keyring->newest)->keys;
}

struct view op_key_document(const struct op *op)
{
    return key_document_at(atomic_load(&op->keyring->newest)->document, clock_s(&op->clock));
}

/* --- keys and store ---------------------------------------------------------------------------------------------- */

static void keyset_free(struct keyset *set)
{
    key_document_close(set->document);
    keys_close(set->keys);
    free(set);
}

static struct edition edition_of(struct arena *a, const char *folder)
{
    static const char *const lists[] = {"keys.json", "locks.json"};
    struct edition out;
    struct stat st;

    memset(&out, 0, sizeof out); /* also what lies between its members: editions are compared as bytes */
    for (size_t i = 0; i < 2; i++) {
        const char *path = arena_printf(a, "%s/%s", folder, lists[i]);
        if (!path || stat(path, &st) != 0)
            continue;
        out.changed[i] = st.st_mtim;
        out.file[i] = st.st_ino;
    }
    return out;
}

static enum err push_keys(const struct op *op, struct arena *a, const char *folder, const char **why)
{
    struct keyset *set = calloc(1, sizeof *set);

    if (!set)
        return ERR_MEMORY;
    set->edition = edition_of(a, folder); /* before they are read: what comes meanwhile is another one */
    enum err e = keys_open(&set->keys, folder, why);
    if (!e)
        e = key_document_open(&set->document, set->keys);
    if (e) {
        keyset_free(set);
        return e;
    }
    set->older = atomic_load(&op->keyring->newest);
    atomic_store(&op->keyring->newest, set);
    return ERR_OK;
}

/* A database without its keys cannot be read, keys without their database are somebody's lost residents: neither is
 * quietly begun anew. */
static enum err make_if_new(const struct config *config, struct arena *a, const char *folder, const char *database,
                            int64_t now, const char **why)
{
    const char *data = config->data;
    const char *list = arena_printf(a, "%s/keys.json", folder);

    if (!list)
        return ERR_MEMORY;
    bool has_keys = access(list, F_OK) == 0, has_database = access(database, F_OK) == 0;
    if (has_keys && has_database)
        return ERR_OK;
    if (has_keys != has_database) {
        *why = arena_printf(a, "%s: %s is there, but %s is missing", data, has_keys ? "keys/" : "genkan.db",
                            has_keys ? "genkan.db" : "keys/keys.json");
        return ERR_CONFIG;
    }
    if (file_make_folder(data, 0700) || access(data, W_OK) != 0) {
        *why = arena_printf(a, "%s: the data folder cannot be made or written", data);
        return ERR_PERMISSION;
    }
    enum err e = master_make(config->profile.keys, 1);
    if (!e)
        e = keys_make(folder, now);
    if (e)
        *why = arena_printf(a, "%s: keys cannot be made", folder);
    return e;
}

/* The key the database says must be there before anybody is let in: not the first resident shall find out. */
static enum err open_master(struct op *op, struct arena *a, const char **why)
{
    const char *folder = op->config->profile.keys;
    struct view wrapped;
    int64_t number = 0;
    enum err e = master_open(&op->master, folder);

    if (e)
        return e;
    struct db *db = store_borrow(op->store);
    e = data_key_current(&number, db, a);
    store_return(op->store, db);
    if (!e)
        e = master_wrap(op->master, a, number, VIEW("genkan start"), VIEW("test"), &wrapped);
    if (e)
        *why = arena_printf(a, "%s/profile-%lld.key: the master key of profile values cannot be used: %s", folder,
                            (long long)number, err_words(e));
    return e == ERR_NOT_FOUND ? ERR_CONFIG : e;
}

static enum err open_store(struct op *op, struct arena *a, const char *path, const char **why)
{
    /* Whoever waits for the network keeps nobody from reading: each worker, each slow one and the background thread (or
     * start-up before it) has a connection of its own, and so has whoever asks for metrics. */
    struct store_config config = {.path = path, .readers = op->config->workers + OP_SLOW_WORKERS + 2};
    enum store_fault fault = STORE_FINE;
    enum err e = store_open(&op->store, &config, &fault);

    if (e)
        *why = arena_printf(a, "%s: %s", path, store_fault_words(fault));
    else if (!store_used(op->store)) { /* a process that remembers elsewhere would redeem a code once more */
        *why = arena_printf(a, "%s-recent: redeemed codes cannot be remembered in it", path);
        e = ERR_STORE;
    }
    return e;
}

static enum err open_data(struct op *op, struct arena *a, const char **why)
{
    const char *data = op->config->data, *reason = "";
    const char *folder = arena_printf(a, "%s/keys", data), *database = arena_printf(a, "%s/genkan.db", data);

    if (!folder || !database)
        return ERR_MEMORY;
    enum err e = make_if_new(op->config, a, folder, database, clock_s(&op->clock), why);
    if (e)
        return e;
    enum err completed = keys_complete(folder, clock_s(&op->clock));
    if ((e = push_keys(op, a, folder, &reason))) {
        *why = arena_printf(a, "%s: %s", folder, reason);
        return e;
    }
    if (completed) {
        *why = arena_printf(a, "%s: keys for further algorithms cannot be made", folder);
        return completed;
    }
    if ((e = open_store(op, a, database, why)))
        return e;
    if ((e = open_master(op, a, why)))
        return e;
    *why = "the ledger cannot be opened";
    return ledger_open(&op->ledger, op->store, keys_secret(op_keys(op), SECRET_AUDIT));
}

/* --- trust ------------------------------------------------------------------------------------------------------- */

static enum err post(void *ctx, struct arena *a, const char *url, const char *content_type, struct view body,
                     struct view *out)
{
    const struct op *op = ctx;
    struct fetch_limits limits = {.timeout_ms = (int)op->config->jpki.ocsp_timeout * 1000, .body_max = 65536};
    struct fetched fetched;
    enum err e = fetch_post(op->fetch, a, view_text(url), content_type, body, &limits, &fetched);

    if (e)
        return e;
    *out = fetched.body;
    return fetched.status == 200 ? ERR_OK : ERR_IO;
}

static enum err open_revocation(struct op *op, struct arena *a, const char **why)
{
    const struct config *c = op->config;
    char reason[256] = "";
    const struct revocation_config config = {.trust = op->trust,
                                             .crl_folder = c->jpki.crl,
                                             .ocsp = c->jpki.ocsp,
                                             .crl_stands_in = c->jpki.crl_stands_in,
                                             .fetch = {post, op},
                                             .responders = c->jpki.ocsp_responders,
                                             .n_responders = c->jpki.n_ocsp_responders,
                                             .patience_ms = 2 * (int)c->jpki.ocsp_timeout * 1000,
                                             .sign_certificate = c->jpki.ocsp_certificate,
                                             .sign_key = c->jpki.ocsp_key};
    enum err e = revocation_open(&op->revocation, &config, reason);

    if (e)
        *why = arena_printf(a, "jpki: %s", reason);
    return e;
}

static enum err open_trust(struct op *op, struct arena *a, const char **why)
{
    const struct config *c = op->config;
    struct trust_config trust = {c->jpki.trust == CONFIG_TRUST_TEST ? TRUST_TEST : TRUST_PRODUCTION, c->jpki.roots,
                                 c->jpki.pins, c->jpki.n_pins};
    char reason[256] = "";
    enum err e;

    /* Test cards open test doors only: an issuer that the world can reach never trusts them. */
    if (trust.kind == TRUST_TEST && !op->loopback) {
        *why = "jpki.trust: \"test\" is allowed only when the issuer is localhost";
        return ERR_CONFIG;
    }
    if ((e = trust_open(&op->trust, &trust, reason))) {
        *why = arena_printf(a, "jpki.roots: %s", reason);
        return e;
    }
    return open_revocation(op, a, why);
}

static enum err open_predecessors(struct op *op, const char **why)
{
    const struct config *c = op->config;

    if (!c->jpki.renewal_service)
        return ERR_OK;
    *why = "not enough memory";
    enum err e = predecessors_http_open(&op->predecessors_http, op->fetch, c->jpki.renewal_service,
                                        (int)c->jpki.renewal_service_timeout * 1000);
    if (!e)
        op->predecessors = predecessors_http_source(op->predecessors_http);
    return e;
}

static enum err open_places(struct op *op, struct arena *a, const char **why)
{
    const struct config *c = op->config;

    return c->places.database ? places_open(&op->places, a, c->places.database, c->data, why) : ERR_OK;
}

/* --- opening and closing ----------------------------------------------------------------------------------------- */

static enum err open_issuer(struct op *op, const char **why)
{
    struct url url;

    op->issuer = view_text(op->config->issuer);
    op->host = view_text(op->config->issuer_host);
    *why = "issuer: not an address";
    if (url_read(&url, op->issuer))
        return ERR_CONFIG;
    op->loopback = url_is_loopback_host(url.host);
    return ERR_OK;
}

/* The operator's own addresses, and those in certificates under pinned roots, may well lie in an inner network (LGWAN).
 * Those of services are others' words. */
static enum err open_fetches(struct op *op)
{
    const struct fetch_config own = {.private_allowed = true, .ca_file = op->config->tls.ca};
    enum err e = fetch_open(&op->fetch, &own);

    if (!e)
        e = outgoing_open(&op->fetch_services, op->config);
    if (!e)
        e = client_keys_open(&op->client_keys, op->fetch_services, &op->clock);
    if (!e)
        e = proof_keys_open(&op->proof_keys);
    return e ? e : documents_open(&op->documents, op->fetch_services);
}

static enum err open_all(struct op *op, struct arena *a, const char **why)
{
    enum err e;

    if ((e = open_issuer(op, why)) || (e = open_data(op, a, why)))
        return e;
    *why = "not enough memory";
    if ((e = clients_open(&op->clients)) || (e = limits_open(&op->limits, op->config)) ||
        (e = polls_open(&op->polls, op->store)) || (e = open_fetches(op)))
        return e;
    if ((e = open_predecessors(op, why)) || (e = open_places(op, a, why)))
        return e;
    return open_trust(op, a, why);
}

enum err op_open(struct op **out, const struct config *config, const struct clock *clock, struct arena *arena,
                 const char **why)
{
    struct op *op = calloc(1, sizeof *op);

    *out = NULL;
    *why = "not enough memory";
    if (!op)
        return ERR_MEMORY;
    op->keyring = calloc(1, sizeof *op->keyring);
    op->tally = calloc(1, sizeof *op->tally);
    if (!op->keyring || !op->tally) {
        free(op->keyring);
        free(op->tally);
        free(op);
        return ERR_MEMORY;
    }
    pthread_mutex_init(&op->keyring->lock, NULL);
    op->config = config;
    op->clock = *clock;
    enum err e = open_all(op, arena, why);
    if (e) {
        op_close(op);
        return e;
    }
    *out = op;
    return ERR_OK;
}

enum err op_reload(struct op *op, struct arena *arena, const char **why)
{
    char reason[256] = "";
    const char *folder = arena_printf(arena, "%s/keys", op->config->data);

    *why = "not enough memory";
    if (!folder)
        return ERR_MEMORY;
    INSIST(pthread_mutex_lock(&op->keyring->lock) == 0);
    enum err e = push_keys(op, arena, folder, why);
    if (!e && (e = revocation_reload(op->revocation, reason)))
        *why = arena_printf(arena, "jpki.crl: %s", reason);
    if (!e && op->places)
        e = places_reload(op->places, arena, why);
    pthread_mutex_unlock(&op->keyring->lock);
    return e;
}

/* Under the lock. */
static void follow_keys(const struct op *op, struct arena *a, const char *folder)
{
    const char *why = "";
    struct edition now = edition_of(a, folder);

    if (memcmp(&now, &atomic_load(&op->keyring->newest)->edition, sizeof now) == 0)
        return;
    enum err e = push_keys(op, a, folder, &why);
    if (e)
        log_event(LOG_ERROR, "keys_refused", LOG_STR("error", err_name(e)), LOG_STR("why", why));
    else
        log_event(LOG_INFO, "keys_read", LOG_STR("folder", folder));
}

void op_follow_keys(const struct op *op)
{
    struct arena a;

    arena_open(&a, 65536);
    const char *folder = arena_printf(&a, "%s/keys", op->config->data);
    INSIST(pthread_mutex_lock(&op->keyring->lock) == 0);
    if (folder)
        follow_keys(op, &a, folder);
    pthread_mutex_unlock(&op->keyring->lock);
    arena_close(&a);
}

void op_close(struct op *op)
{
    if (!op)
        return;
    herald_close(op->herald);
    upkeep_close(op->upkeep);
    revocation_close(op->revocation);
    predecessors_http_close(op->predecessors_http);
    places_close(op->places);
    trust_close(op->trust);
    client_keys_close(op->client_keys);
    documents_close(op->documents);
    proof_keys_close(op->proof_keys);
    fetch_close(op->fetch_services);
    fetch_close(op->fetch);
    polls_close(op->polls);
    limits_close(op->limits);
    clients_close(op->clients);
    store_close(op->store);
    ledger_close(op->ledger);
    master_close(op->master);
    for (struct keyset *s = atomic_load(&op->keyring->newest), *older; s; s = older) {
        older = s->older;
        keyset_free(s);
    }
    pthread_mutex_destroy(&op->keyring->lock);
    free(op->keyring);
    free(op->tally);
    free(op);
}
