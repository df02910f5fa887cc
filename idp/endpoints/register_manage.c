/* GET, PUT, DELETE /register/ID (RFC 7592): a service that registered itself reads, changes and ends its registration,
 * with its registration access token. A change brings a new token; the one before it is good until that is used. */
#include "base/chance.h"
#include "base/clock.h"
#include "base/json.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/registered.h"
#include "idp/rules/client_policy.h"
#include "idp/rules/invite.h"
#include "idp/state/clients.h"
#include "idp/state/limits.h"
#include "idp/state/self_registered.h"
#include "store/store.h"

struct managing {
    const struct visit *visit;
    struct self_registered now; /* as it is */
    struct view token;
    uint8_t token_hash[SHA256_SIZE];
    struct client *client;
    /* of a change */
    struct view registration, new_token, secret;
    uint8_t new_hash[SHA256_SIZE], secret_hash[SHA256_SIZE];
    struct registration_fault fault;
    enum refusal refusal;
    bool refused; /* with FAULT */
};

/* --- load --------------------------------------------------------------------------------------------------------- */

/* RFC 7592 2.1: a service that is not there is answered as a wrong token is. */
static enum err find(struct visit *v, struct managing *m)
{
    m->refusal = registered_token(v, &m->token, m->token_hash);
    if (m->refusal)
        return ERR_OK;
    enum err e = self_registered_find(&m->now, v->db, v->arena, v->request->tail, m->token_hash);
    if (e == ERR_NOT_FOUND)
        m->refusal = REFUSAL_REGISTRATION_TOKEN;
    if (e || m->refusal)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = registration_read(&m->client, v->arena, m->now.registration, VIEW_NONE, &m->fault);
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

static enum err confirm_job(struct db *db, void *ctx)
{
    const struct managing *m = ctx;

    return self_registered_confirm(db, m->now.client, m->token_hash);
}

static enum err confirm(struct visit *v, struct managing *m)
{
    return m->now.confirms ? store_write(v->op->store, confirm_job, m) : ERR_OK;
}

/* --- PUT ---------------------------------------------------------------------------------------------------------- */

static enum err judge(struct visit *v, struct managing *m)
{
    const struct sector_source source = sector_by_visit(v);
    const struct self_request request = {
        .id = m->now.client, .said = v->request->body, .terms = m->now.terms, .current = m->now.registration};
    struct invite_fault fault;
    const char *why = NULL;
    struct json *said;
    enum err e = json_read(&said, v->arena, v->request->body, &why);

    m->fault = (struct registration_fault){"registration", why};
    if (!e && !invite_may_update(said, m->now.client, m->now.secret_hash, &fault)) {
        m->fault = (struct registration_fault){fault.member, fault.rule};
        e = ERR_SYNTAX;
    }
    if (!e)
        e = self_registration_make(&m->client, &m->registration, v->arena, &source, &request, &m->fault);
    m->refused = e == ERR_SYNTAX;
    return m->refused ? ERR_OK : e;
}

static enum err mint(struct visit *v, struct managing *m)
{
    m->new_token = view_text(chance_ticket(v->arena));
    if (!view_is(m->new_token))
        return ERR_MEMORY;
    sha256(m->new_hash, m->new_token);
    if (view_is(m->now.secret_hash))
        return ERR_OK;
    return registered_mint_secret(&m->secret, m->secret_hash, v, m->client);
}

static struct view new_secret_hash(const struct managing *m)
{
    if (!client_policy_has_secret(m->client->auth_method))
        return VIEW("");
    return view_is(m->secret) ? VIEW_ARRAY(m->secret_hash) : VIEW_NONE;
}

static enum err update_job(struct db *db, void *ctx)
{
    struct managing *m = ctx;
    const struct visit *v = m->visit;
    enum err e = clients_check_rivals(&m->fault, db, v->arena, m->client);

    m->refused = m->fault.member != NULL;
    if (e || m->refused)
        return e;
    e = self_registered_rotate(db, m->now.client, m->token_hash, m->new_hash);

    m->refusal = e == ERR_NOT_FOUND ? REFUSAL_REGISTRATION_TOKEN : REFUSAL_NONE;
    if (m->refusal)
        return ERR_OK;
    if (e || (e = clients_update(db, m->now.client, m->registration, new_secret_hash(m), v->now)))
        return e;
    return registered_append(db, v, m->client, "client update by itself");
}

static bool is_throttled(struct visit *v, const struct managing *m)
{
    const char *id = arena_text(v->arena, m->now.client);
    int64_t retry_s = 1;

    if (id && limits_take(v->op->limits, LIMIT_REGISTRATIONS, id, clock_steady_ms(), &retry_s))
        return false;
    json_answer_throttled(v, "registrations", retry_s);
    return true;
}

static enum err update(struct visit *v, struct managing *m)
{
    enum err e;

    if (is_throttled(v, m) || !registered_is_json(v))
        return ERR_OK;
    if ((e = judge(v, m)) || m->refused)
        return e;
    if ((e = mint(v, m)) || (e = store_write(v->op->store, update_job, m)))
        return e;
    if (m->refusal || m->refused)
        return ERR_OK;
    clients_look_again(v->op->clients);
    registered_answer(v, 200,
                      &(struct registered){m->client, m->registration, m->new_token, m->secret, m->now.created_at});
    return ERR_OK;
}

/* --- DELETE ------------------------------------------------------------------------------------------------------- */

static enum err remove_job(struct db *db, void *ctx)
{
    const struct managing *m = ctx;
    enum err e = clients_remove(db, m->now.client, m->visit->now);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e; /* it was removed meanwhile */
    return registered_append(db, m->visit, m->client, "client remove by itself");
}

static enum err end(struct visit *v, struct managing *m)
{
    enum err e = store_write(v->op->store, remove_job, m);

    if (!e) { /* RFC 7592 2.3 */
        clients_look_again(v->op->clients);
        answer_no_store(v->answer);
        answer_status(v->answer, 204);
    }
    return e;
}

/* --- all three ---------------------------------------------------------------------------------------------------- */

static enum err manage(struct visit *v, struct managing *m)
{
    enum err e = find(v, m);

    if (e || m->refusal)
        return e;
    if (v->request->method == METHOD_PUT)
        return update(v, m);
    if (v->request->method == METHOD_DELETE)
        return end(v, m);
    if ((e = confirm(v, m)))
        return e;
    registered_answer(v, 200,
                      &(struct registered){m->client, m->now.registration, m->token, VIEW_NONE, m->now.created_at});
    return ERR_OK;
}

void handle_registered(struct visit *v)
{
    struct managing m = {.visit = v};
    enum err e = manage(v, &m);

    if (e)
        json_answer_failure(v, e, "manage a registration");
    else if (m.refusal)
        registered_challenge(v, m.refusal);
    else if (m.refused)
        registered_refuse(v, &m.fault);
}
