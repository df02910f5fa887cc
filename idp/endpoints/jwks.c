/* GET /jwks: the public keys of tokens, the one that comes next included (OIDC Core 10.1.1). */
#include "idp/endpoints/endpoints.h"
#include "idp/tokens/keys.h"

#include "base/buf.h"
#include "idp/endpoints/json_answer.h"

#define BODY_MAX 65536

void handle_jwks(struct visit *v)
{
    struct view body;
    struct buf b;

    buf_open(&b, v->arena, BODY_MAX);
    keys_put_jwks(&b, v->keys, KEY_TOKEN, v->now);
    enum err e = buf_done(&b, &body);
    if (e) {
        json_answer_failure(v, e, "jwks");
        return;
    }
    answer_body(v->answer, 200, "application/json", body);
    /* Shorter than KEY_RETIRE_S and than the time a key is published before it signs. */
    answer_cache(v->answer, "public, max-age=3600");
}
