/* der: is it DER at all? OpenSSL's readers forgive BER; what a card hands out is refused unless it is exact. */
#ifndef JPKI_PKI_DER_H
#define JPKI_PKI_DER_H

#include "base/err.h"
#include "base/view.h"

/* One TLV of X.690: identifier octet (only low tag numbers, which is all that X.509 uses) and contents. */
struct der {
    uint8_t tag;
    struct view all;  /* with identifier and length */
    struct view body; /* contents only */
};

/* Takes the next TLV out of *REST. ERR_NOT_FOUND when *REST is used up, ERR_SYNTAX when it is not DER. */
enum err der_next(struct der *out, struct view *rest) MUST_CHECK;

/* Exactly one value, definite and minimal lengths all the way down, at most 32 deep, nothing behind it. */
bool der_is_strict(struct view v);

#endif
