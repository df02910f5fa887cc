#include "http/fetcher.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/trace.h"
#include "http/workers.h"

#define ANSWER_CEILING (1 << 20)

struct fetcher {
    struct fetch *fetch;
    struct workers *workers;
    _Atomic bool closing;
};

struct order {
    struct job job; /* first, so that a job is its order */
    struct fetch_limits limits;
    bool traced;
    struct trace trace; /* of whoever ordered it */
    fetcher_fn *done;
    void *ctx;
    size_t n;
    char url[];
};

static void run(void *ctx, struct job *job, int worker)
{
    struct fetcher *f = ctx;
    struct order *o = (struct order *)job;
    struct fetched answer = {0};
    struct arena a;
    (void)worker;
    arena_open(&a, ANSWER_CEILING);
    trace_enter(o->traced ? &o->trace : NULL);
    enum err e = atomic_load(&f->closing) ? ERR_UNAVAILABLE
                                          : fetch_get(f->fetch, &a, view_bytes(o->url, o->n), &o->limits, &answer);
    o->done(o->ctx, e, &answer);
    trace_enter(NULL);
    arena_close(&a);
    free(o);
}

enum err fetcher_open(struct fetcher **out, struct fetch *fetch, const char *name, unsigned threads, size_t queue_max)
{
    struct fetcher *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return ERR_MEMORY;
    f->fetch = fetch;
    enum err e = workers_open(&f->workers, name, threads, queue_max, run, f);
    if (e)
        free(f);
    else
        *out = f;
    return e;
}

void fetcher_close(struct fetcher *f)
{
    if (!f)
        return;
    atomic_store(&f->closing, true);
    workers_close(f->workers);
    free(f);
}

enum err fetcher_get(struct fetcher *f, struct view url, const struct fetch_limits *limits, fetcher_fn *done, void *ctx)
{
    struct order *o = calloc(1, sizeof *o + url.n + 1);
    if (!o)
        return ERR_MEMORY;
    *o = (struct order){.limits = *limits, .done = done, .ctx = ctx, .n = url.n};
    const struct trace *t = trace_current();
    if ((o->traced = t))
        o->trace = *t;
    if (url.n)
        memcpy(o->url, url.p, url.n);
    if (workers_push(f->workers, &o->job))
        return ERR_OK;
    free(o);
    return ERR_BUSY;
}
