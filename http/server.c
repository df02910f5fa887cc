#include "http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/log.h"
#include "base/text.h"
#include "http/intake.h"
#include "http/workers.h"

#define HEADERS_ROOM      100        /* headers we can hold; headers_max is at most this */
#define SWALLOW_MAX       (64 << 10) /* a refused request's body up to this is read and dropped, to keep the connection */
#define WATCH_INTERVAL_MS 500
#define NEVER             INT64_MAX

/* One request on its way: from the first line to the last byte of the answer. Kept and used again. */
struct call {
    struct job job; /* first, so that a job is its call */
    struct call *next_free;
    struct server *server;
    struct MHD_Connection *connection;
    struct line *line;
    const struct route *route;
    enum { CALL_LINE, CALL_BODY, CALL_WORK, CALL_DONE } phase;
    unsigned allowed;
    struct fault fault;
    struct body_plan plan;
    struct buf body;
    struct arena arena;
    struct request request;
    struct answer answer;
    size_t target_bytes;
    struct header headers[HEADERS_ROOM];
    char id[17];
};

/* One connection, for its peer's address and the watch over slow senders. */
struct line {
    struct line *prev, *next;
    int fd;
    struct peer peer;
    _Atomic int64_t deadline_ms; /* cut off after this */
};

struct listener {
    int fd;
    uint16_t port;
    struct MHD_Daemon *daemon;
};

struct server {
    struct server_config config; /* without the lists, which are below */
    struct route_table *routes;
    struct intake intake;
    char **hosts;
    char *tls_certificate, *tls_key;
    uint16_t *ports;
    struct listener *listeners;
    size_t n_listeners;
    struct workers *workers;

    pthread_mutex_t free_lock;
    struct call *free_calls;
    _Atomic int in_flight;
    _Atomic uint64_t next_id;
    _Atomic bool draining;

    pthread_mutex_t lines_lock;
    pthread_cond_t watch_wake;
    struct line *lines;
    pthread_t watcher;
    bool watching, watch_stop;
};

static const struct form no_form;

/* --- calls ----------------------------------------------------------------------------------------------------------
 */

static struct call *call_take(struct server *s)
{
    INSIST(pthread_mutex_lock(&s->free_lock) == 0);
    struct call *call = s->free_calls;
    if (call)
        s->free_calls = call->next_free;
    pthread_mutex_unlock(&s->free_lock);
    if (call)
        return call;
    call = calloc(1, sizeof(*call));
    if (call)
        arena_open(&call->arena, s->config.arena_ceiling);
    return call;
}

static void call_give_back(struct server *s, struct call *call)
{
    arena_reset(&call->arena);
    INSIST(pthread_mutex_lock(&s->free_lock) == 0);
    call->next_free = s->free_calls;
    s->free_calls = call;
    pthread_mutex_unlock(&s->free_lock);
}

/* Sixteen hex digits that differ from request to request; mixed, so that they do not count our visitors aloud. */
static void write_id(char out[17], uint64_t n)
{
    static const char digits[] = "0123456789abcdef";
    n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9U;
    n = (n ^ (n >> 27)) * 0x94D049BB133111EBU;
    n ^= n >> 31;
    for (int i = 0; i < 16; i++, n >>= 4)
        out[i] = digits[n & 15];
    out[16] = 0;
}

static void call_open(struct call *call, struct server *s, struct MHD_Connection *connection)
{
    call->server = s;
    call->connection = connection;
    call->line = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    call->route = NULL;
    call->phase = CALL_LINE;
    call->allowed = 0;
    call->fault = (struct fault){0};
    call->target_bytes = 0;
    write_id(call->id, atomic_fetch_add_explicit(&s->next_id, 0x9E3779B97F4A7C15U, memory_order_relaxed));
    call->request = (struct request){
        .method = METHOD_OTHER,
        .query = &no_form,
        .form = &no_form,
        .headers = call->headers,
        .peer = call->line->peer,
        .id = call->id,
        .arena = &call->arena,
        .worker = -1,
        .started_ms = clock_steady_ms(),
    };
    answer_open(&call->answer, &call->arena);
}

/* --- answering ------------------------------------------------------------------------------------------------------
 */

