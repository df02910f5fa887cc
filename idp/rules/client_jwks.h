/* client_jwks: the key set a service registers (RFC 7517 5): public keys only, strong enough, each once. */
#ifndef IDP_RULES_CLIENT_JWKS_H
#define IDP_RULES_CLIENT_JWKS_H

#include "base/json.h"
#include "base/jws.h"

#define CLIENT_JWKS_MAX 20 /* keys */

/* NULL: JWKS is a key set that may be registered. Otherwise the rule it breaks, to be read on after "jwks". Static. */
const char *client_jwks_fault(const struct json *jwks);

/* Has it a key for signatures with ALG (RFC 7518 3.1: its type and curve)? JWKS is one without fault. */
bool client_jwks_fits(const struct json *jwks, enum jws_alg alg);

/* Has it a key to encrypt to with ALG (RFC 7518 4.1)? */
bool client_jwks_encrypts(const struct json *jwks, struct view alg);

#endif
