#include "idp/endpoints/asking.h"

#include "base/base64.h"
#include "http/fetch.h"
#include "idp/endpoints/offers.h"
#include "idp/rules/grant_management.h"
#include "idp/rules/request_object.h"
#include "idp/rules/resource.h"
#include "idp/state/client_keys.h"
#include "idp/state/limits.h"
#include "idp/tokens/id_token.h"
#include "sessions/pushed.h"
#include "store/store.h"

#define OBJECT_MAX 7168 /* bytes; as one that is sent as a parameter */

/* --- sent -------------------------------------------------------------------------------------------------------- */

static enum err read_params(const struct visit *v, struct authz_params *p)
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
        .claims = visit_param(v, "claims"),
        .details = visit_param(v, "authorization_details"),
        .dpop_jkt = visit_param(v, "dpop_jkt"),
        .request = visit_param(v, "request"),
        .request_uri = visit_param(v, "request_uri"),
        .registration = visit_param(v, "registration"),
        .grant_action = visit_param(v, "grant_management_action"),
        .grant_id = visit_param(v, "grant_id"),
    };
    return visit_words(&p->resource, v, "resource");
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

/* RFC 9396 3 and 5. The servers of their types are among those that tokens may be for. */
static enum err read_details(struct authz_request *out, struct visit *v, const struct client *client, struct view text,
                             enum refusal *refusal)
{
    struct details_facts facts = {.client = client};
    const struct json *details;
    struct view servers;

    if (!view_is(text))
        return ERR_OK;
    enum err e = details_read(&details, v->arena, text, refusal);
    if (e || *refusal)
        return e;
    if ((e = offers_find(&facts.offers, v, details, NULL)) ||
        (e = details_decide(&out->details, v->arena, details, &facts, refusal)) || *refusal)
        return e;
    e = details_resources(&servers, v->arena, details, &facts.offers);
    return e ? e : resource_add(&out->resource, v->arena, servers);
}

/* --- signed ------------------------------------------------------------------------------------------------------ */

static enum err verify(struct visit *v, const struct client *client, const struct jws *jws, enum refusal *refusal)
{
    enum err e = client_keys_verify(v, client, jws);

    if (e == ERR_MISMATCH)
        *refusal = REFUSAL_OBJECT_SIGNATURE;
    return e == ERR_MISMATCH ? ERR_OK : e;
}

/* An encrypted one has five parts where a signed one has three (RFC 7516 9). */
static bool is_encrypted(struct view text)
{
    size_t dots = 0;

    for (size_t i = 0; i < text.n; i++)
        dots += text.p[i] == '.';
    return dots == 4;
}

/* RFC 9101 6.1: *TEXT becomes what is inside. What does not open is malformed, whatever the reason (RFC 7516 11.5); so
 * is one that is encrypted otherwise than the client registered. */
static enum err open_object(struct view *text, struct visit *v, const struct client *client)
{
    struct jwe jwe;

    if (!is_encrypted(*text))
        return ERR_OK;
    enum err e = jwe_read(&jwe, v->arena, *text);
    if (e)
        return e;
    const struct client_jwe *how = &client->request_jwe;
    const struct jwe_key *key = locks_find(keys_locks(v->keys), jwe.kid, jwe.alg);
    if (!key || (view_is(how->alg) && jwe_alg_of(how->alg) != jwe.alg) ||
        (view_is(how->enc) && content_alg_of(how->enc) != jwe.enc))
        return ERR_SYNTAX;
    e = jwe_decrypt(text, v->arena, &jwe, key);
    return e == ERR_MISMATCH ? ERR_SYNTAX : e;
}

/* Signature first: of what the client did not sign nothing is looked at. */
static enum err judge_object(struct request_object *out, struct visit *v, const struct request_object_facts *facts,
                             struct view text, enum refusal *refusal)
{
    struct jws jws;
    enum err e = open_object(&text, v, facts->client);

    if (!e)
        e = jws_read(&jws, v->arena, text);
    if (!e)
        e = request_object_read(out, v->arena, &jws);
    if (e == ERR_SYNTAX)
        *refusal = REFUSAL_OBJECT_MALFORMED;
    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    e = verify(v, facts->client, &jws, refusal);
    if (!e && !*refusal)
        *refusal = request_object_decide(out, facts);
    return e;
}

/* RFC 9101 5.2.3. Nobody is to keep our threads busy with an address that does not answer: short, and one at a time. */
static enum err fetch_object(struct view *out, struct visit *v, struct view address, enum refusal *refusal)
{
    static const struct fetch_limits limits = {.timeout_ms = 2000, .body_max = OBJECT_MAX};
    struct fetched fetched = {0};

