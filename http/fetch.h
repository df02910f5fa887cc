/* fetch: our own outgoing HTTP requests. The door to libcurl. No redirects, no proxies from the environment, http and
 * https only, everything limited. */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "base/arena.h"
#include "base/err.h"
#include "http/net.h"

struct fetch; /* settings; may be used by several threads at once */

struct fetch_config {
    const char *ca_file;            /* NULL: the system's */
    bool private_allowed;           /* may connect to loopback, private and link-local addresses (tests, demo) */
    const struct net *private_nets; /* or to these of them: an inner network; copied */
    size_t n_private_nets;
    const char *agent; /* User-Agent; NULL: "genkan/VERSION" */
};

enum err fetch_open(struct fetch **out, const struct fetch_config *config) MUST_CHECK;
void fetch_close(struct fetch *f);

struct fetch_limits {
    int timeout_ms;  /* of the whole exchange; 0: 5000 */
    size_t body_max; /* of the answer; 0: 65536 */
};

struct fetched {
    int status;
    struct view content_type; /* absent if not given */
    struct view location;     /* absolute: where a redirect would lead; absent: nowhere */
    struct view body;
    const char
        *trouble; /* also of a failure: why there is no answer, in words of libcurl; static; NULL: there is one */
};

/* What came back, in ARENA, whatever its status. ERR_TIMEOUT; ERR_UNAVAILABLE: no connection, name or TLS; ERR_LIMIT:
 * the answer was too large; ERR_PERMISSION: an address or scheme that is not allowed; ERR_SYNTAX: a bad URL;
 * ERR_MEMORY. */
enum err fetch_post(struct fetch *f, struct arena *arena, struct view url, const char *content_type, struct view body,
                    const struct fetch_limits *limits, struct fetched *out) MUST_CHECK;
/* The same with BEARER as the word by which the other side knows us (RFC 6750 2.1). */
enum err fetch_post_bearer(struct fetch *f, struct arena *arena, struct view url, const char *content_type,
                           struct view body, struct view bearer, const struct fetch_limits *limits,
                           struct fetched *out) MUST_CHECK;
enum err fetch_get(struct fetch *f, struct arena *arena, struct view url, const struct fetch_limits *limits,
                   struct fetched *out) MUST_CHECK;

#endif
