/* listener: a socket that others connect to. */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct listener {
    int fd; /* -1: closed */
    uint16_t port;
    bool mtls;      /* those who come here are asked for a certificate */
    char path[108]; /* of a socket in the file system; else empty */
    ino_t inode;    /* of that */
};

/* ADDRESS: "host:port" with a numeric host, an IPv6 one in brackets; port 0 takes a free one; or "unix:/path" (mode
 * 0600; a socket that is there already is replaced: its server died, or we follow it). ERR_CONFIG: it is neither;
 * ERR_PERMISSION, ERR_IO: it cannot be had. */
enum err listener_open(struct listener *l, const char *address) MUST_CHECK;
/* What is written to its connections is sent at once (TCP_NODELAY): the small messages of a TLS handshake would wait
 * for each other. */
void listener_hurry(const struct listener *l);
/* May FD, which was accepted here, stay? A socket in the file system is for root and for the user we run as
 * (SO_PEERCRED), whatever its mode has become. */
bool listener_welcomes(const struct listener *l, int fd);
void listener_close(struct listener *l);

/* Why an address cannot be listened on, for a person. Static. */
const char *listener_words(enum err e);

#endif
