/* ed25519: keys and signatures of RFC 8032, for the ledger's checkpoints and witnesses. */
#ifndef BASE_ED25519_H
#define BASE_ED25519_H

#include "base/buf.h"

#define ED25519_PUBLIC    32
#define ED25519_SEED      32
#define ED25519_SIGNATURE 64

struct ed25519_key; /* a private key; immutable, may be shared between threads */

enum err ed25519_make(struct ed25519_key **out) MUST_CHECK;
/* RFC 8032 5.1.5: the 32 bytes the key follows from. */
enum err ed25519_of_seed(struct ed25519_key **out, const uint8_t seed[ED25519_SEED]) MUST_CHECK;
/* PEM (PKCS#8). ERR_SYNTAX: it is something else. */
enum err ed25519_read_pem(struct ed25519_key **out, struct view pem) MUST_CHECK;
enum err ed25519_write_pem(struct buf *out, const struct ed25519_key *k) MUST_CHECK;
void ed25519_close(struct ed25519_key *k);

void ed25519_public(uint8_t out[ED25519_PUBLIC], const struct ed25519_key *k);
enum err ed25519_sign(uint8_t out[ED25519_SIGNATURE], const struct ed25519_key *k, struct view message) MUST_CHECK;

/* ERR_OK: the owner of PUBLIC_KEY signed MESSAGE. ERR_MISMATCH: not. */
enum err ed25519_verify(const uint8_t public_key[ED25519_PUBLIC], struct view signature,
                        struct view message) MUST_CHECK;

#endif
