#include "idp/rules/request_object.h"

#include <inttypes.h>

#include "base/text.h"
#include "idp/rules/client_policy.h"

#define JSON_MAX 16384

/* --- reading ------------------------------------------------------------------------------------------------------ */

enum kind { TEXT, NUMBER, OBJECT, ARRAY, WORDS };

/* RFC 9101 4: parameters that are texts are JSON texts, numbers are JSON numbers, and JSON is JSON. */
static const struct member {
    const char *name;
    enum kind kind;
    size_t at;
} members[] = {
    {"client_id", TEXT, offsetof(struct authz_params, client_id)},
    {"redirect_uri", TEXT, offsetof(struct authz_params, redirect_uri)},
    {"response_type", TEXT, offsetof(struct authz_params, response_type)},
    {"response_mode", TEXT, offsetof(struct authz_params, response_mode)},
    {"scope", TEXT, offsetof(struct authz_params, scope)},
    {"state", TEXT, offsetof(struct authz_params, state)},
    {"nonce", TEXT, offsetof(struct authz_params, nonce)},
    {"code_challenge", TEXT, offsetof(struct authz_params, code_challenge)},
    {"code_challenge_method", TEXT, offsetof(struct authz_params, code_challenge_method)},
    {"prompt", TEXT, offsetof(struct authz_params, prompt)},
    {"max_age", NUMBER, offsetof(struct authz_params, max_age)},
    {"ui_locales", TEXT, offsetof(struct authz_params, ui_locales)},
    {"acr_values", TEXT, offsetof(struct authz_params, acr_values)},
    {"authorization_details", ARRAY, offsetof(struct authz_params, details)},
    {"claims", OBJECT, offsetof(struct authz_params, claims)},
    {"resource", WORDS, offsetof(struct authz_params, resource)},
    {"dpop_jkt", TEXT, offsetof(struct authz_params, dpop_jkt)},
    {"grant_id", TEXT, offsetof(struct authz_params, grant_id)},
    {"grant_management_action", TEXT, offsetof(struct authz_params, grant_action)},
    {"id_token_hint", TEXT, offsetof(struct authz_params, id_token_hint)},
    {"registration", OBJECT, offsetof(struct authz_params, registration)},
};

static struct view *place(struct authz_params *p, const struct member *m)
{
    return (struct view *)(void *)((char *)p + m->at);
}

/* As it would have been sent by itself. */
static enum err write_json(struct view *out, struct arena *a, const struct json *j)
{
    struct buf b;

    buf_open(&b, a, JSON_MAX);
    json_put_canonical(&b, j);
    return buf_done(&b, out);
}

/* RFC 8707 2.1: one is a JSON text, several are an array of them. Addresses have no space. */
static enum err read_words(struct view *out, struct arena *a, const struct json *j)
{
    struct view text = VIEW_NONE;
    struct buf b;

    if (json_text(j, out))
        return view_index(*out, ' ') == out->n ? ERR_OK : ERR_SYNTAX;
    if (!json_is_array(j))
        return ERR_SYNTAX;
    buf_open(&b, a, JSON_MAX);
    for (size_t i = 0; i < json_count(j); i++) {
        if (!json_text(json_at(j, i), &text) || text.n == 0 || view_index(text, ' ') != text.n)
            return ERR_SYNTAX;
        if (i)
            buf_put_byte(&b, ' ');
        buf_put(&b, text);
    }
    return buf_done(&b, out);
}

static enum err read_member(struct authz_params *p, struct arena *a, const struct json *j, const struct member *m)
{
    struct view *out = place(p, m);
    int64_t number;

    if (m->kind == WORDS)
        return read_words(out, a, j);
    if (m->kind == TEXT)
        return json_text(j, out) ? ERR_OK : ERR_SYNTAX;
    if (m->kind == ARRAY)
        return json_is_array(j) ? write_json(out, a, j) : ERR_SYNTAX;
    if (m->kind == OBJECT)
        return json_is_object(j) ? write_json(out, a, j) : ERR_SYNTAX;
    if (!json_int(j, &number))
        return ERR_SYNTAX;
    *out = view_text(arena_printf(a, "%" PRId64, number));
    return view_is(*out) ? ERR_OK : ERR_MEMORY;
}

/* A parameter without a value is one that was not sent (RFC 6749 3.1). */
static enum err read_params(struct authz_params *p, struct arena *a, const struct json *claims)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof members / sizeof *members && !e; i++) {
        const struct json *j = json_member(claims, members[i].name);
        struct view *out = place(p, &members[i]);
        if (j)
            e = read_member(p, a, j, &members[i]);
        if (!e && out->n == 0)
            *out = VIEW_NONE;
    }
    return e;
}

static bool read_text(const struct json *claims, const char *name, struct view *out)
{
    const struct json *j = json_member(claims, name);

    return !j || json_text(j, out);
}

static bool read_time(const struct json *claims, const char *name, bool *has, int64_t *out)
{
    const struct json *j = json_member(claims, name);

    *has = j != NULL;
    return !j || (json_int(j, out) && *out >= 0);
}

enum err request_object_read(struct request_object *out, struct arena *a, const struct jws *j)
{
    struct json *claims;

    *out = (struct request_object){.alg = j->alg, .typ = j->typ};
    enum err e = json_read(&claims, a, j->payload, NULL);
    if (e)
        return e;
    if (!json_is_object(claims) || !read_text(claims, "iss", &out->iss) || !read_text(claims, "sub", &out->sub) ||
        !read_time(claims, "exp", &out->has_exp, &out->exp) || !read_time(claims, "nbf", &out->has_nbf, &out->nbf))
        return ERR_SYNTAX;
    out->aud = json_member(claims, "aud");
    out->nested = json_member(claims, "request") || json_member(claims, "request_uri");
    return read_params(&out->params, a, claims);
}

