/* algorithm: which algorithms and keys this room knows, in one table: what is not in it is refused, and SHA-1 and short
 * keys are refused by name. Another generation of cards is another row. */
#ifndef JPKI_PKI_ALGORITHM_H
#define JPKI_PKI_ALGORITHM_H

#include "base/view.h"

enum cert_key { CERT_KEY_OTHER, CERT_KEY_RSA, CERT_KEY_P256, CERT_KEY_P384 };

enum cert_sig {
    CERT_SIG_OTHER,
    CERT_SIG_SHA1, /* any signature over SHA-1: told apart because it is refused by name */
    CERT_SIG_RSA_SHA256,
    CERT_SIG_RSA_SHA384,
    CERT_SIG_ECDSA_SHA256,
    CERT_SIG_ECDSA_SHA384,
};

/* How something is signed, out of a whole AlgorithmIdentifier in DER. Parameters that the standards do not want
 * (RFC 4055 5: NULL for RSA; RFC 5758 3.2: none for ECDSA) make it CERT_SIG_OTHER. */
enum cert_sig algorithm_sig_of(struct view identifier);

/* What kind of key follows, out of the AlgorithmIdentifier of a SubjectPublicKeyInfo (RFC 3279 2.3.1, RFC 5480 2). */
enum cert_key algorithm_key_of(struct view identifier);

bool algorithm_is_sig_allowed(enum cert_sig sig);
/* RSA of 2048, 3072 or 4096 bits, P-256, P-384. */
bool algorithm_is_key_allowed(enum cert_key key, int bits);

/* "SHA256" or "SHA384" / its size / can a key of this kind make such a signature? Only for allowed ones. */
const char *algorithm_digest_of(enum cert_sig sig);
size_t algorithm_digest_size(enum cert_sig sig);
bool algorithm_fits_key(enum cert_sig sig, enum cert_key key);

#endif
