/* key_set: a service's JWK set (RFC 7517 5) taken apart, and which of its keys are asked about a signature, and which
 * one something is encrypted to. */
#ifndef IDP_RULES_KEY_SET_H
#define IDP_RULES_KEY_SET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jwe.h"
#include "base/jws.h"

#define KEY_SET_MAX   32 /* keys in a set */
#define KEY_SET_TRIES 4  /* signatures that are computed for one that comes in */

/* One key for one algorithm: a RSA key that does not say which is there twice (RFC 8725 3.1). */
struct key_set_row {
    struct view kid; /* absent: it has none */
    const struct jws_key *key;
};

/* One key for one algorithm of encryption. */
struct key_set_lock {
    enum jwe_alg alg;
    bool meant; /* it says "use": "enc" */
    const struct jwe_key *key;
};

struct key_set {
    struct key_set_row *rows;
    struct key_set_lock *locks;
    struct view *certs; /* DER, of the keys that have one: the first of x5c is the key's own (RFC 7517 4.7) */
    size_t n, n_locks, n_certs;
};

/* Keys of types, uses and algorithms that are none of ours are passed over (RFC 7517 5). ERR_SYNTAX with *why (static):
 * not a JWK set, or there is a private key in it: it is known to others from now on. ERR_LIMIT: more than KEY_SET_MAX
 * keys. The set lives as long as the arena, for all threads. */
enum err key_set_read(struct key_set *out, struct arena *a, struct view text, const char **why) MUST_CHECK;

/* The keys that may have made J, at most KEY_SET_TRIES: those of its algorithm, and if it names one (RFC 7515 4.1.4)
 * only that one; keys without a name are asked when none has it. 0: none. */
size_t key_set_candidates(const struct jws_key *out[KEY_SET_TRIES], const struct key_set *set, const struct jws *j);

/* Does J name a key of its algorithm that is in the set? If not, and none made it, the service may have a new one. */
bool key_set_names(const struct key_set *set, const struct jws *j);

/* Is this certificate (DER), byte for byte, the one of a key in the set? (RFC 8705 2.2.2) */
bool key_set_has_cert(const struct key_set *set, struct view der);

/* The key that something is encrypted to with ALG: the first that says it is for encryption, otherwise the first that
 * does not say it is for something else. NULL: none. */
const struct jwe_key *key_set_encryption(const struct key_set *set, enum jwe_alg alg);

#endif
