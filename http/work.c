#include <sys/socket.h>
#include <time.h>

#include "base/log.h"
#include "http/server_inner.h"

#define LINGER_TICK_MS 100 /* how often an answer that lingers is asked about */
#define NEVER          INT64_MAX

/* --- answers that are kept back ----------------------------------------------------------------------------------- */

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
    call_refuse(call, 503, "it could not be recorded");
}

static bool is_settled_with(const struct call *call, const struct call *before)
{
    return before && call->answer.settle == before->answer.settle &&
           call->answer.settle_ctx == before->answer.settle_ctx;
}

void work_release_held(struct lane *lane)
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
        response_queue(call); /* on failure on_request is called once more and closes the connection */
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

/* --- answers that wait for somebody else -------------------------------------------------------------------------- */

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

int work_patience(const struct lane *lane)
{
    int ms = -1;
    for (const struct call *call = lane->waiting; call && ms != WAIT_TICK_MS; call = call->next)
        ms = call->answer.lingers ? LINGER_TICK_MS : WAIT_TICK_MS;
    return ms;
}

/* --- working ------------------------------------------------------------------------------------------------------ */

static void make_answer(struct call *call)
{
    struct server *s = call->server;
    trace_enter(&call->trace);
    if (!call->fault.status && intake_forms(&s->intake, call->route, &call->request, &call->fault))
        call->route->handle(s->config.ctx, &call->request, &call->answer);
    if (call->fault.status)
        call_show_fault(call);
    if (s->config.log_name && !waits(call))
        log_event(LOG_INFO, "request", LOG_STR("method", method_name(call->request.method)),
                  LOG_TEXT("path", call_path(call)), LOG_INT("status", call->answer.status),
                  LOG_INT("ms", clock_steady_ms() - call->request.started_ms));
    trace_enter(NULL);
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

void work_look_at_waiting(struct lane *lane, bool all)
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
            response_queue(call);
            MHD_resume_connection(call->connection);
        }
    }
}

/* --- in a slow worker --------------------------------------------------------------------------------------------- */

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
        log_event(LOG_WARN, "stream_cut", LOG_TEXT("path", call_path(call)), LOG_STR("reason", err_words(s->err)));
    trace_enter(NULL);
    if (s->err)
        s->part.n = 0;
    else if (!s->part.n && !s->end && workers_push(call->server->slow, &call->job))
        return; /* from here on the call may be another worker's */
    else if (!s->part.n && !s->end)
        s->err = ERR_BUSY;
    MHD_resume_connection(call->connection);
    bell_ring(lane->bell);
}

void work_run_slow(void *ctx, struct job *job, int worker)
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
    response_queue(call);                    /* on failure on_request is called once more and closes the connection */
    MHD_resume_connection(call->connection); /* from here on the call may be another request's */
    bell_ring(lane->bell);
}

/* --- a request that has come -------------------------------------------------------------------------------------- */

enum MHD_Result work_answer_early(struct call *call)
{
    make_answer(call);
    return response_queue(call) ? MHD_YES : MHD_NO;
}

void work_take_body(struct call *call, const char *data, size_t n)
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
    response_queue(call);
    MHD_resume_connection(call->connection);
}

enum MHD_Result work_dispatch(struct call *call)
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
    return response_queue(call) ? MHD_YES : MHD_NO;
}