static bool add_head(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_heads(struct MHD_Response *response, const struct call *call)
{
    const struct answer *a = &call->answer;
    bool ok =
        add_head(response, "Cache-Control", a->cache) && add_head(response, "Content-Security-Policy", a->policy) &&
        add_head(response, "Referrer-Policy", a->referrer) && add_head(response, "X-Content-Type-Options", "nosniff") &&
        add_head(response, "X-Frame-Options", "DENY") &&
        add_head(response, "Cross-Origin-Opener-Policy", "same-origin") &&
        add_head(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (ok && call->server->config.hsts)
        ok = add_head(response, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    if (ok && a->content_type)
        ok = add_head(response, "Content-Type", a->content_type);
    for (size_t i = 0; ok && i < a->n_heads; i++)
        ok = add_head(response, a->heads[i].name, a->heads[i].value);
    if (ok && atomic_load_explicit(&call->server->draining, memory_order_relaxed))
        ok = add_head(response, "Connection", "close");
    return ok;
}

static void plain_fault(void *ctx, const struct request *r, const struct fault *f, struct answer *a)
{
    (void)ctx;
    struct buf text;
    struct view body = VIEW("Error\n");
    buf_open(&text, r->arena, 4096);
    buf_printf(&text, "%d ", f->status);
    if (view_is(f->name) && text_is_printable(f->name)) {
        buf_put(&text, f->name);
        buf_put_text(&text, ": ");
    }
    buf_printf(&text, "%s (request %s)\n", f->rule, r->id);
    if (buf_done(&text, &body) != ERR_OK)
        body = VIEW("Error\n");
    answer_body(a, f->status, "text/plain; charset=utf-8", body);
}

/* The path for the log: not what stands behind a prefix, which may be a secret, and no novels. */
static struct view log_path(const struct call *call)
{
    return call->route ? view_text(call->route->path) : view_part(call->request.path, 0, 64);
}

static void show_fault(struct call *call)
{
    struct server *s = call->server;
    struct answer *a = &call->answer;
    answer_open(a, &call->arena);
    answer_status(a, call->fault.status);
    if (call->fault.status == 405)
        answer_header_text(a, "Allow", route_allow_text(call->allowed));
    if (call->fault.status == 503)
        answer_header_text(a, "Retry-After", "1");
    log_event(LOG_INFO, "request_refused", LOG_INT("status", call->fault.status), LOG_STR("rule", call->fault.rule),
              LOG_TEXT("path", log_path(call)));
    (s->config.fault ? s->config.fault : plain_fault)(s->config.ctx, &call->request, &call->fault, a);
    a->status = call->fault.status;
}

static struct MHD_Response *make_response(const struct call *call)
{
    struct view body = call->answer.body;
    /* Not copied: it lives in the call's arena, which stays until on_completed. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);
    if (response && !add_heads(response, call)) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return response;
}

/* Hands the answer to libmicrohttpd. False if even that failed: the connection is closed then. */
static bool queue_answer(struct call *call)
{
    if (call->answer.broken) {
        log_event(LOG_ERROR, "answer_broken", LOG_TEXT("path", log_path(call)));
        call->fault = (struct fault){.status = 500, .rule = "answer could not be written"};
        show_fault(call);
    }
    struct MHD_Response *response = make_response(call);
    call->phase = CALL_DONE;
    if (!response)
        return false;
    bool ok = MHD_queue_response(call->connection, (unsigned)call->answer.status, response) == MHD_YES;
    MHD_destroy_response(response);
    return ok;
}

/* --- working --------------------------------------------------------------------------------------------------------
 */

static void make_answer(struct call *call)
{
    struct server *s = call->server;
    log_set_request(call->id);
    if (!call->fault.status && intake_forms(&s->intake, call->route, &call->request, &call->fault))
        call->route->handle(s->config.ctx, &call->request, &call->answer);
    if (call->fault.status)
        show_fault(call);
    if (s->config.log_name)
        log_event(LOG_INFO, "request", LOG_STR("method", method_name(call->request.method)),
                  LOG_TEXT("path", log_path(call)), LOG_INT("status", call->answer.status),
                  LOG_INT("ms", clock_steady_ms() - call->request.started_ms));
    log_set_request(NULL);
}

static void run_job(void *ctx, struct job *job, int worker)
{
    (void)ctx;
    struct call *call = (struct call *)job;
    call->request.worker = worker;
    make_answer(call);
    queue_answer(call); /* on failure the handler is called once more and closes the connection */
    MHD_resume_connection(call->connection);
}

/* --- collecting -----------------------------------------------------------------------------------------------------
 */

static enum method method_of(const char *text)
{
    if (strcmp(text, "GET") == 0)
        return METHOD_GET;
    if (strcmp(text, "POST") == 0)
        return METHOD_POST;
    return strcmp(text, "HEAD") == 0 ? METHOD_HEAD : METHOD_OTHER;
}

struct collected {
    struct call *call;
    const char *end; /* behind the last value */
    bool broken;
};

/* libmicrohttpd leaves header lines where they arrived, with their CR LF overwritten by zeros: so the next name starts
 * at most two bytes behind the last value. A folded line is moved elsewhere, a NUL cuts a value short: both show as a
 * gap. */
static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                 const char *value, size_t value_size)
{
    (void)kind;
    struct collected *c = cls;
    struct request *r = &c->call->request;
    if (c->end && (key < c->end || key - c->end > 2))
        c->broken = true;
    c->end = value + value_size;
    while (value_size && (value[value_size - 1] == ' ' || value[value_size - 1] == '\t'))
        value_size--;
    if (r->n_headers < HEADERS_ROOM)
        c->call->headers[r->n_headers++] =
            (struct header){.name = view_bytes(key, key_size), .value = view_bytes(value ? value : "", value_size)};
    return MHD_YES;
}

/* Everything of the head is there: collect, check, and prepare for the body. */
static void begin(struct call *call, const char *url, const char *method, const char *version)
{
    struct request *r = &call->request;
    struct collected c = {.call = call};
    struct intake_head head = {.target_bytes = call->target_bytes};
    r->method = method_of(method);
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, on_header, &c);
    head.broken_line = c.broken;
    /* The version follows the target in the same line buffer: the distance tells of NULs inside the target. */
    if (version > url && (size_t)(version - url) <= 2 * call->server->config.head_max)
        head.target_bytes = (size_t)(version - url) - 1;
    head.head_bytes = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (c.end && (size_t)(c.end - method) + 4 < head.head_bytes)
        head.broken_line = true;
    if (!call->fault.status)
        call->route = intake_check(&call->server->intake, r, &head, &call->plan, &call->allowed, &call->fault);
    buf_open(&call->body, &call->arena, call->route ? call->route->body_max : 0);
}

static void take_body(struct call *call, const char *data, size_t n)
{
    if (call->fault.status)
        return; /* swallowed */
    buf_put(&call->body, view_bytes(data, n));
    if (call->body.err)
        call->fault = (struct fault){.status = call->body.err == ERR_LIMIT ? 413 : 503, .rule = "body too large"};
}

static enum MHD_Result dispatch(struct call *call)
{
    struct server *s = call->server;
    if (!call->fault.status && call->body.n && buf_done(&call->body, &call->request.body) != ERR_OK)
        call->fault = (struct fault){.status = 503, .rule = "out of memory"};
    call->phase = CALL_WORK;
    atomic_store_explicit(&call->line->deadline_ms, NEVER, memory_order_relaxed);
    MHD_suspend_connection(call->connection);
    if (workers_push(s->workers, &call->job, call->route && call->route->flags & ROUTE_FIRST))
        return MHD_YES;
    call->fault = (struct fault){.status = 503, .rule = "too many requests are waiting"};
    show_fault(call);
    queue_answer(call);
    MHD_resume_connection(call->connection);
    return MHD_YES;
}

/* --- what libmicrohttpd calls ---------------------------------------------------------------------------------------
 */

/* The request line is there. URI is the target as sent, before libmicrohttpd takes it apart. */
static void *on_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct server *s = cls;
    struct call *call = call_take(s);
    if (!call)
        return NULL;
    atomic_fetch_add_explicit(&s->in_flight, 1, memory_order_relaxed);
    call_open(call, s, connection);
    atomic_store_explicit(&call->line->deadline_ms, call->request.started_ms + s->config.read_s * INT64_C(1000),
                          memory_order_relaxed);
    struct view target = view_text(uri ? uri : "");
    call->target_bytes = target.n;
    if (target.n > s->config.line_max)
        target.n = s->config.line_max;
    target = arena_copy(&call->arena, target);
    if (!view_is(target))
        call->fault = (struct fault){.status = 503, .rule = "out of memory"};
    intake_target(&call->request, target);
    /* We read the query ourselves, strictly. libmicrohttpd would now cut it up in its own way, into memory that a long
     * list of parameters exhausts; it is about to overwrite these bytes anyway, so let it find an empty query. */
    const char *mark = uri ? strchr(uri, '?') : NULL;
    if (mark && mark[1])
        *(char *)(uintptr_t)(mark + 1) = 0;
    return call;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *n, void **context)
{
    (void)cls;
    (void)connection;
    struct call *call = *context;
    if (!call)
        return MHD_NO;
    if (call->phase == CALL_LINE) {
        begin(call, url, method, version);
        call->phase = CALL_BODY;
        if (!call->fault.status || (!call->plan.open_end && call->plan.length <= SWALLOW_MAX))
            return MHD_YES;
        show_fault(call);
        return queue_answer(call) ? MHD_YES : MHD_NO;
    }
    if (call->phase == CALL_BODY && *n) {
        take_body(call, data, *n);
        *n = 0;
        return MHD_YES;
    }
    return call->phase == CALL_BODY ? dispatch(call) : MHD_NO;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    (void)connection;
    (void)why;
    struct server *s = cls;
    struct call *call = *context;
    *context = NULL;
    if (!call)
        return;
    int64_t patience_s = (int64_t)s->config.idle_s + s->config.read_s;
    atomic_store_explicit(&call->line->deadline_ms, clock_steady_ms() + patience_s * 1000, memory_order_relaxed);
    call_give_back(s, call);
    atomic_fetch_sub_explicit(&s->in_flight, 1, memory_order_release);
}

static size_t no_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text); /* paths stay as they were sent */
}

