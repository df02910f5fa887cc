/* proof_keys: the keys that DPoP proofs bring along (RFC 9449 4.2), read once for many proofs: a client sends the very
 * same header each time. What is kept proves nothing of anybody: each proof is verified. Safe between threads. */
#ifndef IDP_STATE_PROOF_KEYS_H
#define IDP_STATE_PROOF_KEYS_H

#include "base/jws.h"

struct proof_keys;

enum err proof_keys_open(struct proof_keys **out) MUST_CHECK;
/* No request may be under way any more. */
void proof_keys_close(struct proof_keys *p);

/* As jws_read_with_key; the key stays as long as the arena. */
enum err proof_keys_read(struct jws *out, struct proof_keys *p, struct arena *a, struct view text) MUST_CHECK;

#endif
