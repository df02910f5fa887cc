/* client_keys: the public keys of services, registered by value (jwks) or at an address (jwks_uri), read once and kept.
 *
 * What is at an address is fetched by threads of its own (idp/rules/key_refresh.h says when), so that a service's slow
 * server keeps none of our workers. A request that cannot be answered before the keys have come waits without a thread:
 * the function returns ERR_BUSY with answer_wait called; the handler gives up what it was doing, has written nothing to
 * the store yet, and is called again from its beginning when they are there, or after some seconds in vain. A handler
 * that passes errors on to json_answer_failure does all of this by itself. Safe between threads. */
#ifndef IDP_STATE_CLIENT_KEYS_H
#define IDP_STATE_CLIENT_KEYS_H

#include "base/jwe.h"
#include "http/fetch.h"
#include "idp/rules/client.h"
#include "idp/state/visit.h"

#define CLIENT_KEYS_FETCH_MS 3000  /* for one answer of a service's server */
#define CLIENT_KEYS_BODY_MAX 65536 /* bytes of one */

struct client_keys;

/* Fetches with F, which must outlive it. */
enum err client_keys_open(struct client_keys **out, struct fetch *f, const struct clock *clock) MUST_CHECK;
void client_keys_close(struct client_keys *k);

/* ERR_OK: a key of the service made J. Whether J's algorithm is one that may be used here is the caller's to say,
 * before or after (RFC 8725 3.1). ERR_MISMATCH: no key did, or it has none. ERR_BUSY: the request waits, see above.
 * ERR_UNAVAILABLE: its keys cannot be had. */
enum err client_keys_verify(struct visit *v, const struct client *c, const struct jws *j) MUST_CHECK;

/* The key that something is encrypted to with ALG, for as long as the visit lasts. MAY_WAIT: as above; otherwise what
 * is there is used. ERR_UNAVAILABLE: it has none, or it cannot be had. */
enum err client_keys_find_encryption(const struct jwe_key **out, struct visit *v, const struct client *c,
                                     enum jwe_alg alg, bool may_wait) MUST_CHECK;

/* Is CERT (DER) the certificate of one of its keys (RFC 8705 2.2.2)? One that is not may be a new one: the set at the
 * address is then fetched, as for a signature. ERR_MISMATCH: it is not; ERR_BUSY, ERR_UNAVAILABLE as above. */
enum err client_keys_find_cert(struct visit *v, const struct client *c, struct view cert) MUST_CHECK;

#endif
