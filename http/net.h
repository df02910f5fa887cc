/* net: a range of addresses, as operators write it. IPv4 and IPv6 in one form: an IPv4 address is the mapped one
 * (RFC 4291 2.5.5.2). */
#ifndef HTTP_NET_H
#define HTTP_NET_H

#include "base/view.h"

struct net_address {
    uint8_t bytes[16];
};

struct net {
    struct net_address first;
    unsigned bits; /* 0..128 of them count */
};

/* A numeric address without port, brackets or zone: "192.0.2.7", "2001:db8::7". */
bool net_address_read(struct net_address *out, struct view text);

/* Is it an IPv4 address? Its four bytes are then the last. */
bool net_is_v4(const struct net_address *address);

/* "10.0.0.0/8", "2001:db8::/32", or one address. Bits behind the prefix must be zero: "10.1.2.3/8" is a mistake. */
bool net_read(struct net *out, struct view text);

/* Is the address in one of the N ranges? */
bool net_has(const struct net *nets, size_t n, const struct net_address *address);

/* Is it none of the public internet: loopback, private, link-local, of documentation, multicast, ... (IANA's
 * special-purpose registries, RFC 6890)? */
bool net_is_private(const struct net_address *address);

#endif