static void read_peer(struct peer *peer, int fd)
{
    struct sockaddr_storage at;
    socklen_t n = sizeof(at);
    char port[8] = "0";
    if (getpeername(fd, (struct sockaddr *)&at, &n) == 0 &&
        getnameinfo((struct sockaddr *)&at, n, peer->address, sizeof(peer->address), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        peer->port = (uint16_t)strtoul(port, NULL, 10);
    n = sizeof(at);
    if (getsockname(fd, (struct sockaddr *)&at, &n) == 0)
        peer->local_port = at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
                                                    : ntohs(((struct sockaddr_in *)&at)->sin_port);
}

static void line_open(struct server *s, struct MHD_Connection *connection, void **context)
{
    struct line *line = calloc(1, sizeof(*line));
    INSIST(line); /* 80 bytes; libmicrohttpd has no way to refuse a connection here */
    line->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    read_peer(&line->peer, line->fd);
    atomic_init(&line->deadline_ms, clock_steady_ms() + s->config.read_s * INT64_C(1000));
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    line->next = s->lines;
    if (s->lines)
        s->lines->prev = line;
    s->lines = line;
    pthread_mutex_unlock(&s->lines_lock);
    *context = line;
}

static void line_close(struct server *s, void **context)
{
    struct line *line = *context;
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    if (line->prev)
        line->prev->next = line->next;
    else
        s->lines = line->next;
    if (line->next)
        line->next->prev = line->prev;
    pthread_mutex_unlock(&s->lines_lock);
    free(line);
    *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        line_open(cls, connection, context);
    else
        line_close(cls, context);
}

/* --- the watch over slow senders ------------------------------------------------------------------------------------
 */

/* libmicrohttpd's time-out starts anew with every byte, so a patient attacker could hold a connection for days by
 * sending one byte now and then. A line past its deadline is shut down; libmicrohttpd then sees the end and closes it.
 */
static void cut_off_late(struct server *s)
{
    int64_t now = clock_steady_ms();
    for (struct line *line = s->lines; line; line = line->next)
        if (atomic_load_explicit(&line->deadline_ms, memory_order_relaxed) < now)
            shutdown(line->fd, SHUT_RDWR);
}

static void *watch(void *arg)
{
    struct server *s = arg;
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    while (!s->watch_stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WATCH_INTERVAL_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&s->watch_wake, &s->lines_lock, &until);
        cut_off_late(s);
    }
    pthread_mutex_unlock(&s->lines_lock);
    return NULL;
}

static void watch_start(struct server *s)
{
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&s->watch_wake, &steady);
    pthread_condattr_destroy(&steady);
    s->watching = pthread_create(&s->watcher, NULL, watch, s) == 0;
}

