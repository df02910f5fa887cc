/* introspection_token: what a resource server asked about a token, signed, so that it can show it later (RFC 9701). */
#ifndef IDP_TOKENS_INTROSPECTION_TOKEN_H
#define IDP_TOKENS_INTROSPECTION_TOKEN_H

#include "base/arena.h"
#include "idp/tokens/keys.h"

extern const char introspection_token_typ[]; /* token-introspection+jwt: never to be taken for an access token */

/* ANSWER: the JSON object of RFC 7662 2.2. ERR_UNAVAILABLE: there is no key of ALG. */
struct introspection_token {
    struct view issuer, audience, answer;
    int64_t now;
};
enum err introspection_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg,
                                  const struct introspection_token *t, struct view *text) MUST_CHECK;

#endif
