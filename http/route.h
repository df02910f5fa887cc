/* route: which handler gets which request, and what is refused before any handler is asked. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/answer.h"
#include "http/request.h"

typedef void handle_fn(void *ctx, const struct request *request, struct answer *answer);

enum route_flag {
    ROUTE_BODY = 1, /* the handler reads the body itself (JSON); otherwise a POST must be a urlencoded form (415). A
                       route for METHOD_PUT must say so */
    /* May wait long for somebody else (a responder on the network): it is run apart, so that nobody waits behind it. */
    ROUTE_SLOW = 2,
    ROUTE_LOCAL = 8,      /* over a socket in the file system only */
    ROUTE_RESOURCES = 16, /* the parameter `resource` may be sent several times (RFC 8707 2), and no other */
    ROUTE_AUDIENCES = 32, /* and `audience`, too (RFC 8693 2.1) */
    ROUTE_NO_HEAD = 64, /* looking at it does something, so that HEAD, which asks for nothing but a look, is refused */
    ROUTE_MTLS = 4,     /* also there where client certificates are asked for (RFC 8705 5): for programs, no pages */
};

/* PATH is exact, or a prefix if it ends in an asterisk behind a slash. A route for METHOD_GET serves HEAD too,
 * unless ROUTE_NO_HEAD says otherwise. */
struct route {
    enum method method;
    const char *path;
    handle_fn *handle;
    size_t body_max; /* bytes; 0: no body allowed */
    unsigned flags;
};

/* Why a request was refused before a handler was asked. */
struct fault {
    int status;       /* 400 404 405 413 414 415 417 421 431 500 503 505 */
    struct view name; /* the parameter or header it is about (a text of the sender: escape it), or absent */
    const char *rule; /* "sent more than once", ...; static */
};

/* Shows a fault: fills the answer's body. The status is set already, Allow too. REQUEST has method, path, id, headers
 * and arena; its forms may be empty. */
typedef void fault_fn(void *ctx, const struct request *request, const struct fault *fault, struct answer *answer);

struct route_table;

/* Compiles ROUTES (which must outlive it). ERR_CONFIG if a path is there twice for a method. */
enum err route_table_open(struct route_table **out, const struct route *routes, size_t n) MUST_CHECK;
void route_table_close(struct route_table *t);

/* The route for METHOD and PATH, *tail behind a prefix; or NULL with *allowed the methods the path has (0: 404). */
const struct route *route_find(const struct route_table *t, enum method method, struct view path, struct view *tail,
                               unsigned *allowed);

/* "GET, HEAD, POST, PUT, DELETE" for a set of methods that are served (RFC 9110 10.2.1). In A; NULL: no memory. */
const char *route_allow_text(struct arena *a, unsigned methods);

#endif
