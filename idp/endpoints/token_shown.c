#include "idp/endpoints/token_shown.h"

#include "idp/endpoints/access.h"
#include "idp/tokens/refresh_token.h"
#include "idp/tokens/resource_token.h"
#include "sessions/wish.h"

/* One that was swept says nothing any more, and neither does its token. */
static enum err find_details(struct token_shown *out, struct visit *v, struct ident wish)
{
    struct wish w;
    enum err e = ident_is(wish) ? wish_find(&w, v->db, v->arena, wish) : ERR_NOT_FOUND;

    out->details = e ? VIEW_NONE : w.details;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err find_refresh(struct token_shown *out, struct visit *v, struct view text)
{
    struct ident family = refresh_token_family(v->arena, v->keys, text);
    enum err e = ident_is(family) ? refresh_find(&out->facts, v->db, v->arena, family) : ERR_NOT_FOUND;
    const struct refresh *good = &out->facts.family.refresh;

    if (e)
        return e;
    out->is_refresh = true;
    out->used = !ident_equal(good->id, ident_of(text));
    out->minted_at = good->minted_at;
    out->expires_at = good->expires_at;
    out->access.resource = out->facts.family.resource;
    out->access.cnf = out->facts.family.cnf;
    out->access.scope = out->facts.family.scope;
    return find_details(out, v, out->facts.family.wish);
}

static enum err find_access(struct token_shown *out, struct visit *v, struct view text)
{
    enum err e = access_token_read(v->arena, v->keys, text, &out->access);

    if (e)
        return e == ERR_SYNTAX || e == ERR_MISMATCH ? ERR_NOT_FOUND : e;
    out->expires_at = out->access.expires_at;
    e = access_find_family(&out->facts, v->db, v->arena, &out->access);
    /* It is not written into it: a full life before its end, but not before its family (an exchanged one is shorter).
     */
    out->minted_at = out->expires_at - ACCESS_TOKEN_LIFE_S;
    if (!e && out->facts.family.minted_at > out->minted_at)
        out->minted_at = out->facts.family.minted_at;
    return e ? e : find_details(out, v, out->access.details);
}

/* A JWT of ours; it was for a resource server to read. */
static enum err find_jwt(struct token_shown *out, struct visit *v, struct view text)
{
    struct resource_token t;
    enum err e = resource_token_read(v->arena, v->keys, text, &t);

    if (e)
        return e == ERR_SYNTAX || e == ERR_MISMATCH ? ERR_NOT_FOUND : e;
    out->minted_at = t.now;
    out->expires_at = t.expires_at;
    out->access.resource = t.resource;
    out->access.cnf = t.cnf;
    out->details = t.details;
    return token_find_family(&out->facts, v->db, v->arena, t.family);
}

enum err token_shown_find(struct token_shown *out, struct visit *v, struct view text)
{
    *out = (struct token_shown){0};
    if (text.n == REFRESH_TOKEN_LENGTH)
        return find_refresh(out, v, text);
    return view_index(text, '.') < text.n ? find_jwt(out, v, text) : find_access(out, v, text);
}
