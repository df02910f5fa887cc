/* pace: how long a card takes for a command: bytes on the wire and the chip's own work. The speed of the wire is that
 * of the standards; the chip's times are estimates between the ends that facts 9 names (300 to 1500 ms a signature). */
#ifndef JPKI_VIRTUAL_PACE_H
#define JPKI_VIRTUAL_PACE_H

#include "base/err.h"
#include "base/view.h"

enum pace {
    PACE_NONE,        /* at once */
    PACE_CONTACT,     /* T=1, 4 MHz, 93 clocks a bit (TA1 = 13) */
    PACE_CONTACTLESS, /* ISO/IEC 14443 Type B, 106 kbit/s */
    PACE_COUNT
};

/* "none" "contact" "contactless". ERR_SYNTAX. */
enum err pace_read(enum pace *out, struct view name) MUST_CHECK;

/* Milliseconds from the first byte of the command to the last of the answer. */
unsigned pace_ms(enum pace pace, struct view apdu, struct view answer);

#endif
