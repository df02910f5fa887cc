/* grant_type=client_credentials (RFC 6749 4.4): a service asks for itself. Never openid, never anything of a resident:
 * what it gets is for the endpoints that serve clients, like grant management. */
#include "idp/endpoints/token_call.h"
#include "idp/rules/client_credentials.h"
#include "idp/tokens/access_token.h"
#include "store/store.h"

static enum err record_job(struct db *db, void *ctx)
{
    const struct family *f = ctx;

    return token_record(db, f);
}

/* RFC 6749 4.4.3: "A refresh token SHOULD NOT be included." */
enum err token_by_client_credentials(struct visit *v, struct token_call *c)
{
    c->refusal = client_credentials_decide(c->caller.method, c->params.scope);
    if (c->refusal)
        return ERR_OK;
    c->sub = c->client->id; /* RFC 9068 2.2 */
    c->family = (struct family){.id = token_family_mint(c->now),
                                .client = c->client->id,
                                .scope = c->params.scope,
                                .minted_at = c->now,
                                .expires_at = c->now + ACCESS_TOKEN_LIFE_S};
    return store_write_soon(v->op->store, record_job, &c->family);
}
