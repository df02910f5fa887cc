/* trust: the roots a certificate may come from, in two stores that never mix: user authentication and digital
 * signature. Roots are certificates in files; which files count is decided by fingerprint, not by folder. */
#ifndef JPKI_PKI_TRUST_H
#define JPKI_PKI_TRUST_H

#include "jpki/pki/cert.h"

enum trust_purpose { TRUST_AUTH, TRUST_SIGN };

enum trust_kind {
    TRUST_PRODUCTION, /* the roots of J-LIS, by pinned SHA-256 fingerprint and by name */
    TRUST_TEST,       /* O=GENKAN-TEST or O=JPKI-TEST only: a real card is as foreign here as a test card is there */
};

struct trust_config {
    enum trust_kind kind;
    /* FOLDER/auth and FOLDER/sign hold the roots (.pem .cer .crt .der); other files are not looked at */
    const char *folder;
    /* further fingerprints: "auth:<64 hex digits>" or "sign:..."; colons and case in the digits do not matter. They
     * add to the built-in list of production; for a test store there is nothing to add. */
    const char *const *pins;
    size_t n_pins;
};

struct trust; /* immutable once open; shared by all threads */

struct trust_root {
    struct cert cert;
    enum trust_purpose purpose;
    struct pubkey_opened *key;
    void *x509; /* OpenSSL's object, for those who build on its structures */
};

/* All or nothing: a file that is not an acceptable root is ERR_CONFIG, and WHY (if given, 256 bytes) names file and
 * rule in one English line. A store without an authentication root is refused; one without signature roots is not
 * (nobody can register with the sign certificate then). ERR_NOT_FOUND: no such folder. */
enum err trust_open(struct trust **out, const struct trust_config *config, char why[256]) MUST_CHECK;
/* The same rules for one file alone, whatever folder it lies in: its roots and what they are for. A store that may be
 * without authentication roots, to look at. */
enum err trust_open_file(struct trust **out, const struct trust_config *config, const char *file,
                         char why[256]) MUST_CHECK;
void trust_close(struct trust *t);

enum trust_kind trust_kind_of(const struct trust *t);

/* Roots of a purpose, by position; NULL past the end. */
const struct trust_root *trust_at(const struct trust *t, enum trust_purpose purpose, size_t i);

enum trust_answer {
    TRUST_FOUND,
    TRUST_NO_ISSUER,     /* no root of this purpose has the certificate's issuer name */
    TRUST_OTHER_PURPOSE, /* but one of the other purpose has, and made it */
    TRUST_NO_KEY_ID,     /* right name, but no generation with the certificate's authority key id */
    TRUST_BAD_SIGNATURE, /* name and key id fit, the signature does not */
};

/* The root that signed C. Generations share one name: they are told apart by authority key id and by trying the
 * signature (RFC 5280 4.2.1.1; a certificate without key id is tried against every generation). Dates are not looked
 * at. ERR_CRYPTO, ERR_MEMORY. */
enum err trust_find(const struct trust *t, enum trust_purpose purpose, const struct cert *c,
                    const struct trust_root **root, enum trust_answer *answer) MUST_CHECK;

/* One built-in fingerprint of production. */
struct trust_pin {
    enum trust_purpose purpose;
    const char *name; /* "auth 03" */
    uint8_t sha256[32];
};
const struct trust_pin *trust_pins(size_t *n);
/* "auth 03"; NULL if C is none of the built-in ones. */
const char *trust_pin_name(const struct trust_root *root);

#endif