static void watch_end(struct server *s)
{
    if (!s->watching)
        return;
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    s->watch_stop = true;
    pthread_mutex_unlock(&s->lines_lock);
    pthread_cond_signal(&s->watch_wake);
    pthread_join(s->watcher, NULL);
    pthread_cond_destroy(&s->watch_wake);
    s->watching = false;
}

/* --- listening ------------------------------------------------------------------------------------------------------
 */

static int open_socket(const struct addrinfo *to)
{
    int on = 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (to->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* "host:port" with a numeric host, an IPv6 one in brackets. */
static enum err split_address(struct arena *a, const char *text, char **host, char **port)
{
    const char *colon = strrchr(text, ':');
    if (!colon)
        return ERR_CONFIG;
    struct view h = view_bytes(text, (size_t)(colon - text));
    if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
        h = view_part(h, 1, h.n - 2);
    int64_t number;
    if (!text_to_int(view_text(colon + 1), &number) || number > 65535)
        return ERR_CONFIG;
    *host = arena_text(a, h);
    *port = arena_text(a, view_text(colon + 1));
    return *host && *port ? ERR_OK : ERR_MEMORY;
}

static enum err bind_address(struct listener *l, const char *host, const char *port)
{
    struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *to;
    if (getaddrinfo(host, port, &want, &to) != 0)
        return ERR_CONFIG;
    l->fd = open_socket(to);
    int why = errno;
    freeaddrinfo(to);
    if (l->fd < 0)
        return why == EACCES ? ERR_PERMISSION : ERR_IO;
    struct sockaddr_storage at;
    socklen_t n = sizeof(at);
    if (getsockname(l->fd, (struct sockaddr *)&at, &n) != 0)
        return ERR_IO;
    l->port = at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
                                       : ntohs(((struct sockaddr_in *)&at)->sin_port);
    return ERR_OK;
}

static enum err listener_open(struct listener *l, const char *address)
{
    struct arena a;
    char *host, *port;
    arena_open(&a, 4096);
    enum err e = split_address(&a, address, &host, &port);
    if (!e)
        e = bind_address(l, host, port);
    arena_close(&a);
    return e;
}

static struct MHD_Daemon *daemon_start(struct server *s, int fd)
{
    const struct server_config *c = &s->config;
    struct MHD_OptionItem more[8];
    size_t n = 0;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    if (c->io_threads > 1)
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)c->io_threads, NULL};
    if (c->per_address_max)
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)c->per_address_max, NULL};
    if (s->tls_certificate) {
        flags |= MHD_USE_TLS;
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->tls_certificate};
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->tls_key};
    }
    more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    /* Twice the head: libmicrohttpd keeps its list of headers and writes the answer's head in the same memory. */
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_URI_LOG_CALLBACK, on_line, s, MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                            s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, 2 * c->head_max, MHD_OPTION_CONNECTION_LIMIT,
                            c->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, c->idle_s, MHD_OPTION_STRICT_FOR_CLIENT,
                            1, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

