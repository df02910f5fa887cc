/* crl: one certificate revocation list (RFC 5280 section 5), read once from its beginning to its end into a table. */
#ifndef JPKI_PKI_CRL_H
#define JPKI_PKI_CRL_H

#include "jpki/pki/serials.h"
#include "jpki/pki/trust.h"

#define CRL_SIZE_MAX (256 * 1024 * 1024) /* of a file: some six million entries */
#define CRL_PEM_MAX  (16 * 1024 * 1024)  /* PEM is held as a whole */

struct crl {
    const struct trust_root *root; /* who signed it */
    struct view point;             /* directoryName it is for; absent: all certificates of ROOT */
    int64_t this_update, next_update;
    struct serials serials;
};

enum crl_fault {
    CRL_FINE,
    CRL_NOT_DER,
    CRL_NOT_CRL,
    CRL_NO_ISSUER,        /* signed by none of the roots */
    CRL_BAD_ALGORITHM,    /* SHA-1 or otherwise not on the allow-list */
    CRL_UNKNOWN_CRITICAL, /* an extension of the list or of an entry that we do not understand */
    CRL_IS_DELTA,         /* only what has changed (RFC 5280 5.2.4): not a list one can ask */
    CRL_BAD_SCOPE,        /* not for end-entity certificates, for some reasons only, or indirect */
};

/* Reads BYTES (DER, or PEM "X509 CRL"). POINT lives in the arena; call crl_close. ERR_SYNTAX with *FAULT when the list
 * cannot be used. Dates are not judged: a stale list is read, and asked later. */
enum err crl_read(struct crl *out, struct arena *a, const struct trust *trust, struct view bytes,
                  enum crl_fault *fault) MUST_CHECK;
/* The same from a file, which is never held as a whole (but in PEM). ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO; ERR_LIMIT:
 * larger than CRL_SIZE_MAX. */
enum err crl_read_file(struct crl *out, struct arena *a, const struct trust *trust, const char *path,
                       enum crl_fault *fault) MUST_CHECK;
void crl_close(struct crl *c);

/* Does the list speak about C, issued by ROOT? */
bool crl_covers(const struct crl *crl, const struct cert *c, const struct trust_root *root);

/* One English line for the operator; static. */
const char *crl_fault_text(enum crl_fault fault);

#endif
