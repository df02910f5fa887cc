#include "idp/rules/exchange.h"

#include "idp/rules/resource.h"

const char exchange_access_token[] = "urn:ietf:params:oauth:token-type:access_token";

enum refusal exchange_params_decide(const struct exchange_params *p)
{
    if (!view_is(p->subject_token) || !view_equal_text(p->subject_type, exchange_access_token))
        return REFUSAL_EXCHANGE_SUBJECT_MISSING;
    if (view_is(p->requested_type) && !view_equal_text(p->requested_type, exchange_access_token))
        return REFUSAL_EXCHANGE_TYPE;
    /* Who acts is the client itself, which has authenticated; whom it calls it says by resource. */
    if (view_is(p->actor_token) || view_is(p->audience))
        return REFUSAL_EXCHANGE_TYPE;
    if (view_is(p->scope))
        return REFUSAL_CLIENT_SCOPE;
    if (resource_is_several(p->resource))
        return REFUSAL_RESOURCE_SEVERAL;
    return view_is(p->resource) ? REFUSAL_NONE : REFUSAL_RESOURCE_NOT_REGISTERED;
}

/* Its own token, or one that it was shown as the resource server it is for. */
static bool may_hold(const struct exchange_facts *f)
{
    return view_equal(f->family->family.client, f->client->id) ||
           (view_is(f->resource) && view_equal(f->resource, f->client->resource));
}

static bool is_registered(const struct exchange_facts *f)
{
    for (size_t i = 0; f->server && i < f->client->resources.n; i++)
        if (view_equal(f->client->resources.items[i], f->server->resource))
            return true;
    return false;
}

enum refusal exchange_decide(const struct exchange_facts *f)
{
    if (!f->family || f->now >= f->expires_at || token_check(f->family, f->now) != TOKEN_LIVE || !may_hold(f) ||
        !ident_is(f->family->family.resident))
        return REFUSAL_EXCHANGE_SUBJECT;
    if (!is_registered(f))
        return REFUSAL_RESOURCE_NOT_REGISTERED;
    /* Who receives it last must have her consent, and not who passes it on. */
    return f->grant && grant_may_release(f->grant, f->now) ? REFUSAL_NONE : REFUSAL_EXCHANGE_NO_CONSENT;
}
