/* pki: keys, authorities and certificates of the test PKI, by the profile of the JPKI. Test material only: every name
 * says O=GENKAN-TEST. A failure ends the program with a line on standard error, so nothing here returns one. */
#ifndef CERTS_PKI_H
#define CERTS_PKI_H

#include <openssl/x509v3.h>

#include "base/view.h"

#define PKI_GENERATIONS 4 /* three RSA generations as in production, and the P-384 one announced for the next card */

enum hierarchy { AUTH, SIGN };

struct authority {
    enum hierarchy hierarchy;
    int generation;
    EVP_PKEY *key;
    X509 *cert;
};

/* Where a certificate's holder is registered; overseas residents have no prefecture. */
struct town {
    const char *prefecture, *city; /* romaji: "Osaka-fu", "Sakai-shi" */
    const char *code;              /* five digits, JIS X 0401 + 0402 */
};

/* What is wrong with a certificate on purpose. */
enum defect {
    SOUND,
    EXPIRED,
    NOT_YET,
    REVOKED,
    ON_HOLD,
    UNLISTED, /* the OCSP responder has never heard of it */
    OTHER_HIERARCHY,
    WRONG_POLICY,
    NO_POLICY,
    CA_TRUE,
    SIGNED_SHA1,
    SIGNED_SHA512,
    CRITICAL_EXT,
    SMALL_KEY,
    STRANGE_KEY,
    OWN_ROOT,        /* a self-made root with the real name and the real key id */
    OWN_ROOT_KEY_ID, /* the same, with its own key id */
    DUPLICATE_EXT,
    WRONG_USAGE,
    NO_USAGE,
    SIGNS_CERTS,
    WRONG_EXT_USAGE,
    EXPIRED_ISSUER,
    ZERO_SERIAL,
    NO_CRL_POINT,
    NO_OCSP_URL,
    BAD_NAMES, /* otherNames in another order than the profile's */
};

struct leaf {
    const struct authority *ca;
    enum hierarchy hierarchy; /* whose profile it follows */
    EVP_PKEY *key;
    uint32_t serial;
    int64_t from, to;
    enum defect defect;
    int revoked; /* a CRLReason, or -1 */
    const struct town *town;
    const char *ocsp_url;
    /* sign certificates only: the six otherNames */
    const char *name, *name_map, *address, *address_map, *gender, *birth;
};

/* Ends the program unless OK. */
void must(bool ok, const char *what);

EVP_PKEY *pki_make_rsa(unsigned bits);
EVP_PKEY *pki_make_ec(const char *curve);
EVP_PKEY *pki_make_ed25519(void);

X509_NAME *pki_authority_name(enum hierarchy h);
X509_NAME *pki_crl_point_name(enum hierarchy h, const struct town *town);

/* A self-signed root. KEY_ID: the subject key id to claim, or absent for the true one. */
X509 *pki_make_root(enum hierarchy h, EVP_PKEY *key, uint32_t serial, int64_t from, int64_t to, struct view key_id);
X509 *pki_make_leaf(const struct leaf *leaf);
/* A delegated OCSP responder (RFC 6960 4.2.2.2); without the extended key usage when APPOINTED is false. */
X509 *pki_make_responder(const struct authority *ca, EVP_PKEY *key, uint32_t serial, int64_t from, int64_t to,
                         bool appointed);

struct revoked_serial {
    uint32_t serial;
    int64_t at;
    int reason; /* CRLReason; -1: none */
};

enum crl_defect { CRL_SOUND, CRL_CRITICAL_EXT, CRL_DELTA, CRL_SHA1, CRL_CA_ONLY };

/* The CRL OLD of CA with N more entries, from FROM to TO. */
X509_CRL *pki_renew_crl(const struct authority *ca, X509_CRL *old, const struct revoked_serial *entries, size_t n,
                        int64_t from, int64_t to);
/* TOWN NULL: a full CRL without issuingDistributionPoint. */
X509_CRL *pki_make_crl(const struct authority *ca, const struct town *town, const struct revoked_serial *entries,
                       size_t n, int64_t from, int64_t to, enum crl_defect defect);

#endif
