#include "idp/tokens/resource_token.h"

#include "base/json.h"
#include "idp/tokens/pack.h"

#define CLAIMS_MAX 16384
#define PURPOSE    VIEW("genkan resource token id 1")

static const char token_typ[] = "at+jwt"; /* RFC 9068 2.1 */

static enum err seal_family(struct view *out, struct arena *a, const struct keys *k, const struct ident *family)
{
    struct buf b;

    buf_open(&b, a, 64);
    pack_put(&b, ident_view(family));
    return pack_seal(a, keys_secret(k, SECRET_ACCESS), PURPOSE, &b, out);
}

/* RFC 9068 2.2. No scope: each of its words MUST have a meaning at `aud` (2.2.3), and ours are fields of a profile,
 * which mean something at UserInfo only. */
enum err resource_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct resource_token *t,
                             struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct view jti, payload;
    struct buf claims, jws;
    struct json_out o;
    enum err e = seal_family(&jti, a, k, &t->family);

    if (e || !key)
        return e ? e : ERR_UNAVAILABLE;
    buf_open(&claims, a, CLAIMS_MAX);
    json_out_open(&o, &claims);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "aud", t->resource);
    json_pair(&o, "sub", t->sub);
    json_pair(&o, "client_id", t->client_id);
    json_pair_int(&o, "iat", t->now);
    json_pair_int(&o, "exp", t->expires_at);
    json_pair(&o, "jti", jti);
    if (t->login)
        login_claims_put(&o, t->login);
    if (view_is(t->actor)) {
        json_key(&o, "act");
        json_begin(&o);
        json_pair(&o, "sub", t->actor);
        json_end(&o);
    }
    cnf_put(&o, &t->cnf);
    if (view_is(t->details)) {
        json_key(&o, "authorization_details");
        json_put_raw(&o, t->details);
    }
    json_end(&o);
    if ((e = buf_done(&claims, &payload)))
        return e;
    buf_open(&jws, a, 2 * CLAIMS_MAX);
    e = jws_sign(&jws, key, token_typ, payload);
    return e ? e : buf_done(&jws, text);
}

static bool read_cnf(struct cnf *out, const struct json *claims)
{
    const struct json *cnf = json_member(claims, "cnf");
    struct view jkt = json_member_text(cnf, "jkt");

    *out = (struct cnf){.kind = CNF_NONE};
    if (!cnf)
        return true;
    return view_is(jkt) ? cnf_read(out, CNF_JKT, jkt) : cnf_read(out, CNF_X5T, json_member_text(cnf, "x5t#S256"));
}

static enum err read_claims(struct arena *a, const struct keys *k, struct view payload, struct resource_token *out)
{
    struct json *claims;
    struct view rest, family;
    enum err e = json_read(&claims, a, payload, NULL);

    if (!e)
        e = pack_open(a, keys_secret(k, SECRET_ACCESS), PURPOSE, json_member_text(claims, "jti"), &rest);
    if (e)
        return e;
    if (!pack_take(&rest, &family) || !read_cnf(&out->cnf, claims))
        return ERR_SYNTAX;
    const struct json *details = json_member(claims, "authorization_details");
    if (details) {
        struct buf b;
        buf_open(&b, a, CLAIMS_MAX);
        json_put_canonical(&b, details);
        if ((e = buf_done(&b, &out->details)))
            return e;
    }
    out->family = ident_read(family);
    out->resource = json_member_text(claims, "aud");
    out->client_id = json_member_text(claims, "client_id");
    out->now = json_member_int(claims, "iat", 0);
    out->expires_at = json_member_int(claims, "exp", 0);
    return view_is(out->resource) && view_is(out->client_id) ? ERR_OK : ERR_SYNTAX;
}

enum err resource_token_read(struct arena *a, const struct keys *k, struct view text, struct resource_token *out)
{
    struct jws jws;
    enum err e = jws_read(&jws, a, text);

    *out = (struct resource_token){0};
    if (e)
        return e;
    const struct jws_key *key = keys_find(k, KEY_TOKEN, jws.kid);
    if (!key || !view_equal_text(jws.typ, token_typ))
        return ERR_MISMATCH;
    e = jws_verify(&jws, key);
    return e ? e : read_claims(a, k, jws.payload, out);
}
