#include "idp/state/proof_keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#define PLACES      128  /* a header has one place, and takes it from who was there: 3 MB at most */
#define HEADER_MAX  2048 /* of an RSA key with 8192 bits in base64url of base64url; longer ones are not kept */
#define TEXT_MAX    8192
#define KEPT_MEMORY 65536

/* Requests under way hold it while another takes its place. */
struct kept {
    struct proof_keys *all;
    struct arena arena;
    uint8_t digest[SHA256_SIZE]; /* of the header as it was sent */
    struct jws jws;              /* one that had it; only what the header says is used again */
    unsigned holders;            /* under the lock */
};

struct proof_keys {
    pthread_mutex_t lock;
    struct kept *places[PLACES];
};

static void kept_free(struct kept *k)
{
    arena_close(&k->arena);
    free(k);
}

static void let_go(void *kept)
{
    struct kept *k = kept;

    pthread_mutex_lock(&k->all->lock);
    bool last = --k->holders == 0;
    pthread_mutex_unlock(&k->all->lock);
    if (last)
        kept_free(k);
}

static struct kept **place_of(struct proof_keys *p, const uint8_t digest[SHA256_SIZE])
{
    return &p->places[(digest[0] | digest[1] << 8) % PLACES];
}

/* NULL: not there. */
static struct kept *hold(struct proof_keys *p, const uint8_t digest[SHA256_SIZE])
{
    pthread_mutex_lock(&p->lock);
    struct kept *k = *place_of(p, digest);
    if (k && memcmp(k->digest, digest, SHA256_SIZE) == 0)
        k->holders++;
    else
        k = NULL;
    pthread_mutex_unlock(&p->lock);
    return k;
}

/* Held once, by whoever reads it. */
static enum err read_kept(struct kept **out, struct proof_keys *p, const uint8_t digest[SHA256_SIZE], struct view text)
{
    struct kept *k = calloc(1, sizeof *k);

    *out = NULL;
    if (!k)
        return ERR_MEMORY;
    *k = (struct kept){.all = p, .holders = 1};
    memcpy(k->digest, digest, SHA256_SIZE);
    arena_open(&k->arena, KEPT_MEMORY);
    enum err e = jws_read_with_key(&k->jws, &k->arena, text);
    if (e)
        kept_free(k);
    else
        *out = k;
    return e;
}

static void put(struct proof_keys *p, struct kept *k)
{
    pthread_mutex_lock(&p->lock);
    struct kept **place = place_of(p, k->digest), *before = *place;
    *place = k;
    k->holders++;
    bool last = before && --before->holders == 0;
    pthread_mutex_unlock(&p->lock);
    if (last)
        kept_free(before);
}

static enum err find(struct kept **out, struct proof_keys *p, struct arena *a, struct view text)
{
    uint8_t digest[SHA256_SIZE];
    enum err e = ERR_OK;

    sha256(digest, jws_header(text));
    *out = hold(p, digest);
    if (!*out) {
        e = read_kept(out, p, digest, text);
        if (!e)
            put(p, *out);
    }
    return e || arena_on_close(a, let_go, *out) ? e : ERR_MEMORY;
}

enum err proof_keys_read(struct jws *out, struct proof_keys *p, struct arena *a, struct view text)
{
    struct kept *k;

    if (jws_header(text).n == 0 || jws_header(text).n > HEADER_MAX || text.n > TEXT_MAX)
        return jws_read_with_key(out, a, text);
    enum err e = find(&k, p, a, text);
    return e ? e : jws_read_like(out, a, text, &k->jws);
}

enum err proof_keys_open(struct proof_keys **out)
{
    struct proof_keys *p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    if (pthread_mutex_init(&p->lock, NULL)) {
        free(p);
        return ERR_MEMORY;
    }
    *out = p;
    return ERR_OK;
}

void proof_keys_close(struct proof_keys *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < PLACES; i++)
        if (p->places[i])
            let_go(p->places[i]);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
