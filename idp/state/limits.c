#include "idp/state/limits.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "http/subscriber.h"
#include "http/throttle.h"
#include "idp/state/config.h"
#include "sessions/decoupled.h"

#define ADDRESSES_MAX 16384
#define ACCOUNTS_MAX  65536
#define WHOM_MAX      128 /* no client has a longer id */
#define KEY_MAX       256

struct limits {
    atomic_bool failed; /* somebody, since the start */
    atomic_uint under_way[LIMIT_COUNT];
    struct throttle *throttles[LIMIT_COUNT]; /* NULL: no limit */
};

enum err limits_open(struct limits **out, const struct config *config)
{
    const unsigned interactions = config->limits.interactions_per_minute,
                   cards = config->limits.card_transactions_per_minute,
                   pushed = config->limits.pushed_requests_per_minute,
                   registrations = config->limits.registrations_per_minute,
                   introspections = config->limits.introspections_per_minute,
                   revocations = config->limits.revocations_per_minute, exchanges = config->limits.exchanges_per_minute,
                   proofs = config->limits.card_proofs_per_account, links = config->limits.card_links_per_account;
    /* The others are no operator's choice: RFC 8628 5.1 and 3.5, with one poll more for a clock that is not exact; RFC
     * 6749 2.3.1. */
    const struct {
        unsigned burst, per_minute, minutes;
    } of[LIMIT_COUNT] = {[LIMIT_INTERACTIONS] = {interactions, interactions, 1},
                         [LIMIT_CARDS] = {cards, cards, 1},
                         [LIMIT_PUSHED] = {pushed, pushed, 1},
                         [LIMIT_USER_CODES] = {10, 10, 1},
                         [LIMIT_POLLS] = {2, 60 / DECOUPLED_INTERVAL_S, 1},
                         [LIMIT_REGISTRATIONS] = {registrations, registrations, 1},
                         [LIMIT_INTROSPECTIONS] = {introspections, introspections, 1},
                         [LIMIT_REVOCATIONS] = {revocations, revocations, 1},
                         [LIMIT_EXCHANGES] = {exchanges, exchanges, 1},
                         [LIMIT_CARD_PROOFS] = {proofs, proofs, LIMITS_PROOFS_MINUTES},
                         [LIMIT_CARD_LINKS] = {links, links, LIMITS_LINKS_MINUTES},
                         [LIMIT_FAILURES] = {20, 20, 1}};
    struct limits *l = calloc(1, sizeof *l);
    enum err e = l ? ERR_OK : ERR_MEMORY;

    *out = NULL;
    for (size_t i = 0; !e && i < LIMIT_COUNT; i++) {
        bool of_account = i == LIMIT_CARD_PROOFS || i == LIMIT_CARD_LINKS;
        const struct throttle_config c = {.burst = of[i].burst,
                                          .per_minute = of[i].per_minute,
                                          .keys_max = of_account ? ACCOUNTS_MAX : ADDRESSES_MAX,
                                          .minutes = of[i].minutes};
        if (of[i].per_minute)
            e = throttle_open(&l->throttles[i], &c);
    }
    if (e) {
        limits_close(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}

void limits_close(struct limits *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < LIMIT_COUNT; i++)
        throttle_close(l->throttles[i]);
    free(l);
}

bool limits_take_of(struct limits *l, enum limit which, struct view key, int64_t now_ms, int64_t *retry_s)
{
    *retry_s = 0;
    return !l || !l->throttles[which] || throttle_take(l->throttles[which], key, now_ms, retry_s);
}

bool limits_take(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s)
{
    struct subscriber s;

    return limits_take_of(l, which, subscriber_of(&s, address) ? subscriber_view(&s) : view_text(address), now_ms,
                          retry_s);
}

bool limits_has(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s)
{
    struct subscriber s;

    *retry_s = 0;
    if (!l || !l->throttles[which])
        return true;
    return throttle_has(l->throttles[which], subscriber_of(&s, address) ? subscriber_view(&s) : view_text(address),
                        now_ms, retry_s);
}

/* WHOM at ADDRESS, in KEY. */
static struct view key_of_failure(struct buf *key, const char *address, struct view whom)
{
    struct subscriber s;
    struct view out = VIEW_NONE;

    buf_put(key, subscriber_of(&s, address) ? subscriber_view(&s) : view_text(address));
    buf_put_byte(key, 0);
    buf_put(key, view_part(whom, 0, whom.n < WHOM_MAX ? whom.n : WHOM_MAX));
    return buf_done(key, &out) == ERR_OK ? out : view_text(address);
}

bool limits_may_fail(struct limits *l, const char *address, struct view whom, int64_t now_ms, int64_t *retry_s)
{
    uint8_t memory[KEY_MAX];
    struct buf key = {.p = memory, .size = sizeof memory, .limit = sizeof memory};

    *retry_s = 0;
    if (!l || !atomic_load_explicit(&l->failed, memory_order_relaxed))
        return true;
    return throttle_has(l->throttles[LIMIT_FAILURES], key_of_failure(&key, address, whom), now_ms, retry_s);
}

void limits_fail(struct limits *l, const char *address, struct view whom, int64_t now_ms)
{
    uint8_t memory[KEY_MAX];
    struct buf key = {.p = memory, .size = sizeof memory, .limit = sizeof memory};

    if (!l)
        return;
    atomic_store_explicit(&l->failed, true, memory_order_relaxed);
    throttle_take(l->throttles[LIMIT_FAILURES], key_of_failure(&key, address, whom), now_ms, NULL);
}

/* Half of the threads that may wait for the network (OP_SLOW_WORKERS): the other half is for the cards. */
#define AT_ONCE 1

bool limits_begin(struct limits *l, enum limit which)
{
    if (!l || atomic_fetch_add(&l->under_way[which], 1) < AT_ONCE)
        return true;
    atomic_fetch_sub(&l->under_way[which], 1);
    return false;
}

void limits_end(struct limits *l, enum limit which)
{
    if (l)
        atomic_fetch_sub(&l->under_way[which], 1);
}
