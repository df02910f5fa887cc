/* pki_rig: the test PKI of this build, opened, and proofs made with its cards' keys. */
#ifndef TESTS_UNIT_JPKI_PKI_PKI_RIG_H
#define TESTS_UNIT_JPKI_PKI_PKI_RIG_H

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

#include "jpki/pki/verify.h"

#define PKI BUILD_DIR "/testpki"

struct pki_rig {
    struct arena a;
    struct trust *trust;
    struct revocation *revocation;
    int64_t now; /* when the PKI was made */
};

/* CRLS: folder below the PKI, NULL for none. POST: how to reach a responder, NULL for OCSP off. */
void pki_rig_open(struct pki_rig *r, const char *crls, struct revocation_fetch fetch);
void pki_rig_close(struct pki_rig *r);

/* A file of the PKI; fails the test if it is not there. */
struct view pki_rig_file(struct pki_rig *r, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* "residents/hanako": its certificate read, its issuer found. */
void pki_rig_cert(struct pki_rig *r, const char *card, enum trust_purpose purpose, struct cert *c,
                  const struct trust_root **root);

/* A key of the PKI in PEM ("auth/ca3.key"), and a certificate of it in DER, as OpenSSL's objects; free them. */
EVP_PKEY *pki_rig_key(struct pki_rig *r, const char *path);
X509 *pki_rig_x509(struct pki_rig *r, const char *path);

/* X signed (again) with KEY, as DER in the arena. */
struct view pki_rig_signed(struct pki_rig *r, X509 *x, EVP_PKEY *key, const EVP_MD *md);

/* Facts for a good proof over MESSAGE by the card's key. */
struct verify_facts pki_rig_facts(struct pki_rig *r, const char *card, enum trust_purpose purpose, struct view message);

/* The verdict on such a proof. */
struct verify_verdict pki_rig_verdict(struct pki_rig *r, const char *card, enum trust_purpose purpose);

/* The clock of the breakers: each look is so much later (600,000 ms at first: nobody rests). */
extern int64_t pki_rig_step_ms;
int64_t pki_rig_steady_ms(void);

#define NO_FETCH ((struct revocation_fetch){NULL, NULL})

#endif
