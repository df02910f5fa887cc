/* vpcd: the wire between a card and the virtual reader driver of that name (facts 1.5): two bytes of length, big
 * endian, then the payload. */
#ifndef JPKI_VIRTUAL_VPCD_H
#define JPKI_VIRTUAL_VPCD_H

#include "base/err.h"
#include "base/view.h"

#define VPCD_PORT 35963

/* Bytes that came in and are not yet used. */
struct vpcd_in {
    uint8_t b[2 * (2 + 65535)];
    size_t from, to;
};

enum vpcd_event { VPCD_MORE, VPCD_POWER_OFF, VPCD_POWER_ON, VPCD_RESET, VPCD_GIVE_ATR, VPCD_COMMAND };

/* Free room behind what is there: where and how much. At least one whole message after vpcd_next said VPCD_MORE. */
uint8_t *vpcd_room(struct vpcd_in *in, size_t *n);
void vpcd_add(struct vpcd_in *in, size_t n);

/* The next message. A payload of one byte is a control code, unknown ones and empty payloads are passed over.
 * *command lives until the next vpcd_room. */
enum vpcd_event vpcd_next(struct vpcd_in *in, struct view *command);

/* Connects to 127.0.0.1:PORT: card in. ERR_UNAVAILABLE: nobody listens there. */
enum err vpcd_connect(int *fd, uint16_t port) MUST_CHECK;

/* What is there to be read now. ERR_IO: the driver went away. */
enum err vpcd_receive(int fd, struct vpcd_in *in) MUST_CHECK;

/* One answer in one write. */
enum err vpcd_send(int fd, struct view payload) MUST_CHECK;

#endif
