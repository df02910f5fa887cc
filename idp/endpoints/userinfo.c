/* GET, POST /userinfo (OIDC Core 5.3, RFC 6750). Fields leave here and in ID tokens (idp/endpoints/release.h), and only
 * after the ledger entry that says so is durable. */
#include "base/json.h"
#include "idp/endpoints/access.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/release.h"
#include "idp/state/sealing.h"
#include "idp/state/tally.h"
#include "idp/tokens/userinfo_token.h"
#include "store/store.h"

#define BODY_MAX 65536

struct userinfo_call {
    struct access access;
    struct release *release; /* NULL: no field is asked for */
    struct sealing sealing;
    const struct visit *visit;
    enum refusal refusal;
};

/* --- the token -------------------------------------------------------------------------------------------------- */

/* A token lives only while its family and its session (unless offline) do. */
static enum err check_family(struct visit *v, struct userinfo_call *c, struct release_facts *out)
{
    struct token_facts facts;
    enum err e = access_find_family(&facts, v->db, v->arena, &c->access.token);

    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e || token_check(&facts, v->now) != TOKEN_LIVE) {
        c->refusal = REFUSAL_BEARER_INVALID;
        return ERR_OK;
    }
    if (!ident_is(facts.family.resident)) /* of a client for itself (RFC 6749 4.4): of nobody */
        c->refusal = REFUSAL_BEARER_SCOPE;
    out->session = facts.family.session;
    out->wish = facts.family.wish;
    return ERR_OK;
}

/* --- what goes out ---------------------------------------------------------------------------------------------- */

static enum err disclose(struct userinfo_call *c, struct visit *v, const struct release_facts *facts)
{
    enum err e = release_record(c->release, v, facts);

    /* "Withdrawal kills tokens": also those that have no refresh token and so no index to be found by. */
    if (!e && c->release->withdrawn)
        c->refusal = REFUSAL_BEARER_INVALID;
    return e;
}

/* The same where no field is asked for. */
static enum err check_grant(struct userinfo_call *c, struct visit *v, struct ident grant)
{
    struct grant_standing standing;
    enum err e = ident_is(grant) ? grant_find_standing(&standing, v->arena, v->db, grant) : ERR_NOT_FOUND;

    if (!e && standing.end == GRANT_ENDED_WITHDRAWN)
        c->refusal = REFUSAL_BEARER_INVALID;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static struct release_facts facts_of(const struct userinfo_call *c)
{
    return (struct release_facts){.place = RELEASE_USERINFO,
                                  .client = c->access.client,
                                  .grant = c->access.token.grant,
                                  .scope = c->access.token.scope};
}

/* Token, grant and profile are looked up in the very transaction that records the disclosure: what was withdrawn before
 * it does not go out, and the writing connection, whose pages nobody else changes, finds them without asking the
 * system. */
static enum err disclose_job(struct db *db, void *ctx)
{
    struct userinfo_call *c = ctx;
    struct visit inside = *c->visit;
    struct release_facts facts = facts_of(c);

    inside.db = db;
    c->refusal = REFUSAL_NONE;
    enum err e = check_family(&inside, c, &facts);
    return e || c->refusal ? e : disclose(c, &inside, &facts);
}

/* Where no field is asked for nothing goes out, so nothing is written down: nobody waits for the writer or the disk. */
static enum err look_only(struct visit *v, struct userinfo_call *c, bool *enough)
{
    struct release_facts facts = facts_of(c);

    *enough = false;
    if (!release_is_none(&facts))
        return ERR_OK;
    enum err e = check_family(v, c, &facts);
    *enough = c->refusal || !ident_is(facts.wish); /* only the family knows what was asked by name */
    return e || c->refusal || !*enough ? e : check_grant(c, v, facts.grant);
}

static enum err disclose_fields(struct visit *v, struct userinfo_call *c)
{
    c->release = arena_alloc(v->arena, sizeof *c->release);
    return c->release ? visit_write(v, disclose_job, c) : ERR_MEMORY;
}

/* OIDC Core 5.3.2: a JWT also says from whom and for whom it is. */
static bool is_jwt(const struct userinfo_call *c)
{
    return c->access.client->userinfo.alg != JWS_NONE_GIVEN || c->sealing.key;
}

static void write_claims(struct buf *b, struct visit *v, const struct userinfo_call *c)
{
    struct json_out o;

    buf_open(b, v->arena, BODY_MAX);
    json_out_open(&o, b);
    json_begin(&o);
    if (is_jwt(c)) {
        json_pair(&o, "iss", v->op->issuer);
        json_pair(&o, "aud", c->access.client->id);
    }
    json_pair(&o, "sub", c->access.token.sub);
    if (c->release)
        disclosure_put_claims(&o, &c->release->disclosure);
    json_end(&o);
}

/* Signed, encrypted, or signed and then encrypted, as the client registered. */
static enum err write_jwt(struct view *text, struct visit *v, const struct userinfo_call *c, const struct buf *claims)
{
    enum err e = buf_done(claims, text);

    if (!e && c->access.client->userinfo.alg == JWS_NONE_GIVEN)
        return sealing_apply_to_claims(text, v->arena, &c->sealing);
    if (!e)
        e = userinfo_token_sign(v->arena, v->keys, c->access.client->userinfo.alg, *text, text);
    return e ? e : sealing_apply(text, v->arena, &c->sealing);
}

static enum err write_answer(struct visit *v, const struct userinfo_call *c)
{
    struct view text;
    struct buf b;

    write_claims(&b, v, c);
    if (!is_jwt(c)) {
        json_answer(v, &b);
        return ERR_OK;
    }
    enum err e = write_jwt(&text, v, c, &b);
    if (e)
        return e;
    answer_no_store(v->answer);
    answer_body(v->answer, 200, "application/jwt", text);
    return ERR_OK;
}

/* The key that the answer is encrypted to is there before anything is written. */
static enum err find_sealing(struct visit *v, struct userinfo_call *c)
{
    enum err e = access_find(&c->access, v, &c->refusal);

    if (e || c->refusal)
        return e;
    return sealing_find(&c->sealing, v, c->access.client, &c->access.client->userinfo.jwe, true);
}

static enum err decide(struct visit *v, struct userinfo_call *c)
{
    enum err e = find_sealing(v, c);

    if (e || c->refusal)
        return e;
    if ((e = access_prove(&c->access, v, &c->refusal)) || c->refusal)
        return e;
    bool enough;
    e = look_only(v, c, &enough);
    if (!e && !enough)
        e = disclose_fields(v, c);
    if (e || c->refusal)
        return e;
    return write_answer(v, c);
}

void handle_userinfo(struct visit *v)
{
    struct userinfo_call *c = arena_alloc(v->arena, sizeof *c);
    enum err e = c ? ERR_OK : ERR_MEMORY;

    if (c) {
        c->visit = v;
        e = decide(v, c);
    }
    if (e)
        json_answer_failure(v, e, "userinfo");
    else if (c->refusal)
        json_answer_challenge(v, c->refusal, c->access.token.client_id);
    if (!e && !c->refusal && c->release && c->release->disclosure.n)
        tally(v->op, TALLY_DISCLOSURES);
}
