/* possession: does whoever shows an access token hold the key it is bound to? (RFC 6750, RFC 9449 7.1, RFC 8705 3) */
#ifndef IDP_RULES_POSSESSION_H
#define IDP_RULES_POSSESSION_H

#include "idp/rules/refusal.h"
#include "sessions/cnf.h"

struct possession_facts {
    const struct cnf *bound; /* the key the token is bound to */
    bool as_dpop;            /* shown with the scheme DPoP; otherwise as Bearer */
    struct cnf proof;        /* the key of a good DPoP proof for this token; CNF_NONE: there was none */
    struct cnf certificate;  /* of the request's TLS; CNF_NONE: none */
};

enum refusal possession_decide(const struct possession_facts *facts);

#endif
