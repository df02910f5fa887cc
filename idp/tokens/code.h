/* code: the authorization code (RFC 6749 4.1.2), a sealed value. Nothing is stored when one is minted; redeeming it
 * makes a row whose key is the hash of the code, so it is good once. It carries no resident id. */
#ifndef IDP_TOKENS_CODE_H
#define IDP_TOKENS_CODE_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"

#define CODE_LIFE_S   30
#define CODE_KEY_SIZE 16

/* Views of a code that was read live in its arena. */
struct code {
    struct view client_id, sub, scope, nonce, challenge, acr;
    struct view session; /* id of the session (its hash in the store) */
    struct view sid;     /* the session as the client knows it */
    struct view grant;   /* id of the grant */
    uint8_t redirect_hash[32];
    int64_t login_at, expires_at;
    uint8_t fresh[16]; /* random; makes every code unique */
};

/* The code as base64url text. Fills code->fresh. */
enum err code_mint(struct arena *a, const struct keys *k, struct code *code, struct view *text) MUST_CHECK;

/* ERR_SYNTAX or ERR_MISMATCH: not a code of ours. The life is not judged here. */
enum err code_read(struct arena *a, const struct keys *k, struct view text, struct code *out) MUST_CHECK;

/* The primary key of its redemption: the first 16 bytes of SHA-256(code). */
void code_key(uint8_t out[CODE_KEY_SIZE], struct view text);

#endif
