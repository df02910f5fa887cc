/* code: the authorization code (RFC 6749 4.1.2), a sealed value. Nothing is stored when one is minted; redeeming it
 * takes half the hash of it (token_family_id) out of what can be taken once. It carries no resident id. */
#ifndef IDP_TOKENS_CODE_H
#define IDP_TOKENS_CODE_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"
#include "sessions/token.h"

#define CODE_LIFE_S 30

/* Views of a code that was read live in its arena. */
struct code {
    struct view client_id, sub, scope, nonce, challenge;
    struct view sid; /* the session as the client knows it */
    struct ident session, grant;
    struct ident epoch;   /* of the store (store_epoch): whether it was redeemed is known only as long as that lasts */
    struct ident wish;    /* what was asked beyond the scope (sessions/wish.h); IDENT_NONE: nothing */
    struct view resource; /* RFC 8707: the resource servers asked for, words; absent: none */
    struct cnf cnf;       /* CNF_JKT: only who signs proofs with that key may redeem it (RFC 9449 10); else CNF_NONE */
    uint8_t redirect_hash[32];
    int64_t minted_at;
    /* The session as it was before the code was minted, and when that was, by clock_steady_ms: nobody need look for it
     * again as long as it surely has not ended since (store/used.h). */
    struct {
        struct view acr, amr;
        int64_t auth_at, expires_at, seen_ms;
    } login;
    bool offline; /* offline_access: what comes of it outlives the session */
    bool claims;  /* the grant waits for its first token (consent/grant.h, claim_until) */
};

/* The code as base64url text; every one is new, since sealing takes a random nonce. */
enum err code_mint(struct arena *a, const struct keys *k, const struct code *code, struct view *text) MUST_CHECK;

/* ERR_SYNTAX or ERR_MISMATCH: not a code of ours. The life is not judged here. */
enum err code_read(struct arena *a, const struct keys *k, struct view text, struct code *out) MUST_CHECK;

#endif
