/* hash: digests and MACs, one shot or piece by piece. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/err.h"
#include "base/view.h"

#define SHA256_SIZE 32
#define SHA384_SIZE 48
#define SHA512_SIZE 64

/* One-shot digests cannot fail with our OpenSSL; if they do, the process stops (INSIST). */
void sha256(uint8_t out[SHA256_SIZE], struct view v);
void sha384(uint8_t out[SHA384_SIZE], struct view v);
void sha512(uint8_t out[SHA512_SIZE], struct view v);
/* SHA-256 over the concatenation of N pieces. */
void sha256_of(uint8_t out[SHA256_SIZE], const struct view *pieces, size_t n);

void hmac_sha256(uint8_t out[SHA256_SIZE], struct view key, struct view v);
void hmac_sha256_of(uint8_t out[SHA256_SIZE], struct view key, const struct view *pieces, size_t n);

/* A key for many short texts: what the key makes of the hash, which is half of the work for each. As secret as the key
 * is itself; whoever holds it wipes it. */
struct hmac_key {
    uint64_t inner[14], outer[14]; /* SHA256_CTX */
};
void hmac_key_set(struct hmac_key *k, struct view key);
void hmac_sha256_with(uint8_t out[SHA256_SIZE], const struct hmac_key *k, const struct view *pieces, size_t n);

/* RFC 5869 with SHA-256, empty salt; n at most 255 * 32. */
void hkdf_sha256(uint8_t *out, size_t n, struct view key, struct view info);

#endif
