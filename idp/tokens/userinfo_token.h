/* userinfo_token: a UserInfo answer that is signed (OIDC Core 5.3.2). */
#ifndef IDP_TOKENS_USERINFO_TOKEN_H
#define IDP_TOKENS_USERINFO_TOKEN_H

#include "base/arena.h"
#include "idp/tokens/keys.h"

/* CLAIMS: the JSON object with iss and aud. *TEXT: the compact JWS. ERR_UNAVAILABLE: there is no key of ALG. */
enum err userinfo_token_sign(struct arena *a, const struct keys *k, enum jws_alg alg, struct view claims,
                             struct view *text) MUST_CHECK;

#endif
