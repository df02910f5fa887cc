/* crl: one certificate revocation list (RFC 5280 section 5), taken apart once into a sorted table. */
#ifndef JPKI_PKI_CRL_H
#define JPKI_PKI_CRL_H

#include "jpki/pki/trust.h"

#define CRL_SERIAL_MAX 20
#define CRL_SIZE_MAX   (64 * 1024 * 1024)

struct crl_entry {
    uint8_t serial[CRL_SERIAL_MAX]; /* contents of the INTEGER, filled up with zeros on the left */
    int8_t reason;                  /* CRLReason, -1 if not given */
    int64_t at;
};

struct crl {
    const struct trust_root *root; /* who signed it */
    struct view point;             /* directoryName it is for; absent: all certificates of ROOT */
    int64_t this_update, next_update;
    struct crl_entry *entries; /* sorted by serial; on the heap */
    size_t n;
};

enum crl_fault {
    CRL_FINE,
    CRL_NOT_DER,
    CRL_NOT_CRL,
    CRL_NO_ISSUER,        /* signed by none of the roots */
    CRL_BAD_ALGORITHM,    /* SHA-1 or otherwise not on the allow-list */
    CRL_UNKNOWN_CRITICAL, /* an extension of the list or of an entry that we do not understand; delta CRLs, too */
    CRL_BAD_SCOPE,        /* not for end-entity certificates, for some reasons only, or indirect */
};

/* Reads BYTES (DER, or PEM "X509 CRL"). POINT lives in the arena; call crl_close. ERR_SYNTAX with *FAULT when the list
 * cannot be used. Dates are not judged: a stale list is read, and asked later. */
enum err crl_read(struct crl *out, struct arena *a, const struct trust *trust, struct view bytes,
                  enum crl_fault *fault) MUST_CHECK;
void crl_close(struct crl *c);

/* Does the list speak about C, issued by ROOT? */
bool crl_covers(const struct crl *crl, const struct cert *c, const struct trust_root *root);

/* The entry of a serial number, or NULL: binary search. */
const struct crl_entry *crl_find(const struct crl *crl, struct view serial);

/* One English line for the operator; static. */
const char *crl_fault_text(enum crl_fault fault);

#endif
