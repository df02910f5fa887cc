/* caller: who calls an endpoint of the back channel (/token, /par, /introspect, /revoke, ...), by whatever method it
 * registered: a secret, an assertion signed with its key, its TLS certificate, or as a public client only its name.
 * No route need be ROUTE_SLOW for it: while the client's jwks_uri is fetched, the request waits and is answered anew
 * (see client_keys_verify). */
#ifndef IDP_STATE_CALLER_H
#define IDP_STATE_CALLER_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "idp/state/limits.h"
#include "idp/state/visit.h"

struct caller {
    const struct client *client; /* NULL: refused */
    enum client_auth_method method;
    struct view cert_thumbprint; /* x5t#S256 (RFC 8705 3.1) of its TLS certificate, whatever the method; absent: none */
};

/* Reads the request's Authorization header, client_id, client_secret, client_assertion and certificate. ERR_OK with
 * *refusal: what is told with json_answer_refusal; it never says whether the client or its proof was wrong, but to
 * whom has proved to hold the client's key. The jti of an assertion is spent (idp/state/spent.h): called once in a
 * visit. ERR_UNAVAILABLE: the client's keys cannot be had. */
enum err caller_authenticate(struct caller *out, struct visit *v, enum refusal *refusal) MUST_CHECK;

/* May it do one more WHICH? REFUSAL_NONE, or the refusal, with Retry-After set. A public client's name is anybody's:
 * there the address counts. To be asked before anything of the request is looked up, so that all learn the same. */
enum refusal caller_throttle(const struct caller *c, struct visit *v, enum limit which) MUST_CHECK;

/* Is it sure who calls? Not of a public client, which only says a name: it learns and may nothing that needs one. */
bool caller_is_confidential(const struct caller *c);

#endif
