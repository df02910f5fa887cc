/* POST /token (RFC 6749 4.1.3 and 6, OIDC Core 3.1.3 and 12). */
#include "sessions/token.h"
#include "base/chance.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "consent/grant.h"
#include "consent/grant_scope.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/rules/token_request.h"
#include "idp/state/caller.h"
#include "idp/tokens/access_token.h"
#include "idp/tokens/code.h"
#include "idp/tokens/id_token.h"
#include "idp/tokens/subject.h"
#include "sessions/session.h"
#include "store/store.h"

#define BODY_MAX          32768
#define OFFLINE_REFRESH_S (30 * 24 * 3600) /* of a refresh token with offline_access, from its last use */

struct token_call {
    struct token_params params;
    const struct client *client;
    struct code code;
    struct session session; /* of the code; or of the family, if its row is still there */
    bool has_session;
    struct family family;
    struct view refresh_token; /* the new one; absent: none is given */
    struct refresh refresh;
    struct view sub, sid;
    int64_t now;
    enum refusal refusal;
};

/* --- a code ----------------------------------------------------------------------------------------------------- */

static enum err revoke_job(struct db *db, void *ctx)
{
    const struct family *f = ctx;

    return token_revoke_family(db, f->id, f->minted_at);
}

/* RFC 6749 4.1.2: a code that comes a second time, however late or wrong, takes what it was redeemed for with it. */
static enum err revoke_if_redeemed(struct visit *v, struct token_call *c)
{
    struct token_facts facts;
    enum err e = token_find_family(&facts, v->db, v->arena, token_family_id(c->params.code, c->code.minted_at));

    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (facts.family.revoked_at)
        return ERR_OK;
    struct family revoke = {.id = facts.family.id, .minted_at = v->now};
    return store_write(v->op->store, revoke_job, &revoke);
}

static enum err judge_code(struct visit *v, struct token_call *c)
{
    struct code_facts facts = {.client_id = c->code.client_id,
                               .challenge = c->code.challenge,
                               .expires_at = c->code.minted_at + CODE_LIFE_S,
                               .redemption_known = ident_equal(c->code.epoch, store_epoch(v->op->store))};

    memcpy(facts.redirect_hash, c->code.redirect_hash, sizeof facts.redirect_hash);
    c->refusal = code_decide(&facts, &c->params, c->client, v->now);
    if (c->refusal && c->refusal != REFUSAL_CODE_OTHER_CLIENT)
        return revoke_if_redeemed(v, c);
    return ERR_OK;
}

static enum err read_code(struct visit *v, struct token_call *c)
{
    enum err e = code_read(v->arena, v->keys, c->params.code, &c->code);

    if (e == ERR_SYNTAX || e == ERR_MISMATCH) {
        c->refusal = REFUSAL_CODE_INVALID;
        return ERR_OK;
    }
    return e ? e : judge_code(v, c);
}

/* Log-out between /authorize and here: the code is worth nothing any more. */
static enum err find_code_session(struct visit *v, struct token_call *c)
{
    enum err e = session_find(&c->session, v->db, v->arena, c->code.session);

    c->has_session = !e;
    if (e == ERR_NOT_FOUND || (!e && (c->session.ended_at || v->now >= c->session.expires_at))) {
        c->refusal = REFUSAL_SESSION_ENDED;
        return ERR_OK;
    }
    return e;
}

/* Without offline_access a refresh token dies with its session (at the latest when that reaches its absolute end). */
static int64_t refresh_end(const struct token_call *c, int64_t now)
{
    return c->family.offline || !c->has_session ? now + OFFLINE_REFRESH_S : c->session.expires_at;
}

static enum err prepare_refresh(struct visit *v, struct token_call *c)
{
    char *ticket = chance_ticket(v->arena);

    if (!ticket)
        return ERR_MEMORY;
    c->refresh_token = view_text(ticket);
    c->refresh = (struct refresh){ident_of(c->refresh_token), c->family.id, v->now, refresh_end(c, v->now)};
    return ERR_OK;
}

static enum err prepare_family(struct visit *v, struct token_call *c)
{
    c->family = (struct family){
        .id = token_family_id(c->params.code, c->code.minted_at),
        .client = c->client->id,
        .resident = c->session.resident,
        .session = c->code.session,
        .grant = c->code.grant,
        .scope = c->code.scope,
        .minted_at = c->code.minted_at,
        .expires_at = v->now + ACCESS_TOKEN_LIFE_S,
        .offline = c->code.offline,
        .refreshable = c->client->may_refresh,
    };
    c->sub = c->code.sub;
    c->sid = c->code.sid;
    if (!c->client->may_refresh)
        return ERR_OK;
    enum err e = prepare_refresh(v, c);
    if (c->refresh.expires_at > c->family.expires_at)
        c->family.expires_at = c->refresh.expires_at;
    return e;
}

