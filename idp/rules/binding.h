/* binding: which key the tokens that are given now are bound to (RFC 9449 5, RFC 8705 3, RFC 9700 2.2). */
#ifndef IDP_RULES_BINDING_H
#define IDP_RULES_BINDING_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "sessions/cnf.h"

/* PROOF: the key of the request's DPoP proof, which is good; CERT: of its TLS certificate; CNF_NONE: it brought none.
 */
enum refusal binding_decide(struct cnf *out, const struct client *client, const struct cnf *proof,
                            const struct cnf *cert);

/* What a refresh token is bound to when the access token beside it is bound to ACCESS: of clients that authenticate,
 * the authentication binds it, and another key may come with the next request (RFC 9449 5). */
struct cnf binding_of_refresh(const struct client *client, const struct cnf *access);

/* May CLIENT have a refresh token whose key is CNF? One that does not authenticate only with a key (RFC 9700 2.2.2). */
bool binding_allows_refresh(const struct client *client, const struct cnf *cnf);

#endif
