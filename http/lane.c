#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/gate.h"
#include "http/pack.h"
#include "http/server_inner.h"

#define SWALLOW_MAX (64 << 10) /* a refused request's body up to this is read and dropped, to keep the connection */

/* --- what libmicrohttpd calls ------------------------------------------------------------------------------------- */

/* Nobody else writes it: no need for a locked instruction. */
static void count_in_flight(struct lane *lane, int more)
{
    int n = atomic_load_explicit(&lane->in_flight, memory_order_relaxed);
    atomic_store_explicit(&lane->in_flight, n + more, memory_order_release);
}

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
        head_read(call, url, method, version);
        call->phase = CALL_BODY;
        if (!call->fault.status || (!call->last && call->plan.length <= SWALLOW_MAX))
            return MHD_YES;
        return work_answer_early(call);
    }
    if (call->phase == CALL_BODY && *n) {
        work_take_body(call, data, *n);
        *n = 0;
        return MHD_YES;
    }
    return call->phase == CALL_BODY ? work_dispatch(call) : MHD_NO;
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
    mold_give_back(call);
    call_give_back(lane, call);
    count_in_flight(lane, -1);
}

static size_t no_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text); /* paths stay as they were sent */
}

static void *session_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
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

/* --- a turn ------------------------------------------------------------------------------------------------------- */

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
        MHD_run_wait(lane->daemon, work_patience(lane));
        take_newcomers(lane);
        work_look_at_waiting(lane, false);
        work_release_held(lane);
        if (silence_since(&lane->silence) != SILENCE_NEVER)
            slim_silent(lane, clock_steady_ms());
    }
    work_look_at_waiting(lane, true);
    work_release_held(lane);
    MHD_run_wait(lane->daemon, 0); /* what was just released */
    return NULL;
}

/* --- opening and closing ------------------------------------------------------------------------------------------ */

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

enum err lane_open(struct lane *lane)
{
    char name[THREAD_NAME];
    enum err e = daemon_open(lane);
    if (!e)
        e = hang_bell(lane);
    if (!e)
        e = thread_start_one(&lane->thread, server_thread_name(name, lane->server, "lane"), (unsigned)lane->index,
                             run_lane, lane);
    lane->has_thread = !e;
    return e;
}

void lane_close(struct lane *lane)
{
    bell_ring(lane->bell);
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
