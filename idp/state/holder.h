/* holder: the key that the sender of a request has shown to hold, by a DPoP proof (RFC 9449) or in TLS (RFC 8705). */
#ifndef IDP_STATE_HOLDER_H
#define IDP_STATE_HOLDER_H

#include "idp/rules/refusal.h"
#include "idp/state/caller.h"
#include "sessions/cnf.h"

/* Checks the DPoP header of this request, if it has one, and spends its jti (idp/state/spent.h); *OUT is CNF_NONE
 * without one. A proof of CLIENT's for ACCESS_TOKEN, which is bound to BOUND; absent and NULL where tokens are given.
 * Sets DPoP-Nonce when clients like this one need it. Called once in a visit. ERR_OK with *refusal. */
enum err holder_prove(struct cnf *out, struct visit *v, const struct client *client, struct view access_token,
                      const struct cnf *bound, enum refusal *refusal) MUST_CHECK;

/* The certificate of this request's TLS; CNF_NONE without one. */
struct cnf holder_certificate(const struct visit *v);

/* What tokens are bound to that CALLER gets now: for /token, /par and whatever else begins a grant. As holder_prove. */
enum err holder_find(struct cnf *out, struct visit *v, const struct caller *caller, enum refusal *refusal) MUST_CHECK;

#endif
