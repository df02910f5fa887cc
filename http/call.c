#include "http/server_inner.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

static const struct form no_form;

struct call *call_take(struct lane *lane)
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

void call_give_back(struct lane *lane, struct call *call)
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

void call_open(struct call *call, struct lane *lane, struct MHD_Connection *connection)
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

bool call_ends_connection(const struct call *call)
{
    return call->last || atomic_load_explicit(&call->server->draining, memory_order_relaxed);
}

struct view call_path(const struct call *call)
{
    return call->route ? view_text(call->route->path) : view_part(call->request.path, 0, 64);
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

void call_show_fault(struct call *call)
{
    struct server *s = call->server;
    struct answer *a = &call->answer;
    answer_open(a, &call->arena);
    answer_status(a, call->fault.status);
    const char *allowed = call->fault.status == 405 ? route_allow_text(&call->arena, call->allowed) : NULL;
    if (allowed)
        answer_header_text(a, "Allow", allowed);
    if (call->fault.status == 503)
        answer_header_text(a, "Retry-After", "1");
    log_event(LOG_INFO, "request_refused", LOG_INT("status", call->fault.status), LOG_STR("rule", call->fault.rule),
              LOG_TEXT("path", call_path(call)));
    (s->config.fault ? s->config.fault : plain_fault)(s->config.ctx, &call->request, &call->fault, a);
    a->status = call->fault.status;
}

void call_refuse(struct call *call, int status, const char *rule)
{
    const struct trace *before = trace_enter(&call->trace);
    call->fault = (struct fault){.status = status, .rule = rule};
    call_show_fault(call);
    trace_enter(before);
}
