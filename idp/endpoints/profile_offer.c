/* POST /profile: shall the card tell who she is? do=register and do=read begin a card transaction, do=skip is recorded;
 * do=replace and do=keep are her word on values that say something else than the verified ones. */
#include "idp/endpoints/card_begin.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"
#include "idp/state/renewal.h"
#include "sessions/profile.h"
#include "store/store.h"

struct deciding {
    const struct visit *visit;
    const struct flow *flow;
};

static enum err skip_job(struct db *db, void *ctx)
{
    const struct deciding *d = ctx;
    struct ident interaction = d->flow->interaction->id;
    enum err e = interaction_record_problem(db, interaction, VIEW_NONE, d->visit->now);
    return e ? e : interaction_record_profile_offer(db, interaction, PROFILE_SKIPPED, d->visit->now);
}

static enum err keep_job(struct db *db, void *ctx)
{
    const struct deciding *d = ctx;
    return interaction_record_profile_offer(db, d->flow->interaction->id, PROFILE_DONE, d->visit->now);
}

/* She saw both and takes what the card says: nothing verified stands there any more. */
static enum err replace_job(struct db *db, void *ctx)
{
    const struct deciding *d = ctx;
    const struct visit *v = d->visit;
    const struct interaction *i = d->flow->interaction;
    struct ident resident = d->flow->session->resident;
    struct profile_value *values;
    size_t n;
    enum err e = profile_unseal(&values, &n, db, v->arena, v->op->master, resident, i->id, i->held);
    for (size_t k = 0; !e && k < n; k++)
        e = profile_record(db, v->arena, v->op->master, resident, &values[k], v->now);
    if (!e)
        e = renewal_follow(db, v, resident);
    return e ? e : interaction_record_profile_offer(db, i->id, PROFILE_DONE, v->now);
}

static void decide(struct visit *v, const struct flow *f, enum err (*job)(struct db *db, void *ctx))
{
    struct deciding d = {v, f};
    enum err e = store_write(v->op->store, job, &d);
    if (e && e != ERR_CONFLICT)
        show_failure(v, e, "record a decision on the profile");
    else
        visit_redirect_next(v, f->id);
}

static bool is_held(const struct flow *f)
{
    return f->session && f->interaction->profile_offer == PROFILE_HELD && view_is(f->interaction->held);
}

/* What may be answered to which page. */
static void answer(struct visit *v, const struct flow *f, struct view what)
{
    bool reads = view_equal_text(what, "read"), registers = view_equal_text(what, "register");
    bool keeps = view_equal_text(what, "keep"), replaces = view_equal_text(what, "replace");
    if (view_equal_text(what, "skip"))
        decide(v, f, skip_job);
    else if (!reads && !registers && !keeps && !replaces)
        show_parameter_error(v, VIEW("do"), "must be register, read, skip, keep or replace");
    else if (!f->session || ((keeps || replaces) && !is_held(f)))
        visit_redirect_next(v, f->id); /* logged out, or answered in another tab meanwhile */
    else if (keeps || replaces)
        decide(v, f, keeps ? keep_job : replace_job);
    else
        card_begin(v, f, registers ? CARD_REGISTER : CARD_READ);
}

void handle_profile_offer(struct visit *v)
{
    struct flow f;
    if (flow_open_form(v, visit_param(v, "i"), visit_param(v, "csrf"), &f))
        answer(v, &f, visit_param(v, "do"));
}
