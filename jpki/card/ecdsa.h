/* ecdsa: the two forms of an ECDSA signature over P-384. Nobody has said yet which one the coming card will answer
 * with, so both are taken. */
#ifndef JPKI_CARD_ECDSA_H
#define JPKI_CARD_ECDSA_H

#include "base/err.h"
#include "base/view.h"

#define ECDSA_P384_SIZE 96

/* OUT = r || s (RFC 7518 3.4), from that form itself or from the DER SEQUENCE of two INTEGERs (RFC 3279 2.2.3).
 * ERR_SYNTAX otherwise. */
enum err ecdsa_p384_read(uint8_t out[ECDSA_P384_SIZE], struct view signature) MUST_CHECK;

#endif
