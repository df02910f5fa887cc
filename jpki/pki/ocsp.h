/* ocsp: one question to an OCSP responder and its answer (RFC 6960), as bytes; revocation carries them. */
#ifndef JPKI_PKI_OCSP_H
#define JPKI_PKI_OCSP_H

#include "jpki/pki/revocation.h"

#define OCSP_NONCE_LENGTH 32 /* RFC 9654: 32 octets */
#define OCSP_ANSWER_MAX   (64 * 1024)

struct ocsp_question {
    struct view nonce; /* random, fresh for each question */
    struct view der;   /* OCSPRequest */
    void *id;          /* OpenSSL's OCSP_CERTID */
};

/* Who signs our questions: an X509 and its EVP_PKEY. */
struct ocsp_signer {
    void *certificate, *key;
};

/* Two PEM files; the key's may be read by nobody else. ERR_CONFIG with WHY (256 bytes, may be NULL): no certificate, no
 * key, or not that certificate's. Close it in any case. */
enum err ocsp_signer_open(struct ocsp_signer *out, const char *certificate, const char *key, char why[256]) MUST_CHECK;
void ocsp_signer_close(struct ocsp_signer *s);

/* Lives in the arena. SIGNER NULL: unsigned. */
enum err ocsp_ask(struct ocsp_question *out, struct arena *a, const struct cert *c, const struct trust_root *root,
                  const struct ocsp_signer *signer) MUST_CHECK;

struct ocsp_terms {
    int64_t now;
    bool nonce_optional;
};

/* Judges the bytes of an OCSPResponse: everything that does not fit ends in UNKNOWN with its reason. *NEXT_UPDATE is
 * until when the answer may be used again (0: the responder does not say). ERR_MEMORY, ERR_CRYPTO only. */
enum err ocsp_judge(struct revocation_answer *out, int64_t *next_update, const struct ocsp_question *question,
                    struct view answer, const struct trust_root *root, const struct ocsp_terms *terms) MUST_CHECK;

#endif
