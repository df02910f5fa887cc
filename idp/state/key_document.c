#include "idp/state/key_document.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define TEXT_MAX 65536

/* What it was like for a time. Older ones stay: answers under way are sent out of them. There are no more than retired
 * keys run out. */
struct edition {
    struct edition *older;
    int64_t from, until; /* unix seconds */
    struct buf buf;
    struct view text;
};

struct key_document {
    const struct keys *keys;
    pthread_mutex_t lock; /* one writes at a time */
    _Atomic(struct edition *) newest;
};

static const struct edition *find(struct key_document *d, int64_t now)
{
    const struct edition *e = atomic_load_explicit(&d->newest, memory_order_acquire);

    while (e && (now < e->from || now >= e->until))
        e = e->older;
    return e;
}

static struct edition *write_at(const struct key_document *d, int64_t now)
{
    struct edition *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->from = now;
    e->until = keys_jwks_until(d->keys, KEY_TOKEN, now);
    buf_open(&e->buf, NULL, TEXT_MAX);
    keys_put_jwks(&e->buf, d->keys, KEY_TOKEN, now);
    if (buf_done(&e->buf, &e->text) == ERR_OK)
        return e;
    buf_close(&e->buf);
    free(e);
    return NULL;
}

/* Under the lock. */
static const struct edition *add(struct key_document *d, int64_t now)
{
    struct edition *e = write_at(d, now);

    if (e) {
        e->older = atomic_load(&d->newest);
        atomic_store_explicit(&d->newest, e, memory_order_release);
    }
    return e;
}

struct view key_document_at(struct key_document *d, int64_t now)
{
    const struct edition *e = find(d, now);

    if (e)
        return e->text;
    pthread_mutex_lock(&d->lock);
    e = find(d, now); /* whoever waited for the lock finds what the other one wrote */
    if (!e)
        e = add(d, now);
    pthread_mutex_unlock(&d->lock);
    return e ? e->text : VIEW_NONE;
}

enum err key_document_open(struct key_document **out, const struct keys *k)
{
    struct key_document *d = calloc(1, sizeof *d);

    *out = NULL;
    if (!d)
        return ERR_MEMORY;
    d->keys = k;
    if (pthread_mutex_init(&d->lock, NULL)) {
        free(d);
        return ERR_MEMORY;
    }
    *out = d;
    return ERR_OK;
}

void key_document_close(struct key_document *d)
{
    if (!d)
        return;
    for (struct edition *e = atomic_load(&d->newest), *older; e; e = older) {
        older = e->older;
        buf_close(&e->buf);
        free(e);
    }
    pthread_mutex_destroy(&d->lock);
    free(d);
}
