/* proof_nonce: what we give clients to say in their next DPoP proof, so that it was not made long before (RFC 9449 8).
 * Nothing is stored: a nonce is the time it was made and a MAC over that. */
#ifndef IDP_TOKENS_PROOF_NONCE_H
#define IDP_TOKENS_PROOF_NONCE_H

#include "base/arena.h"
#include "idp/tokens/keys.h"

/* base64url, 32 characters; NULL when out of memory. */
char *proof_nonce_mint(struct arena *a, const struct keys *k, int64_t now);

/* When it was made. False: it is none of ours. How old it may be is the rule's question. */
bool proof_nonce_read(int64_t *made_at, const struct keys *k, struct view text);

#endif
