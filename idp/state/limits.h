/* limits: how much one address may begin. What anybody can do without having logged in, and what writes a row each
 * time, has a token bucket for each address. Safe between threads. */
#ifndef IDP_STATE_LIMITS_H
#define IDP_STATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/view.h"

struct config; /* idp/state/config.h */
struct limits;

enum limit {
    LIMIT_INTERACTIONS,  /* logins begun at /authorize; one that is answered silently is none */
    LIMIT_CARDS,         /* card transactions */
    LIMIT_USER_CODES,    /* wrong user codes typed at /device */
    LIMIT_POLLS,         /* one device or counter that asks for its answer; its id stands for the address */
    LIMIT_PUSHED,        /* authorization requests pushed: of a service, whose id stands for the address */
    LIMIT_REFERENCES,    /* requests that are fetched from a service: how many at once (limits_begin) */
    LIMIT_REGISTRATIONS, /* registering: of an address, or of a service that changes its own */
    LIMIT_FAILURES,      /* wrong secrets for one client from one address (limits_may_fail, limits_fail) */
    LIMIT_COUNT
};

/* Of section limits; 0 there means no limit. */
enum err limits_open(struct limits **out, const struct config *config) MUST_CHECK;
void limits_close(struct limits *l);

/* May ADDRESS (as text; an IPv6 address stands for its /64, which is what one subscriber has) do one more WHICH at
 * NOW_MS of a steady clock? False: not before *RETRY_S seconds. L may be NULL: no limits. */
bool limits_take(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s);

/* The same question, which costs nothing: for what is only counted when it goes wrong. */
bool limits_has(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s);

/* May ADDRESS still say that it is WHOM, or was it wrong too often? Costs nothing until somebody was wrong. False: not
 * before *RETRY_S seconds, whatever it shows: RFC 6749 2.3.1, "MUST protect any endpoint utilizing it against brute
 * force attacks". Somebody else's failures do not lock WHOM out, since they come from other addresses. */
bool limits_may_fail(struct limits *l, const char *address, struct view whom, int64_t now_ms, int64_t *retry_s);
/* It was wrong. */
void limits_fail(struct limits *l, const char *address, struct view whom, int64_t now_ms);

/* May one more WHICH be under way at this moment? True: limits_end ends it. L may be NULL. */
bool limits_begin(struct limits *l, enum limit which);
void limits_end(struct limits *l, enum limit which);

#endif