/* --- deciding ----------------------------------------------------------------------------------------------------- */

enum request_object_way request_object_way(const struct client *client, bool pushed)
{
    return pushed || client->profile != CLIENT_PROFILE_BASIC ? REQUEST_OBJECT_ALONE : REQUEST_OBJECT_MERGED;
}

/* RFC 9101 10.8: explicitly typed, or untyped as before that RFC; a JWT of another kind is no request. */
static bool is_typed(struct view typ)
{
    return !view_is(typ) || view_equal_text(typ, "oauth-authz-req+jwt") || view_equal_text(typ, "JWT") ||
           view_equal_text(typ, "application/oauth-authz-req+jwt");
}

static bool is_algorithm(enum jws_alg alg, const struct client *client)
{
    if (client->request_alg != JWS_NONE_GIVEN && alg != client->request_alg)
        return false;
    return client_policy_takes_alg(client->profile, alg);
}

static bool is_for(const struct json *aud, struct view issuer)
{
    struct view text;

    if (json_text(aud, &text))
        return view_equal(text, issuer);
    for (size_t i = 0; json_is_array(aud) && i < json_count(aud); i++)
        if (json_text(json_at(aud, i), &text) && view_equal(text, issuer))
            return true;
    return false;
}

static enum refusal decide_parties(const struct request_object *o, const struct request_object_facts *f)
{
    bool alone = f->way == REQUEST_OBJECT_ALONE;

    /* RFC 9101 5: the same client_id inside and outside; OIDC Core 6.1: "if present". */
    if (view_is(o->params.client_id) ? !view_equal(o->params.client_id, f->client->id) : alone)
        return REFUSAL_OBJECT_CLIENT;
    if (view_is(o->iss) ? !view_equal(o->iss, f->client->id) : f->client->profile == CLIENT_PROFILE_FAPI2)
        return REFUSAL_OBJECT_ISSUER;
    /* RFC 9101 10.8: with the client as its sub it could be taken for a client assertion. */
    if (view_equal(o->sub, f->client->id))
        return REFUSAL_OBJECT_SUBJECT;
    /* RFC 9101 4 recommends aud, FAPI 2.0 Message Signing 5.3.1 demands it; what is not merged must be for us alone. */
    if (o->aud ? !is_for(o->aud, f->issuer) : alone)
        return REFUSAL_OBJECT_AUDIENCE;
    return REFUSAL_NONE;
}

/* FAPI 2.0 Message Signing 5.3.1: nbf and exp are there, nbf at most 60 minutes ago, exp at most 60 minutes later. The
 * others: exp where it counts alone, or somebody could send a resident to it for ever; and what is there holds. */
static enum refusal decide_time(const struct request_object *o, const struct request_object_facts *f)
{
    bool fapi = f->client->profile == CLIENT_PROFILE_FAPI2;

    if (!o->has_exp && (fapi || f->way == REQUEST_OBJECT_ALONE))
        return REFUSAL_OBJECT_NO_END;
    if (o->has_exp && o->exp <= f->now)
        return REFUSAL_OBJECT_EXPIRED;
    if (o->has_nbf && o->nbf > f->now + REQUEST_OBJECT_SKEW_S)
        return REFUSAL_OBJECT_EARLY;
    if (!fapi)
        return REFUSAL_NONE;
    if (!o->has_nbf || f->now - o->nbf > REQUEST_OBJECT_LIFE_S)
        return REFUSAL_OBJECT_OLD;
    return o->exp - o->nbf > REQUEST_OBJECT_LIFE_S ? REFUSAL_OBJECT_TOO_LONG : REFUSAL_NONE;
}

enum refusal request_object_decide(const struct request_object *o, const struct request_object_facts *f)
{
    enum refusal no;

    if (!is_algorithm(o->alg, f->client))
        return REFUSAL_OBJECT_ALG;
    if (!is_typed(o->typ))
        return REFUSAL_OBJECT_TYPE;
    if (o->nested) /* RFC 9101 4 */
        return REFUSAL_OBJECT_NESTED;
    return (no = decide_parties(o, f)) ? no : decide_time(o, f);
}

/* --- applying ----------------------------------------------------------------------------------------------------- */

/* OIDC Core 6.1: response_type and client_id stand outside too and say the same, and so does a scope with openid. */
static enum refusal decide_beside(const struct authz_params *sent, const struct request_object *o)
{
    if (!view_is(sent->response_type))
        return REFUSAL_RESPONSE_TYPE_MISSING;
    if (view_is(o->params.response_type) && !view_equal(o->params.response_type, sent->response_type))
        return REFUSAL_OBJECT_RESPONSE_TYPE;
    if (!view_is(sent->scope))
        return REFUSAL_SCOPE_MISSING;
    return text_has_word(sent->scope, VIEW("openid")) ? REFUSAL_NONE : REFUSAL_SCOPE_NO_OPENID;
}

enum refusal request_object_apply(struct authz_params *sent, const struct request_object *o,
                                  enum request_object_way way)
{
    enum refusal no = way == REQUEST_OBJECT_MERGED ? decide_beside(sent, o) : REFUSAL_NONE;
    struct authz_params both = o->params;

    if (no)
        return no;
    both.pushed = sent->pushed;
    both.signed_object = true;
    for (size_t i = 0; way == REQUEST_OBJECT_MERGED && i < sizeof members / sizeof *members; i++)
        if (!view_is(*place(&both, &members[i])))
            *place(&both, &members[i]) = *place(sent, &members[i]);
    *sent = both;
    return REFUSAL_NONE;
}
