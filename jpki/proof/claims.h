/* claims: the rule for every claim of a request, one table. Private to request.c and its tests. */
#ifndef JPKI_PROOF_CLAIMS_H
#define JPKI_PROOF_CLAIMS_H

#include "jpki/proof/request.h"

/* Checks every claim of the JWS payload OBJECT, which ISSUER has signed, and fills *OUT as it goes. The first broken
 * rule is written into *refusal. */
void claims_check(struct proof_request *out, const struct json *object, const struct proof_issuer *issuer,
                  const struct proof_reader *reader, struct proof_refusal *refusal);

/* Is version A ("1.2.3": one to four numbers) at least B? False if either is no version. */
bool version_is_at_least(struct view a, struct view b);

#endif
