#include "idp/tokens/id_token.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "idp/tokens/login_claims.h"

#define TOKEN_MAX 32768

char *id_token_half_hash(struct arena *a, enum jws_alg alg, struct view text)
{
    uint8_t digest[SHA512_SIZE];
    size_t size = alg == JWS_EDDSA ? SHA512_SIZE : alg == JWS_ES384 ? SHA384_SIZE : SHA256_SIZE;

    if (size == SHA512_SIZE)
        sha512(digest, text);
    else if (size == SHA384_SIZE)
        sha384(digest, text);
    else
        sha256(digest, text);
    return base64url_text(a, view_bytes(digest, size / 2));
}

static void put_claims(struct buf *out, const struct id_token *t, const char *at_hash)
{
    struct json_out o;

    json_out_open(&o, out);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "sub", t->sub);
    json_pair(&o, "aud", t->client_id);
    json_pair_int(&o, "exp", t->now + ID_TOKEN_LIFE_S);
    json_pair_int(&o, "iat", t->now);
    login_claims_put(&o, &(struct login_claims){t->login_at, t->acr, t->amr});
    json_pair(&o, "nonce", t->nonce);
    if (at_hash)
        json_pair_text(&o, "at_hash", at_hash);
    json_pair(&o, "sid", t->sid);
    if (t->disclosure)
        disclosure_put_claims(&o, t->disclosure);
    json_end(&o);
}

enum err id_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct id_token *t,
                       struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf claims, jws;
    struct view payload;

    INSIST(key != NULL);
    char *at_hash = view_is(t->access_token) ? id_token_half_hash(a, alg, t->access_token) : NULL;
    if (view_is(t->access_token) && !at_hash)
        return ERR_MEMORY;
    buf_open(&claims, a, TOKEN_MAX);
    put_claims(&claims, t, at_hash);
    enum err e = buf_done(&claims, &payload);
    if (e)
        return e;
    buf_open(&jws, a, 2 * TOKEN_MAX);
    e = jws_sign(&jws, key, "JWT", payload);
    return e ? e : buf_done(&jws, text);
}

/* aud as we write it: one text. */
static enum err read_claims(struct arena *a, struct view issuer, struct view payload, struct id_token *out)
{
    struct json *j;
    enum err e = json_read(&j, a, payload, NULL);

    if (e)
        return e;
    *out = (struct id_token){
        .issuer = json_member_text(j, "iss"),
        .client_id = json_member_text(j, "aud"),
        .sub = json_member_text(j, "sub"),
        .sid = json_member_text(j, "sid"),
        .login_at = json_member_int(j, "auth_time", 0),
    };
    if (json_member(j, "events")) /* a logout token is no ID token (Back-Channel Logout 2.4) */
        return ERR_MISMATCH;
    bool ours = view_equal(out->issuer, issuer) && view_is(out->client_id) && view_is(out->sub) && view_is(out->sid);
    return ours ? ERR_OK : ERR_MISMATCH;
}

enum err id_token_read(struct arena *a, const struct keys *k, struct view issuer, struct view text,
                       struct id_token *out)
{
    struct jws jws;
    enum err e = jws_read(&jws, a, text);

    *out = (struct id_token){0};
    if (e)
        return e;
    const struct jws_key *key = keys_find(k, KEY_TOKEN, jws.kid);
    if (!key)
        return ERR_MISMATCH;
    if ((e = jws_verify(&jws, key)))
        return e;
    /* RFC 8725 3.11: another kind of token of ours is not an ID token. */
    if (view_is(jws.typ) && !view_equal_text(jws.typ, "JWT"))
        return ERR_MISMATCH;
    return read_claims(a, issuer, jws.payload, out);
}
