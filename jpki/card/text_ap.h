/* text_ap: the four basic items as the card's text application has them (EF 0002): FF20 { DF21 offset table, DF22 name,
 * DF23 address, DF24 birth date, DF25 sex }. Only this file is ever read: EF 0001 next to it holds the individual
 * number. */
#ifndef JPKI_CARD_TEXT_AP_H
#define JPKI_CARD_TEXT_AP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

#define TEXT_AP_MAX 2048 /* bytes of the file we are ready to read */

/* As on the card, never normalised; each absent if the card's bytes for it are not what they should be. */
struct card_text {
    struct view name, address; /* UTF-8 */
    struct view birthdate;     /* YYYYMMDD; 00 for an unknown month or day */
    struct view gender;        /* one digit */
};

/* The length of the whole object from its first bytes (at least 5, of which the rest may be missing): tag FF20 and a
 * length of one, two (81) or three (82) bytes, not necessarily the shortest. ERR_SYNTAX, ERR_LIMIT over TEXT_AP_MAX. */
enum err text_ap_size(struct view head, size_t *size) MUST_CHECK;

/* Takes the object apart by its offset table. Views lie in BYTES. ERR_SYNTAX if the frame is broken. */
enum err text_ap_read(struct card_text *out, struct view bytes) MUST_CHECK;

#endif
