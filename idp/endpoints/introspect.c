/* POST /introspect (RFC 7662): is this token good, and what is it? For the client it was given to and the resource
 * server it is for; whoever else asks learns what it would learn of any string. Signed if asked for so (RFC 9701). */
#include "base/json.h"
#include "base/text.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/offers.h"
#include "idp/endpoints/token_shown.h"
#include "idp/rules/details.h"
#include "idp/rules/introspection.h"
#include "idp/rules/resource.h"
#include "idp/state/caller.h"
#include "idp/state/sealing.h"
#include "idp/tokens/introspection_token.h"
#include "idp/tokens/subject.h"

#define BODY_MAX 16384

static const char signed_type[] = "application/token-introspection+jwt";

struct introspecting {
    const struct client *caller;
    struct token_shown token;
    struct grant_standing grant;
    bool active;
    struct view sub; /* as the caller knows her, whoever the token was given to */
    struct sealing sealing;
};

/* --- the token --------------------------------------------------------------------------------------------------- */

static enum err load_grant(struct visit *v, struct introspecting *i, bool *has)
{
    enum err e = ERR_NOT_FOUND;

    if (ident_is(i->token.facts.family.grant))
        e = grant_find_standing(&i->grant, v->arena, v->db, i->token.facts.family.grant);
    *has = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err name_subject(struct visit *v, struct introspecting *i)
{
    const struct family *f = &i->token.facts.family;

    /* RFC 9068 2.2: of a client that asked for itself, the subject is the client */
    i->sub =
        ident_is(f->resident) ? view_text(subject_sub(v->arena, v->keys, i->caller->sector, f->resident)) : f->client;
    return view_is(i->sub) ? ERR_OK : ERR_MEMORY;
}

/* What she takes back is over at once, also in tokens that were given before. */
static enum err narrow_details(struct visit *v, struct introspecting *i)
{
    struct grant grant;
    struct details_token_facts facts = {.grant = &grant, .now = v->now};
    struct json *j;
    enum err e = grant_find_by_id(&grant, v->arena, v->db, i->token.facts.family.grant);

