#include "idp/state/upkeep.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "consent/grant.h"
#include "http/fetch.h"
#include "http/url.h"
#include "idp/state/clients.h"
#include "idp/tokens/logout_token.h"
#include "sessions/notice.h"
#include "sessions/sweep.h"
#include "store/store.h"

#define ROUND_S        5  /* how often the queue is looked at when nobody wakes us */
#define SWEEP_S        60 /* how often expired rows are deleted */
#define DELIVER_MAX    16
#define EXPIRE_MAX     100
#define ROUND_CEILING  (1 << 20)
#define TOKEN_BODY_MAX 16384

struct upkeep {
    const struct op *op;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool due, closing;
};

/* --- deliveries -------------------------------------------------------------------------------------------------- */

struct taking {
    struct arena *arena;
    struct notice *notices;
    size_t n;
    int64_t now;
};

static enum err take_job(struct db *db, void *ctx)
{
    struct taking *t = ctx;

    return notice_take_due(&t->notices, &t->n, db, t->arena, DELIVER_MAX, t->now);
}

static enum err done_job(struct db *db, void *ctx)
{
    const int64_t *id = ctx;

    return notice_done(db, *id);
}

/* Section 2.5: one form parameter, logout_token. */
static enum err body_of(struct arena *a, const struct op *op, const struct client *client, const struct notice *n,
                        struct view *body)
{
    struct logout_token token = {op->issuer, client->id, n->sub, n->sid, clock_s(&op->clock)};
    struct view text;
    struct buf b;
    enum err e = logout_token_mint(a, op_keys(op), client->id_token_alg, &token, &text);

    if (e)
        return e;
    buf_open(&b, a, TOKEN_BODY_MAX);
    buf_put_text(&b, "logout_token=");
    url_put_encoded(&b, text);
    return buf_done(&b, body);
}

/* Section 2.8: 200 says that the session is closed there (204 is the same without a body). */
static enum err post(struct arena *a, const struct op *op, const struct client *client, const struct notice *n,
                     int *status)
{
    static const struct fetch_limits limits = {.timeout_ms = 5000, .body_max = 65536};
    struct fetched fetched = {0};
    struct view body;
    enum err e = body_of(a, op, client, n, &body);

    if (!e)
        e = fetch_post(op->fetch, a, client->backchannel_uri, "application/x-www-form-urlencoded", body, &limits,
                       &fetched);
    *status = fetched.status;
    return e;
}

static enum err deliver(struct arena *a, const struct op *op, struct db *db, struct notice *n, bool *told)
{
    const struct client *client;
    int status = 0;
    enum err e = clients_find(op->clients, db, n->client, &client);

    if (e)
        return e;
    bool possible = client && view_is(client->backchannel_uri);
    enum err sent = possible ? post(a, op, client, n, &status) : ERR_NOT_FOUND;
    *told = !sent && (status == 200 || status == 204);
    bool last = notice_wait_s(n->tries) == 0;
    log_event(*told ? LOG_INFO : LOG_WARN, *told ? "logout_told" : "logout_not_told", LOG_TEXT("client", n->client),
              LOG_INT("try", n->tries), LOG_INT("status", status), LOG_STR("error", sent ? err_name(sent) : ""),
              LOG_STR("next", *told || last || !possible ? "none" : "later"));
    return *told || last || !possible ? store_write(op->store, done_job, &n->id) : ERR_OK;
}

static enum err deliver_batch(struct arena *a, const struct op *op, size_t *tried, size_t *told)
{
    struct taking t = {.arena = a, .now = clock_s(&op->clock)};
    enum err e = store_write(op->store, take_job, &t);

    if (e || t.n == 0)
        return e;
    struct db *db = store_borrow(op->store);
    for (size_t i = 0; !e && i < t.n; i++) {
        bool good = false;
        e = deliver(a, op, db, &t.notices[i], &good);
        *tried += 1;
        *told += good;
    }
    store_return(op->store, db);
    return e;
}

/* Looking costs a read, taking costs a durable write: only take when something is due. */
static enum err is_due(struct arena *a, const struct op *op, bool *due)
{
    int64_t at = 0;
    struct db *db = store_borrow(op->store);
    enum err e = notice_next(&at, db, a);

    store_return(op->store, db);
    *due = !e && at <= clock_s(&op->clock);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err upkeep_deliver(const struct op *op, size_t *tried, size_t *told)
{
    struct arena a;
    bool due = true;
    enum err e = ERR_OK;

    *tried = *told = 0;
    arena_open(&a, ROUND_CEILING);
    while (!e && due) {
        arena_reset(&a);
        e = is_due(&a, op, &due);
        if (!e && due)
            e = deliver_batch(&a, op, tried, told);
    }
    arena_close(&a);
    return e;
}

/* --- sweeping ---------------------------------------------------------------------------------------------------- */

struct expiring {
    const struct op *op;
    struct arena *arena;
    size_t done;
};

static enum err expire_job(struct db *db, void *ctx)
{
    struct expiring *x = ctx;

    return grant_expire(x->op->ledger, x->arena, db, clock_ms(&x->op->clock), EXPIRE_MAX, &x->done);
}

static enum err sweep(const struct op *op)
{
    struct arena a;
    struct expiring x = {op, &a, 0};
    enum err e;

    arena_open(&a, ROUND_CEILING);
    do {
        arena_reset(&a);
        e = store_write(op->store, expire_job, &x);
    } while (!e && x.done == EXPIRE_MAX);
    arena_close(&a);
    return e ? e : sweep_run(op->store, clock_s(&op->clock), NULL);
}

/* --- the thread -------------------------------------------------------------------------------------------------- */

static void complain(const char *what, enum err e)
{
    if (e)
        log_event(LOG_ERROR, "upkeep_failed", LOG_STR("what", what), LOG_STR("error", err_name(e)));
}

/* Waits until woken or ROUND_S have passed; false: closing. */
static bool wait_round(struct upkeep *u)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ROUND_S;
    pthread_mutex_lock(&u->lock);
    while (!u->due && !u->closing)
        if (pthread_cond_timedwait(&u->wake, &u->lock, &until))
            break;
    u->due = false;
    bool go_on = !u->closing;
    pthread_mutex_unlock(&u->lock);
    return go_on;
}

static void *run(void *ctx)
{
    struct upkeep *u = ctx;
    int64_t swept_at = clock_steady_ms();
    size_t tried, told;

    do {
        complain("deliver", upkeep_deliver(u->op, &tried, &told));
        if (clock_steady_ms() - swept_at >= SWEEP_S * 1000) {
            complain("sweep", sweep(u->op));
            swept_at = clock_steady_ms();
        }
    } while (wait_round(u));
    return NULL;
}

enum err upkeep_open(struct upkeep **out, const struct op *op)
{
    pthread_condattr_t attributes;
    struct upkeep *u = calloc(1, sizeof *u);

    if (!u)
        return ERR_MEMORY;
    u->op = op;
    pthread_mutex_init(&u->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&u->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&u->thread, NULL, run, u)) {
        free(u);
        return ERR_MEMORY;
    }
    *out = u;
    return ERR_OK;
}

void upkeep_wake(struct upkeep *u)
{
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    u->due = true;
    pthread_cond_signal(&u->wake);
    pthread_mutex_unlock(&u->lock);
}

void upkeep_close(struct upkeep *u)
{
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    u->closing = true;
    pthread_cond_signal(&u->wake);
    pthread_mutex_unlock(&u->lock);
    pthread_join(u->thread, NULL);
    pthread_cond_destroy(&u->wake);
    pthread_mutex_destroy(&u->lock);
    free(u);
}
