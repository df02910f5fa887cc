/* pair: may these two certificates be on one card? Both have been verified, and each key has signed the same message in
 * one transaction; this is what the certificates themselves can add. They do not name each other: only J-LIS knows
 * which belong together (facts 5.4). */
#ifndef JPKI_PKI_PAIR_H
#define JPKI_PKI_PAIR_H

#include "jpki/pki/cert.h"

enum pair_answer {
    PAIR_FITS,
    PAIR_ONE_KEY,          /* the same key twice: a card has two */
    PAIR_OTHER_AUTHORITY,  /* issued under different countries or organisations: JPKI and something else */
    PAIR_OTHER_GENERATION, /* keys of different kinds or sizes: a card is of one generation */
};

/* Pure. AUTH and SIGN were accepted by verify_proof for their purposes. */
enum pair_answer pair_decide(const struct cert *auth, const struct cert *sign);

/* "PAIR_ONE_KEY"; static. */
const char *pair_answer_name(enum pair_answer answer);

#endif
