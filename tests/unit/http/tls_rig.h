/* tls_rig: a TLS client that says what it offers. */
#ifndef TESTS_TLS_RIG_H
#define TESTS_TLS_RIG_H

#include "tests/lib/made.h"
#include "wire.h"

struct tls_ask {
    uint16_t port;
    const char *priorities;    /* NULL: NORMAL */
    const struct made *client; /* NULL: none is shown */
    const char *request;       /* NULL: GET /cert */
};

/* One request over a connection of its own. False: no handshake, or it was ended. */
bool tls_exchange(const struct tls_ask *ask, struct wire_answer *out);

/* A connection that stays, and one more request on it. */
struct tls_line;
struct tls_line *tls_line_open(const struct tls_ask *ask);
bool tls_line_ask(struct tls_line *l, const char *request, struct wire_answer *out);
/* Sends the first half of the record with REQUEST; tls_line_go_on sends the rest and waits for the answer. */
bool tls_line_begin(struct tls_line *l, const char *request);
bool tls_line_go_on(struct tls_line *l, struct wire_answer *out);
/* The same with a KeyUpdate (RFC 8446 4.6.3) right before the request, in one packet. */
bool tls_line_update_and_ask(struct tls_line *l, const char *request, struct wire_answer *out);
/* True if nothing more comes but that the server says good-bye (close_notify). */
bool tls_line_ended(struct tls_line *l);
/* The certificate the server has shown (DER). */
struct view tls_line_server(const struct tls_line *l);
/* "TLS1.3", "TLS1.2" */
const char *tls_line_version(const struct tls_line *l);
void tls_line_close(struct tls_line *l);

#endif
