#include "idp/tokens/code.h"

#include "idp/tokens/pack.h"

#define RECORD_MAX 4096
#define PURPOSE    VIEW("genkan authorization code 6")

enum { OFFLINE = 1, CLAIMS = 2 };

enum err code_mint(struct arena *a, const struct keys *k, const struct code *c, struct view *text)
{
    struct buf b;

    buf_open(&b, a, RECORD_MAX);
    pack_put(&b, c->client_id);
    pack_put(&b, c->sub);
    pack_put(&b, c->sid);
    pack_put(&b, c->scope);
    pack_put(&b, c->nonce);
    pack_put(&b, c->challenge);
    pack_put(&b, ident_view(&c->session));
    pack_put(&b, ident_view(&c->grant));
    pack_put(&b, ident_view(&c->epoch));
    pack_put(&b, ident_is(c->wish) ? ident_view(&c->wish) : VIEW_NONE);
    pack_put(&b, c->resource);
    pack_put(&b, cnf_bytes(&c->cnf));
    pack_put(&b, VIEW_ARRAY(c->redirect_hash));
    pack_put(&b, c->login.acr);
    pack_put(&b, c->login.amr);
    pack_put_int(&b, c->login.auth_at);
    pack_put_int(&b, c->login.expires_at);
    pack_put_int(&b, c->login.seen_ms);
    pack_put_int(&b, c->minted_at);
    pack_put_int(&b, (c->offline ? OFFLINE : 0) | (c->claims ? CLAIMS : 0));
    return pack_seal(a, keys_secret(k, SECRET_CODE), PURPOSE, &b, text);
}

static bool take_login(struct view *rest, struct code *c)
{
    return pack_take(rest, &c->login.acr) && pack_take(rest, &c->login.amr) && pack_take_int(rest, &c->login.auth_at) &&
           pack_take_int(rest, &c->login.expires_at) && pack_take_int(rest, &c->login.seen_ms);
}

static bool take(struct view rest, struct code *c)
{
    struct view session, grant, epoch, wish, cnf, redirect;
    int64_t flags;

    bool good = pack_take(&rest, &c->client_id) && pack_take(&rest, &c->sub) && pack_take(&rest, &c->sid) &&
                pack_take(&rest, &c->scope) && pack_take(&rest, &c->nonce) && pack_take(&rest, &c->challenge) &&
                pack_take(&rest, &session) && pack_take(&rest, &grant) && pack_take(&rest, &epoch) &&
                pack_take(&rest, &wish) && pack_take(&rest, &c->resource) && pack_take(&rest, &cnf) &&
                pack_take(&rest, &redirect) && take_login(&rest, c) && pack_take_int(&rest, &c->minted_at) &&
                pack_take_int(&rest, &flags) && rest.n == 0 && redirect.n == sizeof c->redirect_hash &&
                cnf_of_bytes(&c->cnf, cnf);
    if (!good)
        return false;
    c->session = ident_read(session);
    c->grant = ident_read(grant);
    c->epoch = ident_read(epoch);
    c->wish = ident_read(wish);
    c->offline = flags & OFFLINE;
    c->claims = flags & CLAIMS;
    memcpy(c->redirect_hash, redirect.p, sizeof c->redirect_hash);
    return true;
}

enum err code_read(struct arena *a, const struct keys *k, struct view text, struct code *out)
{
    struct view record;
    enum err e = pack_open(a, keys_secret(k, SECRET_CODE), PURPOSE, text, &record);

    *out = (struct code){0};
    if (e)
        return e;
    return take(record, out) ? ERR_OK : ERR_SYNTAX;
}
