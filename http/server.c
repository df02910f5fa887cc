#include "http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/thread.h"
#include "base/trace.h"
#include "http/gate.h"
#include "http/intake.h"
#include "http/listener.h"
#include "http/meter.h"
#include "http/pack.h"
#include "http/pool.h"
#include "http/silence.h"
#include "http/tls.h"
#include "http/workers.h"

#define HEADERS_ROOM      100        /* headers we can hold; headers_max is at most this */
#define SWALLOW_MAX       (64 << 10) /* a refused request's body up to this is read and dropped, to keep the connection */
#define WATCH_INTERVAL_MS 500
#define SLIM_AFTER_MS     1000 /* of silence: a browser's next request often comes sooner */
#define WAIT_TICK_MS      10   /* how often an answer that waits is asked about */
#define LINGER_TICK_MS    100  /* ... one that lingers */
#define NEVER             INT64_MAX
#define KEPT_MAX          4 /* answers a lane keeps; whichever is next makes room for another one */
#define STREAM_BLOCK      (32 << 10)
#define MOLDS_MAX         8 /* and of those that are filled anew; whichever waits longest makes room */
#define MOLD_BODY_MAX     2048
#define MOLD_TYPE_MAX     64
#define CERTS_MAX         8 /* of a client: its own and those over it */

/* One request on its way: from the first line to the last byte of the answer. Kept and used again. */
struct call {
    struct job job;    /* first, so that a job is its call */
    struct call *next; /* of those that are free, held or waiting */
    struct server *server;
    struct lane *lane;
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
    size_t target_bytes, prefix_bytes; /* of the target; what stood before it (RFC 9112 3.2.2) */
    int64_t started_ns;
    struct mold *mold;     /* lent for its answer; NULL: none */
    bool last;             /* the connection ends with its answer */
    int64_t wait_until_ms; /* 0: it did not wait yet */
    struct streaming {     /* answer_stream */
        bool is;           /* it counts as one */
        bool end;          /* the part is the last */
        enum err err;      /* there is no next one */
        struct buf part;
        size_t sent; /* of it */
    } stream;
    struct header headers[HEADERS_ROOM];
    struct trace trace;
};

/* One connection. Made when it is accepted, for its peer's address and for the watch over slow senders. */
struct line {
    struct line *prev, *next;
    struct line *next_new; /* dealt to its lane, which has not looked yet */
    struct lane *lane;
    int fd;
    bool started; /* libmicrohttpd has it and will say when it is closed */
    struct sockaddr_storage from;
    socklen_t from_size;
    struct peer peer;
    bool trusted;                  /* a proxy we believe */
    bool local;                    /* over a socket in the file system */
    bool mtls;                     /* asked for a certificate */
    struct tls_identity *identity; /* the certificate it was shown; NULL: no TLS */
    void *session;                 /* of TLS; NULL: none */
    struct view cert;              /* of the client; lives in the TLS session */
    bool cert_known, cert_chained; /* it was looked at; it leads to an authority */
    _Atomic int64_t deadline_ms;   /* cut off after this */
    struct pool pool;              /* what libmicrohttpd keeps for it */
    struct silent silent;
};

/* An answer that was made once (answer_keep), found by its body. */
struct kept {
    struct view body;
    struct MHD_Response *response;
};

/* The head of an answer as many have it, made once, with a body of one length that each of them fills: libmicrohttpd
 * makes a response of ten headers with thirty small allocations, which is more than many a handler does. A redirect has
 * no body; its Location is put into the head while it is lent, and taken out again. */
struct mold {
    struct MHD_Response *response; /* NULL: free */
    uint8_t *body;                 /* NULL: of redirects */
    size_t n;
    char type[MOLD_TYPE_MAX];
    bool no_cache;
    const char *location; /* in the head now; of the call it is lent to */
    bool lent;            /* its answer is being sent */
    uint64_t used;
};

/* A worker: a thread that runs one libmicrohttpd daemon with its share of the connections. */
struct lane {
    struct server *server;
    int index;
    struct MHD_Daemon *daemon;
    int epoll; /* of the daemon */
    pthread_t thread;
    bool has_thread;
    int bell; /* eventfd: wakes it for new connections, for answers of slow workers and to end */
    _Atomic(struct line *) newcomers;
    struct line *adding;        /* the one it is handing to libmicrohttpd */
    struct call *free_calls;    /* only its thread touches these */
    struct call *held;          /* their answers wait until the lane goes to the disk */
    struct call *waiting;       /* their handlers are called again */
    struct kept kept[KEPT_MAX]; /* each lane its own: whoever sends one counts it, under a lock */
    unsigned next_kept;
    struct mold molds[MOLDS_MAX];
    uint64_t molded;              /* answers */
    uint64_t next_id;             /* of its requests */
    _Atomic int in_flight;        /* requests; written by its thread alone */
    long pools;                   /* of connections that are not closed, as far as they are known */
    struct silence silence;       /* connections that say nothing since their last answer and are not slimmed yet */
    _Atomic unsigned connections; /* dealt to it and not closed yet */
};

struct server {
    struct server_config config; /* without the lists, which are below */
    struct route_table *routes;
    struct intake intake;
    char **hosts;
    char *mtls_host, *cert_header;
    struct net *trusted;
    struct tls *tls; /* NULL: plain http */
    pthread_rwlock_t authorities_lock;
    struct tls_authorities *authorities;
    uint16_t *ports;
    struct listener *listeners;
    size_t n_listeners;
    struct lane *lanes;
    struct workers *slow;
    struct meter *meter;

    _Atomic unsigned streams;
    uint64_t process; /* random: the first half of the traces that begin here */
    _Atomic bool draining;

