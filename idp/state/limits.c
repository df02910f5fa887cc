#include "idp/state/limits.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "http/throttle.h"
#include "idp/state/config.h"

#define ADDRESSES_MAX 16384

struct limits {
    struct throttle *throttles[LIMIT_COUNT]; /* NULL: no limit */
};

enum err limits_open(struct limits **out, const struct config *config)
{
    const unsigned per_minute[LIMIT_COUNT] = {[LIMIT_INTERACTIONS] = config->limits.interactions_per_minute,
                                              [LIMIT_CARDS] = config->limits.card_transactions_per_minute};
    struct limits *l = calloc(1, sizeof *l);
    enum err e = l ? ERR_OK : ERR_MEMORY;

    *out = NULL;
    for (size_t i = 0; !e && i < LIMIT_COUNT; i++) {
        const struct throttle_config c = {
            .burst = per_minute[i], .per_minute = per_minute[i], .keys_max = ADDRESSES_MAX};
        if (per_minute[i])
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

/* What counts as one address: the text itself if it is no IPv6 address. */
static struct view key_of(struct in6_addr *a, const char *address)
{
    if (inet_pton(AF_INET6, address, a) != 1)
        return view_text(address);
    return IN6_IS_ADDR_V4MAPPED(a) ? VIEW_ARRAY(a->s6_addr) : view_bytes(a->s6_addr, 8);
}

bool limits_take(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s)
{
    struct in6_addr a;

    *retry_s = 0;
    if (!l || !l->throttles[which])
        return true;
    return throttle_take(l->throttles[which], key_of(&a, address), now_ms, retry_s);
}
