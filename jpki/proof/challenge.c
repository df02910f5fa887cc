#include "jpki/proof/challenge.h"

#include "base/hash.h"

/* Domain separation: no other protocol's message begins like this. */
static const uint8_t prefix[] = {'G', 'E', 'N', 'K', 'A', 'N', '-', 'C', 'A', 'R', 'D', '/', '1', 0};

_Static_assert(sizeof prefix + 3 * SHA256_SIZE == PROOF_MESSAGE_SIZE, "layout of M");

void proof_message(uint8_t out[PROOF_MESSAGE_SIZE], struct view iss, const uint8_t nonce[PROOF_NONCE_SIZE],
                   struct view request_jws)
{
    memcpy(out, prefix, sizeof prefix);
    uint8_t *hash = out + sizeof prefix;
    sha256(hash, iss);
    sha256(hash + SHA256_SIZE, view_bytes(nonce, PROOF_NONCE_SIZE));
    sha256(hash + (size_t)2 * SHA256_SIZE, request_jws);
}
