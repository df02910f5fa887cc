#include "idp/state/predecessors_http.h"

#include <stdlib.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/fetch.h"
#include "jpki/pki/responders.h"

struct predecessors_http {
    struct fetch *fetch;
    struct responders *failing; /* whether it has failed lately */
    const char *url;
    int timeout_ms;
};

enum err predecessors_http_open(struct predecessors_http **out, struct fetch *f, const char *url, int timeout_ms)
{
    struct predecessors_http *p = calloc(1, sizeof *p);

    *out = p;
    if (!p)
        return ERR_MEMORY;
    *p = (struct predecessors_http){.fetch = f, .url = url, .timeout_ms = timeout_ms};
    enum err e = responders_open(&p->failing);
    if (e) {
        free(p);
        *out = NULL;
    }
    return e;
}

void predecessors_http_close(struct predecessors_http *p)
{
    if (!p)
        return;
    responders_close(p->failing);
    free(p);
}

static enum err read_answer(struct predecessors *out, struct arena *a, const struct predecessors_question *q,
                            const struct fetched *f)
{
    const char *why;

    if (f->status != 200) {
        log_event(LOG_WARN, "predecessors_refused", LOG_INT("status", f->status));
        return ERR_UNAVAILABLE;
    }
    enum err e = predecessors_read(out, a, q, f->body, &why);
    if (e == ERR_SYNTAX)
        log_event(LOG_WARN, "predecessors_not_believed", LOG_STR("why", why));
    return e;
}

static enum err ask_once(const struct predecessors_http *p, struct arena *a, const struct cert *c,
                         struct predecessors *out)
{
    const struct predecessors_question q = {view_text(chance_ticket(a)), c};
    const struct fetch_limits limits = {.timeout_ms = p->timeout_ms, .body_max = PREDECESSORS_BODY_MAX};
    struct fetched f;
    struct view body;
    enum err e = view_is(q.nonce) ? predecessors_write(&body, a, &q) : ERR_MEMORY;

    if (!e)
        e = fetch_post(p->fetch, a, view_text(p->url), "application/json", body, &limits, &f);
    return e ? e : read_answer(out, a, &q, &f);
}

static enum err ask(void *ctx, struct arena *a, const struct cert *c, struct predecessors *out)
{
    struct predecessors_http *p = ctx;

    *out = (struct predecessors){.result = PREDECESSORS_NOT_ANSWERED};
    if (!responders_ask(p->failing, p->url, clock_steady_ms()))
        return ERR_UNAVAILABLE;
    enum err e = ask_once(p, a, c, out);
    if (e != ERR_MEMORY && responders_report(p->failing, p->url, e == ERR_OK, clock_steady_ms()))
        log_event(LOG_WARN, "predecessors_rest", LOG_STR("err", err_name(e)));
    return e;
}

struct predecessors_source predecessors_http_source(struct predecessors_http *p)
{
    return (struct predecessors_source){ask, p};
}
