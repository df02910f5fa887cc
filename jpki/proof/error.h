/* error: why a card transaction ended without a proof. The closed set of the card login protocol; the name is what
 * travels in the response object, and the OP has a page for every one of them. */
#ifndef JPKI_PROOF_ERROR_H
#define JPKI_PROOF_ERROR_H

#include "base/view.h"

enum proof_error {
    PROOF_OK = 0,           /* no error */
    PROOF_USER_CANCELLED,   /* the resident closed the PIN window */
    PROOF_NO_READER,        /* no reader was connected in time, or it was unplugged */
    PROOF_READER_BUSY,      /* another program keeps the reader */
    PROOF_NO_CARD,          /* no card was put on the reader in time */
    PROOF_WRONG_CARD,       /* a card, but no My Number Card */
    PROOF_CARD_REMOVED,     /* taken away before we were done */
    PROOF_PIN_LAST_TRY,     /* one try left, and the resident did not say "go on" */
    PROOF_PIN_BLOCKED,      /* no try left */
    PROOF_CERT_EXPIRED,     /* the certificate on the card is past its date */
    PROOF_UNSUPPORTED_CARD, /* a card that behaves in a way we do not know */
    PROOF_REQUEST_INVALID,  /* the request breaks a rule */
    PROOF_REQUEST_EXPIRED,  /* its time is over */
    PROOF_CLOCK_SKEW,       /* the clock of this PC and of the OP are too far apart */
    PROOF_ORIGIN_REFUSED,   /* started from a page that is not the issuer's */
    PROOF_BUSY,             /* another transaction is open in the agent */
    PROOF_UPDATE_REQUIRED,  /* the request wants a newer agent */
    PROOF_ERROR_COUNT,
};

/* "pin_blocked" and so on; "ok" for PROOF_OK. Static. */
const char *proof_error_name(enum proof_error e);

/* PROOF_ERROR_COUNT if NAME is no error code (also for "ok"). */
enum proof_error proof_error_of(struct view name);

#endif
