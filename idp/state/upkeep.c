#include "idp/state/upkeep.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/trace.h"
#include "consent/auditor.h"
#include "consent/block.h"
#include "consent/grant.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/following.h"
#include "idp/state/notice_post.h"
#include "idp/state/outgoing.h"
#include "idp/state/tally.h"
#include "jpki/pki/revocation.h"
#include "sessions/login.h"
#include "sessions/notice.h"
#include "sessions/sweep.h"
#include "store/store.h"

#define ROUND_S        5  /* how often the queue is looked at when nobody wakes us */
#define BLOCKS_A_ROUND 64 /* of the auditors' index: 16,384 events */
#define SWEEP_S        60 /* how often expired rows are deleted */
#define WATCH_S        60 /* how often the folder of revocation lists is looked at */
#define EXPIRE_MAX     100
#define FORGET_MAX     200
#define FOLLOW_BATCHES 5000
#define ROUND_CEILING  (1 << 20)

struct upkeep {
    const struct op *op;
    int64_t swept_at, watched_at; /* milliseconds of the steady clock; only the thread's */
    struct revocation_sums told;  /* the last line of the log */
    int duty_fd;                  /* the lock of who has the duty; -1: another process has it */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool due, closing;
};

/* --- deliveries -------------------------------------------------------------------------------------------------- */

struct delivery {
    struct arena *arena;
    const struct op *op;
    struct upkeep_round *round;
    struct notice notice;
    bool due; /* there was one */
    bool told, failed, gone, given_up;
    const char *why; /* given up */
};

/* One at a time: what is not taken need not be given back when the round is over. */
static enum err take_job(struct db *db, void *ctx)
{
    struct delivery *d = ctx;
    struct notice *taken;
    size_t n;
    enum err e = notice_take_due(&taken, &n, db, d->arena, 1, clock_s(&d->op->clock));

    d->due = !e && n == 1;
    if (d->due)
        d->notice = *taken;
    return e;
}

static enum err settle_job(struct db *db, void *ctx)
{
    const struct delivery *d = ctx;
    enum err e = d->gone       ? notice_done(db, d->notice.id)
                 : d->given_up ? notice_give_up(db, d->notice.id, view_text(d->why), clock_s(&d->op->clock))
                               : ERR_OK;

    return e || !d->failed ? e
                           : notice_put_off(db, d->arena, d->notice.channel, d->notice.client, clock_s(&d->op->clock));
}

/* Nobody's reading waits for a service: the connection is given back before the POST. */
static enum err find_client(const struct delivery *d, const struct client **client)
{
    struct db *db = store_borrow(d->op->store);
    enum err e = clients_find(d->op->clients, db, d->notice.client, client);

    store_return(d->op->store, db);
    return e;
}

static enum err deliver(struct delivery *d)
{
    const struct notice *n = &d->notice;
    const struct client *client;
    int status = 0;
    enum err e = find_client(d, &client);

    if (e)
        return e;
    bool possible = client && view_is(notice_address(n->channel, client));
    enum err sent = possible ? notice_post(d->op, d->arena, n, client, d->round->timeout_ms, &status) : ERR_NOT_FOUND;
    d->told = !sent && notice_is_heard(n->channel, status);
    d->failed = possible && !d->told;
    d->gone = d->told || !possible;
    d->given_up = !d->gone && notice_wait_s(n->tries) == 0;
    d->why = sent ? outgoing_words(sent) : arena_printf(d->arena, "status %d", status);
    if (d->given_up) /* `genkan notice list` shows it until somebody does something */
        log_event(LOG_ERROR, "notice_given_up", LOG_INT("notice", n->id), LOG_TEXT("client", n->client),
                  LOG_INT("tries", n->tries), LOG_STR("why", d->why ? d->why : ""));
    log_event(d->told ? LOG_INFO : LOG_WARN, notice_log_name(n->channel, d->told), LOG_TEXT("client", n->client),
              LOG_INT("try", n->tries), LOG_INT("status", status), LOG_STR("error", sent ? err_name(sent) : ""),
              LOG_STR("next", d->gone || d->given_up ? "none" : "later"));
    tally(d->op, d->told ? TALLY_TOLD : TALLY_NOT_TOLD);
    if (d->given_up)
        tally(d->op, TALLY_GIVEN_UP);
    return store_write(d->op->store, settle_job, d);
}

