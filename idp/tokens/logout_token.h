/* logout_token: OIDC Back-Channel Logout 1.0 section 2.4. */
#ifndef IDP_TOKENS_LOGOUT_TOKEN_H
#define IDP_TOKENS_LOGOUT_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"

#define LOGOUT_TOKEN_LIFE_S 120

struct logout_token {
    struct view issuer, client_id, sub, sid;
    int64_t now;
};

enum err logout_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct logout_token *t,
                           struct view *text) MUST_CHECK;

#endif