    pthread_mutex_t lines_lock; /* lines, and the fields of a line that are not atomic */
    struct line *lines;
    unsigned n_lines;
    pthread_t doorkeeper;
    bool has_doorkeeper;
    int bell;             /* eventfd: wakes the doorkeeper */
    _Atomic bool closing; /* the doorkeeper ends */
    _Atomic bool ending;  /* the lanes end */
};

static const struct form no_form;

/* --- calls ------------------------------------------------------------------------------------------------------ */

static struct call *call_take(struct lane *lane)
{
    struct call *call = lane->free_calls;
    if (call) {
        lane->free_calls = call->next;
        return call;
    }
    call = calloc(1, sizeof(*call));
    if (call)
        arena_open(&call->arena, lane->server->config.arena_ceiling);
    return call;
}

static void call_give_back(struct lane *lane, struct call *call)
{
    if (call->stream.is) {
        buf_close(&call->stream.part);
        atomic_fetch_sub_explicit(&call->server->streams, 1, memory_order_relaxed);
    }
    arena_reset(&call->arena);
    call->next = lane->free_calls;
    lane->free_calls = call;
}

/* A number that differs from request to request; mixed, so that it does not count our visitors aloud. Each lane begins
 * by chance somewhere in the 2^64 of them. */
static uint64_t next_id(struct lane *lane)
{
    uint64_t n = lane->next_id += 0x9E3779B97F4A7C15U;
    n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9U;
    n = (n ^ (n >> 27)) * 0x94D049BB133111EBU;
    return n ^ (n >> 31);
}

/* Nobody else writes it: no need for a locked instruction. */
static void count_in_flight(struct lane *lane, int more)
{
    int n = atomic_load_explicit(&lane->in_flight, memory_order_relaxed);
    atomic_store_explicit(&lane->in_flight, n + more, memory_order_release);
}

static void call_open(struct call *call, struct lane *lane, struct MHD_Connection *connection)
{
    struct server *s = lane->server;
    int64_t now = clock_steady_ns();
    call->started_ns = now;
    call->server = s;
    call->lane = lane;
    call->connection = connection;
    call->line = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    call->route = NULL;
    call->phase = CALL_LINE;
    call->allowed = 0;
    call->fault = (struct fault){0};
    call->target_bytes = call->prefix_bytes = 0;
    call->plan = (struct body_plan){0};
    call->mold = NULL;
    call->last = false;
    call->wait_until_ms = 0;
    call->stream.is = false;
    trace_begin(&call->trace, s->process, next_id(lane));
    call->request = (struct request){
        .method = METHOD_OTHER,
        .query = &no_form,
        .form = &no_form,
        .headers = call->headers,
        .peer = call->line->peer,
        .id = call->trace.span,
        .arena = &call->arena,
        .worker = lane->index,
        .started_ms = now / 1000000,
    };
    answer_open(&call->answer, &call->arena);
}

/* --- answering -------------------------------------------------------------------------------------------------- */

static bool add_head(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* Pages ask nothing of the device they are shown on; whatever is put into one shall not be able to either. */
#define PERMISSIONS                                                                                                    \
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "         \
    "microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), "       \
    "xr-spatial-tracking=()"

static bool is_document(const char *type)
{
    return type && (strncmp(type, "text/html", 9) == 0 || strncmp(type, "application/xhtml", 17) == 0);
}

static bool ends_connection(const struct call *call)
{
    return call->last || atomic_load_explicit(&call->server->draining, memory_order_relaxed);
}

