#include "http/subscriber.h"

#include <arpa/inet.h>

static void take_v4(struct subscriber *out, const uint8_t *address)
{
    out->v4 = true;
    out->loopback = address[0] == 127;
    memcpy(out->bytes, address, 4);
}

bool subscriber_of(struct subscriber *out, const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    *out = (struct subscriber){.v4 = false};
    if (inet_pton(AF_INET, address, &v4) == 1) {
        take_v4(out, (const uint8_t *)&v4);
        return true;
    }
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        take_v4(out, v6.s6_addr + 12);
        return true;
    }
    out->loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    memcpy(out->bytes, v6.s6_addr, sizeof out->bytes);
    return true;
}

struct view subscriber_view(const struct subscriber *s)
{
    return view_bytes(s->bytes, s->v4 ? 4 : sizeof s->bytes);
}
