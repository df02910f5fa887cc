#include "idp/endpoints/show.h"

#include <inttypes.h>

#include "base/log.h"
#include "idp/endpoints/people.h"
#include "idp/state/profile.h"
#include "idp/state/tally.h"
#include "sessions/session.h"

/* --- errors --------------------------------------------------------------------------------------------------- */

/* By hand and not by people_answer, which comes here when a page cannot be written. */
static void answer_error(struct visit *v, int status, struct page_error *facts)
{
    struct buf b;
    struct view page;
    facts->frame = people_frame(v, VIEW_NONE);
    facts->frame.request_id = view_text(v->request->id);
    people_open(&b, v);
    page_error(&b, v->op->pages, facts);
    if (buf_done(&b, &page)) {
        v->answer->broken = true;
        return;
    }
    answer_body(v->answer, status, page_content_type, page);
    answer_policy(v->answer, page_csp(PAGE_PLAIN));
    answer_referrer(v->answer, page_referrer_policy(PAGE_PLAIN));
}

void show_error(struct visit *v, int status, enum page_fault fault)
{
    answer_error(v, status, &(struct page_error){.fault = fault});
}

void show_parameter_error(struct visit *v, struct view parameter, const char *rule)
{
    log_event(LOG_INFO, "parameter_refused", LOG_TEXT("path", v->request->path), LOG_STR("rule", rule));
    answer_error(v, 400,
                 &(struct page_error){.fault = PAGE_ERROR_PARAMETER, .parameter = parameter, .rule = view_text(rule)});
}

#define TEXT_OF(N)   #N
#define NUMBER_OF(N) TEXT_OF(N)

void show_too_long(struct visit *v)
{
    static const char rule[] =
        "must be at most " NUMBER_OF(VISIT_TARGET_MAX) " bytes with its parameters, written as an address";

    log_event(LOG_INFO, "parameter_refused", LOG_TEXT("path", v->request->path), LOG_STR("rule", rule));
    answer_error(
        v, 413,
        &(struct page_error){.fault = PAGE_ERROR_TOO_LARGE, .parameter = v->request->path, .rule = view_text(rule)});
}

static void say_when(struct visit *v, int64_t retry_s)
{
    const char *seconds = arena_printf(v->arena, "%" PRId64, retry_s > 0 ? retry_s : 1);

    answer_header_text(v->answer, "Retry-After", seconds ? seconds : "60");
}

void show_throttled(struct visit *v, const char *what, int64_t retry_s)
{
    log_event(LOG_WARN, "throttled", LOG_STR("what", what), LOG_STR("address", v->request->peer.address),
              LOG_INT("retry_s", retry_s));
    say_when(v, retry_s);
    show_error(v, 429, PAGE_ERROR_THROTTLED);
}

void show_card_throttled(struct visit *v, const char *what, int64_t retry_s)
{
    log_event(LOG_WARN, "throttled", LOG_STR("what", what), LOG_INT("retry_s", retry_s));
    say_when(v, retry_s);
    show_error(v, 429, PAGE_ERROR_CARD_THROTTLED);
}

void show_failure(struct visit *v, enum err e, const char *what)
{
    bool later = e == ERR_BUSY || e == ERR_STORE || e == ERR_UNAVAILABLE || e == ERR_TIMEOUT;
    if (v->answer->ready) /* not failed: it waits, and is answered anew */
        return;
    log_event(LOG_ERROR, "failed", LOG_STR("what", what), LOG_STR("err", err_name(e)));
    if (later)
        answer_header_text(v->answer, "Retry-After", "10");
    show_error(v, later ? 503 : 500, later ? PAGE_ERROR_BUSY : PAGE_ERROR_SERVER);
}

static enum page_fault fault_of_refusal(enum refusal r)
{
    static const struct {
        enum refusal refusal;
        enum page_fault fault;
    } faults[] = {{REFUSAL_CLIENT_MISSING, PAGE_ERROR_CLIENT},     {REFUSAL_CLIENT_UNKNOWN, PAGE_ERROR_CLIENT},
                  {REFUSAL_REDIRECT_MISSING, PAGE_ERROR_REDIRECT}, {REFUSAL_REDIRECT_UNKNOWN, PAGE_ERROR_REDIRECT},
                  {REFUSAL_PUSHED_EXPIRED, PAGE_ERROR_EXPIRED},    {REFUSAL_PUSHED_USED, PAGE_ERROR_EXPIRED}};

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].refusal == r)
            return faults[i].fault;
    return PAGE_ERROR_REQUEST;
}

