/* POST /token (RFC 6749 3.2): who calls, and with which grant. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/token_call.h"
#include "idp/state/holder.h"
#include "idp/state/spent.h"

static token_grant_fn *const grants[TOKEN_KINDS] = {
    [TOKEN_BY_CODE] = token_by_code,         [TOKEN_BY_REFRESH] = token_by_refresh,
    [TOKEN_BY_DEVICE] = token_by_device,     [TOKEN_BY_CIBA] = token_by_ciba,
    [TOKEN_BY_EXCHANGE] = token_by_exchange, [TOKEN_BY_CLIENT_CREDENTIALS] = token_by_client_credentials,
};

static enum err find_tokens(struct visit *v, struct token_call *c)
{
    enum token_kind kind;
    enum err e = caller_authenticate(&c->caller, v, &c->refusal);

    if (e || c->refusal)
        return e;
    c->client = c->caller.client;
    c->refusal = token_request_decide(&c->params, c->client, &kind);
    if (c->refusal)
        return ERR_OK;
    /* before anything else is written: it may have to wait (sealing.h) */
    if ((e = sealing_find(&c->sealing, v, c->client, &c->client->id_token_jwe, true)))
        return e;
    e = holder_find(&c->cnf, v, &c->caller, &c->refusal);
    if (e || c->refusal)
        return e;
    return grants[kind](v, c);
}

/* One that is not to be answered yet comes again. */
static enum err answer(struct visit *v, struct token_call *c)
{
    enum err e = find_tokens(v, c), spent = e == ERR_BUSY ? ERR_OK : spend_rest(v, &c->refusal);

    if (e || spent)
        return e ? e : spent;
    return c->refusal ? ERR_OK : token_call_answer(v, c);
}

void handle_token(struct visit *v)
{
    struct token_call c = {.params = {.grant_type = visit_param(v, "grant_type"),
                                      .code = visit_param(v, "code"),
                                      .redirect_uri = visit_param(v, "redirect_uri"),
                                      .code_verifier = visit_param(v, "code_verifier"),
                                      .refresh_token = visit_param(v, "refresh_token"),
                                      .device_code = visit_param(v, "device_code"),
                                      .auth_req_id = visit_param(v, "auth_req_id"),
                                      .scope = visit_param(v, "scope"),
                                      .details = visit_param(v, "authorization_details")}};
    c.now = v->now;
    spend_later(v);
    enum err e = visit_words(&c.params.resource, v, "resource");
    if (!e)
        e = answer(v, &c);

    if (e)
        json_answer_failure(v, e, "token");
    else if (c.refusal)
        json_answer_refusal(v, c.refusal, c.client ? c.client->id : VIEW_NONE);
}
