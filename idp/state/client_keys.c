#include "idp/state/client_keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "http/fetcher.h"
#include "http/throttle.h"
#include "idp/rules/key_refresh.h"
#include "idp/rules/key_set.h"

#define FETCH_THREADS 8 /* services whose servers are slow at the same time before others wait for them */
#define FETCH_QUEUE   1024
#define SOURCES_MAX   16384 /* sets kept; the one asked for longest ago makes room */
#define CHAINS        4096
#define SET_CEILING   (1 << 20)
#define WAIT_MS       (CLIENT_KEYS_FETCH_MS + 500)

/* One set that was read. Requests under way hold it while another takes its place. */
struct held {
    struct arena arena;
    struct key_set set;
    unsigned holders; /* under the lock */
    struct client_keys *keys;
};

/* Where a set comes from: a registration or an address. Found by the digest of what it is. */
struct source {
    struct source *next; /* in its chain */
    uint8_t digest[SHA256_SIZE];
    struct held *held; /* NULL: not read yet */
    int64_t got_at;    /* when it was fetched, unix seconds */
    int64_t asked_ms;  /* when fetching began, steady clock */
    int64_t used;      /* a count of uses */
    bool fetching;
    char *url; /* for the log */
    struct client_keys *keys;
};

struct client_keys {
    pthread_mutex_t lock;
    struct source *chains[CHAINS];
    size_t n;
    int64_t uses;
    struct throttle *throttle;
    struct fetcher *fetcher;
    struct clock clock;
};

/* --- sets -------------------------------------------------------------------------------------------------------- */

static enum err held_read(struct held **out, struct client_keys *k, struct view text, const char **why)
{
    struct held *h = calloc(1, sizeof *h);

    *out = NULL;
    if (!h)
        return ERR_MEMORY;
    h->keys = k;
    h->holders = 1;
    arena_open(&h->arena, SET_CEILING);
    enum err e = key_set_read(&h->set, &h->arena, text, why);
    if (e) {
        arena_close(&h->arena);
        free(h);
    } else {
        *out = h;
    }
    return e;
}

/* Under the lock. */
static void drop(struct held *h)
{
    if (!h || --h->holders > 0)
        return;
    arena_close(&h->arena);
    free(h);
}

static void let_go(void *held)
{
    struct held *h = held;
    struct client_keys *k = h->keys;

    pthread_mutex_lock(&k->lock);
    drop(h);
    pthread_mutex_unlock(&k->lock);
}

/* --- sources, all of it under the lock --------------------------------------------------------------------------- */

static struct source **chain_of(struct client_keys *k, const uint8_t digest[SHA256_SIZE])
{
    return &k->chains[(digest[0] | digest[1] << 8) % CHAINS];
}

static struct source *find(struct client_keys *k, const uint8_t digest[SHA256_SIZE])
{
    struct source *s = *chain_of(k, digest);

    while (s && memcmp(s->digest, digest, SHA256_SIZE) != 0)
        s = s->next;
    return s;
}

static void forget(struct client_keys *k, struct source *gone)
{
    struct source **at = chain_of(k, gone->digest);

    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    drop(gone->held);
    free(gone->url);
    free(gone);
    k->n--;
}

static void make_room(struct client_keys *k)
{
    struct source *oldest = NULL;

    for (size_t i = 0; k->n >= SOURCES_MAX && i < CHAINS; i++)
        for (struct source *s = k->chains[i]; s; s = s->next)
            if (!s->fetching && (!oldest || s->used < oldest->used))
                oldest = s;
    if (oldest)
        forget(k, oldest);
}

static struct source *find_or_add(struct client_keys *k, const uint8_t digest[SHA256_SIZE])
{
    struct source *s = find(k, digest);

    if (!s) {
        make_room(k);
        s = calloc(1, sizeof *s);
        if (!s)
            return NULL;
        memcpy(s->digest, digest, SHA256_SIZE);
        s->keys = k;
        s->next = *chain_of(k, digest);
        *chain_of(k, digest) = s;
        k->n++;
    }
    s->used = ++k->uses;
    return s;
}

