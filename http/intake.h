/* intake: the rules a request must pass before a handler sees it. Knows no library and no socket: views in, fault out.
 */
#ifndef HTTP_INTAKE_H
#define HTTP_INTAKE_H

#include "http/route.h"

struct intake {
    const struct route_table *routes;
    const char *const *hosts;
    size_t n_hosts;
    const char *mtls_host; /* NULL: none */
    const uint16_t *ports;
    size_t n_ports;
    size_t line_max, head_max, headers_max;
    struct form_limits form;
};

struct intake_head {
    size_t target_bytes;        /* length of the request target as sent, NULs included */
    size_t head_bytes;          /* request line and headers; 0 if not known */
    bool broken_line;           /* a line was folded, ended in a bare LF, had a NUL or more than one space in it */
    bool http_1_0, new_version; /* HTTP/1.0; neither that nor HTTP/1.1 */
    bool local;                 /* came over a socket in the file system */
    bool mtls;                  /* came where client certificates are asked for */
};

struct body_plan {
    uint64_t length; /* Content-Length; 0 without one */
    bool open_end;   /* chunked, or it is not sure where it ends */
};

/* An absolute-form target (RFC 9112 3.2.2) begins with scheme and authority: how many bytes, and R learns the
 * authority. 0: it does not. */
size_t intake_authority(struct request *r, struct view target);

/* Splits the target, without that, into path and query of R. */
void intake_target(struct request *r, struct view target);

/* Fills host, content_type and tail of R, says what body will come, and gives the route; NULL with *fault filled and
 * *allowed the methods of a 405. R needs method, path, query_raw and headers. */
const struct route *intake_check(const struct intake *in, struct request *r, const struct intake_head *head,
                                 struct body_plan *body, unsigned *allowed, struct fault *fault);

/* Reads query and body into R's forms once all is there. False with *fault filled. */
bool intake_forms(const struct intake *in, const struct route *route, struct request *r, struct fault *fault);

#endif
