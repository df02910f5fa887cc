/* grant_type=urn:ietf:params:oauth:grant-type:device_code (RFC 8628 3.4) and urn:openid:params:grant-type:ciba (CIBA
 * Core 1.0, 10.1): a device or a counter comes for what the resident allowed in her own browser. */
#include "consent/grant.h"
#include "idp/endpoints/token_call.h"
#include "idp/rules/authorization_request.h"
#include "idp/rules/binding.h"
#include "idp/rules/decoupled_request.h"
#include "idp/state/limits.h"
#include "idp/state/spent.h"
#include "idp/tokens/access_token.h"

struct fetching {
    struct token_call *call;
    struct visit *visit;
    struct view ticket; /* device_code or auth_req_id */
    struct decoupled decoupled;
    struct authz_request request; /* that was allowed */
    struct wish wish;             /* its authorization_details */
};

/* The one that asks is slowed down, whoever it is: its ticket stands for the address. */
static bool is_too_soon(const struct visit *v, struct view ticket)
{
    const char *key = arena_text(v->arena, ticket);
    int64_t retry_s;

    return key && !limits_take(v->op->limits, LIMIT_POLLS, key, v->now_ms, &retry_s);
}

/* What was asked says for which server. */
static enum err read_request(struct fetching *f)
{
    enum err e = authz_read(&f->request, f->visit->arena, f->decoupled.request);

    if (e)
        return e == ERR_SYNTAX ? ERR_STORE : e;
    f->wish = wish_of(VIEW_NONE, f->request.details);
    return token_call_find_resource(f->visit, f->call, f->request.resource, f->decoupled.scope);
}

static enum err judge(struct fetching *f, enum decoupled_kind kind)
{
    struct visit *v = f->visit;
    struct decoupled *d = &f->decoupled;
    enum err e = decoupled_find(d, v->db, v->arena, ident_of(f->ticket));
    struct poll_facts facts = {.found = !e, .fetched_as = kind, .now = v->now};

    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e) {
        facts.kind = d->kind;
        facts.same_client = view_equal(d->client, f->call->client->id);
        facts.state = d->state;
        facts.expires_at = d->expires_at;
        facts.too_soon = d->state == DECOUPLED_OPEN && is_too_soon(v, f->ticket);
    }
    f->call->refusal = poll_decide(&facts);
    return f->call->refusal ? ERR_OK : read_request(f);
}

static enum err prepare_family(struct fetching *f)
{
    const struct decoupled *d = &f->decoupled;
    struct token_call *c = f->call;

    c->family = (struct family){
        .id = token_family_id(f->ticket, d->created_at),
        .client = c->client->id,
        .resident = d->resident,
        .session = d->session,
        .grant = d->grant,
        .scope = d->scope,
        .resource = f->request.resource,
        .wish = f->wish.id,
        .minted_at = d->created_at,
        .expires_at = c->now + ACCESS_TOKEN_LIFE_S,
        .refreshable = token_call_may_refresh(c),
        .cnf = binding_of_refresh(c->client, &c->cnf),
    };
    enum err e = token_call_name_parties(f->visit, c);
    return e || !c->family.refreshable ? e : token_call_prepare_refresh(f->visit, c);
}

/* The login's, which its refresh tokens go back to, and what of them this access token carries. */
static enum err find_details(struct fetching *f, struct db *db)
{
    const struct token_granted granted = {.wish = f->wish.id, .grant = f->decoupled.grant};
    enum err e = ident_is(f->wish.id) ? wish_keep(db, &f->wish, f->call->now) : ERR_OK;

    if (!e)
        e = token_call_find_details(f->visit, f->call, db, &granted);
    return e || f->call->refusal ? e : token_call_keep_details(db, f->call);
}

static enum err redeem_job(struct db *db, void *ctx)
{
    struct fetching *f = ctx;
    struct token_call *c = f->call;
    enum redeem_verdict verdict;

    c->refusal = REFUSAL_NONE;
    enum err e = token_call_find_session(f->visit, c, db, f->decoupled.session);
    if (!e && !c->refusal)
        e = find_details(f, db);
    if (!e && !c->refusal)
        e = prepare_family(f);
    if (e || c->refusal)
        return e;
    if ((e = token_redeem(&verdict, db, &c->family, c->now)))
        return e;
    c->refusal = verdict == CODE_REDEEMED ? REFUSAL_NONE : REFUSAL_DECOUPLED_USED;
    return c->refusal ? ERR_OK : grant_claim(db, c->family.grant);
}

/* Unlike a code it outlives the store's epoch, so its redemption must too: it is durable before the answer leaves. */
static enum err fetch(struct visit *v, struct token_call *c, struct view ticket, enum decoupled_kind kind)
{
    struct fetching f = {.call = c, .visit = v, .ticket = ticket};
    enum err e = judge(&f, kind);

    if (e || c->refusal)
        return e;
    e = spend_and_write(v, redeem_job, &f, &c->refusal);
    visit_settle(v);
    return e;
}

enum err token_by_device(struct visit *v, struct token_call *c)
{
    return fetch(v, c, c->params.device_code, DECOUPLED_DEVICE);
}

enum err token_by_ciba(struct visit *v, struct token_call *c)
{
    return fetch(v, c, c->params.auth_req_id, DECOUPLED_COUNTER);
}
