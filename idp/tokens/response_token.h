/* response_token: an authorization response as a signed JWT (JARM 2.1). */
#ifndef IDP_TOKENS_RESPONSE_TOKEN_H
#define IDP_TOKENS_RESPONSE_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"

#define RESPONSE_TOKEN_LIFE_S 600 /* JARM 2.1: "a maximum JWT lifetime of 10 minutes is RECOMMENDED" */

/* One parameter of the response; left out if VALUE is absent. */
struct response_param {
    const char *name;
    struct view value;
};

struct response_token {
    struct view issuer, client_id;
    const struct response_param *params;
    size_t n;
    int64_t now;
};

/* ALG must be one that we have a key for (keys_active). */
enum err response_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct response_token *t,
                             struct view *text) MUST_CHECK;

#endif
