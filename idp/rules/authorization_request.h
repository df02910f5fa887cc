/* authorization_request: what a service asks for at /authorize, checked (RFC 6749 4.1.1, RFC 7636 4.3, OIDC
 * Core 3.1.2.1). */
#ifndef IDP_RULES_AUTHORIZATION_REQUEST_H
#define IDP_RULES_AUTHORIZATION_REQUEST_H

#include "base/buf.h"
#include "base/json.h"
#include "consent/grant.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "idp/rules/response_mode.h"

/* The parameters as sent; absent where not sent. Unknown parameters are ignored (RFC 6749 3.1). */
struct authz_params {
    struct view client_id, redirect_uri, response_type, response_mode, scope, state, nonce, code_challenge,
        code_challenge_method, prompt, max_age, ui_locales, acr_values, id_token_hint, claims, details, resource,
        dpop_jkt, request, request_uri, registration, grant_action, grant_id;
    /* resource: as many as were sent, words separated by spaces */
    bool pushed;        /* sent over /par, by a service that proved who it is */
    bool signed_object; /* out of a request object (idp/rules/request_object.h) */
};

/* The name of the first of these that is longer than is kept; NULL: none is. Out of a URL that is refused on a page: an
 * error by redirect has to bring back "the exact value" of state (RFC 6749 4.1.2.1). */
const char *authz_too_long(struct view state, struct view nonce, struct view scope);

enum authz_prompt { PROMPT_NONE = 1, PROMPT_LOGIN = 2, PROMPT_CONSENT = 4, PROMPT_SELECT = 8 };

/* A checked request. Views live as long as the parameters or the text it was read from. */
struct authz_request {
    struct view client_id, redirect_uri, scope, state, nonce;
    enum response_mode mode;
    struct view challenge;  /* S256 challenge, 43 characters; absent without PKCE */
    unsigned prompt;        /* enum authz_prompt, or'ed */
    int64_t max_age;        /* seconds; -1 when not asked */
    struct view acr_values; /* as asked, in that order; absent: not asked */
    bool acr_essential;     /* one of them, or an error (OIDC Core 5.5.1.1) */
    struct view claims;     /* the claims parameter as it is kept (claims_request_keep); absent: nothing by name */
    struct view details;    /* authorization_details as they are kept (details_decide); absent: none */
    struct view resource;   /* the resource servers it is for (RFC 8707), words; absent: none */
    struct view dpop_jkt;   /* the key that the code is bound to (RFC 9449 10), a thumbprint; absent: none */
    struct view hint_sub;   /* sub of a verified id_token_hint, set by the endpoint; absent without a hint */
    enum grant_action grant_action; /* what is to become of which consent (idp/rules/grant_management.h) */
    struct view grant_id;           /* as sent; absent: none */
    struct view decoupled; /* asked by another device (sessions/decoupled.h): its id in hex; absent: by redirect */
    bool english;          /* first of ui_locales that we speak */
    bool language_asked;   /* ui_locales named a language we speak */
};

struct authz_verdict {
    enum refusal refusal; /* REFUSAL_NONE: *request is good */
};

/* Pure. CLIENT is NULL when client_id names none. */
struct authz_verdict authz_decide(const struct authz_params *params, const struct client *client,
                                  struct authz_request *request);

/* The second step, with what only memory can read: CLAIMS as sent, and hint_sub is set. ERR_OK with *REFUSAL. Views in
 * ARENA. */
enum err authz_decide_claims(struct authz_request *request, struct arena *arena, struct view claims,
                             enum refusal *refusal) MUST_CHECK;

/* The same for a request that another device makes, which has no redirect address (RFC 8628 3.1, CIBA Core 1.0, 7.1):
 * of PARAMS scope, acr_values, resource and those of the grant count. */
enum refusal authz_decoupled_decide(const struct authz_params *params, const struct client *client,
                                    struct authz_request *request);

/* Is access asked for that outlives the session, in the way that OIDC Core 11 demands? */
bool authz_is_offline(const struct authz_request *request, const struct client *client);

/* The checked request as JSON text for the interaction, and back. ERR_SYNTAX if TEXT is not one of ours. */
void authz_write(struct buf *out, const struct authz_request *request);
enum err authz_read(struct authz_request *out, struct arena *arena, struct view text) MUST_CHECK;

/* ui_locales (OIDC Core 3.1.2.1): the first language of the list that we speak; "en-GB" is English (RFC 5646 2.1).
 * False: none of them. */
bool authz_language(struct view locales, bool *english);

#endif
