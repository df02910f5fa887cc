#include "idp/tokens/userinfo_token.h"

#define OVERHEAD 2048 /* header and signature */

enum err userinfo_token_sign(struct arena *a, const struct keys *k, enum jws_alg alg, struct view claims,
                             struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf jws;

    if (!key)
        return ERR_UNAVAILABLE;
    buf_open(&jws, a, (claims.n / 3 + 1) * 4 + OVERHEAD);
    enum err e = jws_sign(&jws, key, "JWT", claims);
    return e ? e : buf_done(&jws, text);
}
