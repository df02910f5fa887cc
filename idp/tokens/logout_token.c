#include "idp/tokens/logout_token.h"

#include "base/chance.h"
#include "base/json.h"

#define TOKEN_MAX 4096

/* Section 2.4: events has the one member with an empty object; nonce is forbidden. */
static enum err put_claims(struct buf *out, struct arena *a, const struct logout_token *t)
{
    struct json_out o;
    char *jti = chance_id(a);

    if (!jti)
        return ERR_MEMORY;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "aud", t->client_id);
    json_pair_int(&o, "iat", t->now);
    json_pair_int(&o, "exp", t->now + LOGOUT_TOKEN_LIFE_S);
    json_pair_text(&o, "jti", jti);
    json_key(&o, "events");
    json_put_raw(&o, VIEW("{\"http://schemas.openid.net/event/backchannel-logout\":{}}"));
    json_pair(&o, "sub", t->sub);
    json_pair(&o, "sid", t->sid);
    json_end(&o);
    return out->err;
}

enum err logout_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct logout_token *t,
                           struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf claims, jws;
    struct view payload;

    INSIST(key != NULL);
    buf_open(&claims, a, TOKEN_MAX);
    enum err e = put_claims(&claims, a, t);
    if (!e)
        e = buf_done(&claims, &payload);
    if (e)
        return e;
    buf_open(&jws, a, 2 * TOKEN_MAX);
    e = jws_sign(&jws, key, "logout+jwt", payload);
    return e ? e : buf_done(&jws, text);
}
