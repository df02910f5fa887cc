#include "idp/rules/introspection.h"

/* RFC 7662 4: "the authorization server MUST determine whether or not the token can be used at the protected resource
 * making the introspection call". */
static bool may_know(const struct introspection_facts *f)
{
    if (view_equal(f->family->family.client, f->caller->id))
        return true;
    return !f->is_refresh && view_is(f->resource) && view_equal(f->resource, f->caller->resource);
}

/* A token of a consent that was withdrawn is dead (product.md); of one that is suspended, UserInfo tells only who it
 * is, and nobody else is served. */
static bool is_granted(const struct introspection_facts *f)
{
    if (!ident_is(f->family->family.grant))
        return true;
    if (!f->grant || f->grant->end == GRANT_ENDED_WITHDRAWN)
        return false;
    return !view_is(f->resource) || grant_standing_may_release(f->grant, f->now);
}

bool introspection_decide(const struct introspection_facts *f)
{
    return may_know(f) && f->now < f->expires_at && !f->refresh_used && token_check(f->family, f->now) == TOKEN_LIVE &&
           is_granted(f);
}
