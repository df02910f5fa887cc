#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/log.h"
#include "http/server_inner.h"

#define DEFAULT(FIELD, VALUE)                                                                                          \
    do {                                                                                                               \
        if (!(FIELD))                                                                                                  \
            (FIELD) = (VALUE);                                                                                         \
    } while (0)

const char *server_thread_name(char out[THREAD_NAME], const struct server *s, const char *what)
{
    snprintf(out, THREAD_NAME, "%s%s", s->config.thread_prefix, what);
    return out;
}

void bell_ring(int bell)
{
    uint64_t one = 1;
    if (bell >= 0 && write(bell, &one, sizeof(one)) < 0)
        return; /* it is ringing already */
}

static void fill_defaults(struct server_config *c)
{
    DEFAULT(c->thread_prefix, "");
    DEFAULT(c->workers, 4);
    DEFAULT(c->slow_workers, 2);
    DEFAULT(c->queue_max, 256);
    DEFAULT(c->streams_max, 8);
    DEFAULT(c->connections_max, 1024);
    DEFAULT(c->idle_s, 30);
    DEFAULT(c->read_s, 10);
    DEFAULT(c->line_max, 8192);
    DEFAULT(c->head_max, 16384);
    DEFAULT(c->headers_max, 64);
    DEFAULT(c->arena_ceiling, 1 << 20);
    DEFAULT(c->form.params_max, 64);
    DEFAULT(c->form.name_max, 128);
    DEFAULT(c->form.value_max, 7168);   /* a signed authorization request (RFC 9101) */
    if (c->headers_max >= HEADERS_ROOM) /* one more, to see that there are too many */
        c->headers_max = HEADERS_ROOM - 1;
}

static bool copy_text(char **out, const char *text)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out;
}

static enum err copy_proxy(struct server *s, const struct proxy_config *p)
{
    s->trusted = calloc(p->n_trusted + 1, sizeof(*s->trusted));
    if (!s->trusted || !copy_text(&s->cert_header, p->cert_header))
        return ERR_MEMORY;
    if (p->n_trusted)
        memcpy(s->trusted, p->trusted, p->n_trusted * sizeof(*s->trusted));
    s->config.proxy = *p;
    s->config.proxy.trusted = s->trusted;
    s->config.proxy.cert_header = s->cert_header;
    return ERR_OK;
}

static enum err copy_config(struct server *s, const struct server_config *c)
{
    size_t n_listen = c->n_listen + c->n_listen_mtls;
    s->config = *c;
    fill_defaults(&s->config);
    s->config.tls = (struct server_tls){0};
    s->hosts = calloc(c->n_hosts + 1, sizeof(*s->hosts));
    s->ports = calloc(n_listen + 1, sizeof(*s->ports));
    s->listeners = calloc(n_listen + 1, sizeof(*s->listeners));
    s->lanes = calloc(s->config.workers, sizeof(*s->lanes));
    if (!s->hosts || !s->ports || !s->listeners || !s->lanes || !copy_text(&s->mtls_host, c->mtls_host))
        return ERR_MEMORY;
    for (size_t i = 0; i < c->n_hosts; i++)
        if (!(s->hosts[i] = strdup(c->hosts[i])))
            return ERR_MEMORY;
    enum err e = copy_proxy(s, &c->proxy);
    return e ? e : route_table_open(&s->routes, c->routes, c->n_routes);
}

static enum err open_tls(struct tls **tls, struct tls_authorities **authorities, const struct server_tls *texts,
                         const char **why)
{
    enum err e = ERR_OK;
    if (texts->certificate)
        e = tls_open(tls, texts->certificate, texts->key ? texts->key : "", why);
    if (!e && texts->authorities) {
        *why = "the authorities of clients cannot be read (PEM)";
        e = tls_authorities_open(authorities, texts->authorities);
    }
    return e;
}

enum err server_check_tls(const struct server_tls *texts, const char **why)
{
    struct tls *tls = NULL;
    struct tls_authorities *authorities = NULL;
    enum err e = open_tls(&tls, &authorities, texts, why);
    tls_close(tls);
    tls_authorities_close(authorities);
    return e;
}

static void exchange_authorities(struct server *s, struct tls_authorities *next)
{
    INSIST(pthread_rwlock_wrlock(&s->authorities_lock) == 0);
    struct tls_authorities *before = s->authorities;
    s->authorities = next;
    pthread_rwlock_unlock(&s->authorities_lock);
    tls_authorities_close(before);
}

enum err server_change_tls(struct server *s, const struct server_tls *texts, const char **why)
{
    struct tls_authorities *next = NULL;
    enum err e = ERR_OK;
    *why = "what it was started with cannot come or go without a restart";
    if (!texts->certificate != !s->tls || !texts->authorities != !s->authorities)
        return ERR_CONFIG;
    *why = "the authorities of clients cannot be read (PEM)";
    if (texts->authorities && (e = tls_authorities_open(&next, texts->authorities)))
        return e;
    if (s->tls && (e = tls_change(s->tls, texts->certificate, texts->key ? texts->key : "", why))) {
        tls_authorities_close(next);
        return e;
    }
    if (next)
        exchange_authorities(s, next);
    return ERR_OK;
}

int64_t server_certificate_expires(const struct server *s)
{
    return s->tls ? tls_expires(s->tls) : 0;
}

