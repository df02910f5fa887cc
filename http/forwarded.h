/* forwarded: the chain of proxies a request came through, as the proxies tell it (RFC 7239, and the older
 * X-Forwarded-For). What stands on the right was written last, by whoever is connected to us; whether to believe it is
 * not asked here (see proxy). */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "base/arena.h"
#include "base/err.h"
#include "http/net.h"

#define FORWARDED_HOPS_MAX 32

struct forwarded_hop {
    bool known;                 /* an address was told: not "unknown", not a word of the proxy's own (RFC 7239 6.3) */
    struct net_address address; /* of who asked the proxy that says this */
    struct view proto;          /* how that one asked: "http", "https"; absent if it is not said */
    struct view host;           /* the Host it sent; absent if it is not said */
};

/* One Forwarded header; adds its elements to HOPS[*N], left to right. ERR_SYNTAX: not what RFC 7239 4 says, or an
 * element says a thing twice; ERR_LIMIT: more than FORWARDED_HOPS_MAX in all; ERR_MEMORY. Texts are VALUE's or in A. */
enum err forwarded_read(struct forwarded_hop *hops, size_t *n, struct arena *a, struct view value) MUST_CHECK;

/* Takes the right-most address of an X-Forwarded-For header off *REST. False: none is left, or (*BAD) it is no address.
 * A port behind it, as some proxies write it, is passed over. */
bool forwarded_take_for(struct net_address *out, struct view *rest, bool *bad);

#endif
