/* locks: our own keys that services encrypt to (request objects). One of each kind is published and used; those before
 * it still open what was encrypted to them, as long as anybody may have our /jwks in a cache. Part of the data folder's
 * keys: <folder>/locks.json (states), <folder>/<kid>.pem; keys.h opens and completes them. */
#ifndef IDP_TOKENS_LOCKS_H
#define IDP_TOKENS_LOCKS_H

#include "base/jwe.h"

struct locks; /* immutable once opened; may be shared between threads */

struct lock_row {
    const struct jwe_key *key;
    enum jwe_alg alg; /* JWE_RSA_OAEP_256, or JWE_ECDH_ES for all of its family */
    bool retired;
    int64_t since; /* unix seconds of the last change of state */
};

/* What retired opens for so long: two days, as what retired signs is verified. */
#define LOCK_RETIRE_S (48 * 3600)

/* ERR_NOT_FOUND: there is no list; ERR_PERMISSION, ERR_CONFIG: it or a key of it cannot be used. */
enum err locks_open(struct locks **out, const char *folder) MUST_CHECK;
void locks_close(struct locks *l);

/* Makes what is missing; under the folder's lock (keys.c). */
enum err locks_complete(const char *folder, int64_t now) MUST_CHECK;
/* New ones take over at once: whoever still encrypts to the old ones is still understood. Those that have been retired
 * for LOCK_RETIRE_S are removed. Under the folder's lock. */
enum err locks_rotate(const char *folder, int64_t now) MUST_CHECK;

size_t locks_count(const struct locks *l);
const struct lock_row *locks_at(const struct locks *l, size_t i);

/* The key that a JWE was made for: the one of its kid, or without a kid the one in use, if it fits ALG. NULL: none. */
const struct jwe_key *locks_find(const struct locks *l, struct view kid, enum jwe_alg alg);

/* JWKs of those in use, as elements of an array. */
void locks_put_jwks(struct json_out *o, const struct locks *l);

#endif
