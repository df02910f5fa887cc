#include "idp/endpoints/json_answer.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/log.h"
#include "idp/state/tally.h"

#define BODY_MAX 65536

static const char json_type[] = "application/json";

static void send(struct answer *a, int status, const struct buf *b)
{
    struct view body;

    answer_no_store(a);
    if (buf_done(b, &body))
        answer_body(a, 500, json_type, VIEW("{\"error\":\"server_error\"}"));
    else
        answer_body(a, status, json_type, body);
}

void json_answer(struct visit *v, const struct buf *b)
{
    send(v->answer, 200, b);
}

static void send_error(struct answer *a, struct arena *arena, int status, const char *error, const char *description)
{
    struct json_out o;
    struct buf b;

    buf_open(&b, arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "error", error);
    json_pair_text(&o, "error_description", description);
    json_end(&o);
    send(a, status, &b);
}

void json_answer_error(struct visit *v, int status, const char *error, const char *description)
{
    log_event(LOG_INFO, "request_refused", LOG_TEXT("path", v->request->path), LOG_STR("error", error),
              LOG_STR("reason", description));
    send_error(v->answer, v->arena, status, error, description);
}

static void log_refusal(const struct visit *v, const struct refusal_row *row, struct view client)
{
    log_event(LOG_INFO, "request_refused", LOG_TEXT("path", v->request->path), LOG_TEXT("client", client),
              LOG_STR("error", row->error ? row->error : ""), LOG_STR("reason", row->reason));
}

void json_answer_refusal(struct visit *v, enum refusal r, struct view client)
{
    const struct refusal_row *row = refusal_row(r);
    tally_refusal(v->op, r);

    log_refusal(v, row, client);
    if (row->status == 401) /* RFC 6749 5.2 */
        answer_header_text(v->answer, "WWW-Authenticate", "Basic realm=\"genkan\"");
    /* What /authorize tells by redirect is told here as any other error (RFC 9126 2.3, RFC 8628 3.1). */
    send_error(v->answer, v->arena, row->tell == TELL_REDIRECT ? 400 : row->status, row->error, row->reason);
}

/* RFC 6750 3, RFC 9449 7.1: the error stands in the header; without one, only the scheme. */
static void challenge(struct visit *v, const char *scheme, const struct refusal_row *row)
{
    char *text = row->error ? arena_printf(v->arena, "%s, error=\"%s\", error_description=\"%s\"", scheme, row->error,
                                           row->reason)
                            : NULL;

    answer_header_text(v->answer, "WWW-Authenticate", text ? text : scheme);
}

static bool is_dpop(const struct visit *v)
{
    struct view scheme = view_part(request_header(v->request, "Authorization"), 0, 5);

    for (size_t i = 0; i < scheme.n; i++)
        if ((scheme.p[i] | 0x20) != "dpop "[i])
            return false;
    return scheme.n == 5;
}

void json_answer_challenge(struct visit *v, enum refusal r, struct view client)
{
    const struct refusal_row *row = refusal_row(r);
    bool of_key = row->tell == TELL_PROOF || is_dpop(v);
    tally_refusal(v->op, r);

    log_refusal(v, row, client);
    if (!of_key)
        challenge(v, "Bearer realm=\"genkan\"", row);
    if (of_key || !row->error)
        challenge(v, "DPoP algs=\"ES256 ES384 PS256 EdDSA RS256\"", row);
    send_error(v->answer, v->arena, row->tell == TELL_PROOF ? 401 : row->status,
               row->error ? row->error : "invalid_token", row->reason);
}

void json_answer_throttled(struct visit *v, const char *what, int64_t retry_s)
{
    const char *seconds = arena_printf(v->arena, "%" PRId64, retry_s > 0 ? retry_s : 1);

    log_event(LOG_WARN, "throttled", LOG_STR("what", what), LOG_INT("retry_s", retry_s));
    answer_header_text(v->answer, "Retry-After", seconds ? seconds : "60");
    send_error(v->answer, v->arena, 429, "temporarily_unavailable", "too many requests");
}

void json_answer_failure(struct visit *v, enum err e, const char *what)
{
    bool later = e == ERR_BUSY || e == ERR_STORE || e == ERR_UNAVAILABLE;

    if (v->answer->ready) /* not failed: it waits, and is answered anew */
        return;
    log_event(LOG_ERROR, "failure", LOG_STR("what", what), LOG_STR("error", err_name(e)),
              LOG_TEXT("path", v->request->path));
    char *text = arena_printf(v->arena, "request %s failed", v->request->id);
    send_error(v->answer, v->arena, later ? 503 : 500, later ? "temporarily_unavailable" : "server_error",
               text ? text : "failed");
}

/* RFC 6749 5.2: error_description is ASCII without quotes, and a parameter's name is any text of the sender. */
static struct view ascii(struct arena *a, struct view v)
{
    struct view copy = arena_copy(a, view_part(v, 0, 64));

    for (size_t i = 0; i < copy.n; i++) {
        uint8_t *c = (uint8_t *)(uintptr_t)&copy.p[i];
        if (*c < 0x20 || *c > 0x7E || *c == '"' || *c == '\\')
            *c = '?';
    }
    return copy;
}

/* What was wrong with the request; of what went wrong here, the number to quote. NULL: the rule says all. */
static const char *describe(const struct request *request, const struct fault *fault)
{
    struct view name = ascii(request->arena, fault->name);

    if (fault->status >= 500)
        return arena_printf(request->arena, "request %s failed: %s", request->id, fault->rule);
    return view_is(name) ? arena_printf(request->arena, "%.*s: %s", (int)name.n, (const char *)name.p, fault->rule)
                         : NULL;
}

void json_answer_fault(const struct request *request, const struct fault *fault, struct answer *answer)
{
    const char *text = describe(request, fault);
    const char *error = fault->status < 500    ? "invalid_request"
                        : fault->status == 503 ? "temporarily_unavailable"
                                               : "server_error";

    send_error(answer, request->arena, fault->status, error, text ? text : fault->rule);
}
