/* peer: whose process is at the other end of a loopback connection, by the kernel's table of TCP connections. */
#ifndef JPKI_AGENT_PEER_H
#define JPKI_AGENT_PEER_H

#include <sys/types.h>

#include "base/err.h"
#include "http/request.h"

/* The user of the process that connected to us: the row whose local end is PEER's address and port, and whose other
 * end is the same address family's loopback at our port. ERR_NOT_FOUND: no such row, or a socket nobody owns any more:
 * then nobody knows. ERR_IO: the table could not be read. */
enum err peer_uid(uid_t *out, const struct peer *peer) MUST_CHECK;

/* The same out of TABLE, a text like /proc/net/tcp or tcp6. LOCAL and REMOTE: "0100007F:1F90". */
enum err peer_uid_in(uid_t *out, struct view table, const char *local, const char *remote) MUST_CHECK;

#endif
