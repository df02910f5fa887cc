/* cert: an X.509 certificate (RFC 5280) as facts. Reading it judges its form only: who made it and whether it may be
 * used is verify's question. */
#ifndef JPKI_PKI_CERT_H
#define JPKI_PKI_CERT_H

#include "base/arena.h"
#include "base/err.h"
#include "jpki/pki/pubkey.h"

#define CERT_SIZE_MAX     4096 /* the card's certificates have about 1.5 KB */
#define CERT_POLICIES_MAX 8

/* RFC 5280 4.2.1.3; bit numbers as flags. */
enum cert_usage {
    CERT_USE_SIGNATURE = 1 << 0,
    CERT_USE_COMMITMENT = 1 << 1, /* nonRepudiation, "contentCommitment" */
    CERT_USE_CERT_SIGN = 1 << 5,
    CERT_USE_CRL_SIGN = 1 << 6,
};

/* What is wrong with the form. Each has its own refusal in verify.h. */
enum cert_fault {
    CERT_FINE,
    CERT_TOO_BIG,
    CERT_NOT_DER,
    CERT_NOT_X509,
    CERT_BAD_SERIAL, /* RFC 5280 4.1.2.2: positive, at most 20 octets */
    CERT_BAD_EXTENSION,
    CERT_DUPLICATE_EXTENSION, /* RFC 5280 4.2 */
    CERT_UNKNOWN_CRITICAL,
};

struct cert {
    struct view der;                         /* the bytes it was read from (the caller's) */
    struct view issuer_der;                  /* Name, as it stands in the certificate */
    struct view subject_der;                 /* Name */
    struct view serial_der;                  /* the INTEGER with its header */
    struct view serial;                      /* its contents */
    int64_t not_before, not_after;           /* unix seconds, both inclusive */
    struct pubkey key;                       /* subject's key */
    struct view signed_part;                 /* tbsCertificate */
    enum cert_sig sig;                       /* how it is signed */
    struct view signature;                   /* the octets of signatureValue */
    bool has_usage;                          /* is there a keyUsage extension? */
    unsigned usage;                          /* enum cert_usage and the other bits of RFC 5280 */
    bool has_ext_usage, client_auth;         /* extKeyUsage: present, names clientAuth */
    bool ocsp_signing;                       /* extKeyUsage names id-kp-OCSPSigning */
    bool is_ca;                              /* basicConstraints cA */
    struct view ski, aki;                    /* key ids; absent if not given */
    struct view policies[CERT_POLICIES_MAX]; /* OIDs, contents of the DER */
    size_t n_policies;
    const char *ocsp_url;  /* first id-ad-ocsp URI of authorityInfoAccess, or NULL */
    struct view crl_point; /* directoryName (DER Name) of the first cRLDistributionPoint; absent if none */
    struct view san;       /* value of subjectAltName (GeneralNames); absent if none */
};

/* Views lie in DER, texts in the arena. ERR_SYNTAX with *FAULT when the certificate is not acceptable in form; *FAULT
 * is CERT_FINE otherwise. Read by us, not by OpenSSL (docs/decisions/certificates.md). */
enum err cert_read(struct cert *out, struct arena *a, struct view der, enum cert_fault *fault) MUST_CHECK;

/* "CERT_NOT_DER" */
const char *cert_fault_name(enum cert_fault fault);

/* OID: contents of the DER. */
bool cert_has_policy(const struct cert *c, struct view oid);

/* Did ISSUER (of this kind) sign C? ERR_CRYPTO. */
enum err cert_is_signed_by(bool *yes, const struct cert *c, struct pubkey_opened *issuer,
                           enum cert_key kind) MUST_CHECK;

#endif
