/* token_shown: a token that somebody shows us who is not using it: to ask about it (RFC 7662) or to end it (RFC 7009).
 * It may be an access token or a refresh token, whatever token_type_hint says. */
#ifndef IDP_ENDPOINTS_TOKEN_SHOWN_H
#define IDP_ENDPOINTS_TOKEN_SHOWN_H

#include "idp/state/visit.h"
#include "idp/tokens/access_token.h"
#include "sessions/token.h"

struct token_shown {
    struct token_facts facts; /* its family */
    bool is_refresh;
    bool used;                  /* a refresh token that was redeemed */
    struct access_token access; /* of a refresh token: resource and cnf as its family says */
    int64_t minted_at, expires_at;
    struct view details; /* what may be done with it (RFC 9396), JSON; absent: nothing in particular */
};

/* ERR_NOT_FOUND: not a token of ours, or its family is gone. Whether it is still good is not judged here. */
enum err token_shown_find(struct token_shown *out, struct visit *v, struct view text) MUST_CHECK;

#endif
