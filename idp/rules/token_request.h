/* token_request: what a request to /token must be, by grant type (RFC 6749 4.1.3 and 6, RFC 7636 4.5 and 4.6). */
#ifndef IDP_RULES_TOKEN_REQUEST_H
#define IDP_RULES_TOKEN_REQUEST_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "sessions/cnf.h"

struct token_params {
    struct view grant_type, code, redirect_uri, code_verifier, refresh_token, scope, device_code, auth_req_id;
    struct view details;  /* authorization_details (RFC 9396 6) */
    struct view resource; /* as many as were sent, words separated by spaces */
};

/* The grants. Each has a row in token_request.c and a handler in idp/endpoints/token.c. */
enum token_kind {
    TOKEN_BY_CODE,
    TOKEN_BY_REFRESH,
    TOKEN_BY_DEVICE,
    TOKEN_BY_CIBA,
    TOKEN_BY_CLIENT_CREDENTIALS,
    TOKEN_BY_EXCHANGE,
    TOKEN_KINDS
};

/* Which kind of request it is, or why it is none: the grant type is one of ours, registered for CLIENT, and what it
 * cannot do without is there. */
enum refusal token_request_decide(const struct token_params *params, const struct client *client,
                                  enum token_kind *kind);

/* What the code says (tokens/code.h), set against the request. */
struct code_facts {
    struct view client_id;
    uint8_t redirect_hash[32];
    struct view challenge;   /* absent: PKCE was not used */
    const struct cnf *bound; /* the key that must be shown for it; CNF_NONE: any */
    int64_t expires_at;      /* of the code */
    bool redemption_known;   /* had it been redeemed, it would be written down: its epoch is the store's */
};
/* KEY: the one that was shown. */
enum refusal code_decide(const struct code_facts *code, const struct token_params *params, const struct client *client,
                         const struct cnf *key, int64_t now);

/* Does a client like this get another refresh token each time? */
bool refresh_rotates(const struct client *client);

/* Is every word of ASKED in GRANTED? (RFC 6749 6) */
enum refusal refresh_scope_decide(struct view asked, struct view granted);

#endif
