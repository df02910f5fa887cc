/* leaf: one entry of the ledger as bytes: 0x01 || class || SHA-256(salt || event). Class and digest stay when salt and
 * event are erased. */
#ifndef CONSENT_LOG_LEAF_H
#define CONSENT_LOG_LEAF_H

#include "base/hash.h"

#define LEAF_VERSION 1
#define LEAF_SALT    32

/* product.md, "Consent, in one page"; the numbers are in the leaves: append, never renumber. */
enum ledger_type {
    LEDGER_REQUESTED = 1,
    LEDGER_GIVEN = 2,
    LEDGER_REFUSED = 3,
    LEDGER_CHANGED = 4,
    LEDGER_DISCLOSED = 5,
    LEDGER_WITHDRAWN = 6,
    LEDGER_EXPIRED = 7,
    LEDGER_ERASED = 8,
    LEDGER_OPERATOR = 9, /* what an operator did to consent data */
    LEDGER_SUSPENDED = 10,
    LEDGER_AUDITOR = 11 /* what an auditor did with consent data */
};
#define LEDGER_TYPE_LAST LEDGER_AUDITOR
const char *ledger_type_name(enum ledger_type t); /* "requested" ... "auditor" */
bool ledger_type_of(struct view name, enum ledger_type *out);

/* The type an event says it has; the canonical text has it as a member. False: it says none of ours. */
bool leaf_type_of_event(struct view event, enum ledger_type *out);

/* The entry itself: what a data tile holds. */
#define LEAF_SIZE (2 + SHA256_SIZE)
void leaf_write(uint8_t out[LEAF_SIZE], unsigned type, const uint8_t digest[SHA256_SIZE]);

/* SHA-256(SALT || EVENT) */
void leaf_digest(uint8_t out[SHA256_SIZE], struct view salt, struct view event);

/* The leaf's hash in the tree (RFC 6962 2.1). TYPE is an enum ledger_type, below 256. */
void leaf_hash(uint8_t out[SHA256_SIZE], unsigned type, const uint8_t digest[SHA256_SIZE]);

#endif
