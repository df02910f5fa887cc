#include "idp/tokens/notify_token.h"

#include "idp/tokens/pack.h"

#define RECORD_MAX 2048
#define PURPOSE    VIEW("genkan notification token 1")

enum err notify_token_seal(struct arena *a, const struct keys *k, const struct notify_token *t, struct view *sealed)
{
    struct buf b;

    buf_open(&b, a, RECORD_MAX);
    pack_put(&b, t->auth_req_id);
    pack_put(&b, t->token);
    return pack_seal(a, keys_secret(k, SECRET_CODE), PURPOSE, &b, sealed);
}

enum err notify_token_open(struct arena *a, const struct keys *k, struct view sealed, struct notify_token *out)
{
    struct view rest;
    enum err e = pack_open(a, keys_secret(k, SECRET_CODE), PURPOSE, sealed, &rest);

    *out = (struct notify_token){VIEW_NONE, VIEW_NONE};
    if (e)
        return e;
    return pack_take(&rest, &out->auth_req_id) && pack_take(&rest, &out->token) && rest.n == 0 ? ERR_OK : ERR_SYNTAX;
}
