/* POST /bc-authorize (CIBA Core 1.0, 7): the staff at a counter asks a resident, who confirms in her own browser.
 * Whom, it says with the code that she made at /me/counter (login_hint), or with an ID token that this service has of
 * her (id_token_hint). Modes poll and ping. */
#include "base/chance.h"
#include "base/json.h"
#include "consent/grant.h"
#include "idp/endpoints/asking.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/rules/decoupled_request.h"
#include "idp/state/caller.h"
#include "idp/tokens/id_token.h"
#include "idp/tokens/notify_token.h"
#include "idp/tokens/subject.h"
#include "idp/tokens/user_code.h"
#include "sessions/resident.h"
#include "store/store.h"

#define BODY_MAX    4096
#define REQUEST_MAX 32768

struct asking {
    struct visit *visit;
    struct caller caller;
    struct ciba_params params;
    struct authz_request request;
    struct decoupled decoupled;
    struct view auth_req_id;
    struct ident code;   /* login_hint: of a counter's code */
    struct view subject; /* id_token_hint: her sub at this service */
    int64_t life_s;
    enum refusal refusal;
};

static void read_params(const struct visit *v, struct ciba_params *p)
{
    *p = (struct ciba_params){.login_hint = visit_param(v, "login_hint"),
                              .id_token_hint = visit_param(v, "id_token_hint"),
                              .login_hint_token = visit_param(v, "login_hint_token"),
                              .binding_message = visit_param(v, "binding_message"),
                              .user_code = visit_param(v, "user_code"),
                              .requested_expiry = visit_param(v, "requested_expiry"),
                              .client_notification_token = visit_param(v, "client_notification_token"),
                              .request = visit_param(v, "request")};
}

static enum err read_hint(struct visit *v, struct asking *a)
{
    struct id_token hint;

    if (view_is(a->params.login_hint)) {
        struct view code = user_code_read(v->arena, a->params.login_hint);
        a->code = ident_of(code);
        a->refusal = view_is(code) ? REFUSAL_NONE : REFUSAL_CIBA_USER_UNKNOWN;
        return ERR_OK;
    }
    enum err e = id_token_read(v->arena, v->keys, v->op->issuer, a->params.id_token_hint, &hint);
    if (e && e != ERR_SYNTAX && e != ERR_MISMATCH)
        return e;
    if (e || !view_equal(hint.client_id, a->caller.client->id))
        a->refusal = REFUSAL_HINT_INVALID;
    a->subject = e ? VIEW_NONE : hint.sub;
    return ERR_OK;
}

static enum err read_request(struct visit *v, struct asking *a)
{
    const struct client *client = a->caller.client;

    if (!caller_is_confidential(&a->caller)) /* CIBA Core 1.0, 7: the client is authenticated */
        a->refusal = REFUSAL_GRANT_TYPE_NOT_REGISTERED;
    else
        a->refusal = ciba_request_decide(&a->params, client, &a->life_s);
    enum err e = a->refusal ? ERR_OK : asking_read_decoupled(&a->request, v, client, &a->refusal);
    return e || a->refusal ? e : read_hint(v, a);
}

/* --- asking her -------------------------------------------------------------------------------------------------- */

static enum err find_resident(struct ident *resident, struct db *db, const struct asking *a)
{
    if (ident_is(a->code))
        return counter_code_take(resident, db, a->visit->arena, a->code, a->visit->now);
    return grant_find_resident(resident, a->visit->arena, db, a->caller.client->id, a->subject);
}

/* Whoever else logs in on that page is not who was asked: her sub stands in the request as a hint does. */
static enum err write_request(struct asking *a)
{
    struct visit *v = a->visit;
    struct decoupled *d = &a->decoupled;
    struct buf b;

    a->request.hint_sub = view_text(subject_sub(v->arena, v->keys, a->caller.client->sector, d->resident));
    if (!view_is(a->request.hint_sub))
        return ERR_MEMORY;
    buf_open(&b, v->arena, REQUEST_MAX);
    authz_write(&b, &a->request);
    return buf_done(&b, &d->request);
}

/* The code is taken in the same transaction: when nothing is asked, it is still good. */
static enum err ask_job(struct db *db, void *ctx)
{
    struct asking *a = ctx;
    struct decoupled *d = &a->decoupled;
    bool disabled = false;
    enum err e = find_resident(&d->resident, db, a);

    if (!e)
        e = resident_is_disabled(&disabled, db, a->visit->arena, d->resident);
    if (!e && disabled)
        return ERR_PERMISSION;
    if (!e)
        e = write_request(a);
    return e ? e : decoupled_mint(db, d, a->visit->now);
}

static enum err ask(struct visit *v, struct asking *a)
{
    struct decoupled *d = &a->decoupled;

    a->auth_req_id = view_text(chance_ticket(v->arena));
    *d = (struct decoupled){.id = ident_of(a->auth_req_id),
                            .kind = DECOUPLED_COUNTER,
                            .client = a->caller.client->id,
                            .binding = a->params.binding_message,
                            .created_at = v->now,
                            .expires_at = v->now + a->life_s};
    if (!view_is(a->auth_req_id))
        return ERR_MEMORY;
    if (view_is(a->caller.client->ciba_notify_uri)) {
        struct notify_token token = {a->auth_req_id, a->params.client_notification_token};
        enum err e = notify_token_seal(v->arena, v->keys, &token, &d->notify);
        if (e)
            return e;
    }
    enum err e = store_write(v->op->store, ask_job, a);
    if (e == ERR_NOT_FOUND)
        a->refusal = REFUSAL_CIBA_USER_UNKNOWN;
    else if (e == ERR_LIMIT)
        a->refusal = REFUSAL_CIBA_TOO_MANY;
    else if (e == ERR_PERMISSION)
        a->refusal = REFUSAL_CIBA_DISABLED;
    return a->refusal ? ERR_OK : e;
}

static void write_answer(struct visit *v, const struct asking *a)
{
    struct json_out o;
    struct buf b;

    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "auth_req_id", a->auth_req_id);
    json_pair_int(&o, "expires_in", a->life_s);
    json_pair_int(&o, "interval", DECOUPLED_INTERVAL_S);
    json_end(&o);
    json_answer(v, &b);
}

void handle_bc_authorize(struct visit *v)
{
    struct asking a = {.visit = v};

    read_params(v, &a.params);
    enum err e = caller_authenticate(&a.caller, v, &a.refusal);
    if (!e && !a.refusal)
        e = read_request(v, &a);
    if (!e && !a.refusal)
        e = ask(v, &a);
    if (e)
        json_answer_failure(v, e, "backchannel authentication");
    else if (a.refusal)
        json_answer_refusal(v, a.refusal, a.caller.client ? a.caller.client->id : VIEW_NONE);
    else
        write_answer(v, &a);
}