struct redeeming {
    struct token_call *call;
    const struct visit *visit;
};

/* The session is looked at in the transaction that redeems: a log-out comes before it or after it. */
static enum err redeem_job(struct db *db, void *ctx)
{
    const struct redeeming *r = ctx;
    struct token_call *c = r->call;
    struct visit inside = *r->visit;
    enum redeem_verdict verdict;

    inside.db = db;
    c->refusal = REFUSAL_NONE;
    enum err e = find_code_session(&inside, c);
    if (!e && !c->refusal)
        e = prepare_family(&inside, c);
    if (e || c->refusal)
        return e;
    if ((e = token_redeem(&verdict, db, &c->family, c->now)))
        return e;
    c->refusal = verdict == CODE_REDEEMED ? REFUSAL_NONE : REFUSAL_CODE_REPLAYED;
    return !c->refusal && view_is(c->refresh_token) ? refresh_mint(db, &c->refresh) : ERR_OK;
}

/* What would be missed after an outage: a refresh token, and that a code which came twice has ended what came of it. Of
 * a redemption alone nothing need outlive the machine: the code ends with the store's epoch, and an access token whose
 * family is lost is invalid_token (docs/decisions/sealed-codes.md). */
static bool must_last(const struct token_call *c)
{
    return view_is(c->refresh_token) || c->refusal == REFUSAL_CODE_REPLAYED;
}

static enum err redeem(struct visit *v, struct token_call *c)
{
    struct redeeming r = {c, v};
    enum err e = read_code(v, c);

    if (e || c->refusal)
        return e;
    e = store_write_soon(v->op->store, redeem_job, &r);
    if (!e && must_last(c))
        visit_settle(v);
    return e;
}

/* --- a refresh token -------------------------------------------------------------------------------------------- */

struct refreshing {
    struct token_call *call;
    struct visit *visit;
    struct token_facts facts;
    struct grant grant;
    bool has_grant;
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

static enum err rotate(struct refreshing *r, struct db *db)
{
    struct token_call *c = r->call;
    enum err e;

    c->family = r->facts.family;
    c->has_session = r->facts.has_session;
    c->session.expires_at = r->facts.session_expires_at;
    if ((e = prepare_refresh(r->visit, c)) || (e = refresh_mint(db, &c->refresh)))
        return e;
    int64_t end = r->visit->now + ACCESS_TOKEN_LIFE_S;
    return token_extend(db, c->family.id, end > c->refresh.expires_at ? end : c->refresh.expires_at);
}

/* What is refused is refused durably: a family that reuse gives away is revoked in this very commit. */
static enum err refresh_job(struct db *db, void *ctx)
{
    struct refreshing *r = ctx;
    struct token_call *c = r->call;
    enum refresh_verdict verdict;
    enum err e = refresh_take(&r->facts, &verdict, db, r->visit->arena, ident_of(c->params.refresh_token),
                              c->client->id, r->visit->now);

    if (e)
        return e;
    c->refusal = refresh_refusal(verdict);
    if (!c->refusal)
        e = check_grant(r, db);
    if (e)
        return e;
    if (c->refusal == REFUSAL_GRANT_ENDED)
        return token_revoke_family(db, r->facts.family.id, r->visit->now);
    /* The error undoes the taking: when the consent is resumed, the same refresh token is good. */
    if (c->refusal == REFUSAL_GRANT_SUSPENDED)
        return ERR_CONFLICT;
    /* RFC 6749 6: a narrower scope may be asked for; it narrows this access token, not the family. Asked for too much,
     * nothing happens, as above. */
    if (!c->refusal && refresh_scope_decide(c->params.scope, r->facts.family.scope))
        return ERR_CONFLICT;
    return c->refusal ? ERR_OK : rotate(r, db);
}

static enum err name_parties(struct visit *v, struct token_call *c)
{
    c->sub = view_text(subject_sub(v->arena, v->keys, c->client->sector, c->family.resident));
    c->sid = view_text(subject_sid(v->arena, v->keys, c->family.session, c->client->id));
    return view_is(c->sub) && view_is(c->sid) ? ERR_OK : ERR_MEMORY;
}

/* A field that was taken back since is not promised again. */
static enum err narrow_scope(struct visit *v, struct token_call *c, const struct refreshing *r)
{
    struct ask asked;