/* What every answer of its kind has. */
static bool add_common_heads(struct MHD_Response *response, const struct server *s, const struct answer *a)
{
    bool ok =
        add_head(response, "Cache-Control", a->cache) && add_head(response, "Content-Security-Policy", a->policy) &&
        add_head(response, "Referrer-Policy", a->referrer) && add_head(response, "X-Content-Type-Options", "nosniff") &&
        add_head(response, "X-Frame-Options", "DENY") &&
        add_head(response, "Cross-Origin-Opener-Policy", "same-origin") &&
        add_head(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (ok && s->config.hsts)
        ok = add_head(response, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    if (ok && a->content_type)
        ok = add_head(response, "Content-Type", a->content_type);
    if (ok && is_document(a->content_type))
        ok = add_head(response, "Permissions-Policy", PERMISSIONS);
    if (ok && a->no_cache)
        ok = add_head(response, "Pragma", "no-cache");
    return ok;
}

static bool add_heads(struct MHD_Response *response, const struct call *call)
{
    const struct answer *a = &call->answer;
    bool ok = add_common_heads(response, call->server, a);
    for (size_t i = 0; ok && i < a->n_heads; i++)
        ok = add_head(response, a->heads[i].name, a->heads[i].value);
    if (ok && ends_connection(call))
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

/* Of the lane, when everything before was sent. */
static ssize_t read_part(void *cls, uint64_t at, char *out, size_t max)
{
    struct call *call = cls;
    struct streaming *s = &call->stream;
    size_t left = s->part.n - s->sent, n = left < max ? left : max;
    (void)at;
    if (n) {
        memcpy(out, s->part.p + s->sent, n);
        s->sent += n;
        return (ssize_t)n;
    }
    if (s->err)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (s->end)
        return MHD_CONTENT_READER_END_OF_STREAM;
    s->part.n = s->sent = 0;
    MHD_suspend_connection(call->connection);
    if (!workers_push(call->server->slow, &call->job)) {
        s->err = ERR_BUSY;
        MHD_resume_connection(call->connection);
    }
    return 0;
}

static struct MHD_Response *make_response(struct call *call)
{
    struct view body = call->answer.body;
    /* Not copied: it lives in the call's arena, which stays until on_completed. */
    struct MHD_Response *response =
        call->stream.is ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_part, call, NULL)
                        : MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);
    if (response && !add_heads(response, call)) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return response;
}

/* NULL: it is made anew. */
static struct MHD_Response *kept_response(struct call *call)
{
    struct lane *lane = call->lane;
    const struct answer *a = &call->answer;
    if (!a->kept || a->broken || a->n_heads || call->fault.status || ends_connection(call) ||
        call->request.worker != lane->index)
        return NULL;
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (lane->kept[i].response && lane->kept[i].body.p == a->body.p && lane->kept[i].body.n == a->body.n)
            return lane->kept[i].response;
    struct MHD_Response *response = make_response(call);
    if (response) {
        struct kept *place = &lane->kept[lane->next_kept++ % KEPT_MAX];
        if (place->response)
            MHD_destroy_response(place->response); /* those who are still sending it hold on to it */
        *place = (struct kept){a->body, response};
    }
    return response;
}

static bool has_mold_body(const struct answer *a)
{
    return a->n_heads == 0 && a->body.n > 0 && a->body.n <= MOLD_BODY_MAX && a->content_type &&
           strlen(a->content_type) < MOLD_TYPE_MAX && !is_document(a->content_type);
}

static bool fits_mold(const struct call *call)
{
    const struct answer *a = &call->answer;
    return answer_is_usual(a) && !a->broken && !a->part && !call->fault.status && !ends_connection(call) &&
           call->request.worker == call->lane->index && (answer_location(a) || has_mold_body(a));
}

/* That of a redirect has no type. */
static const char *mold_type(const struct answer *a)
{
    return a->content_type ? a->content_type : "";
}

static bool is_mold_of(const struct mold *m, const struct answer *a)
{
    return m->response && m->n == a->body.n && m->no_cache == a->no_cache && strcmp(m->type, mold_type(a)) == 0;
}

static void mold_close(struct mold *m)
{
    if (m->response)
        MHD_destroy_response(m->response);
    free(m->body);
    *m = (struct mold){.response = NULL};
}

/* False: it cannot be had. */
static bool mold_open(struct mold *m, const struct call *call)
{
    const struct answer *a = &call->answer;
    mold_close(m);
    m->n = a->body.n;
    m->no_cache = a->no_cache;
    memcpy(m->type, mold_type(a), strlen(mold_type(a)) + 1);
    m->body = m->n ? malloc(m->n) : NULL;
    if (m->body || !m->n)
        m->response = MHD_create_response_from_buffer(m->n, m->body, MHD_RESPMEM_PERSISTENT);
    if (m->response && add_common_heads(m->response, call->server, a))
        return true;
    mold_close(m);
    return false;
}

/* Like the answer; else one to be made anew, NULL if all are lent. */
static struct mold *find_mold(struct lane *lane, const struct answer *a)
{
    struct mold *oldest = NULL;
    for (struct mold *m = lane->molds; m < lane->molds + MOLDS_MAX; m++) {
        if (m->lent)
            continue;
        if (is_mold_of(m, a))
            return m;
        if (!oldest || m->used < oldest->used)
            oldest = m;
    }
    return oldest;
}

/* False: it is as it was. */
static bool fill_mold(struct mold *m, const struct answer *a)
{
    const char *location = answer_location(a);
    if (location && !add_head(m->response, "Location", location))
        return false;
    m->location = location;
    if (m->n)
        memcpy(m->body, a->body.p, m->n);
    return true;
}

/* NULL: it is made anew. */
static struct MHD_Response *molded_response(struct call *call)
{
    struct lane *lane = call->lane;
    struct mold *m = fits_mold(call) ? find_mold(lane, &call->answer) : NULL;
    if (!m || (!is_mold_of(m, &call->answer) && !mold_open(m, call)) || !fill_mold(m, &call->answer))
        return NULL;
    m->used = ++lane->molded;
    m->lent = true;
    call->mold = m;
    return m->response;
}

/* Nothing of this answer may be in the next one; the head was written long ago. */
static void empty_mold(struct mold *m)
{
    wipe(m->body, m->n);
    if (m->location && MHD_del_response_header(m->response, "Location", m->location) != MHD_YES)
        mold_close(m);
    m->location = NULL;
}

/* While the call's arena still has the Location. */
static void give_back_mold(struct call *call)
{
    if (!call->mold)
        return;
    empty_mold(call->mold);
    call->mold->lent = false;
    call->mold = NULL;
}

static void begin_stream(struct call *call)
{
    struct server *s = call->server;
    if (!call->answer.part || call->fault.status || call->answer.broken)
        return;
    if (atomic_fetch_add_explicit(&s->streams, 1, memory_order_relaxed) < s->config.streams_max) {
        call->stream = (struct streaming){.is = true};
        buf_open(&call->stream.part, NULL, ANSWER_PART);
        return;
    }
    atomic_fetch_sub_explicit(&s->streams, 1, memory_order_relaxed);
    const struct trace *before = trace_enter(&call->trace);
    call->fault = (struct fault){.status = 503, .rule = "too many long answers are being sent"};
    show_fault(call);
    trace_enter(before);
}

static struct MHD_Response *response_of(struct call *call)
{
    begin_stream(call);
    if (call->answer.broken) {
        const struct trace *before = trace_enter(&call->trace);
        log_event(LOG_ERROR, "answer_broken", LOG_TEXT("path", log_path(call)));
        call->fault = (struct fault){.status = 500, .rule = "answer could not be written"};
        show_fault(call);
        trace_enter(before);
    }
    return make_response(call);
}

/* Hands the answer to libmicrohttpd. False if even that failed: the connection is closed then. */
static bool queue_answer(struct call *call)
{
    struct MHD_Response *kept = kept_response(call);
    if (!kept)
        kept = molded_response(call);
    struct MHD_Response *response = kept ? kept : response_of(call);
    call->phase = CALL_DONE;
    if (!response)
        return false;
    meter_count(call->server->meter, call->request.worker, call->route, call->answer.status,
                clock_steady_ns() - call->started_ns);
    bool ok = MHD_queue_response(call->connection, (unsigned)call->answer.status, response) == MHD_YES;
    if (!kept)
        MHD_destroy_response(response);
    return ok;
}

/* --- answers that are kept back --------------------------------------------------------------------------------- */

static bool is_held(const struct call *call)
{
    return call->answer.settle && !call->fault.status && !call->answer.broken;
}

static enum err settle(const struct call *call)
{
    return call->answer.settle(call->answer.settle_ctx);
}

static void refuse_held(struct call *call)
{
    const struct trace *before = trace_enter(&call->trace);
    call->fault = (struct fault){.status = 503, .rule = "it could not be recorded"};
    show_fault(call);
    trace_enter(before);
}

static bool is_settled_with(const struct call *call, const struct call *before)
{
    return before && call->answer.settle == before->answer.settle &&
           call->answer.settle_ctx == before->answer.settle_ctx;
}

/* The lane has worked on everything that was there, and goes to the disk once for all of it. */
static void release_held(struct lane *lane)
{
    enum err e = ERR_OK;
    struct call *before = NULL;
    for (struct call *call = lane->held; call; call = call->next) {
        if (!is_settled_with(call, before))
            e = settle(call);
        if (e != ERR_OK)
            refuse_held(call);
        before = call;
    }
    for (struct call *call = lane->held, *next; call; call = next) {
        next = call->next;
        queue_answer(call); /* on failure on_request is called once more and closes the connection */
        MHD_resume_connection(call->connection);
    }
    lane->held = NULL;
}

/* When nobody else is connected here, nobody can come meanwhile: the shortest way is to the disk at once. */
static bool may_go_alone(const struct lane *lane)
{
    return !lane->held && atomic_load_explicit(&lane->connections, memory_order_relaxed) <= 1;
}

static void hold(struct call *call)
{
    MHD_suspend_connection(call->connection);
    call->next = call->lane->held;
    call->lane->held = call;
}

/* --- answers that wait for somebody else ------------------------------------------------------------------------ */

static bool waits(const struct call *call)
{
    return call->answer.ready && !call->fault.status;
}

static void put_waiting(struct call *call)
{
    if (!call->wait_until_ms)
        call->wait_until_ms = clock_steady_ms() + call->answer.patience_ms;
    call->next = call->lane->waiting;
    call->lane->waiting = call;
}

/* The client has closed, or wants to say nothing more: it is no use to wait for its sake. */
static bool is_gone(const struct call *call)
{
    char byte;
    return recv(call->line->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool is_late(const struct call *call)
{
    if (call->answer.lingers && (atomic_load(&call->server->draining) || is_gone(call)))
        return true;
    return clock_steady_ms() >= call->wait_until_ms;
}

/* How long the lane may sleep, in milliseconds; -1: until something comes. */
static int patience_of(const struct lane *lane)
{
    int ms = -1;
    for (const struct call *call = lane->waiting; call && ms != WAIT_TICK_MS; call = call->next)
        ms = call->answer.lingers ? LINGER_TICK_MS : WAIT_TICK_MS;
    return ms;
}

/* --- working ---------------------------------------------------------------------------------------------------- */

static void make_answer(struct call *call)
{
    struct server *s = call->server;
    trace_enter(&call->trace);
    if (!call->fault.status && intake_forms(&s->intake, call->route, &call->request, &call->fault))
        call->route->handle(s->config.ctx, &call->request, &call->answer);
    if (call->fault.status)
        show_fault(call);
    if (s->config.log_name && !waits(call))
        log_event(LOG_INFO, "request", LOG_STR("method", method_name(call->request.method)),
                  LOG_TEXT("path", log_path(call)), LOG_INT("status", call->answer.status),
                  LOG_INT("ms", clock_steady_ms() - call->request.started_ms));
    trace_enter(NULL);
}

static void ring(int bell)
{
    uint64_t one = 1;
    if (bell >= 0 && write(bell, &one, sizeof(one)) < 0)
        return; /* it is ringing already */
}

static void make_answer_again(struct call *call, bool late)
{
    call->request.waited = late;
    call->request.resumed = call->answer.lingers ? call->answer.ready_ctx : NULL;
    answer_open(&call->answer, &call->arena);
    make_answer(call);
    if (late && waits(call)) {
        call->answer.ready = NULL;
        call->answer.broken = true;
    }
}

/* Those whose time has come, or all; the connections are asleep. */
static void look_at_waiting(struct lane *lane, bool all)
{
    struct call *list = lane->waiting;
    lane->waiting = NULL;
    for (struct call *call = list, *next; call; call = next) {
        next = call->next;
        bool late = all || is_late(call);
        if (late || call->answer.ready(call->answer.ready_ctx))
            make_answer_again(call, late);
        if (waits(call)) {
            put_waiting(call);
        } else if (is_held(call)) {
            call->next = lane->held;
            lane->held = call;
        } else {
            queue_answer(call);
            MHD_resume_connection(call->connection);
        }
    }
}

/* A slow worker has nothing better to do. */
static void wait_here(struct call *call)
{
    int64_t until_ms = clock_steady_ms() + call->answer.patience_ms;
    while (waits(call)) {
        bool late = clock_steady_ms() >= until_ms;
        if (late || call->answer.ready(call->answer.ready_ctx))
            make_answer_again(call, late);
        else
            nanosleep(&(struct timespec){.tv_nsec = WAIT_TICK_MS * 1000000L}, NULL);
    }
}

/* In a slow worker: the connection sleeps meanwhile. A part that is still empty goes behind the others who wait. */
static void run_part(struct call *call)
{
    struct streaming *s = &call->stream;
    struct lane *lane = call->lane;
    trace_enter(&call->trace);
    s->err =
        is_gone(call) ? ERR_UNAVAILABLE : call->answer.part(call->answer.part_ctx, &call->request, &s->part, &s->end);
    if (!s->err)
        s->err = s->part.err;
    if (s->err)
        log_event(LOG_WARN, "stream_cut", LOG_TEXT("path", log_path(call)), LOG_STR("reason", err_words(s->err)));
    trace_enter(NULL);
    if (s->err)
        s->part.n = 0;
    else if (!s->part.n && !s->end && workers_push(call->server->slow, &call->job))
        return; /* from here on the call may be another worker's */
    else if (!s->part.n && !s->end)
        s->err = ERR_BUSY;
    MHD_resume_connection(call->connection);
    ring(lane->bell);
}

static void run_slow(void *ctx, struct job *job, int worker)
{
    struct server *s = ctx;
    struct call *call = (struct call *)job;
    call->request.worker = (int)s->config.workers + worker;
    if (call->stream.is) {
        run_part(call);
        return;
    }
    make_answer(call);
    wait_here(call);
    if (is_held(call) && settle(call) != ERR_OK)
        refuse_held(call);
    struct lane *lane = call->lane;
    queue_answer(call);                      /* on failure on_request is called once more and closes the connection */
    MHD_resume_connection(call->connection); /* from here on the call may be another request's */
    ring(lane->bell);
}

/* --- collecting ------------------------------------------------------------------------------------------------- */

static enum method method_of(const char *text)
{
    static const enum method methods[] = {METHOD_GET, METHOD_POST, METHOD_HEAD, METHOD_PUT, METHOD_DELETE};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(text, method_name(methods[i])) == 0)
            return methods[i];
    return METHOD_OTHER;
}

struct collected {
    struct call *call;
    const char *end; /* behind the last value; at first behind the request line */
    bool broken;
};

/* libmicrohttpd leaves header lines where they arrived, with their CR LF overwritten by zeros: so the next name starts
 * exactly two bytes behind the last value. A line that ended in a bare LF is one byte nearer, a folded one is moved
 * elsewhere, a NUL cuts a value short and leaves a gap. */
static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                 const char *value, size_t value_size)
{
    (void)kind;
    struct collected *c = cls;
    struct request *r = &c->call->request;
    if (key - c->end != 2)
        c->broken = true;
    c->end = value + value_size;
    while (value_size && (value[value_size - 1] == ' ' || value[value_size - 1] == '\t')) {
        value_size--;
        /* libmicrohttpd would not take the blank for one, and read to the end of the connection. */
        c->broken |= key_size == 17 && strcasecmp(key, "Transfer-Encoding") == 0;
    }
    if (r->n_headers < HEADERS_ROOM)
        c->call->headers[r->n_headers++] =
            (struct header){.name = view_bytes(key, key_size), .value = view_bytes(value ? value : "", value_size)};
    return MHD_YES;
}

static void *session_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

static bool is_chained(struct server *s, const struct view *certs, size_t n)
{
    INSIST(pthread_rwlock_rdlock(&s->authorities_lock) == 0);
    bool chained = n && tls_authorities_vouch(s->authorities, certs, n);
    pthread_rwlock_unlock(&s->authorities_lock);
    return chained;
}

/* In TLS with us it is the same for all requests of the connection: looked at once. */
static void meet_client(struct call *call)
{
    struct line *line = call->line;
    struct view certs[CERTS_MAX];
    if (line->mtls && !line->cert_known) {
        size_t n = tls_peer(certs, CERTS_MAX, line->session);
        line->cert = n ? certs[0] : VIEW_NONE;
        line->cert_chained = is_chained(call->server, certs, n);
        line->cert_known = true;
    }
    call->request.client_cert = line->cert;
    call->request.client_cert_chained = line->cert_chained;
}

/* What a proxy says of the client, if it is one we trust. */
static void hear_proxy(struct call *call)
{
    struct request *r = &call->request;
    if (!call->line->trusted || !proxy_apply(&call->server->config.proxy, r, &call->fault))
        return;
    if (view_is(r->client_cert) && !call->line->mtls)
        r->client_cert_chained = is_chained(call->server, &r->client_cert, 1);
}

static bool is_named(const struct header *h, struct view name)
{
    return h->name.n == name.n && strncasecmp((const char *)h->name.p, (const char *)name.p, name.n) == 0;
}

/* W3C Trace Context 3.2, 3.3. Of two parents neither is believed. */
static void hear_trace(struct call *call)
{
    const struct request *r = &call->request;
    struct view parent = VIEW_NONE, states[HEADERS_ROOM];
    size_t n_parents = 0, n = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (is_named(&r->headers[i], VIEW("traceparent"))) {
            parent = r->headers[i].value;
            n_parents++;
        } else if (is_named(&r->headers[i], VIEW("tracestate"))) {
            states[n++] = r->headers[i].value;
        }
    }
    if (n_parents == 1 && trace_join(&call->trace, parent))
        trace_join_state(&call->trace, states, n);
}

