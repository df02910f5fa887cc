#include "idp/rules/client_assertion.h"

#include "base/json.h"
#include "idp/rules/client_policy.h"

/* RFC 7519 4.1.3: one text, or an array of texts. */
static bool read_audience(struct client_assertion *out, const struct json *aud)
{
    if (!aud)
        return true;
    if (json_text(aud, &out->aud[0])) {
        out->n_aud = 1;
        return true;
    }
    if (!json_is_array(aud) || json_count(aud) > CLIENT_ASSERTION_AUD_MAX)
        return false;
    out->aud_is_list = true;
    for (; out->n_aud < json_count(aud); out->n_aud++)
        if (!json_text(json_at(aud, out->n_aud), &out->aud[out->n_aud]))
            return false;
    return true;
}

static bool read_text(const struct json *claims, const char *name, struct view *out)
{
    const struct json *j = json_member(claims, name);

    return !j || json_text(j, out);
}

static bool read_time(const struct json *claims, const char *name, int64_t *out)
{
    const struct json *j = json_member(claims, name);

    return !j || (json_int(j, out) && *out >= 0);
}

enum err client_assertion_read(struct client_assertion *out, struct arena *a, const struct jws *j)
{
    struct json *claims;

    *out = (struct client_assertion){.alg = j->alg};
    enum err e = json_read(&claims, a, j->payload, NULL);
    if (e)
        return e;
    out->has_exp = json_member(claims, "exp") != NULL;
    bool good = json_is_object(claims) && read_text(claims, "iss", &out->iss) && read_text(claims, "sub", &out->sub) &&
                read_text(claims, "jti", &out->jti) && read_audience(out, json_member(claims, "aud")) &&
                read_time(claims, "exp", &out->exp) && read_time(claims, "nbf", &out->nbf) &&
                read_time(claims, "iat", &out->iat);
    return good ? ERR_OK : ERR_SYNTAX;
}

static enum refusal decide_alg(enum jws_alg alg, const struct client *client)
{
    if (client->auth_alg != JWS_NONE_GIVEN && alg != client->auth_alg)
        return REFUSAL_ASSERTION_ALG;
    return client_policy_takes_alg(client->profile, alg) ? REFUSAL_NONE : REFUSAL_ASSERTION_ALG;
}

static bool is_us(struct view aud, const struct client_assertion_facts *f)
{
    return view_equal(aud, f->issuer) || view_equal(aud, f->token_url) || view_equal(aud, f->here);
}

/* FAPI 2.0 5.3.2.1: the issuer, as a text, and nothing else; so says draft-ietf-oauth-rfc7523bis for everybody, because
 * an audience that a hostile server can make a client write (its "token endpoint") may be another server's. For the
 * other profiles OIDC Core 9 and RFC 9126 2 stand: the endpoint's URL is taken too, but every audience it names must be
 * ours, so that no assertion is good here that is good elsewhere. */
static enum refusal decide_audience(const struct client_assertion *t, const struct client_assertion_facts *f)
{
    if (f->client->profile == CLIENT_PROFILE_FAPI2)
        return !t->aud_is_list && t->n_aud == 1 && view_equal(t->aud[0], f->issuer) ? REFUSAL_NONE
                                                                                    : REFUSAL_ASSERTION_AUDIENCE;
    for (size_t i = 0; i < t->n_aud; i++)
        if (!is_us(t->aud[i], f))
            return REFUSAL_ASSERTION_AUDIENCE;
    return t->n_aud ? REFUSAL_NONE : REFUSAL_ASSERTION_AUDIENCE;
}

static enum refusal decide_time(const struct client_assertion *t, const struct client_assertion_facts *f)
{
    int64_t life = f->client->profile == CLIENT_PROFILE_FAPI2 ? CLIENT_ASSERTION_LIFE_FAPI_S : CLIENT_ASSERTION_LIFE_S;

    if (!t->has_exp) /* RFC 7523 3, item 4 */
        return REFUSAL_ASSERTION_NO_END;
    if (t->exp <= f->now)
        return REFUSAL_ASSERTION_EXPIRED;
    if (t->exp > f->now + life + CLIENT_ASSERTION_SKEW_S)
        return REFUSAL_ASSERTION_TOO_LONG;
    if (t->nbf > f->now + CLIENT_ASSERTION_SKEW_S || t->iat > f->now + CLIENT_ASSERTION_SKEW_S)
        return REFUSAL_ASSERTION_EARLY;
    return REFUSAL_NONE;
}

enum refusal client_assertion_decide(const struct client_assertion *t, const struct client_assertion_facts *f)
{
    enum refusal r = decide_alg(t->alg, f->client);

    if (r)
        return r;
    /* RFC 7523 3, items 1 and 2B; OIDC Core 9 */
    if (!view_equal(t->iss, f->client->id) || !view_equal(t->sub, f->client->id))
        return REFUSAL_ASSERTION_SUBJECT;
    if ((r = decide_audience(t, f)) || (r = decide_time(t, f)))
        return r;
    /* OIDC Core 9: jti is required; RFC 7523 3, item 7 */
    return t->jti.n > 0 && t->jti.n <= CLIENT_ASSERTION_JTI_MAX ? REFUSAL_NONE : REFUSAL_ASSERTION_NO_JTI;
}

int64_t client_assertion_end(const struct client_assertion *t)
{
    return t->exp;
}
