/* registered: what the registration endpoint answers (RFC 7591 3.2.1, RFC 7592 3), and how it reads a token. */
#ifndef IDP_ENDPOINTS_REGISTERED_H
#define IDP_ENDPOINTS_REGISTERED_H

#include "base/hash.h"
#include "idp/rules/refusal.h"
#include "idp/state/registration.h"
#include "idp/state/visit.h"

struct registered {
    const struct client *client;
    struct view registration; /* JSON */
    struct view token;        /* its registration access token */
    struct view secret;       /* a new one; absent: none was made */
    int64_t issued_at;
};

/* SHA-256 of the token in the Authorization header (RFC 6750 2.1, the only way here). */
enum refusal registered_token(const struct visit *v, struct view *token, uint8_t hash[SHA256_SIZE]);

/* Is the body JSON by its type? Otherwise it was answered with 415. */
bool registered_is_json(struct visit *v);

/* A new secret in *SECRET and its hash in HASH, if the method of C has one; otherwise *SECRET is absent. ERR_MEMORY. */
enum err registered_mint_secret(struct view *secret, uint8_t hash[SHA256_SIZE], struct visit *v,
                                const struct client *c) MUST_CHECK;

/* An event of the operator's kind: ACT, like "client register". Inside a write job. */
struct db;
enum err registered_append(struct db *db, const struct visit *v, const struct client *c, const char *act) MUST_CHECK;

void registered_answer(struct visit *v, int status, const struct registered *r);
/* R, of registered_token or about that token: 401 with a challenge (RFC 6750 3). */
void registered_challenge(struct visit *v, enum refusal r);
/* 400 with the member and the rule. */
void registered_refuse(struct visit *v, const struct registration_fault *fault);

#endif
