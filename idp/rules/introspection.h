/* introspection: what who may learn about a token (RFC 7662 2 and 4, RFC 9701 5). */
#ifndef IDP_RULES_INTROSPECTION_H
#define IDP_RULES_INTROSPECTION_H

#include "consent/grant.h"
#include "idp/rules/client.h"
#include "sessions/token.h"

struct introspection_facts {
    const struct client *caller;        /* who asks, authenticated */
    const struct token_facts *family;   /* of the token */
    const struct grant_standing *grant; /* of the family; NULL: it has none, or it is not there any more */
    struct view resource;               /* the resource server the token is for; absent: UserInfo */
    bool is_refresh, refresh_used;      /* a refresh token, and one that was redeemed */
    int64_t expires_at;                 /* of the token itself */
    int64_t now;
};

/* May the caller be told that it is active, and what it is? False is all that anybody else learns (RFC 7662 2.2): a
 * token is known to the client it was given to and, but for refresh tokens, to the resource server it is for. */
bool introspection_decide(const struct introspection_facts *facts);

#endif
