/* signer: what a service signs, by hand: a JWS with whatever header, as base/jws.h would never write it (a key inside).
 */
#ifndef BENCH_SIGNER_H
#define BENCH_SIGNER_H

#include "base/arena.h"
#include "base/buf.h"

struct signer {
    void *key;       /* EVP_PKEY of P-256 */
    const char *jwk; /* the public half as JSON text */
    const char *kid;
};

/* A new key; texts in A. The process stops when something fails. */
void signer_open(struct signer *s, struct arena *a, const char *kid);
void signer_close(struct signer *s);

/* Puts the compact JWS (ES256) of HEADER and PAYLOAD, both JSON texts. */
void signer_put(struct buf *out, const struct signer *s, const char *header, const char *payload);

#endif
