/* client_keys: the public keys of a service: registered by value (jwks). */
#ifndef IDP_STATE_CLIENT_KEYS_H
#define IDP_STATE_CLIENT_KEYS_H

#include "idp/rules/client.h"
#include "idp/state/visit.h"

/* ERR_OK: a key of the service made J, whose algorithm the caller of this has allowed or looks at next. ERR_MISMATCH:
 * none did, or it has no keys. */
enum err client_keys_verify(struct visit *v, const struct client *c, const struct jws *j) MUST_CHECK;

#endif
