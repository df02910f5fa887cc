/* command: a command APDU taken apart (ISO/IEC 7816-4:2013 5.1 and 5.3.2, the seven cases of Lc and Le). */
#ifndef JPKI_VIRTUAL_COMMAND_H
#define JPKI_VIRTUAL_COMMAND_H

#include "base/err.h"
#include "base/view.h"

struct command {
    uint8_t cla, ins, p1, p2;
    struct view data; /* absent without Lc; a view of the APDU read */
    bool has_le, extended;
    size_t le; /* 1..65536; 0 without Le */
};

/* ERR_SYNTAX: the lengths inside do not fit the length of APDU. The header is set if there are four bytes. */
enum err command_read(struct command *c, struct view apdu) MUST_CHECK;

#endif
