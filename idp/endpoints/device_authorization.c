/* POST /device_authorization (RFC 8628 3.1, 3.2): a device that has no browser asks for a code to show. */
#include "base/chance.h"
#include "base/json.h"
#include "idp/endpoints/asking.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/rules/decoupled_request.h"
#include "idp/state/caller.h"
#include "idp/tokens/user_code.h"
#include "store/store.h"

#define BODY_MAX    4096
#define REQUEST_MAX 32768
#define CODE_TRIES  4 /* two devices with one user code at a time: one in a million, four times over never */

struct asking {
    struct caller caller;
    struct decoupled decoupled;
    struct view device_code, user_code;
    enum refusal refusal;
};

static enum err mint_job(struct db *db, void *ctx)
{
    const struct decoupled *d = ctx;

    return decoupled_mint(db, d, d->created_at);
}

static enum err read_request(struct visit *v, struct asking *a)
{
    struct authz_request request;
    struct buf b;

    enum err e = asking_read_decoupled(&request, v, a->caller.client, &a->refusal);
    if (e || a->refusal)
        return e;
    buf_open(&b, v->arena, REQUEST_MAX);
    authz_write(&b, &request);
    return buf_done(&b, &a->decoupled.request);
}

static enum err mint(struct visit *v, struct asking *a)
{
    struct decoupled *d = &a->decoupled;
    enum err e = ERR_CONFLICT;

    a->device_code = view_text(chance_ticket(v->arena));
    d->id = ident_of(a->device_code);
    d->kind = DECOUPLED_DEVICE;
    d->client = a->caller.client->id;
    d->created_at = v->now;
    d->expires_at = v->now + DECOUPLED_LIFE_S;
    for (int i = 0; i < CODE_TRIES && e == ERR_CONFLICT; i++) {
        a->user_code = view_text(user_code_mint(v->arena));
        d->user_code = ident_of(a->user_code);
        e = view_is(a->device_code) && view_is(a->user_code) ? store_write(v->op->store, mint_job, d) : ERR_MEMORY;
    }
    return e;
}

static enum err ask(struct visit *v, struct asking *a)
{
    enum err e = caller_authenticate(&a->caller, v, &a->refusal);

    if (!e && !a->refusal)
        a->refusal = device_request_decide(a->caller.client);
    if (!e && !a->refusal)
        e = read_request(v, a);
    return e || a->refusal ? e : mint(v, a);
}

static void write_answer(struct visit *v, const struct asking *a)
{
    struct view shown = view_text(user_code_show(v->arena, a->user_code));
    char *uri = arena_printf(v->arena, "%.*s/device", (int)v->op->issuer.n, (const char *)v->op->issuer.p);
    struct json_out o;
    struct buf b;

    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "device_code", a->device_code);
    json_pair(&o, "user_code", shown);
    json_pair_text(&o, "verification_uri", uri ? uri : "");
    json_pair(&o, "verification_uri_complete",
              view_text(arena_printf(v->arena, "%s?user_code=%.*s", uri, (int)shown.n, (const char *)shown.p)));
    json_pair_int(&o, "expires_in", DECOUPLED_LIFE_S);
    json_pair_int(&o, "interval", DECOUPLED_INTERVAL_S);
    json_end(&o);
    json_answer(v, &b);
}

void handle_device_authorization(struct visit *v)
{
    struct asking a = {.refusal = REFUSAL_NONE};
    enum err e = ask(v, &a);

    if (e)
        json_answer_failure(v, e, "device authorization");
    else if (a.refusal)
        json_answer_refusal(v, a.refusal, a.caller.client ? a.caller.client->id : VIEW_NONE);
    else
        write_answer(v, &a);
}
