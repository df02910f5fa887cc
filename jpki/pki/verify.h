/* verify: does this proof come from a My Number Card that is good today? One question, one verdict, one reason. */
#ifndef JPKI_PKI_VERIFY_H
#define JPKI_PKI_VERIFY_H

#include "base/jws.h"
#include "jpki/pki/revocation.h"

/* certificatePolicies of the JPKI: 1.2.392.200149.8.5.1.3.30 for user authentication, 1.2.392.200149.8.5.1.1.20 for
 * digital signature; contents of the DER. */
#define VERIFY_POLICY_AUTH "\x2A\x83\x08\x8C\x9B\x55\x08\x05\x01\x03\x1E"
#define VERIFY_POLICY_SIGN "\x2A\x83\x08\x8C\x9B\x55\x08\x05\x01\x01\x14"

enum verify_refusal {
    VERIFY_GOOD,
    /* form */
    VERIFY_CERT_TOO_BIG,
    VERIFY_CERT_NOT_DER,
    VERIFY_CERT_NOT_X509,
    VERIFY_CERT_BAD_SERIAL,
    VERIFY_CERT_BAD_EXTENSION,
    VERIFY_CERT_DUPLICATE_EXTENSION,
    VERIFY_CERT_UNKNOWN_CRITICAL,
    /* path */
    VERIFY_ISSUER_UNKNOWN,
    VERIFY_ISSUER_OTHER_HIERARCHY, /* a sign certificate for a login, or the other way round */
    VERIFY_ISSUER_KEY_ID,
    VERIFY_ISSUER_SIGNATURE,
    VERIFY_ISSUER_EXPIRED, /* the root's own dates */
    /* dates, use */
    VERIFY_NOT_YET_VALID,
    VERIFY_EXPIRED,
    VERIFY_KEY_USAGE,
    VERIFY_EXT_KEY_USAGE,
    VERIFY_POLICY,
    VERIFY_IS_CA,
    /* algorithms */
    VERIFY_CERT_SHA1,
    VERIFY_CERT_ALGORITHM,
    VERIFY_KEY_KIND,
    VERIFY_KEY_SIZE,
    VERIFY_PROOF_ALGORITHM, /* "alg" of the response is not the one for this key */
    /* the proof itself */
    VERIFY_PROOF_SIGNATURE,
    /* revocation */
    VERIFY_REVOKED,
    VERIFY_REVOCATION_UNKNOWN,
    /* we failed on the way: goes with a return other than ERR_OK, so that nobody mistakes it for good */
    VERIFY_NO_VERDICT,
};

/* Whose move it is: what the page tells the resident depends on it. */
enum verify_blame {
    VERIFY_BLAME_NONE,
    VERIFY_BLAME_CARD,  /* the card's certificate cannot be used any more: expired, revoked, not yet valid */
    VERIFY_BLAME_PROOF, /* what was sent is not a proof: attack or broken agent */
    VERIFY_BLAME_US,    /* we could not find out (revocation unknown): neither the resident nor the card */
};

struct verify_facts {
    struct view der;  /* certificate as sent */
    enum jws_alg alg; /* JWS_RS256 or JWS_ES384, as the response says */
    struct view
        sig; /* RS256: 256 bytes and more; ES384: DER ECDSA-Sig-Value as the card gives it, or r || s (96 bytes) */
    struct view message; /* M, rebuilt by us */
    enum trust_purpose purpose;
    int64_t now; /* unix seconds */
};

struct verify_verdict {
    enum verify_refusal refusal; /* VERIFY_GOOD: let in */
    enum verify_blame blame;
    struct revocation_answer revocation; /* filled when it came that far */
    struct cert cert;                    /* filled when the form was good; lives in the arena */
    const struct trust_root *root;       /* who issued it, or NULL */
    /* issuer (DER Name) || serial (DER INTEGER): what the account key is made of, by HMAC. In the arena; absent
     * unless VERIFY_GOOD. Never logged. */
    struct view account_input;
};

/* The checks of protocol.md in its order; the first that fails is the verdict. REVOCATION may not be NULL. A return
 * other than ERR_OK means that we could not judge, and is no verdict. */
enum err verify_proof(struct verify_verdict *out, struct arena *a, const struct trust *trust,
                      struct revocation *revocation, const struct verify_facts *facts) MUST_CHECK;

/* The certificate alone, without a proof and without revocation: for `genkan check-config` and tools. */
enum err verify_certificate(struct verify_verdict *out, struct arena *a, const struct trust *trust,
                            const struct verify_facts *facts) MUST_CHECK;

/* "VERIFY_EXPIRED"; static. */
const char *verify_refusal_name(enum verify_refusal refusal);

#endif
