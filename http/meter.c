#include "http/meter.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The last is for all others. */
static const short statuses[] = {200, 201, 204, 302, 303, 304, 307, 400, 401, 403, 404, 405, 409,
                                 410, 413, 414, 415, 417, 421, 422, 429, 431, 500, 503, 505, 0};
#define STATUSES (sizeof statuses / sizeof *statuses)

/* Upper bounds in microseconds; the last bucket has none. */
static const int bounds_us[] = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000};
#define BOUNDS  (sizeof bounds_us / sizeof *bounds_us)
#define BUCKETS (BOUNDS + 1)

struct counters {
    _Atomic uint64_t by_status[STATUSES], by_time[BUCKETS], ns;
};

struct meter {
    const struct route *routes;
    size_t n_routes;
    unsigned workers;
    struct counters *all; /* workers times (routes and one for none) */
};

enum err meter_open(struct meter **out, unsigned workers, const struct route *routes, size_t n)
{
    struct meter *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m)
        return ERR_MEMORY;
    *m = (struct meter){.routes = routes, .n_routes = n, .workers = workers};
    m->all = calloc(workers * (n + 1), sizeof *m->all);
    if (!m->all) {
        free(m);
        return ERR_MEMORY;
    }
    *out = m;
    return ERR_OK;
}

void meter_close(struct meter *m)
{
    if (!m)
        return;
    free(m->all);
    free(m);
}

/* Nobody else writes it: no need for a locked instruction. */
static void add(_Atomic uint64_t *n, uint64_t more)
{
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + more, memory_order_relaxed);
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < STATUSES - 1 && statuses[i] != status)
        i++;
    return i;
}

static size_t bucket_of(int64_t ns)
{
    size_t i = 0;
    while (i < BOUNDS && ns > bounds_us[i] * INT64_C(1000))
        i++;
    return i;
}

void meter_count(struct meter *m, int worker, const struct route *route, int status, int64_t ns)
{
    size_t which = route ? (size_t)(route - m->routes) : m->n_routes;
    struct counters *c = &m->all[(size_t)worker * (m->n_routes + 1) + which];
    add(&c->by_status[status_index(status)], 1);
    add(&c->by_time[bucket_of(ns)], 1);
    add(&c->ns, ns > 0 ? (uint64_t)ns : 0);
}

/* --- telling ---------------------------------------------------------------------------------------------------- */

struct sums {
    uint64_t by_status[STATUSES], by_time[BUCKETS], ns, n;
};

static void sum_up(struct sums *s, const struct meter *m, size_t which)
{
    *s = (struct sums){.n = 0};
    for (unsigned w = 0; w < m->workers; w++) {
        const struct counters *c = &m->all[w * (m->n_routes + 1) + which];
        for (size_t i = 0; i < STATUSES; i++)
            s->by_status[i] += atomic_load_explicit(&c->by_status[i], memory_order_relaxed);
        for (size_t i = 0; i < BUCKETS; i++)
            s->by_time[i] += atomic_load_explicit(&c->by_time[i], memory_order_relaxed);
        s->ns += atomic_load_explicit(&c->ns, memory_order_relaxed);
    }
    for (size_t i = 0; i < BUCKETS; i++)
        s->n += s->by_time[i];
}

static void put_labels(struct buf *out, const struct meter *m, size_t which)
{
    if (which < m->n_routes)
        buf_printf(out, "method=\"%s\",route=\"%s\"", method_name(m->routes[which].method), m->routes[which].path);
    else
        buf_put_text(out, "method=\"\",route=\"\"");
}

static void put_requests(struct buf *out, const struct meter *m, size_t which, const struct sums *s)
{
    for (size_t i = 0; i < STATUSES; i++) {
        if (!s->by_status[i])
            continue;
        buf_put_text(out, "genkan_http_requests_total{");
        put_labels(out, m, which);
        if (statuses[i])
            buf_printf(out, ",status=\"%d\"} %" PRIu64 "\n", statuses[i], s->by_status[i]);
        else
            buf_printf(out, ",status=\"other\"} %" PRIu64 "\n", s->by_status[i]);
    }
}

static void put_bucket(struct buf *out, const struct meter *m, size_t which, const char *bound, uint64_t n)
{
    buf_put_text(out, "genkan_http_request_duration_seconds_bucket{");
    put_labels(out, m, which);
    buf_printf(out, ",le=\"%s\"} %" PRIu64 "\n", bound, n);
}

static void put_times(struct buf *out, const struct meter *m, size_t which, const struct sums *s)
{
    static const char *const names[BOUNDS] = {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
                                              "0.01",   "0.025",   "0.05",   "0.1",   "0.25",   "1"};
    uint64_t n = 0;
    for (size_t i = 0; i < BOUNDS; i++)
        put_bucket(out, m, which, names[i], n += s->by_time[i]);
    put_bucket(out, m, which, "+Inf", s->n);
    buf_put_text(out, "genkan_http_request_duration_seconds_sum{");
    put_labels(out, m, which);
    buf_printf(out, "} %" PRIu64 ".%09" PRIu64 "\n", s->ns / 1000000000, s->ns % 1000000000);
    buf_put_text(out, "genkan_http_request_duration_seconds_count{");
    put_labels(out, m, which);
    buf_printf(out, "} %" PRIu64 "\n", s->n);
}

void meter_put(struct buf *out, const struct meter *m)
{
    struct sums s;
    buf_put_text(out, "# HELP genkan_http_requests_total Answers by route and status.\n"
                      "# TYPE genkan_http_requests_total counter\n");
    for (size_t i = 0; i <= m->n_routes; i++) {
        sum_up(&s, m, i);
        put_requests(out, m, i, &s);
    }
    buf_put_text(out,
                 "# HELP genkan_http_request_duration_seconds From the complete head to the written answer, without "
                 "the wait for the disk.\n# TYPE genkan_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i <= m->n_routes; i++) {
        sum_up(&s, m, i);
        if (s.n)
            put_times(out, m, i, &s);
    }
}
