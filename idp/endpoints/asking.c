#include "idp/endpoints/asking.h"

#include "idp/tokens/id_token.h"
#include "sessions/pushed.h"
#include "store/store.h"

/* --- sent -------------------------------------------------------------------------------------------------------- */

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
        .id_token_hint = visit_param(v, "id_token_hint"),
        .request = visit_param(v, "request"),
        .request_uri = visit_param(v, "request_uri"),
        .registration = visit_param(v, "registration"),
    };
}

/* id_token_hint must be ours and for this client: another client's sub says nothing here. */
static enum err read_hint(struct authz_request *out, struct visit *v, const struct client *client, struct view text,
                          enum refusal *refusal)
{
    struct id_token hint;

    if (!view_is(text))
        return ERR_OK;
    enum err e = id_token_read(v->arena, v->keys, v->op->issuer, text, &hint);
    if (e && e != ERR_SYNTAX && e != ERR_MISMATCH)
        return e;
    if (e || !view_equal(hint.client_id, client->id))
        *refusal = REFUSAL_HINT_INVALID;
    out->hint_sub = e ? VIEW_NONE : hint.sub;
    return ERR_OK;
}

enum err asking_read(struct authz_request *out, struct visit *v, const struct client *client, enum asking_door door,
                     enum refusal *refusal)
{
    struct authz_params params;

    read_params(v, &params);
    params.pushed = door == ASKING_PAR;
    *refusal = authz_decide(&params, client, out).refusal;
    return *refusal ? ERR_OK : read_hint(out, v, client, params.id_token_hint, refusal);
}

/* --- pushed ------------------------------------------------------------------------------------------------------ */

static enum refusal refusal_of(enum pushed_state state)
{
    static const enum refusal refusals[] = {[PUSHED_GOOD] = REFUSAL_NONE,
                                            [PUSHED_OTHER_CLIENT] = REFUSAL_PUSHED_UNKNOWN,
                                            [PUSHED_USED] = REFUSAL_PUSHED_USED,
                                            [PUSHED_EXPIRED] = REFUSAL_PUSHED_EXPIRED};

    return refusals[state];
}

enum err asking_recall(struct authz_request *out, struct ident *id, struct visit *v, const struct client *client,
                       struct view request_uri, enum refusal *refusal)
{
    struct pushed pushed;

    *out = (struct authz_request){.max_age = -1};
    *refusal = client ? REFUSAL_NONE : REFUSAL_CLIENT_UNKNOWN;
    if (*refusal)
        return ERR_OK;
    *id = ident_of(view_from(request_uri, sizeof ASKING_URN - 1));
    enum err e = pushed_find(&pushed, v->db, v->arena, *id);
    if (e == ERR_NOT_FOUND)
        *refusal = REFUSAL_PUSHED_UNKNOWN;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *refusal = refusal_of(pushed_check(&pushed, client->id, store_epoch(v->op->store), v->now));
    if (*refusal)
        return ERR_OK;
    e = authz_read(out, v->arena, pushed.request);
    return e == ERR_SYNTAX ? ERR_STORE : e;
}
