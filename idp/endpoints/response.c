#include "idp/endpoints/response.h"

#include "http/url.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/sealing.h"

#define LOCATION_MAX 16384
#define PARAMS_MAX   (RESPONSE_PARAMS_MAX + 2)

/* --- how it travels ---------------------------------------------------------------------------------------------- */

static void redirect(struct visit *v, const struct buf *b)
{
    struct view url;
    enum err e = buf_done(b, &url);

    if (e)
        show_failure(v, e, "write the redirect");
    else
        answer_redirect(v->answer, 302, url);
}

static void answer_query(struct visit *v, const struct client *client, struct view uri,
                         const struct response_param *params, size_t n)
{
    struct buf b;

    (void)client;
    buf_open(&b, v->arena, LOCATION_MAX);
    buf_put(&b, uri);
    for (size_t i = 0; i < n; i++)
        url_add_param(&b, params[i].name, params[i].value);
    redirect(v, &b);
}

/* Multiple Response Types 2.1: form-urlencoded behind "#"; a redirect URI has no fragment of its own (RFC 6749 3.1.2).
 */
static void answer_fragment(struct visit *v, const struct client *client, struct view uri,
                            const struct response_param *params, size_t n)
{
    uint8_t separator = '#';
    struct buf b;

    (void)client;
    buf_open(&b, v->arena, LOCATION_MAX);
    buf_put(&b, uri);
    for (size_t i = 0; i < n; i++) {
        if (!view_is(params[i].value))
            continue;
        buf_put_byte(&b, separator);
        buf_put_text(&b, params[i].name);
        buf_put_byte(&b, '=');
        url_put_encoded(&b, params[i].value);
        separator = '&';
    }
    redirect(v, &b);
}

/* The page may post to the service's origin, and nowhere else. */
static const char *policy_for(struct arena *a, struct view uri)
{
    struct url url;
    struct buf b;
    const char *origin;

    if (url_read(&url, uri))
        return NULL;
    buf_open(&b, a, 512);
    url_put_origin(&b, &url);
    if (buf_done_text(&b, &origin))
        return NULL;
    return arena_printf(a, "%s; form-action %s", page_csp(PAGE_POSTS_ELSEWHERE), origin);
}

/* Form Post Response Mode 2: a form that the browser sends by itself where it runs scripts. */
static void answer_form_post(struct visit *v, const struct client *client, struct view uri,
                             const struct response_param *params, size_t n)
{
    struct page_hidden hidden[PARAMS_MAX];
    struct page_form_post facts = {
        .frame = people_frame(v, VIEW_NONE), .service = people_service(v, client), .action = uri, .hidden = hidden};
    const char *policy = policy_for(v->arena, uri);
    struct buf b;

    if (!policy) {
        show_failure(v, ERR_MEMORY, "write the form");
        return;
    }
    facts.frame.here = VIEW_NONE; /* the switches of language and letters would post elsewhere */
    for (size_t i = 0; i < n; i++)
        if (view_is(params[i].value))
            hidden[facts.n_hidden++] = (struct page_hidden){view_text(params[i].name), params[i].value};
    people_open(&b, v);
    page_form_post(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_POSTS_ELSEWHERE, &b);
    if (v->answer->status == 200)
        answer_policy(v->answer, policy);
}

/* --- what travels ------------------------------------------------------------------------------------------------ */

/* JARM 3: RS256 unless another algorithm is registered; a FAPI client is never shown that one. */
static enum jws_alg alg_of(const struct client *c)
{
    if (c->authorization.alg != JWS_NONE_GIVEN)
        return c->authorization.alg;
    return c->profile == CLIENT_PROFILE_FAPI2 ? c->id_token_alg : JWS_RS256;
}

static enum err wrap(struct visit *v, const struct client *client, struct response_param *params, size_t *n)
{
    struct response_token token = {
        .issuer = v->op->issuer, .client_id = client->id, .params = params, .n = *n, .now = v->now};
    struct view text;
    struct sealing sealing;
    /* It was fetched when the request came; nothing can be waited for now, when all is decided. */
    enum err e = sealing_find(&sealing, v, client, &client->authorization.jwe, false);

    if (!e)
        e = response_token_mint(v->arena, v->keys, alg_of(client), &token, &text);
    if (!e)
        e = sealing_apply(&text, v->arena, &sealing);
    if (e)
        return e;
    params[0] = (struct response_param){"response", text};
    *n = 1;
    return ERR_OK;
}

void response_answer(struct visit *v, const struct client *client, const struct authz_request *request,
                     const struct response_param *params, size_t n)
{
    static void (*const ways[])(struct visit *, const struct client *, struct view, const struct response_param *,
                                size_t) = {[RESPONSE_QUERY] = answer_query,
                                           [RESPONSE_FRAGMENT] = answer_fragment,
                                           [RESPONSE_FORM_POST] = answer_form_post};
    struct response_param all[PARAMS_MAX];
    bool jwt = response_mode_is_jwt(request->mode);

    INSIST(n <= RESPONSE_PARAMS_MAX);
    memcpy(all, params, n * sizeof *params);
    all[n++] = (struct response_param){"state", request->state};
    if (!jwt)
        all[n++] = (struct response_param){"iss", v->op->issuer};
    enum err e = jwt ? wrap(v, client, all, &n) : ERR_OK;
    if (e)
        show_failure(v, e, "sign the response");
    else
        ways[response_mode_way(request->mode)](v, client, request->redirect_uri, all, n);
}