/* What the bytes of the head were like, read off where libmicrohttpd left their parts. */
static void look_at_head(struct call *call, struct intake_head *head, const char *url, const char *method,
                         const char *version)
{
    struct collected c = {.call = call, .end = version + strlen(version)};
    size_t room = 2 * call->server->config.head_max;
    head->http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    head->new_version = !head->http_1_0 && strcmp(version, "HTTP/1.1") != 0;
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, on_header, &c);
    head->broken_line = c.broken || url - method != (ptrdiff_t)strlen(method) + 1; /* RFC 9112 3: one space */
    /* The version follows the target in the same line buffer: the distance tells of NULs inside the target. */
    head->target_bytes = call->target_bytes;
    if (version > url && (size_t)(version - url) <= room)
        head->target_bytes = (size_t)(version - url) - 1 - call->prefix_bytes;
    head->head_bytes = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if ((size_t)(c.end - method) + 4 != head->head_bytes)
        head->broken_line = true;
}

/* Everything of the head is there: collect, check, and prepare for the body. */
static void begin(struct call *call, const char *url, const char *method, const char *version)
{
    struct request *r = &call->request;
    struct intake_head head = {.mtls = call->line->mtls, .local = call->line->local};
    r->method = method_of(method);
    look_at_head(call, &head, url, method, version);
    hear_trace(call);
    meet_client(call);
    if (!call->fault.status)
        hear_proxy(call);
    if (!call->fault.status)
        call->route = intake_check(&call->server->intake, r, &head, &call->plan, &call->allowed, &call->fault);
    /* Where a request ended may have been seen otherwise by a proxy in front: nothing that comes behind it is read. */
    call->last = call->plan.open_end || call->fault.status == 400;
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

static void hand_over(struct call *call)
{
    MHD_suspend_connection(call->connection);
    if (workers_push(call->server->slow, &call->job))
        return;
    call->fault = (struct fault){.status = 503, .rule = "too many requests are waiting"};
    make_answer(call);
    queue_answer(call);
    MHD_resume_connection(call->connection);
}

static enum MHD_Result dispatch(struct call *call)
{
    if (!call->fault.status && call->body.n && buf_done(&call->body, &call->request.body) != ERR_OK)
        call->fault = (struct fault){.status = 503, .rule = "out of memory"};
    call->phase = CALL_WORK;
    atomic_store_explicit(&call->line->deadline_ms, NEVER, memory_order_relaxed);
    if (!call->fault.status && call->route->flags & ROUTE_SLOW) {
        hand_over(call);
        return MHD_YES;
    }
    make_answer(call);
    if (waits(call)) {
        MHD_suspend_connection(call->connection);
        put_waiting(call);
        return MHD_YES;
    }
    if (is_held(call) && !may_go_alone(call->lane)) {
        hold(call);
        return MHD_YES;
    }
    if (is_held(call) && settle(call) != ERR_OK)
        refuse_held(call);
    return queue_answer(call) ? MHD_YES : MHD_NO;
}

/* --- connections that say nothing ------------------------------------------------------------------------------- */

static void slim_silent(struct lane *lane, int64_t now)
{
    if (lane->pools != pool_alive()) /* one of them is closed, and its block gone */
        return;
    for (struct silent *one; (one = silence_take(&lane->silence, now - SLIM_AFTER_MS));) {
        struct line *line = one->of;
        pool_slim(&line->pool);
        pack_session(line->session);
    }
}

/* The doorkeeper: lanes sleep until something comes, and then nothing does. */
static void wake_silent(struct server *s, int64_t now)
{
    for (unsigned i = 0; i < s->config.workers; i++)
        if (silence_since(&s->lanes[i].silence) <= now - SLIM_AFTER_MS)
            ring(s->lanes[i].bell);
}

/* --- what libmicrohttpd calls ----------------------------------------------------------------------------------- */

/* The request line is there. URI is the target as sent, before libmicrohttpd takes it apart. */
static void *on_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct lane *lane = cls;
    struct server *s = lane->server;
    struct call *call = call_take(lane);
    if (!call)
        return NULL;
    count_in_flight(lane, 1);
    call_open(call, lane, connection);
    silence_leave(&lane->silence, &call->line->silent);
    atomic_store_explicit(&call->line->deadline_ms, call->request.started_ms + s->config.read_s * INT64_C(1000),
                          memory_order_relaxed);
    struct view target = view_text(uri ? uri : "");
    call->prefix_bytes = intake_authority(&call->request, target);
    target = view_from(target, call->prefix_bytes);
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
        if (!call->fault.status || (!call->last && call->plan.length <= SWALLOW_MAX))
            return MHD_YES;
        make_answer(call);
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
    struct lane *lane = cls;
    struct server *s = lane->server;
    struct call *call = *context;
    *context = NULL;
    if (!call)
        return;
    int64_t now = clock_steady_ms(), patience_s = (int64_t)s->config.idle_s + s->config.read_s;
    atomic_store_explicit(&call->line->deadline_ms, now + patience_s * 1000, memory_order_relaxed);
    if (call->line->pool.p)
        silence_join(&lane->silence, &call->line->silent, now);
    give_back_mold(call);
    call_give_back(lane, call);
    count_in_flight(lane, -1);
}