    ask_requested(&asked, c->client->ask, c->family.scope);
    return grant_scope(&c->family.scope, v->arena, c->family.scope, &asked, r->has_grant ? &r->grant : NULL);
}

static enum err refresh(struct visit *v, struct token_call *c)
{
    struct refreshing r = {.call = c, .visit = v};
    enum err e = store_write(v->op->store, refresh_job, &r);

    if (e == ERR_CONFLICT) {
        c->refusal = c->refusal ? c->refusal : REFUSAL_REFRESH_SCOPE;
        return ERR_OK;
    }
    if (e || c->refusal)
        return e;
    if (view_is(c->params.scope))
        c->family.scope = c->params.scope;
    if ((e = narrow_scope(v, c, &r)) || (e = name_parties(v, c)) || !c->has_session)
        return e;
    e = session_find(&c->session, v->db, v->arena, c->family.session);
    /* When she has shown the card again since, the session tells that login and no longer the one of this family. */
    c->has_session = !e && c->session.auth_at <= c->family.minted_at;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* --- the answer ------------------------------------------------------------------------------------------------- */

static enum err mint_access_token(struct visit *v, const struct token_call *c, struct view *text)
{
    struct access_token token = {.family = c->family.id,
                                 .grant = c->family.grant,
                                 .client_id = c->client->id,
                                 .sub = c->sub,
                                 .scope = c->family.scope,
                                 .expires_at = v->now + ACCESS_TOKEN_LIFE_S};

    return access_token_mint(v->arena, v->keys, &token, text);
}

/* OIDC Core 12.2: auth_time stays that of the login, nonce is left out after a refresh. Without the session nothing can
 * be said about the login, and no ID token is given. */
static enum err mint_id_token(struct visit *v, const struct token_call *c, struct view access_token, struct view *text)
{
    struct id_token token = {.issuer = v->op->issuer,
                             .client_id = c->client->id,
                             .sub = c->sub,
                             .sid = c->sid,
                             .nonce = c->code.nonce,
                             .acr = c->session.acr,
                             .amr = c->session.amr,
                             .access_token = access_token,
                             .login_at = c->session.auth_at,
                             .now = v->now};

    *text = VIEW_NONE;
    return c->has_session ? id_token_mint(v->arena, v->keys, c->client->id_token_alg, &token, text) : ERR_OK;
}

static enum err write_answer(struct visit *v, const struct token_call *c)
{
    struct view access_token, id_token;
    struct json_out o;
    struct buf b;
    enum err e;

    if ((e = mint_access_token(v, c, &access_token)) || (e = mint_id_token(v, c, access_token, &id_token)))
        return e;
    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "access_token", access_token);
    json_pair_text(&o, "token_type", "Bearer");
    json_pair_int(&o, "expires_in", ACCESS_TOKEN_LIFE_S);
    json_pair(&o, "refresh_token", c->refresh_token);
    json_pair(&o, "id_token", id_token);
    json_pair(&o, "scope", c->family.scope);
    json_end(&o);
    json_answer(v, &b);
    return ERR_OK;
}

static enum err answer(struct visit *v, struct token_call *c)
{
    enum token_kind kind;
    struct caller caller;
    enum err e = caller_authenticate(&caller, v, &c->refusal);

    if (e || c->refusal)
        return e;
    c->client = caller.client;
    c->refusal = token_request_decide(&c->params, c->client, &kind);
    if (c->refusal)
        return ERR_OK;
    e = kind == TOKEN_BY_CODE ? redeem(v, c) : refresh(v, c);
    return e || c->refusal ? e : write_answer(v, c);
}

void handle_token(struct visit *v)
{
    struct token_call c = {.params = {.grant_type = visit_param(v, "grant_type"),
                                      .code = visit_param(v, "code"),
                                      .redirect_uri = visit_param(v, "redirect_uri"),
                                      .code_verifier = visit_param(v, "code_verifier"),
                                      .refresh_token = visit_param(v, "refresh_token"),
                                      .scope = visit_param(v, "scope")}};
    c.now = v->now;
    enum err e = answer(v, &c);

    if (e)
        json_answer_failure(v, e, "token");
    else if (c.refusal)
        json_answer_refusal(v, c.refusal, c.client ? c.client->id : VIEW_NONE);
}
