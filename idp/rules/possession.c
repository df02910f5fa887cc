#include "idp/rules/possession.h"

enum refusal possession_decide(const struct possession_facts *f)
{
    switch (f->bound->kind) {
    case CNF_NONE: /* RFC 9449 7.1: what is not bound is no DPoP token, whatever proof is with it */
        return f->as_dpop ? REFUSAL_BEARER_INVALID : REFUSAL_NONE;
    case CNF_JKT: /* RFC 9449 7.2: a bound token must not pass as a bearer token */
        if (!f->as_dpop)
            return REFUSAL_BEARER_BOUND;
        return cnf_equal(f->bound, &f->proof) ? REFUSAL_NONE : REFUSAL_DPOP_MISSING;
    case CNF_X5T: /* RFC 8705 3 */
        return !f->as_dpop && cnf_equal(f->bound, &f->certificate) ? REFUSAL_NONE : REFUSAL_BEARER_CERTIFICATE;
    default:
        return REFUSAL_BEARER_INVALID;
    }
}
