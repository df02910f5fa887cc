/* software_card: answers a request for a proof as agent and card would together, with the keys of a resident of the
 * test PKI. For tests of the server's side; what agent and card do is tested with the real ones. */
#ifndef TESTS_LIB_SOFTWARE_CARD_H
#define TESTS_LIB_SOFTWARE_CARD_H

#include "base/arena.h"

struct software_card {
    struct view cert, sign_cert; /* DER; absent: the card has no sign certificate */
    void *key, *sign_key;        /* EVP_PKEY */
    const char *name, *address, *birthdate, *gender;
    struct arena a;
};

/* FOLDER: of one resident, like BUILD_DIR "/testpki/residents/hanako". The test fails if it cannot be read. */
void card_open(struct software_card *c, const char *folder);
void card_close(struct software_card *c);

/* What an attacker or a broken agent might do otherwise. */
struct card_trick {
    bool flip_signature; /* one bit */
    bool other_nonce;    /* sign as if another nonce had been sent */
    bool other_issuer;   /* sign what another site asked for */
    const char *txn;     /* claim another transaction */
    const char *error;   /* no proof but this error code */
    bool no_text;        /* purpose read, but nothing was read */
    bool no_sign;        /* purpose register, but only the authentication key signed */
    bool flip_sign;      /* one bit of the other signature */
    bool unasked_sign;   /* the sign certificate comes along although nobody asked */
    bool unasked_text;   /* the text does */
    bool twice;          /* the authentication certificate in both places */
    const uint8_t *lock; /* a kiosk's, 32 bytes */
    const char *of;      /* with ERROR: whose it is, "sign" or "text" */
};

/* The response to the compact JWS REQUEST, base64url as it stands in the fragment. TRICK may be NULL. In A. */
const char *card_answer(struct software_card *c, struct arena *a, const char *request, const struct card_trick *trick);

/* The request in the start page's link (".../v1/auth/<JWS>"); NULL if there is none. */
const char *card_request_of(const char *link);

#endif
