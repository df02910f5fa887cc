/* id_token: OIDC Core 2. Subject and session facts, and the fields that were asked for in it (5.5). */
#ifndef IDP_TOKENS_ID_TOKEN_H
#define IDP_TOKENS_ID_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "consent/disclosure.h"
#include "idp/tokens/keys.h"

#define ID_TOKEN_LIFE_S 600

struct id_token {
    struct view issuer, client_id, sub, sid, nonce, acr;
    struct view amr;                     /* words separated by spaces */
    struct view access_token;            /* for at_hash; absent: none */
    const struct disclosure *disclosure; /* fields it carries, written down already; NULL: none */
    int64_t login_at, now;
};

/* The compact JWS, signed with the active key of ALG. */
enum err id_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct id_token *t,
                       struct view *text) MUST_CHECK;

/* An id_token_hint: signature by one of our keys and issuer are checked, its life is not (OIDC RP-Initiated Logout 2).
 * Fills issuer, client_id, sub, sid, login_at. ERR_SYNTAX or ERR_MISMATCH: not ours. */
enum err id_token_read(struct arena *a, const struct keys *k, struct view issuer, struct view text,
                       struct id_token *out) MUST_CHECK;

/* at_hash, c_hash and the like (OIDC Core 3.1.3.6, 3.3.2.11): the left half of the hash that ALG signs, in base64url;
 * of SHA-512 for EdDSA, which is the hash in Ed25519 (RFC 8032 5.1). NULL when out of memory. */
char *id_token_half_hash(struct arena *a, enum jws_alg alg, struct view text);

#endif
