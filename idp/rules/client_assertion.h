/* client_assertion: a JWT by which a client says who it is (RFC 7523 2.2 and 3, OIDC Core 9, FAPI 2.0 5.3.2.1). What it
 * must say, once its signature has been found good. */
#ifndef IDP_RULES_CLIENT_ASSERTION_H
#define IDP_RULES_CLIENT_ASSERTION_H

#include "base/arena.h"
#include "base/jws.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

#define CLIENT_ASSERTION_SKEW_S      30 /* how much later than ours its clock may be (FAPI 2.0: 10 at least, 60 at most) */
#define CLIENT_ASSERTION_LIFE_S      3600 /* how far ahead its end may be; some client libraries always say one hour */
#define CLIENT_ASSERTION_LIFE_FAPI_S 600
#define CLIENT_ASSERTION_JTI_MAX     256
#define CLIENT_ASSERTION_AUD_MAX     4

/* What it says; nothing is checked yet. Views in the arena it was read into. */
struct client_assertion {
    enum jws_alg alg;
    struct view iss, sub, jti; /* absent if not given */
    struct view aud[CLIENT_ASSERTION_AUD_MAX];
    size_t n_aud;
    bool aud_is_list;      /* a JSON array, even of one */
    bool has_exp;          /* exp is required; iat and nbf are not */
    int64_t exp, nbf, iat; /* unix seconds; nbf and iat are 0 if not given */
};

/* Payload of J, whose signature need not be checked yet: the client must be known first. ERR_SYNTAX: no claims set, or
 * a registered claim of another type than RFC 7519 says, or more audiences than CLIENT_ASSERTION_AUD_MAX. */
enum err client_assertion_read(struct client_assertion *out, struct arena *a, const struct jws *j) MUST_CHECK;

/* Against what it is held. TOKEN_URL and HERE: the URL of the token endpoint and that of the endpoint that is called.
 */
struct client_assertion_facts {
    const struct client *client;
    struct view issuer, token_url, here;
    int64_t now;
};

/* Pure; to be asked only when the signature is the client's, since it says what is wrong. jti is still to be taken. */
enum refusal client_assertion_decide(const struct client_assertion *t, const struct client_assertion_facts *facts);

/* Until when its jti must be remembered: it is not accepted from then on. */
int64_t client_assertion_end(const struct client_assertion *t);

#endif