static void set_intake(struct server *s)
{
    s->intake = (struct intake){
        .routes = s->routes,
        .hosts = (const char *const *)s->hosts,
        .n_hosts = s->config.n_hosts,
        .mtls_host = s->mtls_host,
        .ports = s->ports,
        .n_ports = s->n_listeners,
        .line_max = s->config.line_max,
        .head_max = s->config.head_max,
        .headers_max = s->config.headers_max,
        .form = s->config.form,
    };
}

static enum err bind_one(struct server *s, const char *address, bool mtls)
{
    struct listener *l = &s->listeners[s->n_listeners];
    enum err e = listener_open(l, address);
    l->mtls = mtls;
    if (!e && s->tls)
        listener_hurry(l);
    if (e) {
        log_event(LOG_ERROR, "cannot_listen", LOG_STR("address", address), LOG_STR("why", listener_words(e)));
        return e;
    }
    s->ports[s->n_listeners++] = l->port;
    return ERR_OK;
}

static enum err bind_all(struct server *s, const struct server_config *c)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < c->n_listen; i++)
        e = bind_one(s, c->listen[i], false);
    for (size_t i = 0; !e && i < c->n_listen_mtls; i++)
        e = bind_one(s, c->listen_mtls[i], true);
    return e;
}

static enum err start_all(struct server *s)
{
    char name[THREAD_NAME];
    set_intake(s);
    enum err e =
        meter_open(&s->meter, s->config.workers + s->config.slow_workers, s->config.routes, s->config.n_routes);
    if (!e)
        e = workers_open(&s->slow, server_thread_name(name, s, "slow"), s->config.slow_workers, s->config.queue_max,
                         work_run_slow, s);
    for (unsigned i = 0; i < s->config.workers && !e; i++) {
        s->lanes[i].server = s;
        s->lanes[i].index = (int)i;
        s->lanes[i].bell = -1;
        chance_bytes(&s->lanes[i].next_id, sizeof(s->lanes[i].next_id));
        silence_open(&s->lanes[i].silence);
        e = lane_open(&s->lanes[i]);
    }
    return e ? e : doorkeeper_start(s);
}

enum err server_open(struct server **out, const struct server_config *config)
{
    *out = NULL;
    if (config->n_listen == 0 || config->n_hosts == 0 || (config->n_listen_mtls && !config->tls.certificate))
        return ERR_CONFIG;
    struct server *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_MEMORY;
    pthread_mutex_init(&s->lines_lock, NULL);
    pthread_rwlock_init(&s->authorities_lock, NULL);
    s->bell = -1;
    const char *why = "";
    chance_bytes(&s->process, sizeof(s->process));
    enum err e = copy_config(s, config);
    if (!e && (e = open_tls(&s->tls, &s->authorities, &config->tls, &why)))
        log_event(LOG_ERROR, "tls_refused", LOG_STR("why", why));
    if (!e)
        e = bind_all(s, config);
    if (!e)
        e = start_all(s);
    if (e) {
        server_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

unsigned server_connections(struct server *s)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    unsigned n = s->n_lines;
    pthread_mutex_unlock(&s->lines_lock);
    return n;
}

void server_put_metrics(struct buf *out, const struct server *s)
{
    meter_put(out, s->meter);
}

uint16_t server_port(const struct server *s, size_t i)
{
    return i < s->n_listeners ? s->listeners[i].port : 0;
}

/* shutdown makes the kernel refuse new connections at once, whatever the doorkeeper is doing with the socket. */
static void stop_listening(struct server *s)
{
    for (size_t i = 0; i < s->n_listeners; i++)
        shutdown(s->listeners[i].fd, SHUT_RDWR);
    for (unsigned i = 0; s->lanes && i < s->config.workers; i++)
        if (s->lanes[i].has_thread)
            bell_ring(s->lanes[i].bell); /* who lingers is released */
    bell_ring(s->bell);
}

static bool is_at_rest(const struct server *s)
{
    for (unsigned i = 0; s->lanes && i < s->config.workers; i++)
        if (atomic_load_explicit(&s->lanes[i].in_flight, memory_order_acquire) > 0)
            return false;
    return true;
}

bool server_drain(struct server *s, int ms)
{
    if (!atomic_exchange(&s->draining, true))
        stop_listening(s);
    int64_t until = clock_steady_ms() + ms;
    while (!is_at_rest(s)) {
        if (clock_steady_ms() >= until)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

static void free_server(struct server *s)
{
    for (size_t i = 0; s->hosts && i < s->config.n_hosts; i++)
        free(s->hosts[i]);
    for (size_t i = 0; i < s->n_listeners; i++)
        listener_close(&s->listeners[i]);
    tls_close(s->tls);
    tls_authorities_close(s->authorities);
    free(s->hosts);
    free(s->mtls_host);
    free(s->cert_header);
    free(s->trusted);
    free(s->ports);
    free(s->listeners);
    free(s->lanes);
    route_table_close(s->routes);
    meter_close(s->meter);
    pthread_mutex_destroy(&s->lines_lock);
    pthread_rwlock_destroy(&s->authorities_lock);
    free(s);
}

void server_close(struct server *s)
{
    if (!s)
        return;
    server_drain(s, 100);
    doorkeeper_end(s);
    if (s->slow)
        workers_stop(s->slow);
    /* Now every connection that slept for a slow worker is awake, and one that is held will be before its lane ends, as
     * libmicrohttpd wants it before a daemon stops. */
    atomic_store_explicit(&s->ending, true, memory_order_release);
    for (unsigned i = 0; s->lanes && i < s->config.workers; i++)
        lane_close(&s->lanes[i]);
    workers_close(s->slow);
    free_server(s);
}
