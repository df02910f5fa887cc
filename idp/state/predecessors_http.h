/* predecessors_http: the source of predecessors that is asked over HTTP (docs/decisions/predecessors.md): one POST, one
 * answer, no second try; one that has failed is left alone for a while. */
#ifndef IDP_STATE_PREDECESSORS_HTTP_H
#define IDP_STATE_PREDECESSORS_HTTP_H

#include "jpki/pki/predecessors.h"

struct fetch; /* http/fetch.h */

struct predecessors_http; /* thread-safe */

/* URL and F must outlive it. */
enum err predecessors_http_open(struct predecessors_http **out, struct fetch *f, const char *url,
                                int timeout_ms) MUST_CHECK;
void predecessors_http_close(struct predecessors_http *p);

struct predecessors_source predecessors_http_source(struct predecessors_http *p);

#endif
