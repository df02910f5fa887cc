#include "idp/endpoints/token_call.h"

#include "base/base64.h"
#include "base/json.h"
#include "consent/grant.h"
#include "consent/grant_scope.h"
#include "idp/endpoints/json_answer.h"
#include "idp/rules/binding.h"
#include "idp/rules/resource.h"
#include "idp/state/clients.h"
#include "idp/tokens/access_token.h"
#include "idp/tokens/id_token.h"
#include "idp/tokens/refresh_token.h"
#include "idp/tokens/resource_token.h"
#include "idp/tokens/subject.h"

#define BODY_MAX          32768
#define OFFLINE_REFRESH_S (30 * 24 * 3600) /* of a refresh token with offline_access, from its last use */

enum err token_call_find_session(struct visit *v, struct token_call *c, struct db *db, struct ident session)
{
    enum err e = session_find_brief(&c->session, db, v->arena, session);

    c->has_session = !e;
    if (e == ERR_NOT_FOUND || (!e && (c->session.ended_at || c->now >= c->session.expires_at))) {
        c->refusal = REFUSAL_SESSION_ENDED;
        return ERR_OK;
    }
    return e;
}

enum err token_call_name_parties(struct visit *v, struct token_call *c)
{
    c->sub = view_text(subject_sub(v->arena, v->keys, c->client->sector, c->family.resident));
    c->sid = view_text(subject_sid(v->arena, v->keys, c->family.session, c->client->id));
    return view_is(c->sub) && view_is(c->sid) ? ERR_OK : ERR_MEMORY;
}

/* A field that was taken back since is not promised again. */
enum err token_call_narrow(struct visit *v, struct token_call *c, const struct grant *grant)
{
    struct ask asked;

    ask_requested(&asked, c->client->ask, c->family.scope, 0);
    return grant_scope(&c->family.scope, v->arena, c->family.scope, &asked, grant);
}

enum err token_call_find_resource(struct visit *v, struct token_call *c, struct view granted, struct view scope)
{
    struct resource_facts facts = {.granted = granted, .scope = scope, .issuer = v->op->issuer};
    struct view asked;
    enum err e = token_call_target(&asked, v, c);

    if (!e && !c->refusal)
        c->refusal = resource_decide(&c->resource, asked, &facts);
    return e;
}

bool token_call_may_refresh(const struct token_call *c)
{
    return c->client->may_refresh && binding_allows_refresh(c->client, &c->cnf);
}

/* Without offline_access a refresh token dies with its session (at the latest when that reaches its absolute end). */
static int64_t refresh_end(const struct token_call *c, int64_t now)
{
    return c->family.offline || !c->has_session ? now + OFFLINE_REFRESH_S : c->session.expires_at;
}

enum err token_call_prepare_refresh(struct visit *v, struct token_call *c)
{
    c->refresh_token = view_text(refresh_token_mint(v->arena, v->keys, c->family.id));
    if (!view_is(c->refresh_token))
        return ERR_MEMORY;
    c->family.refresh = (struct refresh){ident_of(c->refresh_token), v->now, refresh_end(c, v->now)};
    if (c->family.refresh.expires_at > c->family.expires_at)
        c->family.expires_at = c->family.refresh.expires_at;
    return ERR_OK;
}

enum err token_call_release(struct visit *v, struct db *db, struct token_call *c)
{
    struct release_facts facts = {.place = RELEASE_ID_TOKEN,
                                  .client = c->client,
                                  .grant = c->family.grant,
                                  .session = c->family.session,
                                  .wish = c->family.wish,
                                  .scope = c->family.scope};
    struct visit inside = *v;

    c->release = NULL;
    if (!ident_is(c->family.wish) || !c->has_session)
        return ERR_OK;
    inside.db = db;
    struct release *r = arena_alloc(v->arena, sizeof *r);
    enum err e = r ? release_record(r, &inside, &facts) : ERR_MEMORY;
    c->release = !e && r->disclosure.n > 0 ? r : NULL;
    return e;
}

/* --- the answer ------------------------------------------------------------------------------------------------- */

static int64_t end_of(const struct token_call *c)
{
    return c->expires_at ? c->expires_at : c->now + ACCESS_TOKEN_LIFE_S;
}