void show_refusal(struct visit *v, enum refusal r)
{
    const struct refusal_row *row = refusal_row(r);

    tally_refusal(v->op, r);
    log_event(LOG_INFO, "refused", LOG_TEXT("client", visit_param(v, "client_id")), LOG_STR("error", row->error),
              LOG_STR("reason", row->reason));
    show_error(v, row->tell == TELL_PAGE ? row->status : 400, fault_of_refusal(r));
}

static enum page_fault fault_of(const struct fault *fault)
{
    static const struct {
        int status;
        enum page_fault fault;
    } faults[] = {{404, PAGE_ERROR_NOT_FOUND}, {405, PAGE_ERROR_METHOD},    {411, PAGE_ERROR_METHOD},
                  {413, PAGE_ERROR_TOO_LARGE}, {414, PAGE_ERROR_TOO_LARGE}, {415, PAGE_ERROR_METHOD},
                  {421, PAGE_ERROR_HOST},      {429, PAGE_ERROR_THROTTLED}, {431, PAGE_ERROR_TOO_LARGE},
                  {500, PAGE_ERROR_SERVER},    {503, PAGE_ERROR_BUSY}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].status == fault->status)
            return faults[i].fault;
    return view_is(fault->name) ? PAGE_ERROR_PARAMETER : PAGE_ERROR_REQUEST;
}

void show_fault(struct visit *v, const struct fault *fault)
{
    struct page_error facts = {.fault = fault_of(fault)};
    v->english = visit_prefers_english(v->request);
    v->easy = visit_prefers_easy(v->request);
    v->large = visit_prefers_large(v->request);
    if (view_is(fault->name)) {
        facts.parameter = fault->name;
        facts.rule = view_text(fault->rule);
    }
    answer_error(v, fault->status, &facts);
}

/* --- log-out -------------------------------------------------------------------------------------------------- */

/* Whose session it is, for the page; no reason to fail for. */
static struct view name_of_session(struct visit *v)
{
    static const struct ask nothing = {.n = 0};
    struct session s;
    struct field_profile profile;
    if (visit_session(v, &s) != ERR_OK || profile_load(&profile, v, s.resident, &nothing) != ERR_OK)
        return VIEW_NONE;
    return people_name(v, &profile);
}

static void show_confirm_of(struct visit *v, struct view service, const struct page_hidden *hidden, size_t n_hidden,
                            enum page_kind kind)
{
    struct buf b;
    struct page_logout_confirm facts = {.frame = people_frame(v, VIEW_NONE),
                                        .name = name_of_session(v),
                                        .service = service,
                                        .hidden = hidden,
                                        .n_hidden = hidden ? n_hidden : 0};
    if (kind == PAGE_LINKS_AGENT)
        facts.frame.here = VIEW_NONE; /* it holds the key */
    people_open(&b, v);
    page_logout_confirm(&b, v->op->pages, &facts);
    people_answer(v, 200, kind, &b);
}

void show_logout_confirm(struct visit *v, struct view service, const struct page_hidden *hidden, size_t n_hidden)
{
    show_confirm_of(v, service, hidden, n_hidden, PAGE_PLAIN);
}

void show_logout_confirm_at_kiosk(struct visit *v)
{
    show_confirm_of(v, VIEW_NONE, NULL, 0, PAGE_LINKS_AGENT);
}

static void show_end(struct visit *v, struct page_logged_out *facts, enum page_kind kind)
{
    struct buf b;
    facts->frame = people_frame(v, VIEW_NONE);
    facts->frame.here = VIEW_NONE; /* asking again would be another log-out */
    people_open(&b, v);
    page_logged_out(&b, v->op->pages, facts);
    people_answer(v, 200, kind, &b);
}

void show_logged_out(struct visit *v, struct page_logged_out *facts)
{
    show_end(v, facts, PAGE_PLAIN);
}

void show_card_taken(struct visit *v, struct page_logged_out *facts)
{
    show_end(v, facts, PAGE_LINKS_AGENT);
}