    if (!limits_begin(v->op->limits, LIMIT_REFERENCES))
        return ERR_BUSY;
    enum err e = fetch_get(v->op->fetch_services, v->arena, address, &limits, &fetched);
    limits_end(v->op->limits, LIMIT_REFERENCES);
    if (e == ERR_MEMORY)
        return e;
    if (e || fetched.status != 200)
        *refusal = REFUSAL_REFERENCE_UNREACHABLE;
    *out = fetched.body;
    while (out->n && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r' || out->p[out->n - 1] == ' '))
        out->n--;
    return ERR_OK;
}

static enum err find_object(struct view *out, struct visit *v, const struct client *client,
                            const struct authz_params *p, enum refusal *refusal)
{
    *out = p->request;
    if (!view_is(p->request_uri))
        return ERR_OK;
    if (view_is(p->request))
        *refusal = REFUSAL_REQUEST_TWICE;
    else if (!client_has_request_uri(client, p->request_uri))
        *refusal = REFUSAL_REFERENCE_UNKNOWN;
    return *refusal ? ERR_OK : fetch_object(out, v, p->request_uri, refusal);
}

static enum err apply_object(struct authz_params *params, struct visit *v, const struct client *client,
                             enum refusal *refusal)
{
    struct request_object_facts facts = {
        .client = client, .issuer = v->op->issuer, .way = request_object_way(client, params->pushed), .now = v->now};
    struct request_object object;
    struct authz_params sent = *params;
    struct view text;

    /* Whom an error is told: where nothing beside the object counts, nobody but by a page. */
    if (facts.way == REQUEST_OBJECT_ALONE)
        *params = (struct authz_params){.client_id = params->client_id, .pushed = params->pushed};
    enum err e = find_object(&text, v, client, &sent, refusal);
    if (!e && !*refusal)
        e = judge_object(&object, v, &facts, text, refusal);
    if (e || *refusal)
        return e;
    *params = sent;
    *refusal = request_object_apply(params, &object, facts.way);
    return ERR_OK;
}

/* --- which grant -------------------------------------------------------------------------------------------------- */

enum err asking_find_grant(const struct authz_request *request, struct visit *v, const struct client *client,
                           enum refusal *refusal)
{
    struct view id = VIEW_NONE;
    struct grant grant;

    if (!view_is(request->grant_id))
        return ERR_OK;
    enum err e = base64url_read(v->arena, request->grant_id, &id);
    if (!e)
        e = grant_find_by_id(&grant, v->arena, v->db, ident_read(id));
    if (e && e != ERR_NOT_FOUND && e != ERR_SYNTAX)
        return e;
    *refusal = grant_managed_decide(e ? NULL : &grant, client->id, IDENT_NONE, v->now);
    return ERR_OK;
}

/* --- whichever --------------------------------------------------------------------------------------------------- */

bool asking_must_fetch(const struct visit *v)
{
    struct view address = visit_param(v, "request_uri");

    return view_is(address) && !view_starts(address, VIEW(ASKING_URN));
}

enum err asking_read(struct authz_request *out, struct visit *v, const struct client *client, enum asking_door door,
                     enum refusal *refusal)
{
    struct authz_params params;

    enum err e = read_params(v, &params);
    if (e)
        return e;
    params.pushed = door == ASKING_PAR;
    *refusal = REFUSAL_NONE;
    bool has_object = view_is(params.request) || view_is(params.request_uri);
    e = client && has_object ? apply_object(&params, v, client, refusal) : ERR_OK;
    if (e)
        return e;
    enum refusal no = authz_decide(&params, client, out).refusal;
    if (!*refusal) /* what is wrong with the object comes first; *OUT says whom to tell */
        *refusal = no;
    if (!*refusal)
        e = read_hint(out, v, client, params.id_token_hint, refusal);
    if (!e && !*refusal)
        e = read_details(out, v, client, params.details, refusal);
    if (!e && !*refusal)
        e = asking_find_grant(out, v, client, refusal);
    return e || *refusal ? e : authz_decide_claims(out, v->arena, params.claims, refusal);
}

enum err asking_read_decoupled(struct authz_request *out, struct visit *v, const struct client *client,
                               enum refusal *refusal)
{
    struct authz_params params;
    enum err e = read_params(v, &params);

    *refusal = e ? REFUSAL_NONE : authz_decoupled_decide(&params, client, out);
    if (!e && !*refusal)
        e = read_details(out, v, client, params.details, refusal);
    return e || *refusal ? e : asking_find_grant(out, v, client, refusal);
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
    struct db *db = store_look(v->op->store, v->db);
    enum err e = pushed_find(&pushed, db, v->arena, *id);
    store_look_done(v->op->store, db);
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
