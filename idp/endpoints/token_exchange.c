/* grant_type=urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693): services that call services. */
#include "consent/grant.h"
#include "idp/endpoints/token_call.h"
#include "idp/endpoints/token_shown.h"
#include "idp/rules/exchange.h"
#include "idp/state/clients.h"
#include "idp/state/spent.h"

struct exchanging {
    struct token_call *call;
    struct visit *visit;
    struct exchange_params params;
    struct token_shown subject;
    bool has_subject;
    const struct client *server;
    struct grant grant;
    bool has_grant;
};

static void read_params(struct exchanging *x)
{
    const struct visit *v = x->visit;

    x->params = (struct exchange_params){.subject_token = visit_param(v, "subject_token"),
                                         .subject_type = visit_param(v, "subject_token_type"),
                                         .requested_type = visit_param(v, "requested_token_type"),
                                         .actor_token = visit_param(v, "actor_token"),
                                         .audience = visit_param(v, "audience"),
                                         .resource = x->call->params.resource,
                                         .scope = x->call->params.scope};
}

/* The token, the server it asks for, and what she allows that one. Through DB: in the transaction that records. */
static enum err load(struct exchanging *x, struct db *db)
{
    struct visit inside = *x->visit;

    inside.db = db;
    enum err e = token_shown_find(&x->subject, &inside, x->params.subject_token);
    x->has_subject = !e && !x->subject.is_refresh;
    if (!e || e == ERR_NOT_FOUND)
        e = clients_find_resource(inside.op->clients, inside.db, x->params.resource, &x->server);
    if (e || !x->has_subject || !x->server)
        return e;
    e = grant_find(&x->grant, inside.arena, db, x->subject.facts.family.resident, x->server->id);
    x->has_grant = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static struct family made_of(const struct exchanging *x)
{
    const struct family *from = &x->subject.facts.family;

    return (struct family){.id = token_family_mint(x->call->now),
                           .client = x->call->client->id,
                           .resident = from->resident,
                           .session = from->session,
                           .grant = x->grant.id,
                           .scope = VIEW(""),
                           .resource = x->server->resource,
                           .minted_at = x->call->now,
                           .expires_at = x->subject.expires_at,
                           .offline = from->offline};
}

/* RFC 9068 2.2.1: the login is told as it was when she allowed the first token, or not at all. One that was exchanged
 * already (no words of scope stand in it) does not know when that was. */
static enum err find_login(struct exchanging *x, struct db *db)
{
    const struct family *from = &x->subject.facts.family;
    struct token_call *c = x->call;

    c->tells_login = false;
    if (!ident_is(from->session) || from->scope.n == 0)
        return ERR_OK;
    enum err e = session_find(&c->session, db, x->visit->arena, from->session);
    c->tells_login = !e && c->session.auth_at <= from->minted_at;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err exchange_job(struct db *db, void *ctx)
{
    struct exchanging *x = ctx;
    struct token_call *c = x->call;
    enum err e = load(x, db);

    if (e)
        return e;
    const struct exchange_facts facts = {.client = c->client,
                                         .family = x->has_subject ? &x->subject.facts : NULL,
                                         .resource = x->subject.access.resource,
                                         .expires_at = x->subject.expires_at,
                                         .server = x->server,
                                         .grant = x->has_grant ? &x->grant : NULL,
                                         .now = c->now};
    c->refusal = exchange_decide(&facts);
    if (c->refusal)
        return ERR_OK;
    c->family = made_of(x);
    c->resource = x->server->resource;
    c->expires_at = x->subject.expires_at;
    e = find_login(x, db);
    return e ? e : token_record(db, &c->family);
}

enum err token_by_exchange(struct visit *v, struct token_call *c)
{
    struct exchanging x = {.call = c, .visit = v};

    read_params(&x);
    c->refusal = exchange_params_decide(&x.params);
    if (!c->refusal && view_is(c->params.details)) /* RFC 9396 6: nothing of the kind was granted for that server */
        c->refusal = REFUSAL_DETAILS_NOT_GRANTED;
    if (!c->refusal)
        c->refusal = caller_throttle(&c->caller, v, LIMIT_EXCHANGES);
    if (c->refusal)
        return ERR_OK;
    enum err e = spend_and_write(v, exchange_job, &x, &c->refusal);
    if (e || c->refusal)
        return e;
    c->issued_type = exchange_access_token;
    c->actor = c->client->id; /* RFC 8693 4.1 */
    return token_call_name_parties(v, c);
}
