/* limits: how much one address may begin. What anybody can do without having logged in, and what writes a row each
 * time, has a token bucket for each address. Safe between threads. */
#ifndef IDP_STATE_LIMITS_H
#define IDP_STATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct config; /* idp/state/config.h */
struct limits;

enum limit {
    LIMIT_INTERACTIONS,  /* logins begun at /authorize; one that is answered silently is none */
    LIMIT_CARDS,         /* card transactions */
    LIMIT_USER_CODES,    /* user codes typed at /device */
    LIMIT_POLLS,         /* one device or counter that asks for its answer; its id stands for the address */
    LIMIT_PUSHED,        /* authorization requests pushed: of a service, whose id stands for the address */
    LIMIT_REFERENCES,    /* requests that are fetched from a service: how many at once (limits_begin) */
    LIMIT_REGISTRATIONS, /* registering: of an address, or of a service that changes its own */
    LIMIT_COUNT
};

/* Of section limits; 0 there means no limit. */
enum err limits_open(struct limits **out, const struct config *config) MUST_CHECK;
void limits_close(struct limits *l);

/* May ADDRESS (as text; an IPv6 address stands for its /64, which is what one subscriber has) do one more WHICH at
 * NOW_MS of a steady clock? False: not before *RETRY_S seconds. L may be NULL: no limits. */
bool limits_take(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s);

/* May one more WHICH be under way at this moment? True: limits_end ends it. L may be NULL. */
bool limits_begin(struct limits *l, enum limit which);
void limits_end(struct limits *l, enum limit which);

#endif
