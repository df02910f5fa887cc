#include "idp/rules/exchange.h"

#include "base/text.h"
#include "idp/rules/resource.h"

const char exchange_access_token[] = "urn:ietf:params:oauth:token-type:access_token";

enum refusal exchange_params_decide(const struct exchange_params *p)
{
    if (!view_is(p->subject_token) || !view_equal_text(p->subject_type, exchange_access_token))
        return REFUSAL_EXCHANGE_SUBJECT_MISSING;
    if (view_is(p->requested_type) && !view_equal_text(p->requested_type, exchange_access_token))
        return REFUSAL_EXCHANGE_TYPE;
    /* Who acts is the client itself, which has authenticated. */
    if (view_is(p->actor_token))
        return REFUSAL_EXCHANGE_TYPE;
    if (resource_is_several(p->resource))
        return REFUSAL_RESOURCE_SEVERAL;
    return view_is(p->resource) || view_is(p->audience) ? REFUSAL_NONE : REFUSAL_RESOURCE_NOT_REGISTERED;
}

void exchange_target_add(struct exchange_target *t, const struct client *server, bool issuer)
{
    bool first = !t->server && !t->userinfo;

    t->unknown = t->unknown || (!server && !issuer);
    t->several = t->several || (!first && (server != t->server || issuer != t->userinfo));
    if (first) {
        t->server = server;
        t->userinfo = issuer;
    }
}

/* Its own token, or one that it was shown as the resource server it is for. */
static bool may_hold(const struct exchange_facts *f)
{
    return view_equal(f->family->family.client, f->client->id) ||
           (view_is(f->resource) && view_equal(f->resource, f->client->resource));
}

static bool is_registered(const struct exchange_facts *f)
{
    const struct client *server = f->target.server;

    for (size_t i = 0; server && i < f->client->resources.n; i++)
        if (view_equal(f->client->resources.items[i], server->resource))
            return true;
    return false;
}

/* Who receives it last must have her consent, and not who passes it on. RFC 9068 2.2.3, docs/decisions/
 * resource-servers.md: no word of ours means anything there. */
static enum refusal decide_server(const struct exchange_facts *f)
{
    if (!is_registered(f))
        return REFUSAL_RESOURCE_NOT_REGISTERED;
    if (!f->grant || !grant_may_release(f->grant, f->now))
        return REFUSAL_EXCHANGE_NO_CONSENT;
    return view_is(f->asked_scope) ? REFUSAL_EXCHANGE_SCOPE : REFUSAL_NONE;
}

/* Its own token for UserInfo, of which it wants a part. */
static enum refusal decide_userinfo(const struct exchange_facts *f)
{
    struct view words = f->asked_scope, word;

    if (view_is(f->resource))
        return REFUSAL_RESOURCE_NOT_GRANTED;
    if (ident_is(f->family->family.grant) && (!f->grant || !grant_may_release(f->grant, f->now)))
        return REFUSAL_EXCHANGE_SUBJECT;
    while (text_next_word(&words, &word))
        if (!text_has_word(f->scope, word))
            return REFUSAL_EXCHANGE_SCOPE;
    return REFUSAL_NONE;
}

enum refusal exchange_decide(const struct exchange_facts *f)
{
    if (!f->family || f->now >= f->expires_at || token_check(f->family, f->now) != TOKEN_LIVE || !may_hold(f) ||
        !ident_is(f->family->family.resident))
        return REFUSAL_EXCHANGE_SUBJECT;
    if (f->target.unknown) /* 2.2.2; the same as for one that is there and not registered: nobody learns which */
        return REFUSAL_RESOURCE_NOT_REGISTERED;
    if (f->target.several)
        return REFUSAL_EXCHANGE_TARGETS;
    return f->target.userinfo ? decide_userinfo(f) : decide_server(f);
}