/* --- opening and closing --------------------------------------------------------------------------------------------
 */

#define DEFAULT(FIELD, VALUE)                                                                                          \
    do {                                                                                                               \
        if (!(FIELD))                                                                                                  \
            (FIELD) = (VALUE);                                                                                         \
    } while (0)

static void fill_defaults(struct server_config *c)
{
    DEFAULT(c->workers, 4);
    DEFAULT(c->io_threads, 1);
    DEFAULT(c->queue_max, 1024);
    DEFAULT(c->connections_max, 1024);
    DEFAULT(c->idle_s, 30);
    DEFAULT(c->read_s, 10);
    DEFAULT(c->line_max, 8192);
    DEFAULT(c->head_max, 16384);
    DEFAULT(c->headers_max, 64);
    DEFAULT(c->arena_ceiling, 1 << 20);
    DEFAULT(c->form.params_max, 64);
    DEFAULT(c->form.name_max, 128);
    DEFAULT(c->form.value_max, 4096);
    if (c->headers_max >= HEADERS_ROOM) /* one more, to see that there are too many */
        c->headers_max = HEADERS_ROOM - 1;
}

static enum err copy_config(struct server *s, const struct server_config *c)
{
    s->config = *c;
    fill_defaults(&s->config);
    s->hosts = calloc(c->n_hosts + 1, sizeof(*s->hosts));
    s->ports = calloc(c->n_listen + 1, sizeof(*s->ports));
    s->listeners = calloc(c->n_listen + 1, sizeof(*s->listeners));
    if (!s->hosts || !s->ports || !s->listeners)
        return ERR_MEMORY;
    for (size_t i = 0; i < c->n_hosts; i++)
        if (!(s->hosts[i] = strdup(c->hosts[i])))
            return ERR_MEMORY;
    if (c->tls_certificate) {
        s->tls_certificate = strdup(c->tls_certificate);
        s->tls_key = strdup(c->tls_key ? c->tls_key : "");
        if (!s->tls_certificate || !s->tls_key)
            return ERR_MEMORY;
    }
    return route_table_open(&s->routes, c->routes, c->n_routes);
}

