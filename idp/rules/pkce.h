/* pkce: RFC 7636, S256 only. */
#ifndef IDP_RULES_PKCE_H
#define IDP_RULES_PKCE_H

#include "base/view.h"

/* RFC 7636 4.1: 43 to 128 of the unreserved characters. */
bool pkce_is_verifier(struct view verifier);

/* RFC 7636 4.2: what BASE64URL(SHA256(...)) looks like, 43 characters. */
bool pkce_is_challenge(struct view challenge);

/* RFC 7636 4.6: does BASE64URL(SHA256(verifier)) equal the challenge? */
bool pkce_fits(struct view verifier, struct view challenge);

#endif
