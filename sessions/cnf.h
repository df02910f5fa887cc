/* cnf: the key that a token is bound to: who shows the token shows that it holds the key (RFC 7800 3). */
#ifndef SESSIONS_CNF_H
#define SESSIONS_CNF_H

#include "base/json.h"

enum cnf_kind {
    CNF_NONE, /* to no key: a bearer token */
    CNF_JKT,  /* RFC 9449 6.1: a key that signs DPoP proofs, by its JWK thumbprint (RFC 7638) */
    CNF_X5T   /* RFC 8705 3.1: a TLS client certificate, by the SHA-256 of its DER */
};

struct cnf {
    uint8_t kind; /* enum cnf_kind */
    uint8_t thumbprint[32];
};

/* THUMBPRINT: SHA-256 in base64url, 43 characters. False: it is none, and *out is CNF_NONE. */
bool cnf_read(struct cnf *out, enum cnf_kind kind, struct view thumbprint);

/* Not in constant time: thumbprints are no secrets. CNF_NONE equals CNF_NONE. */
bool cnf_equal(const struct cnf *a, const struct cnf *b);

/* 33 bytes as they are kept, absent for CNF_NONE; they live as long as *C. And back; false: not such bytes. */
struct view cnf_bytes(const struct cnf *c);
bool cnf_of_bytes(struct cnf *out, struct view bytes);

/* The member "cnf" of a claims set; nothing for CNF_NONE. */
void cnf_put(struct json_out *o, const struct cnf *c);

#endif
