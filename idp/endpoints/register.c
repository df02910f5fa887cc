/* POST /register (RFC 7591, OIDC Dynamic Client Registration 1.0): a service registers itself, behind an initial access
 * token. It becomes what the operator wrote into the invitation, and may say the rest (idp/rules/invite). */
#include "base/chance.h"
#include "base/clock.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/registered.h"
#include "idp/state/clients.h"
#include "idp/state/limits.h"
#include "idp/state/self_registered.h"
#include "store/store.h"

struct registering {
    const struct visit *visit;
    struct invite invite;
    struct client *client;
    struct view registration, secret, token;
    uint8_t secret_hash[SHA256_SIZE], token_hash[SHA256_SIZE];
    struct registration_fault fault;
    enum refusal refusal;
    bool refused; /* with FAULT */
    bool full;    /* CLIENTS_MAX are registered */
};

/* --- load --------------------------------------------------------------------------------------------------------- */

static enum err find_invite(struct visit *v, struct registering *r)
{
    uint8_t hash[SHA256_SIZE];
    struct view token;

    r->refusal = registered_token(v, &token, hash);
    if (r->refusal)
        return ERR_OK;
    enum err e = invites_find(&r->invite, v->db, v->arena, hash, v->now);
    if (e == ERR_NOT_FOUND)
        r->refusal = REFUSAL_INVITE_INVALID;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* --- decide ------------------------------------------------------------------------------------------------------- */

static enum err judge(struct visit *v, struct registering *r)
{
    const struct sector_source source = sector_by_visit(v);
    const struct self_request request = {
        .id = view_text(chance_id(v->arena)), .said = v->request->body, .terms = r->invite.terms};

    if (!view_is(request.id))
        return ERR_MEMORY;
    enum err e = self_registration_make(&r->client, &r->registration, v->arena, &source, &request, &r->fault);
    r->refused = e == ERR_SYNTAX;
    return r->refused ? ERR_OK : e;
}

/* --- record ------------------------------------------------------------------------------------------------------- */

static enum err mint(struct visit *v, struct registering *r)
{
    r->token = view_text(chance_ticket(v->arena));
    if (!view_is(r->token))
        return ERR_MEMORY;
    sha256(r->token_hash, r->token);
    return registered_mint_secret(&r->secret, r->secret_hash, v, r->client);
}

static enum err record_job(struct db *db, void *ctx)
{
    struct registering *r = ctx;
    const struct visit *v = r->visit;
    struct view id = r->client->id;
    enum err e = clients_check_rivals(&r->fault, db, v->arena, r->client);

    r->refused = r->fault.member != NULL;
    if (e || r->refused)
        return e;
    e = invites_take(db, r->invite.id, v->now);

    r->refusal = e == ERR_NOT_FOUND ? REFUSAL_INVITE_INVALID : REFUSAL_NONE;
    if (r->refusal)
        return ERR_OK;
    if (e || (e = clients_record(db, id, r->registration, view_is(r->secret) ? r->secret_hash : NULL, v->now)) ||
        (e = self_registered_record(db, id, r->invite.id, r->token_hash, v->now)))
        return e;
    return registered_append(db, v, r->client, "client register");
}

static enum err register_client(struct visit *v, struct registering *r)
{
    enum err e = find_invite(v, r);

    if (e || r->refusal)
        return e;
    if ((e = judge(v, r)) || r->refused)
        return e;
    if ((e = mint(v, r)))
        return e;
    e = store_write(v->op->store, record_job, r);
    r->full = e == ERR_LIMIT;
    return r->full ? ERR_OK : e;
}

/* --- answer ------------------------------------------------------------------------------------------------------- */

static bool is_throttled(struct visit *v)
{
    int64_t retry_s;

    if (limits_take(v->op->limits, LIMIT_REGISTRATIONS, v->request->peer.address, clock_steady_ms(), &retry_s))
        return false;
    json_answer_throttled(v, "registrations", retry_s);
    return true;
}

static void answer(struct visit *v, const struct registering *r)
{
    clients_look_again(v->op->clients);
    registered_answer(v, 201, &(struct registered){r->client, r->registration, r->token, r->secret, v->now});
}

void handle_register(struct visit *v)
{
    struct registering r = {.visit = v};

    if (is_throttled(v) || !registered_is_json(v))
        return;
    enum err e = register_client(v, &r);
    if (e)
        json_answer_failure(v, e, "register a service");
    else if (r.refusal)
        registered_challenge(v, r.refusal);
    else if (r.full)
        json_answer_error(v, 503, "temporarily_unavailable", "no more services may be registered here");
    else if (r.refused)
        registered_refuse(v, &r.fault);
    else
        answer(v, &r);
}
