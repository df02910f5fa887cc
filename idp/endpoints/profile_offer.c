/* POST /profile: shall the card's text be read? do=read begins a card transaction, do=skip is recorded. */
#include "idp/endpoints/card_begin.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"
#include "store/store.h"

struct skipping {
    struct ident interaction;
    int64_t now;
};

static enum err skip_job(struct db *db, void *ctx)
{
    const struct skipping *s = ctx;
    enum err e = interaction_record_problem(db, s->interaction, VIEW_NONE, s->now);
    return e ? e : interaction_record_profile_offer(db, s->interaction, PROFILE_SKIPPED, s->now);
}

static void skip(struct visit *v, const struct flow *f)
{
    struct skipping s = {f->interaction->id, v->now};
    enum err e = store_write(v->op->store, skip_job, &s);
    if (e && e != ERR_CONFLICT)
        show_failure(v, e, "skip reading the card");
    else
        visit_redirect_next(v, f->id);
}

void handle_profile_offer(struct visit *v)
{
    struct view what = visit_param(v, "do");
    struct flow f;
    if (!flow_open_form(v, visit_param(v, "i"), visit_param(v, "csrf"), &f))
        return;
    if (view_equal_text(what, "skip"))
        skip(v, &f);
    else if (!view_equal_text(what, "read"))
        show_parameter_error(v, VIEW("do"), "must be read or skip");
    else if (f.session)
        card_begin(v, &f, CARD_READ);
    else
        visit_redirect_next(v, f.id); /* logged out meanwhile */
}
