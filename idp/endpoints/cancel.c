/* POST /cancel: the resident stops. The service is told access_denied by /next (RFC 6749 4.1.2.1). */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/show.h"
#include "store/store.h"

struct cancelling {
    struct ident interaction;
    int64_t now;
};

static enum err cancel_job(struct db *db, void *ctx)
{
    const struct cancelling *c = ctx;
    return interaction_record_refusal(db, c->interaction, VIEW("access_denied"), c->now);
}

void handle_cancel(struct visit *v)
{
    struct flow f;
    if (!flow_open_form(v, visit_param(v, "i"), visit_param(v, "csrf"), &f))
        return;
    struct cancelling c = {f.interaction->id, v->now};
    enum err e = store_write(v->op->store, cancel_job, &c);
    if (e && e != ERR_CONFLICT)
        show_failure(v, e, "cancel a login");
    else
        visit_redirect_next(v, f.id);
}
