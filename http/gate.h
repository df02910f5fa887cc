/* gate: what libmicrohttpd calls on a TLS session goes by here before it comes to GnuTLS, and its way to epoll, too.
 *
 * A session that is packed is put back (pack), and three things that libmicrohttpd 0.9.75 to 1.0.1 takes wrongly with
 * epoll are put right (docs/decisions/tls.md): "again" does not always mean that nothing has come, a handshake that
 * waits for the client is asked about without end, and as many events as it has room for are kept until more come. */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include <stdbool.h>

/* A thread that runs libmicrohttpd says it before each turn. */
void gate_begin_turn(void);
/* Was there, in this turn of this thread, nothing to do but handshakes that wait for their clients? Then the next one
 * would be the same, and come at once. */
bool gate_only_waited(void);

#endif
