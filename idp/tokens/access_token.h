/* access_token: a token for UserInfo, or for a resource server that asks us about it; a sealed value. It lives only as
 * long as its family, session and grant. One that is plain (token_is_plain) names its session, and its family has no
 * row unless it was revoked. */
#ifndef IDP_TOKENS_ACCESS_TOKEN_H
#define IDP_TOKENS_ACCESS_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"
#include "sessions/token.h"

#define ACCESS_TOKEN_LIFE_S 600

struct access_token {
    struct ident family, grant;
    struct ident session; /* of one that is plain; IDENT_NONE: its family has a row */
    struct view client_id, sub, scope;
    struct view resource; /* whom it is for (RFC 8707); absent: UserInfo */
    struct ident details; /* what may be done with it there (RFC 9396), a wish; IDENT_NONE: nothing in particular */
    struct cnf cnf;       /* CNF_NONE: whoever bears it may use it (RFC 6750) */
    int64_t expires_at;
};

enum err access_token_mint(struct arena *a, const struct keys *k, const struct access_token *t,
                           struct view *text) MUST_CHECK;
/* ERR_SYNTAX or ERR_MISMATCH: not one of ours. The life is not judged here. */
enum err access_token_read(struct arena *a, const struct keys *k, struct view text,
                           struct access_token *out) MUST_CHECK;

/* What its family is, of one that is plain. */
struct family access_token_plain_family(const struct access_token *t);

#endif
