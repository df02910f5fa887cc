/* refresh_token: a random ticket that names its family and bears our mark. Whether it is good only the family's row can
 * say (sessions/token.h); the mark says that it was once, so that nobody ends the tokens of others by inventing one. */
#ifndef IDP_TOKENS_REFRESH_TOKEN_H
#define IDP_TOKENS_REFRESH_TOKEN_H

#include "base/arena.h"
#include "idp/tokens/keys.h"
#include "sessions/token.h"

#define REFRESH_TOKEN_LENGTH 75 /* of its text; no access token is as short */

/* base64url; NULL when out of memory. */
char *refresh_token_mint(struct arena *a, const struct keys *k, struct ident family);

/* The family it names; IDENT_NONE: it is none of ours. */
struct ident refresh_token_family(struct arena *a, const struct keys *k, struct view text);

#endif