static struct held *hold(struct source *s)
{
    if (s->held)
        s->held->holders++;
    return s->held;
}

/* --- by value ---------------------------------------------------------------------------------------------------- */

/* Whoever comes first reads it for all. */
static enum err held_of_text(struct held **out, struct client_keys *k, struct view text)
{
    const struct view pieces[] = {VIEW("jwks\0"), text};
    uint8_t digest[SHA256_SIZE];
    struct held *mine;
    const char *why;

    sha256_of(digest, pieces, 2);
    pthread_mutex_lock(&k->lock);
    struct source *s = find(k, digest);
    *out = s ? hold(s) : NULL;
    if (s)
        s->used = ++k->uses;
    pthread_mutex_unlock(&k->lock);
    if (*out)
        return ERR_OK;
    enum err e = held_read(&mine, k, text, &why);
    if (e)
        return e;
    pthread_mutex_lock(&k->lock);
    s = find_or_add(k, digest);
    if (s && !s->held) {
        s->held = mine;
        mine->holders++;
    }
    pthread_mutex_unlock(&k->lock);
    *out = mine;
    return ERR_OK;
}

/* --- at an address ----------------------------------------------------------------------------------------------- */

static void on_fetched(void *ctx, enum err e, const struct fetched *answer)
{
    struct source *s = ctx;
    struct client_keys *k = s->keys;
    struct held *h = NULL, *old = NULL;
    const char *why = "";

    if (!e && answer->status != 200)
        e = ERR_UNAVAILABLE;
    if (!e)
        e = held_read(&h, k, answer->body, &why);
    log_event(e ? LOG_WARN : LOG_INFO, e ? "client_keys_not_fetched" : "client_keys_fetched", LOG_STR("url", s->url),
              LOG_STR("error", e ? err_name(e) : ""), LOG_INT("status", answer->status), LOG_STR("why", e ? why : ""));
    pthread_mutex_lock(&k->lock);
    s->fetching = false;
    if (h) {
        old = s->held;
        s->held = h;
        s->got_at = clock_s(&k->clock);
    }
    drop(old);
    pthread_mutex_unlock(&k->lock);
}

/* Under the lock. False: it may not be asked now, or nobody is there to ask. */
static bool start(struct client_keys *k, struct source *s, struct view url, int64_t now_ms)
{
    static const struct fetch_limits limits = {.timeout_ms = CLIENT_KEYS_FETCH_MS, .body_max = CLIENT_KEYS_BODY_MAX};

    if (s->fetching)
        return true;
    if (!s->url && !(s->url = strndup((const char *)url.p, url.n)))
        return false;
    if (!throttle_take(k->throttle, url, now_ms, NULL) || fetcher_get(k->fetcher, url, &limits, on_fetched, s))
        return false;
    s->fetching = true;
    s->asked_ms = clock_steady_ms();
    return true;
}

struct waiting {
    struct client_keys *keys;
    uint8_t digest[SHA256_SIZE];
};

static bool is_fetched(const void *ctx)
{
    const struct waiting *w = ctx;

    pthread_mutex_lock(&w->keys->lock);
    const struct source *s = find(w->keys, w->digest);
    bool done = !s || !s->fetching;
    pthread_mutex_unlock(&w->keys->lock);
    return done;
}

static enum err wait_for(struct visit *v, struct client_keys *k, const uint8_t digest[SHA256_SIZE])
{
    struct waiting *w = arena_alloc(v->arena, sizeof *w);

    if (!w)
        return ERR_MEMORY;
    w->keys = k;
    memcpy(w->digest, digest, SHA256_SIZE);
    answer_wait(v->answer, is_fetched, w, WAIT_MS);
    return ERR_BUSY;
}

