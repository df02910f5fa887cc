/* grant_type=client_credentials (RFC 6749 4.4): a service asks for itself. Never openid, never anything of a resident:
 * with a scope, what it gets is for the endpoints of ours that serve clients, like grant management; without one, for a
 * resource server that it registered, which decides by client_id what it may do there. */
#include "idp/endpoints/token_call.h"
#include "idp/rules/client_credentials.h"
#include "idp/rules/resource.h"
#include "idp/state/spent.h"
#include "idp/tokens/access_token.h"

static enum err record_job(struct db *db, void *ctx)
{
    const struct token_call *c = ctx;
    enum err e = token_record(db, &c->family);

    return e ? e : token_call_keep_details(db, c);
}

static enum refusal decide(struct token_call *c, struct view resource)
{
    if (view_is(resource) || (!view_is(c->params.scope) && c->client->resources.n))
        return resource_of_client_decide(&c->resource, resource, c->params.scope, c->client);
    return client_credentials_decide(c->caller.method, c->params.scope);
}

/* RFC 6749 4.4.3: "A refresh token SHOULD NOT be included." */
enum err token_by_client_credentials(struct visit *v, struct token_call *c)
{
    struct view resource;
    enum err e = token_call_target(&resource, v, c);

    if (e || c->refusal)
        return e;
    c->refusal = decide(c, resource);
    if (!c->refusal)
        e = token_call_find_own_details(v, c);
    if (e || c->refusal)
        return e;
    c->sub = c->client->id; /* RFC 9068 2.2 */
    c->family = (struct family){.id = token_family_mint(c->now),
                                .client = c->client->id,
                                .scope = view_is(c->params.scope) ? c->params.scope : VIEW(""),
                                .resource = c->resource,
                                .minted_at = c->now,
                                .expires_at = c->now + ACCESS_TOKEN_LIFE_S};
    return spend_and_write(v, record_job, c, &c->refusal);
}
