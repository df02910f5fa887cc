/* listener: a socket that others connect to. */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct listener {
    int fd; /* -1: closed */
    uint16_t port;
    bool mtls; /* those who come here are asked for a certificate */
};

/* ADDRESS: "host:port" with a numeric host, an IPv6 one in brackets; port 0 takes a free one. ERR_CONFIG: it is not;
 * ERR_PERMISSION, ERR_IO: it cannot be had. */
enum err listener_open(struct listener *l, const char *address) MUST_CHECK;
/* What is written to its connections is sent at once (TCP_NODELAY): the small messages of a TLS handshake would wait
 * for each other. */
void listener_hurry(const struct listener *l);
void listener_close(struct listener *l);

#endif