/* What is there, and what is known about it. */
static enum err look(struct held **out, struct key_refresh_facts *f, struct visit *v, const uint8_t digest[SHA256_SIZE])
{
    struct client_keys *k = v->op->client_keys;

    pthread_mutex_lock(&k->lock);
    struct source *s = find_or_add(k, digest);
    if (s) {
        *out = hold(s);
        *f = (struct key_refresh_facts){.has = *out,
                                        .age_s = v->now - s->got_at,
                                        .fetching = s->fetching,
                                        .asked = s->asked_ms && s->asked_ms >= v->request->started_ms,
                                        .may_ask = true,
                                        .waited = v->request->waited};
    }
    pthread_mutex_unlock(&k->lock);
    return s ? ERR_OK : ERR_MEMORY;
}

/* Decides, and asks the service's server if that is the verdict; if it may not be asked, decides without it. */
static enum key_refresh refresh(struct visit *v, struct key_refresh_facts *f, const uint8_t digest[SHA256_SIZE],
                                struct view url)
{
    struct client_keys *k = v->op->client_keys;
    enum key_refresh verdict = key_refresh_decide(f);

    if (verdict != KEYS_FETCH && verdict != KEYS_USE_AND_FETCH)
        return verdict;
    pthread_mutex_lock(&k->lock);
    struct source *s = find(k, digest);
    f->may_ask = s && start(k, s, url, v->now_ms);
    pthread_mutex_unlock(&k->lock);
    return f->may_ask ? verdict : key_refresh_decide(f);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

/* The visit holds it until it ends. */
static enum err keep(struct visit *v, struct held *h)
{
    return !h || arena_on_close(v->arena, let_go, h) ? ERR_OK : ERR_MEMORY;
}

static enum err verify_with(const struct key_set *set, const struct jws *j)
{
    const struct jws_key *keys[KEY_SET_TRIES];
    size_t n = key_set_candidates(keys, set, j);
    enum err e = ERR_MISMATCH;

    for (size_t i = 0; e == ERR_MISMATCH && i < n; i++)
        e = jws_verify(j, keys[i]);
    return e;
}

static enum err verify_by_value(struct visit *v, struct view jwks, const struct jws *j)
{
    struct held *h;
    enum err e = held_of_text(&h, v->op->client_keys, jwks);

    if (e)
        return e == ERR_SYNTAX || e == ERR_LIMIT ? ERR_MISMATCH : e;
    return (e = keep(v, h)) ? e : verify_with(&h->set, j);
}

/* One question to the set at an address: *E is the answer of the set that is there; UNKNOWN: a newer one might know
 * better. ERR_BUSY: wait for that; ERR_UNAVAILABLE. */
struct question {
    enum err (*ask)(const struct key_set *set, const void *what, void *out, bool *unknown);
    const void *what;
    void *out;
    bool may_wait;
};

static enum err ask_at_address(struct visit *v, struct view url, const struct question *q)
{
    const struct view pieces[] = {VIEW("uri\0"), url};
    uint8_t digest[SHA256_SIZE];
    struct key_refresh_facts facts;
    struct held *h;

    /* It was checked when it was registered; keys that came unprotected are nobody's. */
    if (!view_starts(url, VIEW("https://")) && !v->op->loopback)
        return ERR_UNAVAILABLE;
    sha256_of(digest, pieces, 2);
    enum err e = look(&h, &facts, v, digest);
    if (e || (e = keep(v, h)))
        return e;
    e = h ? q->ask(&h->set, q->what, q->out, &facts.unknown) : ERR_MISMATCH;
    facts.waited = facts.waited || !q->may_wait;
    switch (refresh(v, &facts, digest, url)) {
    case KEYS_FETCH:
    case KEYS_WAIT:
        return wait_for(v, v->op->client_keys, digest);
    case KEYS_UNAVAILABLE:
        return ERR_UNAVAILABLE;
    default:
        return e;
    }
}

static enum err ask_signature(const struct key_set *set, const void *what, void *out, bool *unknown)
{
    const struct jws *j = what;
    enum err e = verify_with(set, j);

