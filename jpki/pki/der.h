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

/* UTCTime "YYMMDDHHMMSSZ" or GeneralizedTime "YYYYMMDDHHMMSSZ" (RFC 5280 4.1.2.5: no fractions, no offsets) as unix
 * seconds; false for anything else. TAG: DER_UTC_TIME or DER_GENERALIZED_TIME. */
#define DER_UTC_TIME         0x17
#define DER_GENERALIZED_TIME 0x18
bool der_time(int64_t *out, uint8_t tag, struct view text);

#endif
