/* meter: how many requests each route has answered, how, and how long it took. Every worker has counters of its own
 * that only it writes: no lock, no allocation, nothing shared. */
#ifndef HTTP_METER_H
#define HTTP_METER_H

#include "http/route.h"

struct meter;

/* For WORKERS threads (request.worker) and the N ROUTES, which must outlive it. */
enum err meter_open(struct meter **out, unsigned workers, const struct route *routes, size_t n) MUST_CHECK;
void meter_close(struct meter *m); /* NULL is allowed */

/* One answer. Only by the thread WORKER. ROUTE NULL: refused before there was one. */
void meter_count(struct meter *m, int worker, const struct route *route, int status, int64_t ns);

/* genkan_http_requests_total and genkan_http_request_duration_seconds in the text format of Prometheus: routes that
 * have answered at least once. Any thread; what is counted meanwhile may be in it or not. */
void meter_put(struct buf *out, const struct meter *m);

#endif
