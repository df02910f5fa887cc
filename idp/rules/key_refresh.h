/* key_refresh: when the key set at a service's jwks_uri is fetched again, and what is done without it. */
#ifndef IDP_RULES_KEY_REFRESH_H
#define IDP_RULES_KEY_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since a set was fetched. A key that the service took out of it is good for at most KEYS_LIFE_S; only when its
 * server cannot be reached its keys are used on, for a day, so that its night of maintenance locks nobody out. */
#define KEYS_SOON_S 300   /* from here on it is fetched again, and nobody waits */
#define KEYS_LIFE_S 600   /* from here on whoever comes waits */
#define KEYS_KEEP_S 86400 /* from here on they are no keys any more */

/* How often one address is asked: once a minute, with a few in reserve for the minute in which a service changes its
 * keys. Whoever writes a service's name into an assertion makes us ask. */
#define KEYS_ASK_EVERY_S 60
#define KEYS_ASK_RESERVE 5

struct key_refresh_facts {
    bool has;      /* there is a set */
    int64_t age_s; /* of it */
    bool unknown;  /* none of its keys may have made this signature */
    bool fetching; /* it is being fetched */
    bool asked;    /* ... or was fetched in vain or for nothing since this request came */
    bool may_ask;  /* KEYS_ASK_EVERY_S and its reserve allow it */
    bool waited;   /* this request may wait no longer */
};

enum key_refresh {
    KEYS_USE,           /* the set that is there */
    KEYS_USE_AND_FETCH, /* and get the next one meanwhile */
    KEYS_FETCH,         /* and let the request wait */
    KEYS_WAIT,          /* for what is being fetched */
    KEYS_UNAVAILABLE    /* nobody can say which keys are the service's */
};

enum key_refresh key_refresh_decide(const struct key_refresh_facts *f);

#endif
