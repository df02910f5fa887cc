#include "idp/tokens/response_token.h"

#include "base/json.h"

#define TOKEN_MAX 16384

static void put_claims(struct buf *out, const struct response_token *t)
{
    struct json_out o;

    json_out_open(&o, out);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "aud", t->client_id);
    json_pair_int(&o, "exp", t->now + RESPONSE_TOKEN_LIFE_S);
    for (size_t i = 0; i < t->n; i++)
        json_pair(&o, t->params[i].name, t->params[i].value);
    json_end(&o);
}

enum err response_token_mint(struct arena *a, const struct keys *k, enum jws_alg alg, const struct response_token *t,
                             struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf claims, jws;
    struct view payload;

    INSIST(key != NULL);
    buf_open(&claims, a, TOKEN_MAX);
    put_claims(&claims, t);
    enum err e = buf_done(&claims, &payload);
    if (e)
        return e;
    buf_open(&jws, a, 2 * TOKEN_MAX);
    e = jws_sign(&jws, key, "JWT", payload);
    return e ? e : buf_done(&jws, text);
}
