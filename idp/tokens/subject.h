/* subject: the names under which services know residents and sessions. Nobody can join two of them without the key. */
#ifndef IDP_TOKENS_SUBJECT_H
#define IDP_TOKENS_SUBJECT_H

#include "idp/tokens/keys.h"
#include "sessions/token.h"

/* OIDC Core 8.1: base64url(HMAC-SHA256(pairwise key, sector || 0 || resident)), 43 characters; NULL when out of memory.
 */
char *subject_sub(struct arena *a, const struct keys *k, struct view sector, struct ident resident);

/* The session as CLIENT knows it: base64url of the first 16 bytes of HMAC("sid" 0 session client), 22 characters. */
char *subject_sid(struct arena *a, const struct keys *k, struct ident session, struct view client);

#endif
