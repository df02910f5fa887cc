/* GET, POST /authorize (RFC 6749 4.1.1, OIDC Core 3.1.2), and GET /authorize/request where a request must be fetched
 * first (RFC 9101 5.2). With a live session and a stored consent the code goes out at once, without a write; otherwise
 * an interaction begins, and /next goes on. */
#include "base/chance.h"
#include "base/log.h"
#include "http/form.h"
#include "http/url.h"
#include "idp/endpoints/asking.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/limits.h"
#include "idp/state/sealing.h"
#include "store/store.h"

#define REQUEST_MAX 32768

/* A cross-site POST brings no Lax cookies: the same parameters are asked for again with GET, which does. One too long
 * for that is refused: going on without cookies would give this browser a new ticket, and end its session. */
static void redirect_to_get(struct visit *v)
{
    struct view path = VIEW_NONE;
    struct buf b;

    buf_open(&b, v->arena, VISIT_TARGET_MAX);
    buf_put_text(&b, "/authorize");
    for (size_t i = 0; i < v->request->form->n; i++) {
        const struct form_item *item = &v->request->form->items[i];
        buf_put_byte(&b, i ? '&' : '?');
        url_put_encoded(&b, item->name);
        buf_put_byte(&b, '=');
        url_put_encoded(&b, item->value);
    }
    if (buf_done(&b, &path))
        show_too_long(v);
    else
        visit_redirect(v, path);
}

static enum err mint_job(struct db *db, void *ctx)
{
    return interaction_mint(db, ctx);
}

static enum err begin(struct visit *v, const struct flow *f, struct view *ticket)
{
    struct interaction i = {
        .client = f->client->id, .pushed = f->pushed, .created_at = v->now, .expires_at = v->now + INTERACTION_LIFE_S};
    struct view browser = visit_mint_browser(v);
    struct buf b;

    *ticket = view_text(chance_ticket(v->arena));
    if (!view_is(browser) || !view_is(*ticket))
        return ERR_MEMORY;
    i.id = ident_of(*ticket);
    i.browser = ident_of(browser);
    buf_open(&b, v->arena, REQUEST_MAX);
    authz_write(&b, &f->request);
    enum err e = buf_done(&b, &i.request);
    return e ? e : store_write(v->op->store, mint_job, &i);
}

static void begin_interaction(struct visit *v, const struct flow *f)
{
    struct view ticket;
    int64_t retry_s;

    /* Anybody may come here, and every time a row is written. */
    if (!limits_take(v->op->limits, LIMIT_INTERACTIONS, v->request->peer.address, clock_steady_ms(), &retry_s)) {
        show_throttled(v, "interactions", retry_s);
        return;
    }
    enum err e = begin(v, f, &ticket);
    if (e)
        show_failure(v, e, "begin an interaction");
    else
        visit_redirect_next(v, ticket);
}

struct recording {
    const struct flow *flow;
    int64_t now;
};

static enum err record_job(struct db *db, void *ctx)
{
    const struct recording *r = ctx;

    return flow_record_answer(db, r->flow, r->now);
}

/* None of it need outlive the machine: neither does the code, nor a pushed request (sessions/pushed.h). */
static bool record(struct visit *v, const struct flow *f)
{
    struct recording r = {f, v->now};
    bool must;
    enum err e = flow_must_record(&must, v, f);

    if (!e && must)
        e = store_write_soon(v->op->store, record_job, &r);
    if (e == ERR_CONFLICT)
        show_refusal(v, REFUSAL_PUSHED_USED);
    else if (e)
        show_failure(v, e, "record an answer");
    return !e;
}

/* The key that the answer is encrypted to (JARM 2.2) is fetched while nothing is decided yet, and may be waited for. */
static enum err prepare(struct visit *v, const struct flow *f)
{
    struct sealing sealing;

    return f->client && response_mode_is_jwt(f->request.mode)
               ? sealing_find(&sealing, v, f->client, &f->client->authorization.jwe, true)
               : ERR_OK;
}

static void answer(struct visit *v, struct flow *f)
{
    enum err e = prepare(v, f);

    if (!e)
        e = flow_decide(v, f);
    if (e)
        show_failure(v, e, "load the session");
    else if (f->verdict.step == STEP_CODE && record(v, f))
        flow_answer_code(v, f);
    else if (f->verdict.step == STEP_REFUSE && record(v, f))
        flow_answer_refusal(v, f, f->verdict.refusal);
    else if (f->verdict.step != STEP_CODE && f->verdict.step != STEP_REFUSE)
        begin_interaction(v, f);
}

/* As the door refuses what is longer than any parameter may be. */
static bool is_too_long(struct visit *v)
{
    const char *name = authz_too_long(visit_param(v, "state"), visit_param(v, "nonce"), visit_param(v, "scope"));

    if (!name)
        return false;
    log_event(LOG_INFO, "refused", LOG_TEXT("client", visit_param(v, "client_id")), LOG_STR("parameter", name),
              LOG_STR("reason", form_rule_long));
    show_fault(v, &(struct fault){.status = 400, .name = view_text(name), .rule = form_rule_long});
    return true;
}

/* Who waits for a service's address waits apart from all others. */
static bool goes_apart(struct visit *v)
{
    static const char path[] = "/authorize/request";
    struct view target = VIEW_NONE;
    struct buf b;

    if (!asking_must_fetch(v) || view_equal_text(v->request->path, path))
        return false;
    buf_open(&b, v->arena, VISIT_TARGET_MAX);
    buf_put_text(&b, path);
    buf_put_byte(&b, '?');
    buf_put(&b, v->request->query_raw);
    if (buf_done(&b, &target))
        show_too_long(v);
    else
        visit_redirect(v, target);
    return true;
}

/* RFC 9126 4: of a pushed request nothing beside client_id and request_uri counts. */
static enum err read_request(struct visit *v, struct flow *f, enum refusal *refusal)
{
    struct view reference = visit_param(v, "request_uri");
    enum err e = clients_find(v->op->clients, v->db, visit_param(v, "client_id"), &f->client);

    if (e)
        return e;
    if (view_starts(reference, VIEW(ASKING_URN)))
        return asking_recall(&f->request, &f->pushed, v, f->client, reference, refusal);
    return asking_read(&f->request, v, f->client, ASKING_AUTHORIZE, refusal);
}

void handle_authorize(struct visit *v)
{
    struct flow f = {.client = NULL};
    enum refusal no;

    if (v->request->method == METHOD_POST) {
        redirect_to_get(v);
        return;
    }
    if (is_too_long(v) || goes_apart(v))
        return;
    enum err e = read_request(v, &f, &no);
    if (e)
        show_failure(v, e, "read the request");
    else if (!no)
        answer(v, &f);
    else if (refusal_row(no)->tell == TELL_PAGE || !view_is(f.request.redirect_uri))
        show_refusal(v, no);
    else
        flow_answer_refusal(v, &f, no);
}
