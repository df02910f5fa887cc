/* challenge: the bytes M that the card signs. They are made from what was agreed beforehand (issuer, nonce, the whole
 * signed request), never from anything that travels back, and begin with a prefix of our own, so that a signature made
 * for Genkan is good for nothing else. */
#ifndef JPKI_PROOF_CHALLENGE_H
#define JPKI_PROOF_CHALLENGE_H

#include <stdint.h>

#include "base/view.h"

#define PROOF_NONCE_SIZE   32
#define PROOF_MESSAGE_SIZE 110 /* "GENKAN-CARD/1" 0x00, then three SHA-256 */

/* OUT = "GENKAN-CARD/1" 0x00 || SHA-256(iss) || SHA-256(nonce) || SHA-256(compact request JWS).
 * ISS: the origin of the OP as text; REQUEST_JWS: the compact JWS exactly as it was sent. Cannot fail. */
void proof_message(uint8_t out[PROOF_MESSAGE_SIZE], struct view iss, const uint8_t nonce[PROOF_NONCE_SIZE],
                   struct view request_jws);

#endif
