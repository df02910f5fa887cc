/* subscriber: what of an address belongs to one subscriber: of IPv4 the whole address, also when it comes mapped into
 * IPv6 (::ffff:192.0.2.1); of IPv6 its /64, inside which everybody may choose addresses. */
#ifndef HTTP_SUBSCRIBER_H
#define HTTP_SUBSCRIBER_H

#include <stdbool.h>

#include "base/view.h"

struct subscriber {
    uint8_t bytes[8]; /* of IPv4 the first four count */
    bool v4;
    bool loopback; /* this machine: a proxy that nobody told us of, a test */
};

/* False: ADDRESS is no numeric address. */
bool subscriber_of(struct subscriber *out, const char *address);

/* Bytes that are the same for the same subscriber and no other; live as long as S. */
struct view subscriber_view(const struct subscriber *s);

#endif
