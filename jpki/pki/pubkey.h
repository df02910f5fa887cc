/* pubkey: the public key in a certificate, and what it has signed. Read by us and handed to OpenSSL as numbers: its own
 * reader of SubjectPublicKeyInfo takes six times as long as a check of a signature (docs/performance.md). */
#ifndef JPKI_PKI_PUBKEY_H
#define JPKI_PKI_PUBKEY_H

#include "base/err.h"
#include "jpki/pki/algorithm.h"

struct pubkey {
    enum cert_key kind;
    int bits;                      /* of the modulus, or of the curve; 0 for a kind we do not know */
    struct view modulus, exponent; /* RSA: big endian without leading zeros */
    struct view point;             /* EC: 04 || x || y */
};

/* INFO: a SubjectPublicKeyInfo in strict DER. The views lie in it. False: it is not laid out as its kind wants
 * (RFC 3279 2.3.1, RFC 5480 2.2: uncompressed points); a kind we do not know is no fault. */
bool pubkey_read(struct pubkey *out, struct view info);

/* A key that is ready to check; threads may share it. Close it with pubkey_close. */
struct pubkey_opened;

/* ERR_SYNTAX: no such key (a point off the curve, a kind we do not know). ERR_MEMORY, ERR_CRYPTO. */
enum err pubkey_open(struct pubkey_opened **out, const struct pubkey *key) MUST_CHECK;
void pubkey_close(struct pubkey_opened *opened);

/* *FITS: did this key sign MESSAGE, with SIG of this kind (an allowed one that fits the key)? ERR_CRYPTO: we could not
 * look. */
enum err pubkey_check(bool *fits, struct pubkey_opened *opened, enum cert_sig kind, struct view sig,
                      struct view message) MUST_CHECK;
/* The same over a digest that was made elsewhere, of the kind's own algorithm. */
enum err pubkey_check_digest(bool *fits, struct pubkey_opened *opened, enum cert_sig kind, struct view sig,
                             struct view digest) MUST_CHECK;

#endif
