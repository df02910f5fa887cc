#include "idp/state/documents.h"

#include <pthread.h>
#include <stdlib.h>

#include "http/fetcher.h"

enum { THREADS = 4, QUEUE_MAX = 256, WAIT_MS = DOCUMENTS_MS + 500 };

/* Belongs to the request that asked, and to the thread that fetches: whoever ends last frees it. */
struct document {
    struct document *next;
    struct documents *all;
    const void *request; /* the request's address: it stays where it is until its answer has left */
    char *url;
    bool fetching, abandoned;
    enum err err;
    int status;
    struct arena arena; /* holds TYPE and BODY */
    struct view type, body;
};

struct documents {
    pthread_mutex_t lock;
    struct document *first;
    struct fetcher *fetcher;
};

static void document_free(struct document *d)
{
    arena_close(&d->arena);
    free(d->url);
    free(d);
}

/* Under the lock. */
static struct document *find(struct documents *all, const void *request, struct view url)
{
    struct document *d = all->first;

    while (d && (d->request != request || !view_equal_text(url, d->url)))
        d = d->next;
    return d;
}

/* Under the lock. */
static void unlink_it(struct document *gone)
{
    struct document **at = &gone->all->first;

    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
}

/* The request has ended. */
static void abandon(void *document)
{
    struct document *d = document;
    struct documents *all = d->all;

    pthread_mutex_lock(&all->lock);
    unlink_it(d);
    d->abandoned = true;
    bool last = !d->fetching;
    pthread_mutex_unlock(&all->lock);
    if (last)
        document_free(d);
}

static void on_fetched(void *ctx, enum err e, const struct fetched *answer)
{
    struct document *d = ctx;
    struct documents *all = d->all;

    pthread_mutex_lock(&all->lock);
    d->err = e;
    if (!e) {
        d->status = answer->status;
        d->body = arena_copy(&d->arena, answer->body);
        d->type = view_is(answer->content_type) ? arena_copy(&d->arena, answer->content_type) : VIEW_NONE;
        if (!d->body.p)
            d->err = ERR_MEMORY;
    }
    d->fetching = false;
    bool last = d->abandoned;
    pthread_mutex_unlock(&all->lock);
    if (last)
        document_free(d);
}

static bool is_fetched(const void *ctx)
{
    const struct document *d = ctx;

    pthread_mutex_lock(&d->all->lock);
    bool done = !d->fetching;
    pthread_mutex_unlock(&d->all->lock);
    return done;
}

static enum err wait_for(struct visit *v, const struct document *d)
{
    if (v->request->waited)
        return ERR_TIMEOUT;
    answer_wait(v->answer, is_fetched, d, WAIT_MS);
    return ERR_BUSY;
}

static enum err begin(struct documents *all, struct visit *v, struct view url)
{
    static const struct fetch_limits limits = {.timeout_ms = DOCUMENTS_MS, .body_max = DOCUMENTS_BODY_MAX};
    struct document *d = calloc(1, sizeof *d);

    if (!d)
        return ERR_MEMORY;
    *d = (struct document){.all = all, .request = v->request, .fetching = true};
    arena_open(&d->arena, DOCUMENTS_BODY_MAX + 4096);
    d->url = strndup((const char *)url.p, url.n);
    if (!d->url) {
        document_free(d);
        return ERR_MEMORY;
    }
    pthread_mutex_lock(&all->lock);
    d->next = all->first;
    all->first = d;
    pthread_mutex_unlock(&all->lock);
    enum err e = fetcher_get(all->fetcher, url, &limits, on_fetched, d);
    if (e)
        on_fetched(d, ERR_UNAVAILABLE, NULL);
    if (!arena_on_close(v->arena, abandon, d))
        return ERR_MEMORY;
    return e ? ERR_UNAVAILABLE : wait_for(v, d);
}

enum err documents_get(struct fetched *out, struct visit *v, struct view url)
{
    struct documents *all = v->op->documents;

    pthread_mutex_lock(&all->lock);
    const struct document *d = find(all, v->request, url);
    bool fetching = d && d->fetching;
    pthread_mutex_unlock(&all->lock);
    if (!d)
        return begin(all, v, url);
    if (fetching)
        return wait_for(v, d);
    *out = (struct fetched){.status = d->status, .content_type = d->type, .body = d->body};
    return d->err;
}

enum err documents_open(struct documents **out, struct fetch *f)
{
    struct documents *d = calloc(1, sizeof *d);

    *out = NULL;
    if (!d)
        return ERR_MEMORY;
    if (pthread_mutex_init(&d->lock, NULL)) {
        free(d);
        return ERR_MEMORY;
    }
    enum err e = fetcher_open(&d->fetcher, f, "fetch-docs", THREADS, QUEUE_MAX);
    if (e)
        documents_close(d);
    else
        *out = d;
    return e;
}

void documents_close(struct documents *d)
{
    if (!d)
        return;
    fetcher_close(d->fetcher);
    INSIST(!d->first);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
