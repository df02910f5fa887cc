#include "http/throttle.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/chance.h"
#include "base/hash.h"

#define WAYS 8 /* buckets looked at for a key */

/* Tokens are counted in thousandths, so that a slow refill is not lost between two calls. */
struct bucket {
    uint64_t key;
    int64_t milli_tokens;
    int64_t at_ms; /* when milli_tokens was true; 0: never used */
};

struct throttle {
    pthread_mutex_t lock;
    struct throttle_config config;
    uint8_t secret[16]; /* nobody may choose keys that meet in one set */
    size_t sets;
    struct bucket *buckets;
};

enum err throttle_open(struct throttle **out, const struct throttle_config *config)
{
    *out = NULL;
    if (config->burst == 0 || config->keys_max == 0)
        return ERR_CONFIG;
    struct throttle *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_MEMORY;
    t->config = *config;
    t->config.minutes = config->minutes ? config->minutes : 1;
    t->sets = (config->keys_max + WAYS - 1) / WAYS;
    t->buckets = calloc(t->sets * WAYS, sizeof(*t->buckets));
    if (!t->buckets || pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t->buckets);
        free(t);
        return ERR_MEMORY;
    }
    chance_bytes(t->secret, sizeof(t->secret));
    *out = t;
    return ERR_OK;
}

void throttle_close(struct throttle *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->buckets);
    free(t);
}

static uint64_t key_of(const struct throttle *t, struct view key)
{
    uint8_t digest[SHA256_SIZE];
    uint64_t k;
    const struct view pieces[] = {VIEW_ARRAY(t->secret), key}; /* nobody sees the digest, so nobody can extend it */
    sha256_of(digest, pieces, 2);
    memcpy(&k, digest, sizeof(k));
    return k;
}

/* The key's bucket; a full new one in the place of the one idle longest if it has none. */
static struct bucket *bucket_of(struct throttle *t, uint64_t key, int64_t now_ms)
{
    struct bucket *set = &t->buckets[key % t->sets * WAYS], *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key && set[i].at_ms)
            return &set[i];
        if (set[i].at_ms < oldest->at_ms)
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key, .milli_tokens = (int64_t)t->config.burst * 1000, .at_ms = now_ms};
    return oldest;
}

static void refill(struct bucket *b, const struct throttle_config *c, int64_t now_ms)
{
    int64_t passed = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
    int64_t full = (int64_t)c->burst * 1000;
    if (passed > 86400000)
        passed = 86400000;
    int64_t back = passed * c->per_minute / (60 * (int64_t)c->minutes);
    if (back == 0 && passed < 60000 * (int64_t)c->minutes)
        return; /* not even a thousandth yet: keep the time running */
    b->milli_tokens = b->milli_tokens + back > full ? full : b->milli_tokens + back;
    b->at_ms = now_ms;
    if (back) /* what was not yet worth a thousandth is not lost */
        b->at_ms -= passed - back * 60 * c->minutes / c->per_minute;
}

/* COST: thousandths of a token that are taken if there is a whole one. */
static bool look(struct throttle *t, struct view key, int64_t cost, int64_t now_ms, int64_t *retry_s)
{
    uint64_t k = key_of(t, key);
    INSIST(pthread_mutex_lock(&t->lock) == 0);
    if (now_ms < 1)
        now_ms = 1;
    struct bucket *b = bucket_of(t, k, now_ms);
    refill(b, &t->config, now_ms);
    bool ok = b->milli_tokens >= 1000;
    if (ok)
        b->milli_tokens -= cost;
    int64_t missing = 1000 - b->milli_tokens;
    pthread_mutex_unlock(&t->lock);
    if (retry_s && t->config.per_minute)
        *retry_s = ok ? 0 : (missing * 60 * t->config.minutes / t->config.per_minute + 999) / 1000;
    else if (retry_s)
        *retry_s = ok ? 0 : 86400;
    return ok;
}

bool throttle_take(struct throttle *t, struct view key, int64_t now_ms, int64_t *retry_s)
{
    return look(t, key, 1000, now_ms, retry_s);
}

bool throttle_has(struct throttle *t, struct view key, int64_t now_ms, int64_t *retry_s)
{
    return look(t, key, 0, now_ms, retry_s);
}
