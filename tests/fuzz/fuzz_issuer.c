/* The agent's reader of issuer files. */
#include "jpki/proof/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct proof_issuer issuer;
    const char *why;
    arena_open(&a, (size_t)1 << 20);
    if (proof_issuer_read(&issuer, &a, view_bytes(data, size), &why) == ERR_OK)
        INSIST(proof_is_origin(issuer.iss) && issuer.n_keys > 0 && issuer.n_keys <= PROOF_ISSUER_KEYS);
    arena_close(&a);
    return 0;
}