/* A run of its own for each, and so a trace: one that several services saw would tell them that their residents are one
 * and the same, whom their subjects keep apart (docs/decisions/trace-context.md). */
static enum err deliver_alone(struct delivery *d)
{
    struct trace t;
    trace_begin_run(&t, d->notice.cause);
    const struct trace *before = trace_enter(&t);
    enum err e = deliver(d);

    trace_enter(before);
    return e;
}

/* Looking costs a read, taking costs a durable write: only take when something is due. */
static enum err take(struct delivery *d)
{
    int64_t at = 0;
    struct db *db = store_borrow(d->op->store);
    enum err e = notice_next(&at, db, d->arena);

    store_return(d->op->store, db);
    d->due = false;
    if (e || at > clock_s(&d->op->clock))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    return store_write(d->op->store, take_job, d);
}

static bool is_over(const struct upkeep_round *r)
{
    return r->over && r->over(r->ctx);
}

enum err upkeep_deliver(const struct op *op, struct upkeep_round *round)
{
    struct arena a;
    struct delivery d = {.arena = &a, .op = op, .round = round, .due = true};
    enum err e = ERR_OK;

    round->tried = round->told = 0;
    arena_open(&a, ROUND_CEILING);
    while (!e && d.due && !is_over(round)) {
        arena_reset(&a);
        e = take(&d);
        if (!e && d.due) {
            e = deliver_alone(&d);
            round->tried++;
            round->told += d.told;
        }
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

struct forgetting {
    int64_t before;
    size_t done;
};

static enum err forget_job(struct db *db, void *ctx)
{
    struct forgetting *f = ctx;

    return login_forget(&f->done, db, f->before, FORGET_MAX);
}

static enum err notices_job(struct db *db, void *ctx)
{
    const struct op *op = ctx;

    return notice_sweep(db, clock_s(&op->clock));
}

static enum err persons_job(struct db *db, void *ctx)
{
    const struct op *op = ctx;

    return identity_forget(db, clock_s(&op->clock));
}

static enum err forget_logins(const struct op *op)
{
    struct forgetting f = {.before = clock_s(&op->clock) - op->config->session.history};
    enum err e;

    do
        e = store_write(op->store, forget_job, &f);
    while (!e && f.done == FORGET_MAX);
    return e;
}

enum err upkeep_sweep(const struct op *op)
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
    if (!e)
        e = following_run(op, FOLLOW_BATCHES);
    if (!e)
        e = forget_logins(op);
    if (!e)
        e = store_write(op->store, notices_job, (void *)(uintptr_t)op);
    if (!e)
        e = store_write(op->store, persons_job, (void *)(uintptr_t)op);
    return e ? e : sweep_run(op->store, clock_s(&op->clock), NULL);
}

/* --- the auditors' index ---------------------------------------------------------------------------------------- */

static enum err index_ledger(const struct op *op)
{
    size_t done;

