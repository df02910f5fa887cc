#include "http/answer.h"

#include "base/text.h"

static const char no_store[] = "no-store", no_referrer[] = "no-referrer", location[] = "Location",
                  nothing[] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

void answer_open(struct answer *a, struct arena *arena)
{
    *a = (struct answer){.arena = arena, .status = 500, .cache = no_store, .referrer = no_referrer, .policy = nothing};
}

bool answer_is_usual(const struct answer *a)
{
    return a->cache == no_store && a->referrer == no_referrer && a->policy == nothing;
}

const char *answer_location(const struct answer *a)
{
    bool is_bare = a->n_heads == 1 && !a->content_type && a->body.n == 0;
    return is_bare && a->heads[0].name == location ? a->heads[0].value : NULL;
}

void answer_status(struct answer *a, int status)
{
    a->status = status;
}

static void add(struct answer *a, const char *name, const char *value)
{
    if (!value || a->n_heads == ANSWER_HEADERS_MAX) {
        a->broken = true;
        return;
    }
    a->heads[a->n_heads++] = (struct answer_head){.name = name, .value = value};
}

/* Nothing that could end the header line or the text: what is left cannot split an answer. */
static bool is_header_text(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
    return true;
}

void answer_header(struct answer *a, const char *name, struct view value)
{
    if (is_header_text(value))
        add(a, name, arena_text(a->arena, value));
    else
        a->broken = true;
}

void answer_header_text(struct answer *a, const char *name, const char *value)
{
    if (is_header_text(view_text(value)))
        add(a, name, value);
    else
        a->broken = true;
}

void answer_stream(struct answer *a, int status, const char *content_type, part_fn *part, void *ctx)
{
    a->status = status;
    a->content_type = content_type;
    a->part = part;
    a->part_ctx = ctx;
}

void answer_cookie(struct answer *a, const struct cookie *c)
{
    struct buf text;
    const char *value = NULL;
    buf_open(&text, a->arena, 4096);
    enum err e = cookie_write(&text, c);
    if (!e)
        e = buf_done_text(&text, &value);
    add(a, "Set-Cookie", e ? NULL : value);
}

void answer_body(struct answer *a, int status, const char *content_type, struct view body)
{
    a->status = status;
    a->content_type = content_type;
    a->body = body;
}

void answer_keep(struct answer *a)
{
    a->kept = true;
}

void answer_redirect(struct answer *a, int status, struct view url)
{
    a->status = status;
    if (url.n && text_is_visible(url))
        add(a, location, arena_text(a->arena, url));
    else
        a->broken = true;
}

void answer_no_store(struct answer *a)
{
    a->cache = no_store;
    a->no_cache = true;
}

void answer_cache(struct answer *a, const char *cache_control)
{
    a->cache = cache_control;
}

void answer_policy(struct answer *a, const char *policy)
{
    a->policy = policy;
}

void answer_referrer(struct answer *a, const char *policy)
{
    a->referrer = policy;
}

void answer_hold(struct answer *a, settle_fn *settle, void *ctx)
{
    a->settle = settle;
    a->settle_ctx = ctx;
}

void answer_wait(struct answer *a, ready_fn *ready, const void *ctx, int ms)
{
    a->ready = ready;
    a->ready_ctx = ctx;
    a->patience_ms = ms;
}

void answer_linger(struct answer *a, ready_fn *ready, const void *ctx, int ms)
{
    answer_wait(a, ready, ctx, ms);
    a->lingers = true;
}
