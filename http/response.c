#include <string.h>

#include "base/log.h"
#include "http/server_inner.h"

#define STREAM_BLOCK (32 << 10)

bool response_add_head(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* Pages ask nothing of the device they are shown on; whatever is put into one shall not be able to either. */
#define PERMISSIONS                                                                                                    \
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "         \
    "microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), "       \
    "xr-spatial-tracking=()"

bool response_is_document(const char *type)
{
    return type && (strncmp(type, "text/html", 9) == 0 || strncmp(type, "application/xhtml", 17) == 0);
}

bool response_add_common_heads(struct MHD_Response *response, const struct server *s, const struct answer *a)
{
    bool ok = response_add_head(response, "Cache-Control", a->cache) &&
              response_add_head(response, "Content-Security-Policy", a->policy) &&
              response_add_head(response, "Referrer-Policy", a->referrer) &&
              response_add_head(response, "X-Content-Type-Options", "nosniff") &&
              response_add_head(response, "X-Frame-Options", "DENY") &&
              response_add_head(response, "Cross-Origin-Opener-Policy", "same-origin") &&
              response_add_head(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (ok && s->config.hsts)
        ok = response_add_head(response, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    if (ok && a->content_type)
        ok = response_add_head(response, "Content-Type", a->content_type);
    if (ok && response_is_document(a->content_type))
        ok = response_add_head(response, "Permissions-Policy", PERMISSIONS);
    if (ok && a->no_cache)
        ok = response_add_head(response, "Pragma", "no-cache");
    return ok;
}

static bool add_heads(struct MHD_Response *response, const struct call *call)
{
    const struct answer *a = &call->answer;
    bool ok = response_add_common_heads(response, call->server, a);
    for (size_t i = 0; ok && i < a->n_heads; i++)
        ok = response_add_head(response, a->heads[i].name, a->heads[i].value);
    if (ok && call_ends_connection(call))
        ok = response_add_head(response, "Connection", "close");
    return ok;
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
    if (!a->kept || a->broken || a->n_heads || call->fault.status || call_ends_connection(call) ||
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
    call_refuse(call, 503, "too many long answers are being sent");
}

static struct MHD_Response *response_of(struct call *call)
{
    begin_stream(call);
    if (call->answer.broken) {
        const struct trace *before = trace_enter(&call->trace);
        log_event(LOG_ERROR, "answer_broken", LOG_TEXT("path", call_path(call)));
        trace_enter(before);
        call_refuse(call, 500, "answer could not be written");
    }
    return make_response(call);
}

bool response_queue(struct call *call)
{
    struct MHD_Response *kept = kept_response(call);
    if (!kept)
        kept = mold_response(call);
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
