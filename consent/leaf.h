/* leaf: one entry of the ledger as bytes: 0x01 || class || SHA-256(salt || event). Class and digest stay when salt and
 * event are erased. */
#ifndef CONSENT_LEAF_H
#define CONSENT_LEAF_H

#include "base/hash.h"

#define LEAF_VERSION 1
#define LEAF_SALT    32

/* SHA-256(SALT || EVENT) */
void leaf_digest(uint8_t out[SHA256_SIZE], struct view salt, struct view event);

/* The leaf's hash in the tree (RFC 6962 2.1). TYPE is an enum ledger_type, below 256. */
void leaf_hash(uint8_t out[SHA256_SIZE], unsigned type, const uint8_t digest[SHA256_SIZE]);

#endif
