#include "idp/tokens/access_token.h"

#include "idp/tokens/pack.h"

#define RECORD_MAX 4096
#define PURPOSE    VIEW("genkan access token 4")

enum err access_token_mint(struct arena *a, const struct keys *k, const struct access_token *t, struct view *text)
{
    struct buf b;

    buf_open(&b, a, RECORD_MAX);
    pack_put(&b, ident_view(&t->family));
    pack_put(&b, ident_view(&t->grant));
    pack_put(&b, ident_is(t->session) ? ident_view(&t->session) : VIEW_NONE);
    pack_put(&b, t->client_id);
    pack_put(&b, t->sub);
    pack_put(&b, t->scope);
    pack_put(&b, t->resource);
    pack_put(&b, ident_is(t->details) ? ident_view(&t->details) : VIEW_NONE);
    pack_put(&b, cnf_bytes(&t->cnf));
    pack_put_int(&b, t->expires_at);
    return pack_seal(a, keys_secret(k, SECRET_ACCESS), PURPOSE, &b, text);
}

enum err access_token_read(struct arena *a, const struct keys *k, struct view text, struct access_token *out)
{
    struct view rest, family, grant, session, details, cnf;
    enum err e = pack_open(a, keys_secret(k, SECRET_ACCESS), PURPOSE, text, &rest);

    *out = (struct access_token){0};
    if (e)
        return e;
    if (!pack_take(&rest, &family) || !pack_take(&rest, &grant) || !pack_take(&rest, &session) ||
        !pack_take(&rest, &out->client_id) || !pack_take(&rest, &out->sub) || !pack_take(&rest, &out->scope) ||
        !pack_take(&rest, &out->resource) || !pack_take(&rest, &details) || !pack_take(&rest, &cnf) ||
        !cnf_of_bytes(&out->cnf, cnf) || !pack_take_int(&rest, &out->expires_at) || rest.n != 0)
        return ERR_SYNTAX;
    out->family = ident_read(family);
    out->grant = ident_read(grant);
    out->session = ident_read(session);
    out->details = ident_read(details);
    return ERR_OK;
}

struct family access_token_plain_family(const struct access_token *t)
{
    return (struct family){.id = t->family,
                           .client = t->client_id,
                           .session = t->session,
                           .grant = t->grant,
                           .scope = t->scope,
                           .minted_at = token_family_minted_at(t->family),
                           .expires_at = t->expires_at};
}