/* As SERVER knows her; of a client that asked for itself, the client (RFC 9068 2.2). */
static enum err mint_resource_token(struct visit *v, const struct token_call *c, const struct client *server,
                                    struct view *text)
{
    const struct login_claims login = {c->session.auth_at, c->session.acr, c->session.amr};
    struct resource_token token = {.family = c->family.id,
                                   .issuer = v->op->issuer,
                                   .resource = c->resource,
                                   .client_id = c->client->id,
                                   .sub = c->sub,
                                   .actor = c->actor,
                                   .details = c->details.details,
                                   .login = c->has_session || c->tells_login ? &login : NULL,
                                   .cnf = c->cnf,
                                   .now = v->now,
                                   .expires_at = end_of(c)};
    enum jws_alg alg = server->introspection.alg != JWS_NONE_GIVEN ? server->introspection.alg : JWS_ES256;

    return resource_token_mint(v->arena, v->keys, alg, &token, text);
}

static enum err mint_sealed_token(struct visit *v, const struct token_call *c, struct view *text)
{
    struct access_token token = {.family = c->family.id,
                                 .grant = c->family.grant,
                                 .session = c->plain ? c->family.session : IDENT_NONE,
                                 .client_id = c->client->id,
                                 .sub = c->sub,
                                 .scope = c->family.scope,
                                 .resource = c->resource,
                                 .details = c->details.id,
                                 .cnf = c->cnf,
                                 .expires_at = end_of(c)};

    return access_token_mint(v->arena, v->keys, &token, text);
}

/* A JWT where the client may read it: of its own sector sub is the same for both, and a client by itself has no sub to
 * hide. Otherwise the server asks us (RFC 7662) and is told her by its own name. */
static enum err mint_access_token(struct visit *v, const struct token_call *c, struct view *text)
{
    const struct client *server = NULL;

    if (!view_is(c->resource))
        return mint_sealed_token(v, c, text);
    enum err e = clients_find_resource(v->op->clients, v->db, c->resource, &server);
    if (e)
        return e;
    if (server && (!ident_is(c->family.resident) || resource_is_readable(c->client, server)))
        return mint_resource_token(v, c, server, text);
    return mint_sealed_token(v, c, text);
}

/* OIDC Core 12.2: auth_time stays that of the login, nonce is left out after a refresh. Without the session nothing can
 * be said about the login, and no ID token is given. */
static enum err mint_id_token(struct visit *v, const struct token_call *c, struct view access_token, struct view *text)
{
    struct id_token token = {.issuer = v->op->issuer,
                             .client_id = c->client->id,
                             .sub = c->sub,
                             .sid = c->sid,
                             .nonce = c->nonce,
                             .acr = c->session.acr,
                             .amr = c->session.amr,
                             .access_token = access_token,
                             .disclosure = c->release ? &c->release->disclosure : NULL,
                             .login_at = c->session.auth_at,
                             .now = v->now};

    *text = VIEW_NONE;
    if (!c->has_session)
        return ERR_OK;
    enum err e = id_token_mint(v->arena, v->keys, c->client->id_token_alg, &token, text);
    return e ? e : sealing_apply(text, v->arena, &c->sealing);
}

enum err token_call_answer(struct visit *v, const struct token_call *c)
{
    struct view access_token, id_token;
    struct json_out o;
    struct buf b;
    enum err e;

    if ((e = mint_access_token(v, c, &access_token)) || (e = mint_id_token(v, c, access_token, &id_token)))
        return e;
    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "access_token", access_token);
    json_pair_text(&o, "token_type", c->cnf.kind == CNF_JKT ? "DPoP" : "Bearer"); /* RFC 9449 5, RFC 8705 3 */
    json_pair_int(&o, "expires_in", end_of(c) - c->now);
    json_pair_text(&o, "issued_token_type", c->issued_type);
    json_pair(&o, "refresh_token", c->refresh_token);
    json_pair(&o, "id_token", id_token);
    json_pair(&o, "scope", c->family.scope);
    if (view_is(c->details.details)) { /* RFC 9396 7: as granted and assigned to this token */
        json_key(&o, "authorization_details");
        json_put_raw(&o, c->details.details);
    }
    /* Grant Management, draft 03, 5.1 and 5.5: of the grant that stands behind it, for clients that authenticate */
    if (ident_is(c->family.grant) && caller_is_confidential(&c->caller))
        json_pair(&o, "grant_id", view_text(base64url_text(v->arena, ident_view(&c->family.grant))));
    json_end(&o);
    json_answer(v, &b);
    return ERR_OK;
}
