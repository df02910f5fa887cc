/* limits: how much one address, one service or one account may do. What anybody can do without having logged in, and
 * what writes a row each time, has a token bucket for each address; what a service asks has one for each service, and
 * what a card proves one for each card. Safe between threads. */
#ifndef IDP_STATE_LIMITS_H
#define IDP_STATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/view.h"

struct config; /* idp/state/config.h */
struct limits;

enum limit {
    LIMIT_INTERACTIONS,   /* logins begun at /authorize; one that is answered silently is none */
    LIMIT_CARDS,          /* card transactions */
    LIMIT_USER_CODES,     /* wrong user codes typed at /device */
    LIMIT_POLLS,          /* one device or counter that asks for its answer; its id stands for the address */
    LIMIT_PUSHED,         /* authorization requests pushed: of a service, whose id stands for the address */
    LIMIT_REFERENCES,     /* requests that are fetched from a service: how many at once (limits_begin) */
    LIMIT_REGISTRATIONS,  /* registering: of an address, or of a service that changes its own */
    LIMIT_INTROSPECTIONS, /* of a service that has proved who it is; its id stands for the address */
    LIMIT_REVOCATIONS,    /* likewise */
    LIMIT_EXCHANGES,      /* likewise (RFC 8693) */
    LIMIT_CARD_PROOFS,    /* begun by a resident who is logged in, or proven by a card, whatever came of it */
    LIMIT_CARD_LINKS,     /* further cards that a resident begins to link */
    LIMIT_FAILURES,       /* wrong secrets for one client from one address (limits_may_fail, limits_fail) */
    LIMIT_COUNT
};

/* In how long what was used up comes back. */
#define LIMITS_PROOFS_MINUTES 15
#define LIMITS_LINKS_MINUTES  1440

/* Of section limits; 0 there means no limit. */
enum err limits_open(struct limits **out, const struct config *config) MUST_CHECK;
void limits_close(struct limits *l);

/* May ADDRESS (as text; an IPv6 address stands for its /64, which is what one subscriber has) do one more WHICH at
 * NOW_MS of a steady clock? False: not before *RETRY_S seconds. L may be NULL: no limits. */
bool limits_take(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s);

/* The same question, which costs nothing: for what is only counted when it goes wrong. */
bool limits_has(struct limits *l, enum limit which, const char *address, int64_t now_ms, int64_t *retry_s);

/* The same for a KEY that is no address: a service's id, a resident, a card. */
bool limits_take_of(struct limits *l, enum limit which, struct view key, int64_t now_ms, int64_t *retry_s);

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
