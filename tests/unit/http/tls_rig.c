#include "tls_rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(int code, const char *what)
{
    cr_assert_geq(code, 0, "%s: %s", what, gnutls_strerror(code));
}

static gnutls_datum_t text(const char *s)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)s, (unsigned)strlen(s)};
}

struct tls_line {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    bool holds; /* what would be sent is kept */
    char held[1024];
    size_t n_held;
};

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t n)
{
    struct tls_line *l = ptr;
    if (!l->holds)
        return send(l->fd, data, n, MSG_NOSIGNAL);
    cr_assert_leq(l->n_held + n, sizeof l->held);
    memcpy(l->held + l->n_held, data, n);
    l->n_held += n;
    return (ssize_t)n;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 5};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

struct tls_line *tls_line_open(const struct tls_ask *ask)
{
    struct tls_line *l = calloc(1, sizeof *l);
    int code;
    l->fd = connect_to(ask->port);
    must(gnutls_init(&l->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), "init");
    must(gnutls_certificate_allocate_credentials(&l->credentials), "credentials");
    if (ask->client) {
        gnutls_datum_t c = text(ask->client->certificate), k = text(ask->client->key);
        must(gnutls_certificate_set_x509_key_mem(l->credentials, &c, &k, GNUTLS_X509_FMT_PEM), "client");
    }
    must(gnutls_priority_set_direct(l->session, ask->priorities ? ask->priorities : "NORMAL", NULL), "priorities");
    must(gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, l->credentials), "credentials");
    gnutls_transport_set_int(l->session, l->fd);
    gnutls_transport_set_ptr2(l->session, (gnutls_transport_ptr_t)(intptr_t)l->fd, l);
    gnutls_transport_set_push_function(l->session, push);
    do
        code = gnutls_handshake(l->session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    if (code == 0)
        return l;
    tls_line_close(l);
    return NULL;
}

/* A session ticket that comes first is no answer yet: gnutls says "again" for it. */
static bool receive(struct tls_line *l, char *to, size_t size, size_t *have)
{
    ssize_t n = GNUTLS_E_AGAIN;
    for (int tries = 0; tries < 4 && n < 0 && !gnutls_error_is_fatal((int)n); tries++)
        n = gnutls_record_recv(l->session, to + *have, size - 1 - *have);
    if (n <= 0)
        return false;
    *have += (size_t)n;
    to[*have] = 0;
    return true;
}

static bool hear(struct tls_line *l, struct wire_answer *out)
{
    char all[8192] = "";
    size_t have = 0;
    char *end;
    memset(out, 0, sizeof *out);
    while (!(end = strstr(all, "\r\n\r\n")))
        if (!receive(l, all, sizeof all, &have))
            return false;
    size_t head = (size_t)(end - all) + 4;
    memcpy(out->head, all, head);
    out->status = (int)strtol(all + 9, NULL, 10);
    out->body_n = strtoul(wire_header(out, "Content-Length"), NULL, 10);
    while (have < head + out->body_n)
        if (!receive(l, all, sizeof all, &have))
            return false;
    memcpy(out->body, all + head, out->body_n);
    return true;
}

bool tls_line_ask(struct tls_line *l, const char *request, struct wire_answer *out)
{
    return gnutls_record_send(l->session, request, strlen(request)) >= 0 && hear(l, out);
}

bool tls_line_begin(struct tls_line *l, const char *request)
{
    l->holds = true;
    bool ok = gnutls_record_send(l->session, request, strlen(request)) >= 0;
    l->holds = false;
    return ok && send(l->fd, l->held, l->n_held / 2, MSG_NOSIGNAL) == (ssize_t)(l->n_held / 2);
}

bool tls_line_go_on(struct tls_line *l, struct wire_answer *out)
{
    size_t half = l->n_held / 2, rest = l->n_held - half;
    l->n_held = 0;
    return send(l->fd, l->held + half, rest, MSG_NOSIGNAL) == (ssize_t)rest && hear(l, out);
}

bool tls_line_update_and_ask(struct tls_line *l, const char *request, struct wire_answer *out)
{
    l->holds = true;
    bool ok =
        gnutls_session_key_update(l->session, 0) == 0 && gnutls_record_send(l->session, request, strlen(request)) >= 0;
    ssize_t n = (ssize_t)l->n_held;
    l->holds = false;
    l->n_held = 0;
    return ok && send(l->fd, l->held, (size_t)n, MSG_NOSIGNAL) == n && hear(l, out);
}

bool tls_line_ended(struct tls_line *l)
{
    char byte;
    ssize_t n = GNUTLS_E_AGAIN;
    for (int tries = 0; tries < 4 && n < 0 && !gnutls_error_is_fatal((int)n); tries++)
        n = gnutls_record_recv(l->session, &byte, 1);
    return n == 0;
}

struct view tls_line_server(const struct tls_line *l)
{
    unsigned n = 0;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(l->session, &n);
    return n ? view_bytes(certs[0].data, certs[0].size) : VIEW_NONE;
}

const char *tls_line_version(const struct tls_line *l)
{
    return gnutls_protocol_get_name(gnutls_protocol_get_version(l->session));
}

void tls_line_close(struct tls_line *l)
{
    if (!l)
        return;
    gnutls_deinit(l->session);
    gnutls_certificate_free_credentials(l->credentials);
    close(l->fd);
    free(l);
}

bool tls_exchange(const struct tls_ask *ask, struct wire_answer *out)
{
    struct tls_line *l = tls_line_open(ask);
    bool ok = l && tls_line_ask(l, ask->request ? ask->request : "GET /cert HTTP/1.1\r\nHost: localhost\r\n\r\n", out);
    tls_line_close(l);
    return ok;
}
