/* link: may this card become one more card of the resident who is logged in? Pure. */
#ifndef IDP_RULES_LINK_H
#define IDP_RULES_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Her old card opens the door for so long. */
#define LINK_FRESH_S 300

enum link_owner { LINK_OF_NOBODY, LINK_OF_HER, LINK_OF_OTHER };

struct link_facts {
    bool has_session;   /* somebody is logged in here */
    bool same_session;  /* and it is the login that asked for the link */
    int64_t auth_at;    /* when her card proved last */
    int64_t began_at;   /* when the new card was asked for */
    enum link_owner of; /* whose the new card is */
    size_t cards;       /* that she has */
    size_t cards_max;
};

enum link_verdict {
    LINK_GOOD,
    LINK_NO_SESSION,
    LINK_OTHER_SESSION,
    LINK_STALE,
    LINK_TAKEN, /* another resident's */
    LINK_HERS,  /* hers already: not the new card */
    LINK_TOO_MANY,
};

/* Was the old card shown just before? Whatever card comes then. */
enum link_verdict link_decide_begin(const struct link_facts *f);

/* And may this one be linked? */
enum link_verdict link_decide(const struct link_facts *f);

const char *link_verdict_name(enum link_verdict v);

#endif
