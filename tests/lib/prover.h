/* prover: a key with which a service proves that its tokens are its own (DPoP, RFC 9449), and signs whatever JWS a test
 * wants, right or wrong. */
#ifndef TESTS_LIB_PROVER_H
#define TESTS_LIB_PROVER_H

#include "base/jws.h"

struct prover {
    struct jws_key *key;
    void *pkey; /* the same for OpenSSL */
};

/* ALG: JWS_ES256 or JWS_RS256. */
void prover_open(struct prover *p, enum jws_alg alg);
void prover_close(struct prover *p);

/* The public JWK / its thumbprint. */
const char *prover_jwk(const struct prover *p, struct arena *a);
const char *prover_jkt(const struct prover *p);

/* A compact JWS of any header and claims, signed with this key as its kind signs. */
const char *prover_sign(const struct prover *p, struct arena *a, const char *header, const char *claims);

/* What a proof says; a jti of its own unless JTI is given; ACCESS and NONCE may be NULL. */
struct proof_claims {
    const char *method, *url, *access, *nonce, *jti;
    int64_t iat;
};
const char *prover_proof(const struct prover *p, struct arena *a, const struct proof_claims *claims);

#endif
