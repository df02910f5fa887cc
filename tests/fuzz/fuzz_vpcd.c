/* What the reader driver sends, taken apart; then the same bytes as a line of the control socket. */
#include "jpki/virtual/control.h"
#include "jpki/virtual/vpcd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vpcd_in in;
    struct view left = view_bytes(data, size), command;
    struct control_command c;
    in.from = in.to = 0;
    while (left.n) {
        size_t room;
        uint8_t *p = vpcd_room(&in, &room);
        size_t n = left.n < 7 ? left.n : 7; /* in small pieces, as a network would */
        INSIST(n <= room);
        memcpy(p, left.p, n);
        vpcd_add(&in, n);
        left = view_from(left, n);
        for (enum vpcd_event e; (e = vpcd_next(&in, &command)) != VPCD_MORE;)
            INSIST(e != VPCD_COMMAND || command.n > 1);
    }
    enum err e = control_read(&c, view_bytes(data, size));
    INSIST(e == ERR_OK || e == ERR_SYNTAX);
    return 0;
}