static size_t no_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text); /* paths stay as they were sent */
}

/* --- connections ------------------------------------------------------------------------------------------------ */

static void line_unlink(struct server *s, struct line *line)
{
    if (line->prev)
        line->prev->next = line->next;
    else
        s->lines = line->next;
    if (line->next)
        line->next->prev = line->prev;
    s->n_lines--;
    atomic_fetch_sub_explicit(&line->lane->connections, 1, memory_order_relaxed);
}

static void line_free(struct server *s, struct line *line)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    line_unlink(s, line);
    pthread_mutex_unlock(&s->lines_lock);
    tls_end(line->identity);
    free(line);
}

/* The line the doorkeeper made for this socket. */
static struct line *line_started(struct server *s, int fd)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    struct line *line = s->lines;
    while (line && (line->fd != fd || line->started))
        line = line->next;
    INSIST(line);
    line->started = true;
    pthread_mutex_unlock(&s->lines_lock);
    return line;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct lane *lane = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        struct line *line = line_started(lane->server, fd);
        *context = line;
        if (lane->server->tls) {
            line->session = session_of(connection);
            line->identity = tls_begin(lane->server->tls, line->session, line->mtls);
        }
    } else {
        struct line *line = *context;
        if (lane->adding == line)
            lane->adding = NULL;
        silence_leave(&lane->silence, &line->silent);
        lane->pools -= line->pool.p != NULL;
        line_free(lane->server, line); /* the socket is still open: its number cannot be another's yet */
        *context = NULL;
    }
}

