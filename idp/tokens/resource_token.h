/* resource_token: an access token that a resource server reads by itself (RFC 9068). */
#ifndef IDP_TOKENS_RESOURCE_TOKEN_H
#define IDP_TOKENS_RESOURCE_TOKEN_H

#include "base/arena.h"
#include "idp/tokens/keys.h"
#include "idp/tokens/login_claims.h"
#include "sessions/token.h"

struct resource_token {
    struct ident family;
    struct view issuer, resource, client_id;
    struct view sub;                  /* as the resource server knows her */
    struct view actor;                /* the client that acts for her (RFC 8693 4.1); absent: none */
    struct view details;              /* RFC 9396 9.1, JSON; absent: none */
    const struct login_claims *login; /* that it goes back to; NULL: none, or it cannot be told any more */
    struct cnf cnf;
    int64_t now, expires_at;
};

/* Its jti is the family, sealed: the server cannot tell from it which tokens belong together. ERR_UNAVAILABLE: there is
 * no key of ALG. */
enum err resource_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct resource_token *t,
                             struct view *text) MUST_CHECK;

/* One of ours, when it is shown to us: family, resource, client_id, details, cnf, NOW (when it was made) and
 * EXPIRES_AT. ERR_SYNTAX or ERR_MISMATCH: it is not. Its life is not judged. */
enum err resource_token_read(struct arena *a, const struct keys *k, struct view text,
                             struct resource_token *out) MUST_CHECK;

#endif
