#include "idp/state/herald.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/thread.h"
#include "base/trace.h"
#include "consent/publish.h"
#include "http/fetch.h"
#include "idp/state/config.h"

enum {
    CEILING = 8 << 20,
    OWN_MS = 2000 /* our own work of a round, generously: signing, a few files */
};

/* A leaf that just missed a checkpoint waits for that one to end or for the next to be due, whatever is later, then for
 * a tick, and then for the next one's witnesses: ten seconds at most. */
#define LATER(A, B) ((A) > (B) ? (A) : (B))
_Static_assert(LATER(HERALD_PUBLISH_MS, PUBLISH_WITNESSES_MS) + HERALD_INTEGRATE_MS + PUBLISH_WITNESSES_MS + OWN_MS <=
                   10000,
               "published within ten seconds");
_Static_assert(LATER(HERALD_INTEGRATE_MS, PUBLISH_ANSWER_MS) <= 1000, "integrated within a second");

struct herald {
    const struct op *op;
    struct publish_config config;
    struct publisher *publisher; /* NULL: another process publishes; the thread takes over when that one has ended */
    struct arena arena;          /* one round's */
    int64_t began_at;            /* with the last checkpoint, or with trying to take over */
    _Atomic int64_t good_at;     /* of the last one that went well; -1: none of ours */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool closing;
    unsigned failures; /* in a row; only the thread's, as what follows */
    int64_t failed_at; /* the first of them */
    bool refused;      /* this log is not the one that was signed */
};

static enum err post(void *ctx, struct arena *a, const char *url, struct view body, int timeout_ms, int *status,
                     struct view *answer)
{
    const struct herald *h = ctx;
    const struct fetch_limits limits = {.timeout_ms = timeout_ms, .body_max = 16384};
    struct fetched fetched = {0};
    enum err err = fetch_post(h->op->fetch, a, view_text(url), "text/plain; charset=utf-8", body, &limits, &fetched);
    *status = fetched.status;
    *answer = fetched.body;
    return err;
}

/* What may get better is said when it begins, and not each time; a log that is refused is never tried again. */
static void fail(struct herald *h, const char *event, const char *why, enum err err)
{
    bool refused = err == ERR_CONFLICT;
    if (refused || h->failures == 0)
        log_event(LOG_ERROR, refused ? "ledger_refused" : event, LOG_STR("why", why), LOG_STR("error", err_name(err)));
    if (h->failures == 0)
        h->failed_at = clock_steady_ms();
    h->failures = refused ? 0 : h->failures + 1;
}

static void succeed(struct herald *h)
{
    if (h->failures)
        log_event(LOG_INFO, "ledger_published_again", LOG_INT("size", publisher_size(h->publisher)),
                  LOG_INT("failures", h->failures), LOG_INT("s", (clock_steady_ms() - h->failed_at) / 1000));
    h->failures = 0;
    atomic_store(&h->good_at, clock_steady_ms());
}

static void publish(struct herald *h)
{
    const char *why = "";
    int64_t before = publisher_size(h->publisher);
    h->began_at = clock_steady_ms();
    enum err err = publisher_publish(h->publisher, &h->arena, &why);
    if (err)
        fail(h, "ledger_not_published", why, err);
    else
        succeed(h);
    if (!err && publisher_size(h->publisher) != before)
        log_event(LOG_DEBUG, "ledger_published", LOG_INT("size", publisher_size(h->publisher)),
                  LOG_INT("witnesses", (int64_t)publisher_witnesses(h->publisher)));
    arena_reset(&h->arena);
}

bool herald_is_due(int64_t began, int64_t now, unsigned failures)
{
    int64_t wait = HERALD_PUBLISH_MS;
    for (unsigned i = 1; i < failures && wait < HERALD_PATIENCE_MS; i++)
        wait *= 2;
    return now - began >= (wait < HERALD_PATIENCE_MS ? wait : HERALD_PATIENCE_MS);
}

static bool is_due(const struct herald *h)
{
    return herald_is_due(h->began_at, clock_steady_ms(), h->failures);
}

static void take_over(struct herald *h)
{
    const char *why = "";
    enum err err = publisher_open(&h->publisher, &h->config, &h->arena, &why);
    if (!err) {
        log_event(LOG_INFO, "ledger_published_here", LOG_INT("size", publisher_size(h->publisher)));
        h->failures = 0;
        succeed(h);
    } else if (err == ERR_BUSY) {
        if (h->failures)
            log_event(LOG_INFO, "ledger_published_elsewhere", LOG_STR("why", why));
        h->failures = 0;
    } else {
        h->began_at = clock_steady_ms();
        h->refused = err == ERR_CONFLICT;
        fail(h, "ledger_not_published", why, err);
    }
    arena_reset(&h->arena);
}

static void publish_more(struct herald *h)
{
    enum err err = h->failures ? ERR_OK : publisher_integrate(h->publisher); /* after a failure publishing does it */
    if (err)
        fail(h, "ledger_not_integrated", err_words(err), err);
    if (is_due(h))
        publish(h);
}

static void run_round(struct herald *h)
{
    struct trace t;
    trace_begin_run(&t, VIEW_NONE);
    trace_enter(&t);
    if (h->publisher)
        publish_more(h);
    else if (!h->refused && is_due(h))
        take_over(h);
    trace_enter(NULL);
}

/* False: closing. */
static bool wait_round(struct herald *h)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += HERALD_INTEGRATE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&h->lock);
    while (!h->closing && pthread_cond_timedwait(&h->wake, &h->lock, &until) == 0)
        ;
    bool go_on = !h->closing;
    pthread_mutex_unlock(&h->lock);
    return go_on;
}

static void *run(void *ctx)
{
    struct herald *h = ctx;
    do
        run_round(h);
    while (wait_round(h));
    if (h->publisher)
        publish(h);
    return NULL;
}

static enum err start(struct herald *h)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&h->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return thread_start(&h->thread, "publisher", run, h);
}

static enum err open_publisher(struct herald *h, struct arena *a, const char **why)
{
    const struct config *c = h->op->config;
    h->config = (struct publish_config){.store = h->op->store,
                                        .folder = c->ledger.folder,
                                        .key_path = c->ledger.key,
                                        .origin = view_text(c->ledger.origin),
                                        .post = post,
                                        .ctx = h,
                                        .clock = &h->op->clock};
    enum err err = policy_read_file(&h->config.policy, a, c->ledger.policy, why);
    if (err)
        return err;
    err = publisher_open(&h->publisher, &h->config, a, why);
    if (err != ERR_BUSY)
        return err;
    log_event(LOG_INFO, "ledger_published_elsewhere", LOG_STR("why", *why));
    return ERR_OK;
}

enum err herald_open(struct herald **out, const struct op *op, struct arena *arena, const char **why)
{
    *out = NULL;
    *why = "not enough memory";
    struct herald *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_MEMORY;
    h->op = op;
    enum err err = open_publisher(h, arena, why);
    atomic_init(&h->good_at, h->publisher ? clock_steady_ms() : -1);
    arena_open(&h->arena, CEILING);
    if (!err)
        err = start(h);
    if (err) {
        publisher_close(h->publisher);
        free(h);
        return err;
    }
    *out = h;
    return ERR_OK;
}

int64_t herald_age_s(const struct herald *h)
{
    int64_t good_at = atomic_load(&h->good_at);
    return good_at < 0 ? -1 : (clock_steady_ms() - good_at) / 1000;
}

void herald_close(struct herald *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->closing = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    publisher_close(h->publisher);
    arena_close(&h->arena);
    free(h);
}