/* --- the doorkeeper: accepts connections, deals them out, and cuts off slow senders ----------------------------- */

/* libmicrohttpd's time-out starts anew with every byte, so a patient attacker could hold a connection for days by
 * sending one byte now and then. A line past its deadline is shut down; libmicrohttpd then sees the end and closes it.
 */
static void cut_off_late(struct server *s)
{
    int64_t now = clock_steady_ms();
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    for (struct line *line = s->lines; line; line = line->next)
        if (line->started && atomic_load_explicit(&line->deadline_ms, memory_order_relaxed) < now)
            shutdown(line->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lines_lock);
}

static struct lane *emptiest_lane(struct server *s, unsigned *turn)
{
    struct lane *best = NULL;
    for (unsigned i = 0; i < s->config.workers; i++) {
        struct lane *lane = &s->lanes[(*turn + i) % s->config.workers];
        if (!best || lane->connections < best->connections)
            best = lane;
    }
    *turn = (unsigned)best->index + 1;
    return best;
}

static void read_peer(struct peer *peer, const struct sockaddr_storage *from, socklen_t n, uint16_t local_port)
{
    char port[8] = "0";
    if (from->ss_family == AF_UNIX)
        snprintf(peer->address, sizeof(peer->address), "local");
    else if (getnameinfo((const struct sockaddr *)from, n, peer->address, sizeof(peer->address), port, sizeof(port),
                         NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        peer->port = (uint16_t)strtoul(port, NULL, 10);
    peer->local_port = local_port;
}

static bool is_welcome(struct server *s, const struct line *line)
{
    unsigned same = 0;
    if (!s->config.per_address_max || line->trusted) /* a proxy has the connections of all its clients */
        return true;
    for (const struct line *l = s->lines; l; l = l->next)
        same += strcmp(l->peer.address, line->peer.address) == 0;
    return same < s->config.per_address_max;
}

/* Puts a new connection on the list; false if its address has too many already. */
static bool line_link(struct server *s, struct line *line)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    bool ok = is_welcome(s, line);
    if (ok) {
        line->next = s->lines;
        if (s->lines)
            s->lines->prev = line;
        s->lines = line;
        s->n_lines++;
        atomic_fetch_add_explicit(&line->lane->connections, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&s->lines_lock);
    return ok;
}

/* libmicrohttpd takes a connection only from the thread that runs it. */
static void hand_to_lane(struct line *line)
{
    struct lane *lane = line->lane;
    line->next_new = atomic_load(&lane->newcomers);
    while (!atomic_compare_exchange_weak(&lane->newcomers, &line->next_new, line))
        ;
    ring(lane->bell);
}

static bool is_trusted(const struct server *s, const struct line *line)
{
    struct net_address address;
    return net_address_read(&address, view_text(line->peer.address)) &&
           net_has(s->config.proxy.trusted, s->config.proxy.n_trusted, &address);
}

static void deal_out(struct server *s, int fd, const struct sockaddr_storage *from, socklen_t n,
                     const struct listener *at, unsigned *turn)
{
    struct line *line = calloc(1, sizeof(*line));
    if (!line) {
        close(fd);
        return;
    }
    line->fd = fd;
    line->silent.of = line;
    line->from = *from;
    line->from_size = n;
    line->lane = emptiest_lane(s, turn);
    read_peer(&line->peer, from, n, at->port);
    line->trusted = is_trusted(s, line);
    line->mtls = at->mtls;
    line->local = at->path[0] != 0;
    atomic_init(&line->deadline_ms, clock_steady_ms() + s->config.read_s * INT64_C(1000));
    if (!line_link(s, line)) {
        close(fd);
        free(line);
    } else {
        hand_to_lane(line);
    }
}

static bool is_full(struct server *s)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    bool full = s->n_lines >= s->config.connections_max;
    pthread_mutex_unlock(&s->lines_lock);
    return full;
}

static void accept_all(struct server *s, const struct listener *l, unsigned *turn)
{
    for (int i = 0; i < 64 && !is_full(s); i++) {
        struct sockaddr_storage from;
        socklen_t n = sizeof(from);
        int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* others must close first */
        if (fd < 0)
            return;
        if (!listener_welcomes(l, fd)) {
            close(fd);
            continue;
        }
        deal_out(s, fd, &from, n, l, turn);
    }
}

/* How long the doorkeeper may sleep. */
static int patience_ms(struct server *s, bool full)
{
    return full ? 20 : s->n_lines ? WATCH_INTERVAL_MS : -1;
}

static void *keep_door(void *arg)
{
    struct server *s = arg;
    unsigned turn = 0;
    int64_t watched = 0;
    struct pollfd *fds = calloc(s->n_listeners + 1, sizeof(*fds));
    INSIST(fds);
    while (!atomic_load(&s->closing)) {
        bool full = is_full(s);
        size_t n = full || atomic_load(&s->draining) ? 0 : s->n_listeners;
        fds[0] = (struct pollfd){.fd = s->bell, .events = POLLIN};
        for (size_t i = 0; i < n; i++)
            fds[i + 1] = (struct pollfd){.fd = s->listeners[i].fd, .events = POLLIN};
        poll(fds, n + 1, patience_ms(s, full));
        uint64_t rung;
        if (fds[0].revents && read(s->bell, &rung, sizeof(rung)) < 0)
            continue;
        for (size_t i = 0; i < n; i++)
            if (fds[i + 1].revents && !atomic_load(&s->draining))
                accept_all(s, &s->listeners[i], &turn);
        if (clock_steady_ms() - watched < WATCH_INTERVAL_MS)
            continue;
        watched = clock_steady_ms();
        cut_off_late(s);
        wake_silent(s, watched);
    }
    free(fds);
    return NULL;
}

/* What a thread of this server does, as its name. */
static const char *name_of(char out[THREAD_NAME], const struct server *s, const char *what)
{
    snprintf(out, THREAD_NAME, "%s%s", s->config.thread_prefix, what);
    return out;
}

static enum err doorkeeper_start(struct server *s)
{
    char name[THREAD_NAME];
    s->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->bell < 0)
        return ERR_IO;
    enum err e = thread_start(&s->doorkeeper, name_of(name, s, "door"), keep_door, s);
    s->has_doorkeeper = !e;
    return e;
}

