/* service: a relying party for tests, as strict as a good one: it checks state, issuer, signature, nonce and audience
 * of what it gets. */
#ifndef TESTS_LIB_SERVICE_H
#define TESTS_LIB_SERVICE_H

#include "base/jwe.h"
#include "base/jws.h"
#include "http/server.h"
#include "tests/lib/prover.h"
#include "tests/lib/provider.h"

struct service {
    struct provider *provider;
    struct browser channel;                                /* its own connection to the provider */
    const char *id, *secret, *redirect_uri, *registration; /* secret NULL: a public client */
    struct prover *prover;    /* it proves that it holds this key wherever it asks for tokens or uses them; NULL: not */
    const char *prover_nonce; /* the last DPoP-Nonce it was given; NULL: none */
    const struct jwe_key *lock; /* private: its ID tokens must come encrypted to this; NULL: plain */
    bool post_auth;             /* client_secret_post instead of basic */
    const char *scope;
    /* of the authorization request under way */
    const char *state, *nonce, *verifier;
    /* log-outs it was told, newest last */
    struct server *ear;
    char jwks[8192];     /* the provider's keys, got once */
    struct jws_key *key; /* its own, once it has one (service_take_key) */
    char request[8192];  /* what is to be had at its address /request */
    int requests_told;   /* how often it was fetched */
    _Atomic int told;
    char last_logout[8192];
    char last_trace[128], last_trace_state[600]; /* traceparent and tracestate of the last log-out, event or fetch */
    /* security events it was told (RFC 8935), the newest; it answers 202 unless EVENT_ANSWER says otherwise */
    _Atomic int events_told;
    char last_event[8192];
    int event_answer;
    /* that a counter's request was decided (CIBA Core 1.0, 10.2) */
    _Atomic int pings;
    char last_ping[1024], last_ping_authorization[256];
};

/* A市: RS256, client_secret_basic; asks name and address (required), age_over_65 and interests (optional). Hears
 * back-channel log-outs. */
void service_open_a(struct service *s, struct provider *p);
/* B市: ES256, client_secret_post, refresh tokens; asks name (required) and municipality (optional). */
void service_open_b(struct service *s, struct provider *p);
/* The open-data platform: a resource server of a sector of its own, client_secret_basic. It asks nobody to log in. */
void service_open_data(struct service *s, struct provider *p);
/* Whatever else: id, secret, redirect_uri and scope are set; REGISTRATION may have %u for the port of its ear. */
void service_open(struct service *s, struct provider *p, const char *registration);
void service_close(struct service *s);

/* The address of a new authorization request, with fresh state, nonce and PKCE. MORE: further parameters, like
 * "prompt=none", or NULL. Lives in the channel's arena. */
const char *service_begin(struct service *s, const char *more);
/* Its parameters alone, "response_type=code&..." / the address for a pushed request (RFC 9126 4). */
const char *service_request(struct service *s, const char *more);
const char *service_at(struct service *s, const char *request_uri);

/* What the browser brought to the redirect URI: the code, or NULL with *ERROR the error. Checks state and iss. ERROR
 * may be NULL: then a code must have come. */
const char *service_receive(struct service *s, struct browser *b, const char **error);

struct tokens {
    int status;
    const char *error;                                      /* NULL: good */
    const char *access, *refresh, *id_token, *scope, *type; /* type: token_type */
    const struct json *claims;                              /* of the ID token, verified */
    const char *sub;
};

/* POST /token with a code / a refresh token. The test fails if an ID token that comes is not right. */
struct tokens service_redeem(struct service *s, const char *code);
struct tokens service_refresh(struct service *s, const char *refresh);
/* POST of FORM to PATH with its credentials; the answer is in the channel. The status; 0: none came. */
int service_post(struct service *s, const char *path, const char *form);
/* POST /par: the request_uri, or NULL with *ERROR. ERROR may be NULL: then it must be 201. */
const char *service_push(struct service *s, const char *form, const char **error);
/* With whatever form; credentials are added. */
struct tokens service_token_request(struct service *s, const char *form);

/* POST FORM to PATH with its credentials; HEADERS: more of them, NULL-terminated, may be NULL. The status; the answer
 * is in s->channel, and as JSON in *ANSWER (may be NULL) if it is some. */
int service_call(struct service *s, const char *path, const char *form, const char *const *headers,
                 const struct json **answer);

/* GET /userinfo: the claims; NULL and *STATUS when refused. STATUS may be NULL: then it must be 200. */
const struct json *service_userinfo(struct service *s, const char *access, int *status);

/* Does the last answer say which request failed, with a number to quote? */
bool service_may_quote(const struct service *s);

/* A member's text of claims; NULL when it is not there. */
const char *claim(struct service *s, const struct json *claims, const char *name);
/* A member that is an array of texts, with a space before each, like " sc pin"; NULL: it is none. */
const char *claim_words(struct service *s, const struct json *claims, const char *name);

/* Another version of its registration, with TEXT replaced (as `genkan client update` would); takes a second. */
void service_update(struct service *s, const char *text, const char *by);

/* From now on it has a key of ALG, and its registration a key set and MEMBERS (like "\"profile\":\"basic\"", may be
 * NULL) of its own; takes a second. */
void service_take_key(struct service *s, enum jws_alg alg, const char *members);
/* A JWT of its own. TYP may be NULL. */
const char *service_sign(struct service *s, const char *typ, const char *claims);
/* The address of its /request. */
const char *service_request_address(struct service *s);

/* The claims of the security event it was told last, verified; NULL: none. */
const struct json *service_last_event(struct service *s);

/* From now on it asks for events of credentials (CAEP 1.0 3.3); takes a second. */
void service_hears_of_cards(struct service *s);
/* What the event it was told last says of a card of SUB: the change_type; NULL: no such event. The test fails if it is
 * of somebody else. */
const char *service_told_card_change(struct service *s, const char *sub);

/* The provider's /jwks, got once. */
const struct json *service_published_keys(struct service *s);

/* What was encrypted to s->lock; the test fails if it does not open. */
const char *service_opened(struct service *s, const char *token);

/* A token of the provider, verified as a service would, whatever its audience. */
const struct json *service_verified(struct service *s, const char *token, const char *typ);

/* A logout token it was told last, verified; NULL: none. */
const struct json *service_last_logout(struct service *s);

#endif
