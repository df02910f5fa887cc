/* grant_type=authorization_code (RFC 6749 4.1.3, OIDC Core 3.1.3). */
#include "consent/grant.h"
#include "idp/endpoints/token_call.h"
#include "idp/rules/binding.h"
#include "idp/state/spent.h"
#include "idp/tokens/access_token.h"
#include "idp/tokens/code.h"
#include "store/store.h"
#include "store/used.h"

struct redeeming {
    struct token_call *call;
    struct visit *visit;
    struct code code;
    struct ident family; /* what comes of the code, and the code where it is taken */
};

/* --- a code that comes again -------------------------------------------------------------------------------------- */

static enum err revoke_job(struct db *db, void *ctx)
{
    const struct redeeming *r = ctx;
    const struct visit *v = r->visit;
    const struct family f = {.id = r->family,
                             .client = r->code.client_id,
                             .session = r->code.session,
                             .grant = r->code.grant,
                             .scope = r->code.scope,
                             .minted_at = r->code.minted_at,
                             .expires_at = v->now + ACCESS_TOKEN_LIFE_S + CODE_LIFE_S}; /* it was minted, or soon is */

    return token_revoke_plain(db, &f, v->now);
}

/* Durable before the answer: what came of the code must not live again after an outage. */
static enum err revoke(struct redeeming *r)
{
    enum err e = spend_and_write(r->visit, revoke_job, r, &r->call->refusal);

    visit_settle(r->visit);
    return e;
}

/* Of a code without a row nobody knows it once it is older than what is remembered, or of another epoch; then it cannot
 * be redeemed any more, and a row that revokes what it may have been redeemed for harms nobody. */
static bool may_be_redeemed_already(const struct redeeming *r)
{
    struct store *store = r->visit->op->store;
    const struct used *used = store_used(store);
    int64_t age = r->visit->now - r->code.minted_at;
    bool remembered = age < USED_REMEMBERED_S && ident_equal(r->code.epoch, store_epoch(store));

    if (age > CODE_LIFE_S + USED_REMEMBERED_S + ACCESS_TOKEN_LIFE_S)
        return false; /* nothing that has no row lives any more */
    return !remembered || used_is_taken(used, r->family);
}

/* RFC 6749 4.1.2: a code that comes a second time, however late or wrong, takes what it was redeemed for with it. */
static enum err revoke_if_redeemed(struct redeeming *r)
{
    struct visit *v = r->visit;
    struct token_facts facts;
    enum err e = token_find_family(&facts, v->db, v->arena, r->family);

    if (e == ERR_NOT_FOUND)
        return may_be_redeemed_already(r) ? revoke(r) : ERR_OK;
    return e || facts.family.revoked_at ? e : revoke(r);
}

/* --- a code that comes -------------------------------------------------------------------------------------------- */

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
    if (e)
        return e;
    r->family = token_family_id(r->call->params.code, r->code.minted_at);
    return judge_code(r);
}

static enum err prepare_family(struct redeeming *r)
{
    struct token_call *c = r->call;

    c->family = (struct family){
        .id = r->family,
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

static enum err redeem_with_row(struct redeeming *r)
{
    struct token_call *c = r->call;
    enum err e = spend_and_write(r->visit, redeem_job, r, &c->refusal);

    if (!e && must_last(c))
        visit_settle(r->visit);
    return e;
}

/* Without a look into the database: surely neither the session, which was alive when the code was minted, nor what this
 * code was redeemed for has ended since. */
static bool surely_goes_on(const struct redeeming *r)
{
    const struct used *used = store_used(r->visit->op->store);
    int64_t since = r->code.login.seen_ms, age = clock_steady_ms() - since;

    return age >= 0 && age <= CODE_LIFE_S * 1000 && !used_may_have_ended(used, r->code.session, since) &&
           !used_may_have_ended(used, r->family, since);
}

static enum err look_whether_it_ended(struct redeeming *r)
{
    const struct family f = {.id = r->family, .session = r->code.session};
    struct store *store = r->visit->op->store;
    struct db *db = store_look(store, r->visit->db);
    struct token_facts facts = {.has_session = false};
    enum err e = token_find_plain(&facts, db, r->visit->arena, &f);

    store_look_done(store, db);
    if (e == ERR_NOT_FOUND || (!e && facts.session_ended_at))
        r->call->refusal = REFUSAL_SESSION_ENDED;
    else if (!e && facts.family.revoked_at) /* it came twice, and the first time did not come to its end */
        r->call->refusal = REFUSAL_CODE_REPLAYED;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static void take_login(struct redeeming *r)
{
    struct token_call *c = r->call;

    c->has_session = true;
    c->session = (struct session){.id = r->code.session,
                                  .acr = r->code.login.acr,
                                  .amr = r->code.login.amr,
                                  .auth_at = r->code.login.auth_at,
                                  .expires_at = r->code.login.expires_at};
}

/* Nothing is written. A log-out that comes in between ends the token with the session. */
static enum err redeem_plain(struct redeeming *r)
{
    struct token_call *c = r->call;
    enum err e = surely_goes_on(r) ? ERR_OK : look_whether_it_ended(r);

    if (!e && !c->refusal && c->now >= r->code.login.expires_at)
        c->refusal = REFUSAL_SESSION_ENDED;
    if (e || c->refusal)
        return e;
    take_login(r);
    c->plain = true;
    return prepare_family(r);
}

/* Can it be done without a row? What is sent along to be used up once is one itself. */
static bool is_plain(const struct redeeming *r)
{
    const struct token_call *c = r->call;
    const struct family f = {.session = r->code.session,
                             .wish = r->code.wish,
                             .resource = r->code.resource,
                             .offline = r->code.offline,
                             .refreshable = token_call_may_refresh(c)};

    return token_is_plain(&f) && r->visit->spent.n == 0 && !r->code.claims && !view_is(c->resource) &&
           !ident_is(c->details.id);
}

/* Whoever was stopped for so long between the judging and the taking may find that what was remembered is forgotten. */
static bool is_forgotten(const struct redeeming *r)
{
    return clock_ms(&r->visit->op->clock) / 1000 >= r->code.minted_at + USED_REMEMBERED_S;
}

static enum err redeem_taken(struct redeeming *r, enum used_verdict taken)
{
    if (taken == USED_LATE || is_forgotten(r)) {
        r->call->refusal = REFUSAL_CODE_EXPIRED;
        return ERR_OK;
    }
    return taken == USED_NEW && is_plain(r) ? redeem_plain(r) : redeem_with_row(r);
}

/* The code is taken first, by whoever comes first; what fails then gives it back. When too many come for all to be
 * remembered, the row of each is what is there once. */
static enum err redeem(struct redeeming *r)
{
    struct token_call *c = r->call;
    struct used *used = store_used(r->visit->op->store);
    enum used_verdict taken = used_take(used, r->family);

    if (taken == USED_BEFORE) {
        c->refusal = REFUSAL_CODE_REPLAYED;
        return revoke(r);
    }
    enum err e = redeem_taken(r, taken);
    if (taken == USED_NEW && (e || c->refusal) && c->refusal != REFUSAL_CODE_REPLAYED)
        used_release(used, r->family);
    return e;
}

enum err token_by_code(struct visit *v, struct token_call *c)
{
    struct redeeming r = {.call = c, .visit = v};
    enum err e = read_code(&r);

    return e || c->refusal ? e : redeem(&r);
}
