/* apdu: command and answer of a card (ISO 7816-3, ISO 7816-4). Short forms only: extended length is not available on
 * all cards and readers. */
#ifndef JPKI_CARD_APDU_H
#define JPKI_CARD_APDU_H

#include "base/err.h"
#include "base/view.h"

#define APDU_DATA_MAX    255
#define APDU_COMMAND_MAX 261 /* header, Lc, 255 bytes, Le */
#define APDU_ANSWER_MAX  258 /* 256 bytes and the status word */

#define APDU_NO_LE  (-1)
#define APDU_LE_256 0

struct apdu {
    uint8_t cla, ins, p1, p2;
    struct view data; /* absent or empty: no Lc. Never send what a person typed without looking at its length */
    int le;           /* APDU_NO_LE, APDU_LE_256 or 1..255 */
};

/* The bytes to send. ERR_LIMIT if data or le are too large. */
enum err apdu_write(uint8_t out[APDU_COMMAND_MAX], size_t *n, const struct apdu *command) MUST_CHECK;

struct apdu_answer {
    struct view data; /* lies in the bytes that were read */
    uint16_t sw;
};

/* ERR_SYNTAX if shorter than a status word, ERR_LIMIT if longer than a short answer. */
enum err apdu_read(struct apdu_answer *out, struct view bytes) MUST_CHECK;

/* 63Cx: comparison failed, x tries left. */
bool sw_is_tries(uint16_t sw, int *left);
/* 63C0, 6983 or 6984: ISO and JICSAP words for "blocked". */
bool sw_is_blocked(uint16_t sw);

#endif
