/* renewal: may the registration of an older card become that of a new one, and what comes next? Pure; nothing of it
 * happens by itself. */
#ifndef IDP_RULES_RENEWAL_H
#define IDP_RULES_RENEWAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The new card confirms for so long after it proved. */
#define RENEWAL_FRESH_S 300

struct renewal_facts {
    /* the resident with the new card */
    bool verified;     /* her four values come from a sign certificate (likeness_of) */
    size_t cards;      /* that she has */
    bool has_consents; /* she agreed with a service, ever */
    int64_t login_at;  /* when her card proved last */
    /* others of whom the same is verified */
    size_t accounts;
    bool older;           /* the one there is was there before her */
    bool disabled;        /* it is, by the operator: no card opens it, and nobody gets it by another */
    size_t account_cards; /* its cards */
    size_t cards_max;
    /* her claim on it */
    bool claimed;
    bool refused;      /* some registration refused this card */
    bool same_account; /* it is on that very account */
    bool same_values;  /* and the values of both are those of then */
    int64_t due_at, now;
};

enum renewal_verdict {
    RENEWAL_REFUSED,
    RENEWAL_NOT_VERIFIED,
    RENEWAL_NOBODY,  /* of nobody else is the same verified */
    RENEWAL_SEVERAL, /* of more than one: nobody knows which */
    RENEWAL_NEWER,   /* she is the older one herself */
    RENEWAL_DISABLED,
    RENEWAL_CARDS, /* she has more than the new card, or the account as many as there may be */
    RENEWAL_CONSENTS,
    RENEWAL_OFFER,   /* she may claim it; also anew, when account or values have changed since */
    RENEWAL_WAITING, /* she has, and must wait */
    RENEWAL_LOGIN,   /* the time is over: her card must prove once more */
    RENEWAL_CONFIRM, /* it has, just now: she may say yes */
};

enum renewal_verdict renewal_decide(const struct renewal_facts *f);

const char *renewal_verdict_name(enum renewal_verdict v);

#endif
