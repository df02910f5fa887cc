/* GET, POST /authorize (RFC 6749 4.1.1, OIDC Core 3.1.2). With a live session and a stored consent the code goes out at
 * once, without a write; otherwise an interaction begins, and /next goes on. */
#include "base/chance.h"
#include "http/url.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/limits.h"
#include "idp/tokens/id_token.h"
#include "store/store.h"

#define REQUEST_MAX 16384

static void read_params(const struct visit *v, struct authz_params *p)
{
    *p = (struct authz_params){
        .client_id = visit_param(v, "client_id"),
        .redirect_uri = visit_param(v, "redirect_uri"),
        .response_type = visit_param(v, "response_type"),
        .response_mode = visit_param(v, "response_mode"),
        .scope = visit_param(v, "scope"),
        .state = visit_param(v, "state"),
        .nonce = visit_param(v, "nonce"),
        .code_challenge = visit_param(v, "code_challenge"),
        .code_challenge_method = visit_param(v, "code_challenge_method"),
        .prompt = visit_param(v, "prompt"),
        .max_age = visit_param(v, "max_age"),
        .ui_locales = visit_param(v, "ui_locales"),
        .acr_values = visit_param(v, "acr_values"),
        .request = visit_param(v, "request"),
        .request_uri = visit_param(v, "request_uri"),
        .registration = visit_param(v, "registration"),
    };
}

/* id_token_hint must be ours and for this client: another client's sub says nothing here. */
static enum err read_hint(struct visit *v, struct flow *f, enum refusal *refusal)
{
    struct view text = visit_param(v, "id_token_hint");
    struct id_token hint;

    if (!view_is(text))
        return ERR_OK;
    enum err e = id_token_read(v->arena, v->keys, v->op->issuer, text, &hint);
    if (e && e != ERR_SYNTAX && e != ERR_MISMATCH)
        return e;
    if (e || !view_equal(hint.client_id, f->client->id))
        *refusal = REFUSAL_HINT_INVALID;
    f->request.hint_sub = e ? VIEW_NONE : hint.sub;
    return ERR_OK;
}

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
    struct interaction i = {.client = f->client->id, .created_at = v->now, .expires_at = v->now + INTERACTION_LIFE_S};
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

static void answer(struct visit *v, struct flow *f)
{
    enum err e = flow_decide(v, f);

    if (e)
        show_failure(v, e, "load the session");
    else if (f->verdict.step == STEP_CODE)
        flow_answer_code(v, f);
    else if (f->verdict.step == STEP_REFUSE)
        flow_answer_refusal(v, f, f->verdict.refusal);
    else
        begin_interaction(v, f);
}

void handle_authorize(struct visit *v)
{
    struct flow f = {.client = NULL};
    struct authz_params params;
    enum err e;

    if (v->request->method == METHOD_POST) {
        redirect_to_get(v);
        return;
    }
    read_params(v, &params);
    if ((e = clients_find(v->op->clients, v->db, params.client_id, &f.client))) {
        show_failure(v, e, "load the client");
        return;
    }
    enum refusal no = authz_decide(&params, f.client, &f.request).refusal;
    if (!no && (e = read_hint(v, &f, &no)))
        show_failure(v, e, "read id_token_hint");
    else if (!no)
        answer(v, &f);
    else if (refusal_row(no)->tell == TELL_PAGE)
        show_refusal(v, no);
    else
        flow_answer_refusal(v, &f, no);
}
