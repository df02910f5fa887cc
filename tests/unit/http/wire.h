/* wire: a server on a free loopback port and a raw client, for tests that say exactly which bytes they send. */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include "http/server.h"

/* A server with the routes of wire.c: GET /hello, GET+POST /echo (form), POST /raw (body as sent), GET /cookie,
 * GET /slow?ms=N, GET /assets/ *, GET /broken, GET /big, GET /cert,
 * GET /trace (traceparent and tracestate as sent, then "trace span sampled request-id" and tracestate as read). CHANGE
 * may alter the configuration; NULL: none. */
struct server *wire_serve(void (*change)(struct server_config *));

/* GET /held/NAME is kept back for a disk: "now", "late" (0.1 s), "fail", or "wait", which waits until wire_let_go was
 * called as often. How often was NAME asked to settle? GET /busy is the same as "wait", but keeps its worker. */
int wire_settled(const char *name);
void wire_let_go(void);

/* GET /wait/ waits until wire_come(true), at most 0.3 s, and answers "come" or "late"; /wait/recorded is kept back for
 * the disk "now" then, /wait/stubborn would wait for ever. How often was it asked whether it has come? */
void wire_come(bool is);
int wire_asked(void);
int wire_resumed(void); /* answers that lingered and were then called again */

/* GET /kept/ is kept: "first", then "second" and so on, each time that wire_change_kept is called; ?2 is always the
 * third. /kept/tagged has a header that is never the same, /kept/broken cannot be written. */
void wire_change_kept(void);

/* GET /go/NAME?URL redirects to URL: "cookie" with one, "tagged" with a header that is never the same, "body" with a
 * body, "uncached" and "cached" with another Pragma or Cache-Control, "held" for the disk "now" and "refused" for the
 * disk "fail", "broken" to what no URL is; /go-slow/ does it in a slow worker. */

/* GET /stream/NAME: 5 parts of 100,000 letters, "hesitant" after five empty ones; "long": 1000 parts; "failing" stops
 * behind the second. How many parts were made in all? */
int wire_parts(void);

/* Connects to S; a file descriptor with 5 s time-outs. */
int wire_connect(const struct server *s);
void wire_send(int fd, const char *text);
void wire_send_bytes(int fd, const void *p, size_t n);

/* One answer read whole by its Content-Length (none for HEAD, 204, 304). Status 0: the connection was closed before. */
struct wire_answer {
    int status;
    char head[16384];
    char body[65536];
    size_t body_n;
};
void wire_read(int fd, struct wire_answer *out);
void wire_read_head(int fd, struct wire_answer *out); /* an answer to HEAD */
/* A header's value in a static buffer, or NULL. */
const char *wire_header(const struct wire_answer *a, const char *name);

/* Connect, send, read, close. */
void wire_ask(const struct server *s, const char *text, struct wire_answer *out);
/* "GET target HTTP/1.1" with Host. */
void wire_get(const struct server *s, const char *target, struct wire_answer *out);
/* A form POST with Host and Content-Length. */
void wire_post(const struct server *s, const char *target, const char *body, struct wire_answer *out);

/* True if nothing more comes but the end of the connection (within 5 s). */
bool wire_ended(int fd);

#endif
