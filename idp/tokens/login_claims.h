/* login_claims: what a token says of the login that it goes back to: auth_time, acr, amr (OIDC Core 2, RFC 9068 2.2.1).
 */
#ifndef IDP_TOKENS_LOGIN_CLAIMS_H
#define IDP_TOKENS_LOGIN_CLAIMS_H

#include "base/json.h"

struct login_claims {
    int64_t auth_at; /* unix seconds: when the card proved */
    struct view acr; /* absent: not told */
    struct view amr; /* words separated by spaces; absent: not told */
};

void login_claims_put(struct json_out *o, const struct login_claims *l);

#endif
