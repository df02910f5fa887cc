/* server: listens, collects complete requests, has them worked on and sends the answers. The door to libmicrohttpd.
 *
 * One thread accepts connections and deals them out to the workers. A worker is one thread with one libmicrohttpd
 * daemon (epoll): it reads a request, runs its handler to the end and sends the answer, all without a change of
 * threads, which would cost more than the reading and the sending together
 * (docs/decisions/one-thread-a-request.md). A handler may wait for the disk; a handler that may wait for the
 * network says ROUTE_SLOW and is run by another thread, while its connection sleeps; one that sometimes needs what
 * another thread is fetching anyway says answer_wait, and is called again; one whose answer may have any length says
 * answer_stream, and slow workers make it part by part as the client takes it. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/clock.h"
#include "http/proxy.h"
#include "http/route.h"

struct server;

/* PEM texts. */
struct server_tls {
    const char *certificate, *key; /* ours, https; NULL: http */
    const char *authorities;       /* whose certificates of clients are "chained"; NULL: nobody's */
};

struct server_config {
    /* "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:80"; port 0 takes a free one. "unix:/path": a socket in the file system
     * that only root and the user we run as may use; what is there already is replaced. */
    const char *const *listen;
    size_t n_listen;
    /* More of them, with TLS that asks for the client's certificate. What comes there gets routes with ROUTE_MTLS only,
     * so that no resident's browser is ever asked. In server_port they stand behind the others. */
    const char *const *listen_mtls;
    size_t n_listen_mtls;
    /* Names a Host header may have (421 otherwise), without case. "id.example:8443" must match exactly; a name without
     * port also matches with a port we listen on behind it. */
    const char *const *hosts;
    size_t n_hosts;
    const char *mtls_host; /* one more such name, for routes with ROUTE_MTLS only; NULL: none */
    struct proxy_config proxy;

    const struct route *routes; /* must outlive the server */
    size_t n_routes;
    void *ctx;       /* handed to handlers and FAULT */
    fault_fn *fault; /* NULL: plain text */

    /* 0 takes the default in brackets. */
    unsigned workers;         /* threads, each with its share of the connections, that read, work and answer [4] */
    unsigned slow_workers;    /* threads that run ROUTE_SLOW routes [2] */
    unsigned queue_max;       /* requests that may wait for a slow worker; 503 above [256] */
    unsigned streams_max;     /* answers that are made while they are sent, at a time; 503 above [8] */
    unsigned connections_max; /* in all [1024] */
    unsigned per_address_max; /* connections of one address [no limit] */
    unsigned idle_s;          /* seconds a silent keep-alive connection lives [30] */
    unsigned read_s;          /* seconds from a request's first byte to its last; cut off above [10] */
    size_t line_max;          /* request target in bytes; 414 above [8192] */
    size_t head_max;          /* line and headers; 431 above [16384] */
    unsigned headers_max;     /* 431 above [64] */
    size_t arena_ceiling;     /* of one request [1 MiB] */
    struct form_limits form;  /* [64 parameters, names 128, values 7168] */
    struct server_tls tls;
    bool hsts;                 /* Strict-Transport-Security: for an https issuer, also behind a proxy */
    const char *log_name;      /* "genkan"; with a name every request is one log line "request"; NULL: none */
    const char *thread_prefix; /* "admin-": tells this server's threads from another one's, at most 7 bytes [""] */
};

/* Binds, starts its threads and serves. ERR_CONFIG: a bad address or route table; ERR_PERMISSION, ERR_IO: cannot bind;
 * ERR_MEMORY. CONFIG's strings may go afterwards, routes and ctx may not. */
enum err server_open(struct server **out, const struct server_config *config) MUST_CHECK;

/* New connections get this certificate from now on, those that are open go on with theirs; the authorities change at
 * once. The key is not kept as text. On failure nothing has changed and *why (static) says what is wrong. What the
 * server was opened without (certificate, authorities) it cannot be given, nor lose. Any thread. */
enum err server_change_tls(struct server *s, const struct server_tls *tls, const char **why) MUST_CHECK;
/* Could a server be opened with it? Errors as above. */
enum err server_check_tls(const struct server_tls *tls, const char **why) MUST_CHECK;
/* When the certificate runs out, unix seconds; 0 without TLS. */
int64_t server_certificate_expires(const struct server *s);

/* What it has answered so far, in the text format of Prometheus (see meter), and how many connections there are. Any
 * thread. */
void server_put_metrics(struct buf *out, const struct server *s);
unsigned server_connections(struct server *s);

/* The port of the I-th listen address (what port 0 became). */
uint16_t server_port(const struct server *s, size_t i);

/* Stops accepting, lets running requests finish and be sent, at most MS milliseconds. True if nothing was cut off. */
bool server_drain(struct server *s, int ms);

/* Stops everything (draining at most a moment) and frees it. */
void server_close(struct server *s);

#endif
