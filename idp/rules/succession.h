/* succession: J-LIS's service says which older certificates a new card follows. Is it asked, and does the new card open
 * the registration of the older one? Pure. */
#ifndef IDP_RULES_SUCCESSION_H
#define IDP_RULES_SUCCESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A card is asked about for so long after it was first seen, if the service could not say anything before. */
#define SUCCESSION_PATIENCE_S (30 * 86400)

/* Where the new card stands now. */
struct succession_standing {
    bool known;        /* it has logged in before, and so has a registration */
    bool answered;     /* the service has had its say about it */
    int64_t linked_at; /* known: since when */
    size_t cards;      /* known: of that registration */
    bool has_values;   /* known: something is stored about her */
    bool has_consents; /* known: she agreed with a service, ever */
    bool has_role;     /* known: she is an auditor */
    bool disabled;     /* known: by the operator */
};

/* Only of a card that opens nothing yet, or a registration with nothing in it that it made when nobody could say. */
bool succession_asks(const struct succession_standing *s, int64_t now);

struct succession_facts {
    struct succession_standing card;
    int64_t now;
    int64_t not_before;   /* of the new certificate */
    size_t accounts;      /* that the older certificates open, that of the card itself not counted */
    int64_t used_at;      /* when one of the older cards was used last */
    bool refused;         /* that registration said of this card: this was not me */
    size_t account_cards; /* its cards */
    size_t cards_max;
};

enum succession_verdict {
    SUCCESSION_LINK,    /* one more card of that registration */
    SUCCESSION_KEPT,    /* the card has a registration of its own by now */
    SUCCESSION_NOBODY,  /* none of the older ones was ever here */
    SUCCESSION_SEVERAL, /* they open more than one registration: nobody knows which */
    SUCCESSION_ALIVE,   /* an older one was used after the new one was issued, which ended it: not believed */
    SUCCESSION_REFUSED,
    SUCCESSION_CARDS, /* as many cards as there may be */
};

enum succession_verdict succession_decide(const struct succession_facts *f);

/* "link"; static. */
const char *succession_verdict_name(enum succession_verdict v);

#endif
