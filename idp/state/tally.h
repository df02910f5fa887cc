/* tally: what has happened since the start, for the operator's metrics. Counted where it happens, without a lock. */
#ifndef IDP_STATE_TALLY_H
#define IDP_STATE_TALLY_H

#include <stdint.h>

#include "idp/rules/refusal.h"

struct op;

enum tally_what {
    TALLY_LOGINS,      /* a card proved who it is, and a login began or went on */
    TALLY_DISCLOSURES, /* an answer of UserInfo had fields in it */
    TALLY_TOLD,        /* a notice a service has taken */
    TALLY_NOT_TOLD,    /* a try that failed */
    TALLY_GIVEN_UP,    /* a notice that will not be tried again */
    TALLY_COUNT
};

struct tally {
    _Atomic uint64_t happened[TALLY_COUNT], refusals[REFUSAL_COUNT];
};

/* One more. Any thread; an OP without a tally (tests) counts nothing. */
void tally(const struct op *op, enum tally_what what);
void tally_refusal(const struct op *op, enum refusal r);

#endif