    (void)out;
    *unknown = e == ERR_MISMATCH && !key_set_names(set, j);
    return e;
}

/* Whoever has a set and no key for us in it is not asked again and again. */
static enum err ask_encryption(const struct key_set *set, const void *what, void *out, bool *unknown)
{
    const struct jwe_key **key = out;
    const enum jwe_alg *alg = what;

    *key = key_set_encryption(set, *alg);
    *unknown = false;
    return *key ? ERR_OK : ERR_UNAVAILABLE;
}

enum err client_keys_verify(struct visit *v, const struct client *c, const struct jws *j)
{
    if (view_is(c->jwks))
        return verify_by_value(v, c->jwks, j);
    const struct question q = {ask_signature, j, NULL, true};
    return view_is(c->jwks_uri) ? ask_at_address(v, c->jwks_uri, &q) : ERR_MISMATCH;
}

static enum err ask_cert(const struct key_set *set, const void *what, void *out, bool *unknown)
{
    const struct view *cert = what;

    (void)out;
    *unknown = !key_set_has_cert(set, *cert);
    return *unknown ? ERR_MISMATCH : ERR_OK;
}

enum err client_keys_find_cert(struct visit *v, const struct client *c, struct view cert)
{
    const struct question q = {ask_cert, &cert, NULL, true};
    struct held *h;
    bool unknown;

    if (!view_is(c->jwks))
        return view_is(c->jwks_uri) ? ask_at_address(v, c->jwks_uri, &q) : ERR_MISMATCH;
    enum err e = held_of_text(&h, v->op->client_keys, c->jwks);
    if (e)
        return e == ERR_SYNTAX || e == ERR_LIMIT ? ERR_MISMATCH : e;
    return (e = keep(v, h)) ? e : q.ask(&h->set, q.what, q.out, &unknown);
}

enum err client_keys_find_encryption(const struct jwe_key **out, struct visit *v, const struct client *c,
                                     enum jwe_alg alg, bool may_wait)
{
    const struct question q = {ask_encryption, &alg, out, may_wait};
    struct held *h;
    bool unknown;

    *out = NULL;
    if (!view_is(c->jwks))
        return view_is(c->jwks_uri) ? ask_at_address(v, c->jwks_uri, &q) : ERR_UNAVAILABLE;
    enum err e = held_of_text(&h, v->op->client_keys, c->jwks);
    if (e)
        return e == ERR_SYNTAX || e == ERR_LIMIT ? ERR_UNAVAILABLE : e;
    return (e = keep(v, h)) ? e : q.ask(&h->set, q.what, q.out, &unknown);
}

/* --- opening and closing ----------------------------------------------------------------------------------------- */

enum err client_keys_open(struct client_keys **out, struct fetch *f, const struct clock *clock)
{
    static const struct throttle_config ask = {
        .burst = KEYS_ASK_RESERVE, .per_minute = 60 / KEYS_ASK_EVERY_S, .keys_max = SOURCES_MAX};
    struct client_keys *k = calloc(1, sizeof *k);

    *out = NULL;
    if (!k)
        return ERR_MEMORY;
    k->clock = *clock;
    if (pthread_mutex_init(&k->lock, NULL)) {
        free(k);
        return ERR_MEMORY;
    }
    enum err e = throttle_open(&k->throttle, &ask);
    if (!e)
        e = fetcher_open(&k->fetcher, f, "fetch-keys", FETCH_THREADS, FETCH_QUEUE);
    if (e)
        client_keys_close(k);
    else
        *out = k;
    return e;
}

void client_keys_close(struct client_keys *k)
{
    if (!k)
        return;
    fetcher_close(k->fetcher);
    for (size_t i = 0; i < CHAINS; i++)
        while (k->chains[i])
            forget(k, k->chains[i]);
    throttle_close(k->throttle);
    pthread_mutex_destroy(&k->lock);
    free(k);
}
