/* GET, POST /audit/join: whoever was invited shows the code of the invitation, and is an auditor from then on. */
#include "base/log.h"
#include "idp/endpoints/auditing.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

struct joining {
    const struct visit *visit;
    struct ident resident;
    struct view code;
    struct auditor who;
};

static enum err join_job(struct db *db, void *ctx)
{
    struct joining *j = ctx;
    const struct visit *v = j->visit;
    return auditor_join(&j->who, v->op->ledger, v->arena, db, j->code, j->resident, v->now_ms);
}

static void show_form(struct visit *v, const struct me *me, int status, bool wrong)
{
    struct buf b;
    struct page_audit_join facts = {.frame = people_frame(v, VIEW_NONE), .name = me->name, .wrong = wrong};
    people_open(&b, v);
    page_audit_join(&b, v->op->pages, &facts);
    people_answer(v, status, PAGE_PLAIN, &b);
}

void handle_audit_join(struct visit *v)
{
    struct me me;
    if (!me_open(v, &me))
        return;
    if (v->request->method != METHOD_POST) {
        show_form(v, &me, 200, false);
        return;
    }
    struct joining j = {.visit = v, .resident = me.session.resident, .code = visit_param(v, "code")};
    enum err e = view_is(j.code) ? store_write(v->op->store, join_job, &j) : ERR_NOT_FOUND;
    if (!e || e == ERR_CONFLICT)
        visit_redirect(v, VIEW("/audit"));
    else if (e != ERR_NOT_FOUND)
        show_failure(v, e, "let an auditor join");
    else {
        log_event(LOG_WARN, "audit_code_refused", LOG_STR("reason", "unknown, used, or too late"));
        show_form(v, &me, 422, true);
    }
}