    if (e == ERR_NOT_FOUND) { /* erased since we asked how it stands */
        i->token.details = VIEW_NONE;
        return ERR_OK;
    }
    if (!e)
        e = json_read(&j, v->arena, i->token.details, NULL);
    if (e)
        return e == ERR_SYNTAX ? ERR_STORE : e;
    facts.granted = j;
    e = offers_find(&facts.offers, v, j, NULL);
    if (!e)
        e = details_still_given(&i->token.details, v->arena, &facts);
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

static enum err look(struct visit *v, struct introspecting *i, struct view text)
{
    bool has_grant;
    enum err e = token_shown_find(&i->token, v, text);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if ((e = load_grant(v, i, &has_grant)))
        return e;
    struct introspection_facts facts = {.caller = i->caller,
                                        .family = &i->token.facts,
                                        .grant = has_grant ? &i->grant : NULL,
                                        .resource = i->token.access.resource,
                                        .is_refresh = i->token.is_refresh,
                                        .refresh_used = i->token.used,
                                        .expires_at = i->token.expires_at,
                                        .now = v->now};
    i->active = introspection_decide(&facts);
    if (!i->active)
        return ERR_OK;
    e = has_grant && view_is(i->token.details) ? narrow_details(v, i) : ERR_OK;
    return e ? e : name_subject(v, i);
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

/* RFC 7519 4.1.3: one is a text. A refresh token may be for several. */
static void put_audience(struct json_out *o, struct view words)
{
    struct view word;

    if (!resource_is_several(words)) {
        json_pair(o, "aud", words);
        return;
    }
    json_key(o, "aud");
    json_begin_array(o);
    while (text_next_word(&words, &word))
        json_put_text(o, word);
    json_end_array(o);
}

static void put_token(struct json_out *o, const struct visit *v, const struct introspecting *i)
{
    const struct access_token *t = &i->token.access;

    json_pair(o, "iss", v->op->issuer);
    json_pair(o, "client_id", i->token.facts.family.client);
    json_pair(o, "sub", i->sub);
    put_audience(o, view_is(t->resource) ? t->resource : v->op->issuer);
    if (!view_is(t->resource)) /* its words mean something to UserInfo only */
        json_pair(o, "scope", t->scope);
    json_pair_int(o, "iat", i->token.minted_at);
    json_pair_int(o, "exp", i->token.expires_at);
    if (!i->token.is_refresh)
        json_pair_text(o, "token_type", t->cnf.kind == CNF_JKT ? "DPoP" : "Bearer");
    if (view_is(i->token.details)) { /* RFC 9396 9.2 */
        json_key(o, "authorization_details");
        json_put_raw(o, i->token.details);
    }
    cnf_put(o, &t->cnf); /* RFC 9449 6.2, RFC 8705 3.2 */
}

static void write_json(struct buf *b, const struct visit *v, const struct introspecting *i)
{
    struct json_out o;

    buf_open(b, v->arena, BODY_MAX);
    json_out_open(&o, b);
    json_begin(&o);
    json_pair_bool(&o, "active", i->active);
    if (i->active)
        put_token(&o, v, i);
    json_end(&o);
}

static bool is_same_type(struct view a, const char *b)
{
    if (a.n != strlen(b))
        return false;
    for (size_t i = 0; i < a.n; i++)
        if ((a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] | 0x20 : a.p[i]) != (uint8_t)b[i])
            return false;
    return true;
}

/* RFC 9701 4: asked for by Accept. Weights are not compared: who names it can read it. */
static bool wants_signed(const struct request *r)
{
    struct view rest = request_header(r, "Accept"), range, type;

    while (view_next(&rest, ',', &range)) {
        if (!view_next(&range, ';', &type))
            continue;
        while (type.n && type.p[0] == ' ')
            type = view_from(type, 1);
        while (type.n && type.p[type.n - 1] == ' ')
            type.n--;
        if (is_same_type(type, signed_type))
            return true;
    }
    return false;
}

/* RFC 9701 6: RS256 unless something else is registered; FAPI 2.0 5.4.1 forbids it its clients. */
static enum jws_alg alg_for(const struct client *c)
{
    if (c->introspection.alg != JWS_NONE_GIVEN)
        return c->introspection.alg;
    return c->profile == CLIENT_PROFILE_FAPI2 ? c->id_token_alg : JWS_RS256;
}

static enum err answer_signed(struct visit *v, const struct introspecting *i, const struct buf *b)
{
    struct introspection_token token = {.issuer = v->op->issuer, .audience = i->caller->id, .now = v->now};
    struct view text;
    enum err e = buf_done(b, &token.answer);

    if (!e)
        e = introspection_token_mint(v->arena, v->keys, alg_for(i->caller), &token, &text);
    if (!e)
        e = sealing_apply(&text, v->arena, &i->sealing);
    if (e)
        return e;
    answer_no_store(v->answer);
    answer_body(v->answer, 200, signed_type, text);
    return ERR_OK;
}

static enum err answer(struct visit *v, const struct introspecting *i)
{
    struct buf b;

    write_json(&b, v, i);
    if (wants_signed(v->request))
        return answer_signed(v, i, &b);
    json_answer(v, &b);
    return ERR_OK;
}

static enum err introspect(struct visit *v, struct introspecting *i, enum refusal *refusal)
{
    struct caller caller;
    struct view token = visit_param(v, "token");
    enum err e = caller_authenticate(&caller, v, refusal);

    if (e || *refusal)
        return e;
    i->caller = caller.client;
    /* RFC 7662 2.1: "the endpoint MUST also require some form of authorization" against fishing for tokens */
    if (!caller_is_confidential(&caller))
        *refusal = REFUSAL_CALLER_PUBLIC;
    else if (!view_is(token))
        *refusal = REFUSAL_TOKEN_MISSING;
    else
        *refusal = caller_throttle(&caller, v, LIMIT_INTROSPECTIONS);
    if (*refusal)
        return ERR_OK;
    if (wants_signed(v->request))
        e = sealing_find(&i->sealing, v, i->caller, &i->caller->introspection.jwe, true);
    if (!e)
        e = look(v, i, token);
    return e ? e : answer(v, i);
}

void handle_introspect(struct visit *v)
{
    struct introspecting *i = arena_alloc(v->arena, sizeof *i);
    enum refusal refusal = REFUSAL_NONE;
    enum err e = i ? introspect(v, i, &refusal) : ERR_MEMORY;

    if (e)
        json_answer_failure(v, e, "introspect");
    else if (refusal)
        json_answer_refusal(v, refusal, i->caller ? i->caller->id : VIEW_NONE);
}
