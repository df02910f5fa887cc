#include "idp/tokens/introspection_token.h"

#include "base/json.h"

#define CLAIMS_MAX 8192

const char introspection_token_typ[] = "token-introspection+jwt";

/* RFC 9701 5: no sub and no exp, so that nobody takes it for an access token. */
enum err introspection_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg,
                                  const struct introspection_token *t, struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf claims, jws;
    struct json_out o;
    struct view payload;

    if (!key)
        return ERR_UNAVAILABLE;
    buf_open(&claims, a, CLAIMS_MAX);
    json_out_open(&o, &claims);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "aud", t->audience);
    json_pair_int(&o, "iat", t->now);
    json_key(&o, "token_introspection");
    json_put_raw(&o, t->answer);
    json_end(&o);
    enum err e = buf_done(&claims, &payload);
    if (e)
        return e;
    buf_open(&jws, a, 2 * CLAIMS_MAX);
    e = jws_sign(&jws, key, introspection_token_typ, payload);
    return e ? e : buf_done(&jws, text);
}