static void set_intake(struct server *s)
{
    s->intake = (struct intake){
        .routes = s->routes,
        .hosts = (const char *const *)s->hosts,
        .n_hosts = s->config.n_hosts,
        .ports = s->ports,
        .n_ports = s->n_listeners,
        .line_max = s->config.line_max,
        .head_max = s->config.head_max,
        .headers_max = s->config.headers_max,
        .form = s->config.form,
    };
}

static enum err bind_all(struct server *s, const struct server_config *c)
{
    for (; s->n_listeners < c->n_listen; s->n_listeners++) {
        struct listener *l = &s->listeners[s->n_listeners];
        l->fd = -1;
        enum err e = listener_open(l, c->listen[s->n_listeners]);
        if (e) {
            log_event(LOG_ERROR, "cannot_listen", LOG_STR("address", c->listen[s->n_listeners]),
                      LOG_STR("why", err_name(e)));
            return e;
        }
        s->ports[s->n_listeners] = l->port;
    }
    return ERR_OK;
}

static enum err start_all(struct server *s)
{
    set_intake(s);
    enum err e = workers_open(&s->workers, s->config.workers, s->config.queue_max, run_job, s);
    if (e)
        return e;
    for (size_t i = 0; i < s->n_listeners; i++) {
        s->listeners[i].daemon = daemon_start(s, s->listeners[i].fd);
        if (!s->listeners[i].daemon)
            return s->tls_certificate ? ERR_CONFIG : ERR_IO; /* most likely a key that does not fit */
    }
    watch_start(s);
    return s->watching ? ERR_OK : ERR_MEMORY;
}

enum err server_open(struct server **out, const struct server_config *config)
{
    *out = NULL;
    if (config->n_listen == 0 || config->n_hosts == 0)
        return ERR_CONFIG;
    struct server *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_MEMORY;
    pthread_mutex_init(&s->free_lock, NULL);
    pthread_mutex_init(&s->lines_lock, NULL);
    uint64_t seed;
    chance_bytes(&seed, sizeof(seed));
    atomic_init(&s->next_id, seed);
    enum err e = copy_config(s, config);
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

uint16_t server_port(const struct server *s, size_t i)
{
    return i < s->n_listeners ? s->listeners[i].port : 0;
}

static void stop_listening(struct server *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        struct listener *l = &s->listeners[i];
        if (l->daemon && l->fd >= 0)
            MHD_quiesce_daemon(l->daemon);
        if (l->fd >= 0)
            close(l->fd);
        l->fd = -1;
    }
}

bool server_drain(struct server *s, int ms)
{
    atomic_store(&s->draining, true);
    stop_listening(s);
    int64_t until = clock_steady_ms() + ms;
    while (atomic_load_explicit(&s->in_flight, memory_order_acquire) > 0) {
        if (clock_steady_ms() >= until)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

static void free_server(struct server *s)
{
    for (struct call *call = s->free_calls, *next; call; call = next) {
        next = call->next_free;
        arena_close(&call->arena);
        free(call);
    }
    for (size_t i = 0; s->hosts && i < s->config.n_hosts; i++)
        free(s->hosts[i]);
    if (s->tls_key)
        memset(s->tls_key, 0, strlen(s->tls_key));
    free(s->tls_key);
    free(s->tls_certificate);
    free(s->hosts);
    free(s->ports);
    free(s->listeners);
    route_table_close(s->routes);
    pthread_mutex_destroy(&s->free_lock);
    pthread_mutex_destroy(&s->lines_lock);
    free(s);
}

void server_close(struct server *s)
{
    if (!s)
        return;
    server_drain(s, 100);
    watch_end(s);
    if (s->workers)
        workers_stop(s->workers); /* every suspended connection is resumed before its daemon stops */
    for (size_t i = 0; i < s->n_listeners; i++)
        if (s->listeners[i].daemon)
            MHD_stop_daemon(s->listeners[i].daemon);
    workers_close(s->workers);
    free_server(s);
}