static void doorkeeper_end(struct server *s)
{
    atomic_store(&s->closing, true);
    ring(s->bell);
    if (s->has_doorkeeper)
        pthread_join(s->doorkeeper, NULL);
    s->has_doorkeeper = false;
    if (s->bell >= 0)
        close(s->bell);
    s->bell = -1;
}

/* --- lanes ------------------------------------------------------------------------------------------------------- */

static enum err daemon_open(struct lane *lane)
{
    struct server *s = lane->server;
    const struct server_config *c = &s->config;
    struct MHD_OptionItem tls[3] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
    if (s->tls) {
        flags |= MHD_USE_TLS;
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities};
        tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_no_certificate()};
        tls[2] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    }
    /* Not "strict": then it would answer itself, or close without an answer; our own rules are stricter (intake). */
    /* Twice the head: libmicrohttpd keeps its list of headers and writes the answer's head in the same memory. A little
     * more, and it maps that (see pool). */
    lane->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, lane, MHD_OPTION_URI_LOG_CALLBACK, on_line, lane,
                                    MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
                                    on_completed, lane, MHD_OPTION_NOTIFY_CONNECTION, on_connection, lane,
                                    MHD_OPTION_CONNECTION_MEMORY_LIMIT, 2 * c->head_max + 1,
                                    MHD_OPTION_CONNECTION_LIMIT, c->connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
                                    c->idle_s, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    return lane->daemon ? ERR_OK : ERR_MEMORY;
}

