/* delivery: one card for one persona, issued by a test PKI that is there already or is made for it. */
#ifndef CERTS_DELIVERY_H
#define CERTS_DELIVERY_H

#include "certs/office.h"

struct delivery {
    const char *persona;  /* a name of certs/personas, or the path of a JSON file (it ends in .json) */
    const char *out;      /* the card's folder */
    const char *pki;      /* as genkan-testpki makes it; made if there is none; NULL: OUT/pki */
    const char *ocsp_url; /* http://HOST:PORT of the first responder */
    int64_t now;          /* the day of issue, unix time */
};

/* Certificates with new keys, the texts and PINs; the PKI's book of certificates and its revocation lists learn of
 * them. Ends the program when it cannot; *why is set, and nothing done, if the persona is none. */
enum err delivery_make(const struct delivery *d, struct arena *a, const char **why) MUST_CHECK;

#endif
