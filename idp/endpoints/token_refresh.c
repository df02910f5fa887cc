/* grant_type=refresh_token (RFC 6749 6, OIDC Core 12, RFC 9700 4.14.2). */
#include "consent/grant.h"
#include "idp/endpoints/token_call.h"
#include "idp/rules/session_update.h"
#include "idp/state/config.h"
#include "idp/state/spent.h"
#include "idp/tokens/access_token.h"
#include "idp/tokens/refresh_token.h"

struct refreshing {
    struct token_call *call;
    struct visit *visit;
    struct ident family; /* that the refresh token names */
    struct token_facts facts;
    struct grant grant;
    bool has_grant;
    bool touches; /* her session: that a service refreshes says that she is there */
};

static enum refusal refresh_refusal(enum refresh_verdict verdict)
{
    static const enum refusal table[] = {
        [REFRESH_GOOD] = REFUSAL_NONE,
        [REFRESH_UNKNOWN] = REFUSAL_REFRESH_INVALID,
        [REFRESH_EXPIRED] = REFUSAL_REFRESH_EXPIRED,
        [REFRESH_USED] = REFUSAL_REFRESH_REPLAYED,
        [REFRESH_OTHER_CLIENT] = REFUSAL_REFRESH_INVALID,
        [REFRESH_REVOKED] = REFUSAL_REFRESH_INVALID,
        [REFRESH_SESSION_ENDED] = REFUSAL_SESSION_ENDED,
    };

    return table[verdict];
}

/* product.md: "refresh tokens of an ended grant die". A login without fields has no grant to end. */
static enum err check_grant(struct refreshing *r, struct db *db)
{
    r->has_grant = ident_is(r->facts.family.grant);
    if (!r->has_grant)
        return ERR_OK;
    enum err e = grant_find_by_id(&r->grant, r->visit->arena, db, r->facts.family.grant);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e || !grant_is_live(&r->grant, r->visit->now))
        r->call->refusal = REFUSAL_GRANT_ENDED;
    else if (!grant_may_release(&r->grant, r->visit->now))
        r->call->refusal = REFUSAL_GRANT_SUSPENDED;
    return ERR_OK;
}

/* Only while she is there, unless she gave offline_access or logged in elsewhere; of some services a refresh says that
 * she is. */
static void check_activity(struct refreshing *r)
{
    const struct token_facts *t = &r->facts;
    const struct session_update_facts facts = {.offline = t->family.offline || !ident_is(t->family.session),
                                               .registered = r->call->client->session_update,
                                               .seen_at = t->session_seen_at,
                                               .idle_s = r->visit->op->config->session.idle,
                                               .now = r->visit->now};
    enum session_update update = session_update_decide(&facts);

    if (update == SESSION_UPDATE_IDLE)
        r->call->refusal = REFUSAL_SESSION_IDLE;
    r->touches = update == SESSION_UPDATE_TOUCH;
}

/* The login it goes back to. */
static void take_over(struct token_call *c, const struct token_facts *t)
{
    c->family = t->family;
    c->has_session = t->has_session;
    c->session = (struct session){.id = t->family.session,
                                  .resident = t->family.resident,
                                  .acr = t->session_acr,
                                  .amr = t->session_amr,
                                  .auth_at = t->session_auth_at,
                                  .expires_at = t->session_expires_at};
}

/* The next tokens: with another refresh token, or beside the one that stays. */
static enum err go_on(struct refreshing *r, struct db *db)
{
    struct token_call *c = r->call;
    struct ident before = r->facts.family.refresh.id;
    int64_t now = r->visit->now, end = now + ACCESS_TOKEN_LIFE_S;
    enum err e = r->touches ? session_touch(db, r->facts.family.session, now) : ERR_OK;

    take_over(c, &r->facts);
    if (end > c->family.expires_at)
        c->family.expires_at = end;
    if (!e && !refresh_rotates(c->client))
        return token_extend(db, c->family.id, c->family.expires_at);
    if (!e)
        e = token_call_prepare_refresh(r->visit, c);
    return e ? e : refresh_rotate(db, &c->family, before);
}

static bool is_holder(const struct refreshing *r)
{
    const struct cnf *bound = &r->facts.family.cnf;

    return bound->kind == CNF_NONE || cnf_equal(bound, &r->call->cnf);
}

/* When she has shown the card again since, the session tells that login and no longer the one of this family. */
static bool tells_login(const struct refreshing *r)
{
    return r->facts.has_session && r->facts.session_auth_at <= r->facts.family.minted_at;
}

/* What is asked of this access token alone: asked for too much, or not said, nothing happens. */
static enum err answer(struct refreshing *r, struct db *db)
{
    struct token_call *c = r->call;
    const struct token_granted granted = {
        .wish = r->facts.family.wish, .grant = r->facts.family.grant, .refreshed = true};
    enum err e = token_call_find_resource(r->visit, c, r->facts.family.resource, r->facts.family.scope);

    if (!e && !c->refusal)
        e = token_call_find_details(r->visit, c, db, &granted);
    if (e || c->refusal || (e = token_call_keep_details(db, c)) || (e = go_on(r, db)))
        return e;
    c->has_session = tells_login(r);
    return token_call_release(r->visit, db, c);
}

/* Good by itself; what else may be against it changes nothing of it: when the consent is resumed, she is back, or less
 * is asked for, the same refresh token is good. */
static enum err judge_rest(struct refreshing *r, struct db *db)
{
    struct token_call *c = r->call;
    enum err e = ERR_OK;

    if (!is_holder(r)) /* RFC 9449 5: of no use to whom has not the key */
        c->refusal = REFUSAL_REFRESH_KEY;
    if (!c->refusal)
        e = check_grant(r, db);
    if (c->refusal == REFUSAL_GRANT_ENDED)
        return token_revoke_family(db, r->facts.family.id, r->visit->now);
    if (!e && !c->refusal)
        check_activity(r);
    /* RFC 6749 6: a narrower scope may be asked for; it narrows this access token, not the family. */
    if (!e && !c->refusal && refresh_scope_decide(c->params.scope, r->facts.family.scope))
        c->refusal = REFUSAL_REFRESH_SCOPE;
    return e;
}

/* What is refused is refused durably: a family that reuse gives away is revoked in this very commit. */
static enum err refresh_job(struct db *db, void *ctx)
{
    struct refreshing *r = ctx;
    struct token_call *c = r->call;
    enum refresh_verdict verdict;
    enum err e = refresh_take(&r->facts, &verdict, db, r->visit->arena, r->family, ident_of(c->params.refresh_token),
                              c->client->id, r->visit->now);

    if (e)
        return e;
    c->refusal = refresh_refusal(verdict);
    if (!c->refusal)
        e = judge_rest(r, db);
    return e || c->refusal ? e : answer(r, db);
}

enum err token_by_refresh(struct visit *v, struct token_call *c)
{
    struct refreshing r = {
        .call = c, .visit = v, .family = refresh_token_family(v->arena, v->keys, c->params.refresh_token)};

    if (!ident_is(r.family)) {
        c->refusal = REFUSAL_REFRESH_INVALID;
        return ERR_OK;
    }
    enum err e = spend_and_write(v, refresh_job, &r, &c->refusal);
    visit_settle(v);
    if (e || c->refusal)
        return e;
    if (view_is(c->params.scope))
        c->family.scope = c->params.scope;
    e = token_call_narrow(v, c, r.has_grant ? &r.grant : NULL);
    return e ? e : token_call_name_parties(v, c);
}
