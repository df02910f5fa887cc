/* request: one complete, limited, validated HTTP request. A handler gets it whole: nothing of it is still on the wire.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/arena.h"
#include "http/form.h"

enum method { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4, METHOD_OTHER = 8, METHOD_PUT = 16, METHOD_DELETE = 32 };

struct header {
    struct view name, value;
};

struct peer {
    char address[46]; /* numeric, without port or brackets */
    uint16_t port;
    uint16_t local_port; /* of ours */
};

/* All views live until the answer is sent. */
struct request {
    enum method method;    /* HEAD is given to handlers of GET as METHOD_HEAD */
    struct view path;      /* as sent: not decoded, starts with "/" */
    struct view tail;      /* of a prefix route ("/assets/" "*"): what follows the prefix, else absent */
    struct view query_raw; /* behind "?", absent without one */
    struct view authority; /* of a target in absolute form; else absent */
    struct view host;      /* the Host header; one of the server's names */
    struct view body;      /* absent if none was sent */
    struct view content_type;
    const struct form *query; /* never NULL */
    const struct form *form;  /* of a POST body; never NULL, empty when the route reads the body itself */
    const struct header *headers;
    size_t n_headers;
    struct peer peer;
    /* The DER of the certificate whose key the client has proven to hold, in TLS with us or with a trusted proxy in
     * front; absent: none. Who issued it was not asked: it may be self-signed (RFC 8705 2.2). */
    struct view client_cert;
    bool client_cert_chained; /* ... and it leads to one of the operator's authorities for clients, is valid now and
                                 meant for TLS clients (RFC 8705 2.1) */
    const char *id;           /* 16 hex digits, made by us, for log lines and pages (base/trace.h) */
    struct arena *arena;      /* of this request */
    int worker;               /* 0 .. workers + slow_workers - 1: the thread that runs it */
    bool waited;              /* answer_wait's time is over: it must be answered now */
    const void *resumed;      /* it has lingered: the CTX it gave answer_linger; else NULL */
    int64_t started_ms;       /* clock_steady_ms when the head was complete */
};

/* A header's value without blanks around it, names compared without case; absent if not sent, or sent twice. */
struct view request_header_value(const struct request *r, struct view name);
/* How often a header was sent. */
size_t request_header_times(const struct request *r, struct view name);

/* The same for a name that is mostly a literal: here its length is known when this is compiled. */
static inline struct view request_header(const struct request *r, const char *name)
{
    return request_header_value(r, view_text(name));
}

static inline size_t request_header_count(const struct request *r, const char *name)
{
    return request_header_times(r, view_text(name));
}

/* A cookie's value; absent if not sent, malformed, or sent twice (a second one may have been planted by a neighbour).
 */
struct view request_cookie(const struct request *r, const char *name);

/* "GET", "HEAD", "POST", "PUT", "DELETE"; "?" for others. */
const char *method_name(enum method m);

#endif
