/* POST /confirm: "continue as ..." or "somebody else". Records the one or the other. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/show.h"
#include "store/store.h"

struct confirming {
    struct ident interaction, session; /* session IDENT_NONE: somebody else */
    int64_t now;
};

static enum err confirm_job(struct db *db, void *ctx)
{
    const struct confirming *c = ctx;
    if (!ident_is(c->session))
        return interaction_record_want_login(db, c->interaction, c->now);
    return interaction_record_session(db, c->interaction, c->session, c->now);
}

static void record(struct visit *v, const struct flow *f, struct ident session)
{
    struct confirming c = {f->interaction->id, session, v->now};
    enum err e = store_write(v->op->store, confirm_job, &c);
    if (e && e != ERR_CONFLICT)
        show_failure(v, e, "confirm a session");
    else
        visit_redirect_next(v, f->id);
}

void handle_confirm(struct visit *v)
{
    struct view what = visit_param(v, "do");
    struct flow f;
    if (!flow_open_form(v, visit_param(v, "i"), visit_param(v, "csrf"), &f))
        return;
    if (f.verdict.step != STEP_CONFIRM)
        visit_redirect_next(v, f.id); /* a page kept open: the session is another one, or gone */
    else if (view_equal_text(what, "continue"))
        record(v, &f, f.session->id);
    else if (view_equal_text(what, "other"))
        record(v, &f, IDENT_NONE);
    else
        show_parameter_error(v, VIEW("do"), "must be continue or other");
}