/* libmicrohttpd passes over an event without a connection. */
static enum err hang_bell(struct lane *lane)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(lane->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    lane->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!info || lane->bell < 0)
        return ERR_IO;
    lane->epoll = info->epoll_fd;
    return epoll_ctl(lane->epoll, EPOLL_CTL_ADD, lane->bell, &event) == 0 ? ERR_OK : ERR_IO;
}

static void take_newcomers(struct lane *lane)
{
    if (!atomic_load_explicit(&lane->newcomers, memory_order_relaxed))
        return;
    for (struct line *line = atomic_exchange(&lane->newcomers, NULL), *next; line; line = next) {
        next = line->next_new;
        lane->adding = line;
        pool_look_out();
        bool taken =
            MHD_add_connection(lane->daemon, line->fd, (struct sockaddr *)&line->from, line->from_size) == MHD_YES;
        if (!taken && lane->adding) /* the socket is closed already */
            line_free(lane->server, line);
        else if (taken && (line->pool = pool_found()).p)
            lane->pools++;
        lane->adding = NULL;
    }
}

/* While a handshake waits for its client libmicrohttpd does not sleep; so we do, until something comes. Not for long:
 * an answer that was just made ready may have rung before. */
static void rest(struct lane *lane)
{
    struct pollfd any = {.fd = lane->epoll, .events = POLLIN};
    if (gate_only_waited())
        poll(&any, 1, WAIT_TICK_MS);
}

static void *run_lane(void *arg)
{
    struct lane *lane = arg;
    while (!atomic_load_explicit(&lane->server->ending, memory_order_acquire)) {
        rest(lane);
        gate_begin_turn();
        MHD_run_wait(lane->daemon, patience_of(lane));
        take_newcomers(lane);
        look_at_waiting(lane, false);
        release_held(lane);
        if (silence_since(&lane->silence) != SILENCE_NEVER)
            slim_silent(lane, clock_steady_ms());
    }
    look_at_waiting(lane, true);
    release_held(lane);
    MHD_run_wait(lane->daemon, 0); /* what was just released */
    return NULL;
}

static enum err lane_open(struct lane *lane)
{
    char name[THREAD_NAME];
    enum err e = daemon_open(lane);
    if (!e)
        e = hang_bell(lane);
    if (!e)
        e = thread_start_one(&lane->thread, name_of(name, lane->server, "lane"), (unsigned)lane->index, run_lane, lane);
    lane->has_thread = !e;
    return e;
}

/* --- opening and closing ---------------------------------------------------------------------------------------- */

#define DEFAULT(FIELD, VALUE)                                                                                          \
    do {                                                                                                               \
        if (!(FIELD))                                                                                                  \
            (FIELD) = (VALUE);                                                                                         \
    } while (0)

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
        e = workers_open(&s->slow, name_of(name, s, "slow"), s->config.slow_workers, s->config.queue_max, run_slow, s);
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
            ring(s->lanes[i].bell); /* who lingers is released */
    ring(s->bell);
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

static void lane_close(struct lane *lane)
{
    ring(lane->bell);
    if (lane->has_thread)
        pthread_join(lane->thread, NULL);
    for (struct line *line = atomic_load(&lane->newcomers), *next; line; line = next) {
        next = line->next_new;
        close(line->fd);
        line_free(lane->server, line);
    }
    if (lane->daemon)
        MHD_stop_daemon(lane->daemon);
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (lane->kept[i].response)
            MHD_destroy_response(lane->kept[i].response);
    for (size_t i = 0; i < MOLDS_MAX; i++)
        mold_close(&lane->molds[i]);
    for (struct call *call = lane->free_calls, *next; call; call = next) {
        next = call->next;
        arena_close(&call->arena);
        free(call);
    }
    if (lane->bell >= 0)
        close(lane->bell);
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
