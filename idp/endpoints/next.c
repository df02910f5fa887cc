/* GET /next: the only page of a login. It loads everything, asks step_decide, and shows or does that. */
#include "base/log.h"
#include "idp/endpoints/decoupled.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/show.h"
#include "store/store.h"

struct finishing {
    const struct flow *flow;
    bool opened; /* the service was */
    int64_t now;
};

static enum err finish_job(struct db *db, void *ctx)
{
    const struct finishing *f = ctx;
    enum err e = interaction_take(db, f->flow->interaction->id, f->now);

    if (!e)
        e = flow_record_answer(db, f->flow, f->now);
    return e || !f->opened ? e : session_add_service(db, f->flow->session->id, f->flow->client->id, f->now);
}

/* The interaction is answered once, and so is the pushed request it began with: a second tab, or Back, finds it over.
 */
static bool finish(struct visit *v, const struct flow *f, bool opened)
{
    struct finishing job = {f, opened, v->now};
    enum err e = store_write(v->op->store, finish_job, &job);

    if (e == ERR_CONFLICT)
        show_error(v, 400, PAGE_ERROR_EXPIRED);
    else if (e)
        show_failure(v, e, "finish the interaction");
    return !e;
}

static void answer_code(struct visit *v, const struct flow *f)
{
    if (view_is(f->request.decoupled))
        decoupled_answer(v, f);
    else if (finish(v, f, true))
        flow_answer_code(v, f);
}

static void answer_refusal(struct visit *v, const struct flow *f)
{
    if (view_is(f->request.decoupled))
        decoupled_answer(v, f);
    else if (finish(v, f, false))
        flow_answer_refusal(v, f, f->verdict.refusal);
}

static void answer_home(struct visit *v, const struct flow *f)
{
    static const char *const ways[] = {[FLOW_LOGIN] = "/",
                                       [FLOW_UPDATE] = "/",
                                       [FLOW_LEAVE] = "/me/leave",
                                       [FLOW_CARDS] = "/me/cards",
                                       [FLOW_LINK] = "/me/cards"};

    if (finish(v, f, false))
        visit_redirect(v, view_text(ways[f->aim]));
}

void handle_next(struct visit *v)
{
    static void (*const steps[])(struct visit *, const struct flow *) = {
        [STEP_LOGIN] = show_login,     [STEP_CONFIRM] = show_confirm, [STEP_PROFILE] = show_profile_offer,
        [STEP_CONSENT] = show_consent, [STEP_CODE] = answer_code,     [STEP_REFUSE] = answer_refusal,
        [STEP_HOME] = answer_home,
    };
    struct flow f;

    if (!flow_open(v, visit_param(v, "i"), &f))
        return;
    if (f.aim == FLOW_LINK && f.verdict.step == STEP_LOGIN && flow_link_verdict(v, &f) != LINK_GOOD) {
        answer_home(v, &f); /* the page that asks for the old card first */
        return;
    }
    log_event(LOG_INFO, "step", LOG_STR("step", step_name(f.verdict.step)), LOG_TEXT("client", f.client->id),
              LOG_STR("consent", f.session ? grant_reason_name(f.consent.reason) : ""));
    steps[f.verdict.step](v, &f);
}
