/* account: may an operator disable or enable a resident's registration, why, and what services are told of the reason
 * (OpenID RISC Profile 1.0, 2.3 and 2.4). Pure. */
#ifndef IDP_RULES_ACCOUNT_H
#define IDP_RULES_ACCOUNT_H

#include "base/view.h"

enum account_reason {
    ACCOUNT_HIJACKING,    /* somebody else uses it */
    ACCOUNT_BULK_ACCOUNT, /* made in numbers, for abuse */
    ACCOUNT_REQUEST,      /* she asked for it, as after losing card and PIN */
    ACCOUNT_ORDER,        /* of an authority */
    ACCOUNT_OTHER,
    ACCOUNT_REASONS
};

/* "hijacking" <-> ACCOUNT_HIJACKING; false for an unknown word. The name is static. */
bool account_reason_of(enum account_reason *out, struct view name);
const char *account_reason_name(enum account_reason r);

/* The word that services are told: RISC 1.0 2.3 knows two, and the others are nobody's business. NULL: none. */
const char *account_reason_told(enum account_reason r);

struct account_facts {
    bool found;    /* exactly one registration is meant */
    bool disabled; /* it is so already */
    bool enable;   /* what is wanted; otherwise: disable */
};
enum account_verdict { ACCOUNT_GO, ACCOUNT_UNKNOWN, ACCOUNT_ALREADY };
enum account_verdict account_decide(const struct account_facts *facts);

#endif