    return block_catch_up(&done, op->store, BLOCKS_A_ROUND);
}

static void complain(const char *what, enum err e)
{
    if (e)
        log_event(LOG_ERROR, "upkeep_failed", LOG_STR("what", what), LOG_STR("error", err_name(e)));
}

/* --- of several processes on one data folder, one ---------------------------------------------------------------- */

/* Does what need be done only once: sweeping and the index. Everybody delivers: a notice is taken by one of them, in a
 * transaction, and who has put it into the queue is there at once. The lock ends with the process that has it. */
static bool is_on_duty(struct upkeep *u)
{
    char *path = NULL;

    if (u->duty_fd >= 0)
        return true;
    enum err e = asprintf(&path, "%s/upkeep.lock", u->op->config->data) < 0 ? ERR_MEMORY : file_lock(&u->duty_fd, path);
    free(path);
    if (!e)
        log_event(LOG_INFO, "upkeep_taken", LOG_STR("data", u->op->config->data));
    else if (e != ERR_BUSY)
        complain("lock", e);
    return !e;
}

/* --- the thread -------------------------------------------------------------------------------------------------- */

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

static bool is_sweep_due(const struct upkeep *u)
{
    return clock_steady_ms() - u->swept_at >= SWEEP_S * 1000;
}

/* Services that take their time keep nothing from being swept, and nobody from stopping. */
static bool has_other_work(void *ctx)
{
    struct upkeep *u = ctx;

    pthread_mutex_lock(&u->lock);
    bool closing = u->closing;
    pthread_mutex_unlock(&u->lock);
    return closing || is_sweep_due(u);
}

/* A list that an operator's fetcher has put into the folder counts within a minute, without a signal. */
static void look_at_lists(const struct op *op)
{
    char why[256];
    bool changed;
    struct revocation_stock stock;
    enum err e = revocation_refresh(op->revocation, &changed, why);

    if (e) {
        log_event(LOG_ERROR, "crl_refused", LOG_STR("error", err_name(e)), LOG_STR("why", why));
        return;
    }
    if (!changed)
        return;
    revocation_stock(op->revocation, &stock);
    log_event(LOG_INFO, "crl_read", LOG_INT("lists", (int64_t)stock.crls), LOG_INT("deltas", (int64_t)stock.deltas),
              LOG_INT("entries", (int64_t)stock.entries), LOG_INT("next_update", stock.next_update));
}

/* What came of asking whether certificates are revoked: a line a minute, if anybody was asked about. */
static void tell_sums(struct upkeep *u)
{
    struct revocation_sums now;

    revocation_sums(u->op->revocation, &now);
    if (memcmp(&now, &u->told, sizeof now) == 0)
        return;
    u->told = now;
    log_event(LOG_INFO, "revocation", LOG_INT("good", (int64_t)now.good), LOG_INT("revoked", (int64_t)now.revoked),
              LOG_INT("unknown", (int64_t)now.unknown), LOG_INT("ocsp_requests", (int64_t)now.asked),
              LOG_INT("ocsp_failovers", (int64_t)now.failed_over), LOG_INT("ocsp_given_up", (int64_t)now.given_up));
}

static void watch(struct upkeep *u)
{
    if (clock_steady_ms() - u->watched_at < WATCH_S * 1000)
        return;
    look_at_lists(u->op);
    tell_sums(u);
    u->watched_at = clock_steady_ms();
}

static void *run(void *ctx)
{
    struct upkeep *u = ctx;
    struct upkeep_round round = {.over = has_other_work, .ctx = u};
    struct trace t;

    do {
        trace_begin_run(&t, VIEW_NONE);
        trace_enter(&t);
        bool on_duty = is_on_duty(u);
        if (is_sweep_due(u)) {
            complain("sweep", on_duty ? upkeep_sweep(u->op) : ERR_OK);
            u->swept_at = clock_steady_ms();
        }
        watch(u);
        op_follow_keys(u->op);
        complain("index", on_duty ? index_ledger(u->op) : ERR_OK);
        complain("deliver", upkeep_deliver(u->op, &round));
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
    u->duty_fd = -1;
    u->swept_at = u->watched_at = clock_steady_ms();
    pthread_mutex_init(&u->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&u->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (thread_start(&u->thread, "upkeep", run, u) != ERR_OK) {
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
    if (u->duty_fd >= 0)
        close(u->duty_fd);
    pthread_cond_destroy(&u->wake);
    pthread_mutex_destroy(&u->lock);
    free(u);
}
