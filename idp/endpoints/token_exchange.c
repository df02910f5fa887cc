/* grant_type=urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693): services that call services. */
#include "base/text.h"
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
    struct exchange_target target;
    struct grant grant;
    bool has_grant;
};

static enum err read_params(struct exchanging *x)
{
    const struct visit *v = x->visit;

    x->params = (struct exchange_params){.subject_token = visit_param(v, "subject_token"),
                                         .subject_type = visit_param(v, "subject_token_type"),
                                         .requested_type = visit_param(v, "requested_token_type"),
                                         .actor_token = visit_param(v, "actor_token"),
                                         .resource = x->call->params.resource,
                                         .scope = x->call->params.scope};
    return visit_words(&x->params.audience, v, "audience");
}

/* RFC 8693 2.1: resource is where the server is, audience what it is called: by its client_id, or by that. */
static enum err find_named(struct exchanging *x, struct db *db, struct view name, bool logical)
{
    struct clients *clients = x->visit->op->clients;
    const struct client *server = NULL;
    bool issuer = view_equal(name, x->visit->op->issuer);
    enum err e = issuer ? ERR_OK : clients_find_resource(clients, db, name, &server);

    if (!e && !issuer && !server && logical)
        e = clients_find(clients, db, name, &server);
    if (e)
        return e;
    exchange_target_add(&x->target, server && view_is(server->resource) ? server : NULL, issuer);
    return ERR_OK;
}

static enum err find_target(struct exchanging *x, struct db *db)
{
    struct view resources = x->params.resource, audiences = x->params.audience, name;
    enum err e = ERR_OK;

    x->target = (struct exchange_target){.server = NULL};
    while (!e && text_next_word(&resources, &name))
        e = find_named(x, db, name, false);
    while (!e && text_next_word(&audiences, &name))
        e = find_named(x, db, name, true);
    return e;
}

/* "Withdrawal kills tokens": also those that no row tells of it. */
static enum err check_own_grant(struct exchanging *x, struct db *db)
{
    struct grant_standing standing;
    struct ident own = x->subject.facts.family.grant;
    enum err e = ident_is(own) ? grant_find_standing(&standing, x->visit->arena, db, own) : ERR_NOT_FOUND;

    if (!e && standing.end == GRANT_ENDED_WITHDRAWN)
        x->has_subject = false;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* What she allows the server; for UserInfo, what she allows the service whose token it is. */
static enum err find_grant(struct exchanging *x, struct db *db)
{
    const struct family *from = &x->subject.facts.family;
    struct arena *a = x->visit->arena;
    enum err e = x->target.userinfo ? grant_find_by_id(&x->grant, a, db, from->grant)
                 : x->target.server ? grant_find(&x->grant, a, db, from->resident, x->target.server->id)
                                    : ERR_NOT_FOUND;

    x->has_grant = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The token, whom it asks for, and what she allows. Through DB: in the transaction that records. */
static enum err load(struct exchanging *x, struct db *db)
{
    struct visit inside = *x->visit;

    inside.db = db;
    enum err e = token_shown_find(&x->subject, &inside, x->params.subject_token);
    x->has_subject = !e && !x->subject.is_refresh;
    if (x->has_subject)
        e = check_own_grant(x, db);
    if (!e || e == ERR_NOT_FOUND)
        e = find_target(x, db);
    return e || !x->has_subject ? e : find_grant(x, db);
}

/* RFC 9068 2.2.1: the login is told as it was when she allowed the first token, or not at all. */
static enum err find_login(struct exchanging *x, struct db *db)
{
    const struct family *from = &x->subject.facts.family;
    struct token_call *c = x->call;

    c->tells_login = false;
    if (!ident_is(from->session))
        return ERR_OK;
    enum err e = session_find(&c->session, db, x->visit->arena, from->session);
    c->tells_login = !e && c->session.auth_at <= from->minted_at;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Fields that were asked by name (claims) stay with the first token: they stand beside the scope. Where the login
 * cannot be told any more, the family is as old as the first, so that nobody takes a later login for its own. */
static struct family made_of(const struct exchanging *x)
{
    const struct family *from = &x->subject.facts.family;
    const struct token_call *c = x->call;
    struct family f = {.id = token_family_mint(c->now),
                       .client = c->client->id,
                       .resident = from->resident,
                       .session = from->session,
                       .grant = x->has_grant ? x->grant.id : IDENT_NONE,
                       .scope = VIEW(""),
                       .minted_at = c->tells_login ? c->now : from->minted_at,
                       .expires_at = x->subject.expires_at,
                       .offline = from->offline};

    if (x->target.userinfo)
        f.scope = view_is(x->params.scope) ? x->params.scope : x->subject.access.scope;
    else
        f.resource = x->target.server->resource;
    return f;
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
                                         .scope = x->subject.access.scope,
                                         .expires_at = x->subject.expires_at,
                                         .target = x->target,
                                         .asked_scope = x->params.scope,
                                         .grant = x->has_grant ? &x->grant : NULL,
                                         .now = c->now};
    c->refusal = exchange_decide(&facts);
    if (c->refusal || (e = find_login(x, db)))
        return e;
    c->family = made_of(x);
    c->resource = c->family.resource;
    c->expires_at = x->subject.expires_at;
    return token_record(db, &c->family);
}

enum err token_by_exchange(struct visit *v, struct token_call *c)
{
    struct exchanging x = {.call = c, .visit = v};
    enum err e = read_params(&x);

    if (e)
        return e;
    c->refusal = exchange_params_decide(&x.params);
    if (!c->refusal && view_is(c->params.details)) /* RFC 9396 6: nothing of the kind was granted for that server */
        c->refusal = REFUSAL_DETAILS_NOT_GRANTED;
    if (!c->refusal)
        c->refusal = caller_throttle(&c->caller, v, LIMIT_EXCHANGES);
    if (c->refusal)
        return ERR_OK;
    e = spend_and_write(v, exchange_job, &x, &c->refusal);
    if (e || c->refusal)
        return e;
    c->issued_type = exchange_access_token;
    c->actor = c->client->id; /* RFC 8693 4.1 */
    return token_call_name_parties(v, c);
}
