/* fuzz_pki: a root of its own for fuzzers, so that what they invent can carry a right signature and reach the readers
 * behind it. */
#ifndef TESTS_LIB_FUZZ_PKI_H
#define TESTS_LIB_FUZZ_PKI_H

#include "jpki/pki/trust.h"

struct fuzz_pki {
    struct trust *trust;
    const struct trust_root *root;
    void *key; /* EVP_PKEY, P-256: signing must be quick */
};

/* Made once; lives until the program ends. */
const struct fuzz_pki *fuzz_pki(void);

/* SEQUENCE { CONTENT, ecdsa-with-SHA256, BIT STRING signature over CONTENT }: the shape of certificates, CRLs and basic
 * OCSP answers. In the arena; absent if there is no room. */
struct view fuzz_pki_sign(struct arena *a, struct view content);

#endif
