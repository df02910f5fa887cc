/* grant_type=authorization_code (RFC 6749 4.1.3, OIDC Core 3.1.3). */
#include "consent/grant.h"
#include "idp/endpoints/token_call.h"
#include "idp/rules/binding.h"
#include "idp/state/spent.h"
#include "idp/tokens/access_token.h"
#include "idp/tokens/code.h"
#include "store/store.h"

struct redeeming {
    struct token_call *call;
    struct visit *visit;
    struct code code;
};

static enum err revoke_job(struct db *db, void *ctx)
{
    const struct family *f = ctx;

    return token_revoke_family(db, f->id, f->minted_at);
}

static struct ident family_of(const struct redeeming *r)
{
    return token_family_id(r->call->params.code, r->code.minted_at);
}

/* RFC 6749 4.1.2: a code that comes a second time, however late or wrong, takes what it was redeemed for with it. */
static enum err revoke_if_redeemed(struct redeeming *r)
{
    struct visit *v = r->visit;
    struct token_facts facts;
    enum err e = token_find_family(&facts, v->db, v->arena, family_of(r));

    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (facts.family.revoked_at)
        return ERR_OK;
    struct family revoke = {.id = facts.family.id, .minted_at = v->now};
    e = spend_and_write(v, revoke_job, &revoke, &r->call->refusal);
    visit_settle(v);
    return e;
}

/* What this access token is for. A code that is good is not used up by asking for too much. */
static enum err find_target(struct redeeming *r)
{
    const struct token_granted granted = {.wish = r->code.wish, .grant = r->code.grant};
    enum err e = token_call_find_resource(r->visit, r->call, r->code.resource, r->code.scope);

    return e || r->call->refusal ? e : token_call_find_details(r->visit, r->call, r->visit->db, &granted);
}

static enum err judge_code(struct redeeming *r)
{
    struct token_call *c = r->call;
    struct code_facts facts = {.client_id = r->code.client_id,
                               .challenge = r->code.challenge,
                               .expires_at = r->code.minted_at + CODE_LIFE_S,
                               .bound = &r->code.cnf,
                               .redemption_known = ident_equal(r->code.epoch, store_epoch(r->visit->op->store))};

    memcpy(facts.redirect_hash, r->code.redirect_hash, sizeof facts.redirect_hash);
    c->refusal = code_decide(&facts, &c->params, c->client, &c->cnf, c->now);
    enum err e = c->refusal ? ERR_OK : find_target(r);
    if (e)
        return e;
    return c->refusal && c->refusal != REFUSAL_CODE_OTHER_CLIENT ? revoke_if_redeemed(r) : ERR_OK;
}

static enum err read_code(struct redeeming *r)
{
    enum err e = code_read(r->visit->arena, r->visit->keys, r->call->params.code, &r->code);

    if (e == ERR_SYNTAX || e == ERR_MISMATCH) {
        r->call->refusal = REFUSAL_CODE_INVALID;
        return ERR_OK;
    }
    return e ? e : judge_code(r);
}

static enum err prepare_family(struct redeeming *r)
{
    struct token_call *c = r->call;

    c->family = (struct family){
        .id = family_of(r),
        .client = c->client->id,
        .resident = c->session.resident,
        .session = r->code.session,
        .grant = r->code.grant,
        .scope = r->code.scope,
        .resource = r->code.resource,
        .wish = r->code.wish,
        .minted_at = r->code.minted_at,
        .expires_at = c->now + ACCESS_TOKEN_LIFE_S,
        .offline = r->code.offline,
        .refreshable = token_call_may_refresh(c),
        .cnf = binding_of_refresh(c->client, &c->cnf),
    };
    c->sub = r->code.sub;
    c->sid = r->code.sid;
    c->nonce = r->code.nonce;
    return c->family.refreshable ? token_call_prepare_refresh(r->visit, c) : ERR_OK;
}

/* The session is looked at in the transaction that redeems: a log-out comes before it or after it. */
static enum err redeem_job(struct db *db, void *ctx)
{
    struct redeeming *r = ctx;
    struct token_call *c = r->call;
    enum redeem_verdict verdict;

    c->refusal = REFUSAL_NONE;
    enum err e = token_call_find_session(r->visit, c, db, r->code.session);
    if (!e && !c->refusal)
        e = prepare_family(r);
    if (e || c->refusal)
        return e;
    if ((e = token_redeem(&verdict, db, &c->family, c->now)))
        return e;
    c->refusal = verdict == CODE_REDEEMED ? REFUSAL_NONE : REFUSAL_CODE_REPLAYED;
    if (c->refusal)
        return ERR_OK;
    e = token_call_keep_details(db, c);
    if (!e && r->code.claims)
        e = grant_claim(db, c->family.grant);
    return e ? e : token_call_release(r->visit, db, c);
}

/* What would be missed after an outage: a refresh token, what the ledger says of fields in the ID token, and that a
 * code which came twice has ended what came of it. Of a redemption alone nothing need outlive the machine: the code
 * ends with the store's epoch, and an access token whose family is lost is invalid_token
 * (docs/decisions/sealed-codes.md). */
static bool must_last(const struct token_call *c)
{
    return view_is(c->refresh_token) || c->release || c->refusal == REFUSAL_CODE_REPLAYED;
}

enum err token_by_code(struct visit *v, struct token_call *c)
{
    struct redeeming r = {.call = c, .visit = v};
    enum err e = read_code(&r);

    if (e || c->refusal)
        return e;
    e = spend_and_write(v, redeem_job, &r, &c->refusal);
    if (!e && must_last(c))
        visit_settle(v);
    return e;
}
