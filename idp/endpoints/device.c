/* GET, POST /device (RFC 8628 3.3): the resident types the code that a device shows, sees what it is for, and goes on
 * to the login, or stops it. */
#include "base/clock.h"
#include "base/log.h"
#include "idp/endpoints/decoupled.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/limits.h"
#include "idp/tokens/user_code.h"

static void show_form(struct visit *v, struct view code, bool wrong)
{
    struct page_device facts = {.frame = people_frame(v, VIEW_NONE), .code = code, .wrong = wrong};
    struct view browser = visit_mint_browser(v);
    struct buf b;

    if (!view_is(facts.frame.csrf)) /* she may be new here: the form needs a browser to belong to */
        facts.frame.csrf = visit_csrf_of(v, browser, IDENT_NONE);
    people_open(&b, v);
    page_device(&b, v->op->pages, &facts);
    people_answer(v, wrong ? 422 : 200, PAGE_PLAIN, &b);
}

/* RFC 8628 5.1: who guesses codes is slowed down. A right one costs nothing: many residents may share an address. */
static bool may_try(struct visit *v)
{
    int64_t retry_s;
    bool may = limits_has(v->op->limits, LIMIT_USER_CODES, v->request->peer.address, clock_steady_ms(), &retry_s);

    if (!may)
        show_throttled(v, "user codes", retry_s);
    return may;
}

static void act(struct visit *v, const struct decoupled *d, struct view code)
{
    struct view what = visit_param(v, "do");

    if (view_equal_text(what, "enter"))
        decoupled_show(v, d, view_text(user_code_show(v->arena, code)), code);
    else if (view_equal_text(what, "continue"))
        decoupled_begin(v, d, NULL);
    else if (view_equal_text(what, "refuse"))
        decoupled_refuse_now(v, d);
    else
        show_parameter_error(v, VIEW("do"), "must be enter, continue or refuse");
}

static void enter(struct visit *v)
{
    struct view typed = visit_param(v, "user_code"), code = user_code_read(v->arena, typed);
    struct decoupled d;

    if (!may_try(v))
        return;
    enum err e = view_is(code) ? decoupled_find_by_code(&d, v->db, v->arena, ident_of(code), v->now) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND) {
        int64_t retry_s;
        (void)limits_take(v->op->limits, LIMIT_USER_CODES, v->request->peer.address, clock_steady_ms(), &retry_s);
        log_event(LOG_INFO, "user_code_refused", LOG_STR("reason", "unknown, used, or too late"));
        show_form(v, typed, true);
    } else if (e)
        show_failure(v, e, "find a user code");
    else
        act(v, &d, code);
}

void handle_device(struct visit *v)
{
    struct view code = user_code_read(v->arena, visit_param(v, "user_code"));

    if (v->request->method != METHOD_POST) {
        /* RFC 8628 3.3.1: also with the code in the address she is asked, and compares it. */
        show_form(v, view_is(code) ? view_text(user_code_show(v->arena, code)) : VIEW_NONE, false);
    } else if (!visit_is_own_form(v, visit_param(v, "csrf"))) {
        log_event(LOG_WARN, "form_refused", LOG_TEXT("path", v->request->path));
        show_error(v, 403, PAGE_ERROR_FORM);
    } else
        enter(v);
}
