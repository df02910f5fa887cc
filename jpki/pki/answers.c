#include "jpki/pki/answers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#define DEFAULT 4096
#define WAYS    4

struct kept {
    uint8_t key[SHA256_SIZE]; /* of issuer and serial number */
    struct revocation_answer answer;
    int64_t from, until; /* unix seconds; until 0: free */
};

struct answers {
    pthread_mutex_t lock;
    struct kept *kept;
    size_t n; /* a multiple of WAYS */
};

enum err answers_open(struct answers **out, size_t entries)
{
    struct answers *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a)
        return ERR_MEMORY;
    a->n = ((entries ? entries : DEFAULT) + WAYS - 1) / WAYS * WAYS;
    a->kept = calloc(a->n, sizeof *a->kept);
    if (!a->kept) {
        free(a);
        return ERR_MEMORY;
    }
    INSIST(pthread_mutex_init(&a->lock, NULL) == 0);
    *out = a;
    return ERR_OK;
}

void answers_close(struct answers *a)
{
    if (!a)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a->kept);
    free(a);
}

static void key_of(uint8_t out[SHA256_SIZE], const struct cert *c, const struct trust_root *root)
{
    sha256_of(out, (const struct view[]){root->cert.der, c->serial_der}, 2);
}

static struct kept *set_of(struct answers *a, const uint8_t key[SHA256_SIZE])
{
    size_t h;
    memcpy(&h, key, sizeof h);
    return &a->kept[h % (a->n / WAYS) * WAYS];
}

bool answers_find(struct revocation_answer *out, struct answers *a, const struct cert *c, const struct trust_root *root,
                  int64_t now)
{
    uint8_t key[SHA256_SIZE];
    bool found = false;
    key_of(key, c, root);
    pthread_mutex_lock(&a->lock);
    struct kept *set = set_of(a, key);
    for (size_t i = 0; i < WAYS && !found; i++) {
        found = set[i].from <= now && now < set[i].until && memcmp(set[i].key, key, SHA256_SIZE) == 0;
        if (found)
            *out = set[i].answer;
    }
    pthread_mutex_unlock(&a->lock);
    if (found)
        out->source = REVOCATION_FROM_CACHE;
    return found;
}

static struct kept *place_in(struct kept *set, const uint8_t key[SHA256_SIZE])
{
    struct kept *place = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (memcmp(set[i].key, key, SHA256_SIZE) == 0)
            return &set[i];
        if (set[i].until < place->until)
            place = &set[i];
    }
    return place;
}

void answers_put(struct answers *a, const struct cert *c, const struct trust_root *root, int64_t now, int64_t until,
                 const struct revocation_answer *answer)
{
    uint8_t key[SHA256_SIZE];
    if (until > now + REVOCATION_CACHE_MAX)
        until = now + REVOCATION_CACHE_MAX;
    if (until <= now)
        return;
    key_of(key, c, root);
    pthread_mutex_lock(&a->lock);
    struct kept *place = place_in(set_of(a, key), key);
    memcpy(place->key, key, SHA256_SIZE);
    place->answer = *answer;
    place->from = now;
    place->until = until;
    pthread_mutex_unlock(&a->lock);
}

size_t answers_count(struct answers *a)
{
    size_t n = 0;
    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->n; i++)
        n += a->kept[i].until > 0;
    pthread_mutex_unlock(&a->lock);
    return n;
}
