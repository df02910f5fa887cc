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

/* Identifier octet, bytes of identifier and length, and length of the contents, which need not be there. */
bool der_head(uint8_t *tag, size_t *head, uint64_t *length, struct view v);

/* Takes the next TLV out of *REST. ERR_NOT_FOUND when *REST is used up, ERR_SYNTAX when it is not DER. */
enum err der_next(struct der *out, struct view *rest) MUST_CHECK;

/* Takes the next TLV if it has this TAG; false, and *REST as it was, otherwise. */
bool der_take(struct der *out, struct view *rest, uint8_t tag);
/* The contents of WHOLE, if it is one TLV of this TAG and nothing behind it. */
bool der_open(struct view *body, struct view whole, uint8_t tag);

#define DER_BOOLEAN   0x01
#define DER_INTEGER   0x02
#define DER_BITS      0x03
#define DER_OCTETS    0x04
#define DER_OID       0x06
#define DER_ENUM      0x0A
#define DER_UTF8      0x0C
#define DER_PRINTABLE 0x13
#define DER_IA5       0x16
#define DER_SEQUENCE  0x30
#define DER_SET       0x31
#define DER_CONTEXT   0x80 /* [n] of a primitive: DER_CONTEXT | n */
#define DER_EXPLICIT  0xA0 /* [n] of something constructed */

/* Contents of an INTEGER, OBJECT IDENTIFIER or BIT STRING as DER wants them: for implicit tags, which do not say what
 * they are. */
bool der_is_integer(struct view v);
bool der_is_object_id(struct view v);
bool der_is_bit_string(struct view v);

/* Exactly one value, definite and minimal lengths all the way down, at most 32 deep, nothing behind it. */
bool der_is_strict(struct view v);

/* UTCTime "YYMMDDHHMMSSZ" or GeneralizedTime "YYYYMMDDHHMMSSZ" (RFC 5280 4.1.2.5: no fractions, no offsets) as unix
 * seconds; false for anything else. TAG: DER_UTC_TIME or DER_GENERALIZED_TIME. */
#define DER_UTC_TIME         0x17
#define DER_GENERALIZED_TIME 0x18
bool der_time(int64_t *out, uint8_t tag, struct view text);

#endif
