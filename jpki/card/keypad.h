/* keypad: the words of PC/SC part 10 for a PIN that is typed on the reader's own keys, so that no program of the PC
 * sees it: where a reader says that it can do that, and what it is asked. */
#ifndef JPKI_CARD_KEYPAD_H
#define JPKI_CARD_KEYPAD_H

#include "base/view.h"

/* A VERIFY without its PIN, and the form of the PIN. The reader refuses another form before the card sees it. */
struct keypad_ask {
    uint8_t header[4]; /* CLA INS P1 P2 */
    uint8_t length_min, length_max;
    bool japanese; /* language of what the reader's display says */
};

/* Status words of the reader itself (PC/SC part 10, 2.6.9): none of them spends a try. */
enum {
    KEYPAD_TIMEOUT = 0x6400,
    KEYPAD_CANCELLED = 0x6401,
    KEYPAD_LENGTH = 0x6403,
    KEYPAD_BLOCK = 0x6B80, /* the reader does not take what we sent */
};

#define KEYPAD_SECONDS 30 /* to the first key, and between keys */
#define KEYPAD_MAX     64 /* bytes of a PIN_VERIFY structure with its VERIFY */

/* PIN_VERIFY (part 10, 2.5.2) for ASK; *N bytes. Numbers in it are in the order of this machine, as the driver expects.
 */
void keypad_write(uint8_t out[KEYPAD_MAX], size_t *n, const struct keypad_ask *ask);

/* The control code of FEATURE_VERIFY_PIN_DIRECT out of the answer to GET_FEATURE_REQUEST (part 10, 2.2: tag, length 4,
 * number). False: the reader has no such keypad, or the answer is none. */
bool keypad_find(uint32_t *code, struct view features);

#endif
