/* POST /par (RFC 9126): a service sends its authorization request ahead and gets a reference to it. All of it is judged
 * here, before a browser is sent anywhere. */
#include "base/base64.h"
#include "base/chance.h"
#include "base/clock.h"
#include "base/json.h"
#include "idp/endpoints/asking.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/state/caller.h"
#include "idp/state/holder.h"
#include "idp/state/limits.h"
#include "idp/state/spent.h"
#include "sessions/pushed.h"
#include "store/store.h"

#define REQUEST_MAX 32768
#define ANSWER_MAX  512

static enum err mint_job(struct db *db, void *ctx)
{
    return pushed_mint(db, ctx);
}

/* It need not outlive the machine, and with the store's epoch in it, it cannot. */
static enum err keep(struct visit *v, const struct client *client, const struct authz_request *request,
                     struct view *ticket, enum refusal *refusal)
{
    struct pushed p = {.client = client->id, .epoch = store_epoch(v->op->store), .expires_at = v->now + PUSHED_LIFE_S};
    struct buf b;

    *ticket = view_text(chance_ticket(v->arena));
    if (!view_is(*ticket))
        return ERR_MEMORY;
    p.id = ident_of(*ticket);
    buf_open(&b, v->arena, REQUEST_MAX);
    authz_write(&b, request);
    enum err e = buf_done(&b, &p.request);
    return e ? e : spend_and_write(v, mint_job, &p, refusal);
}

/* RFC 9126 2.2: 201. */
static void answer(struct visit *v, struct view ticket)
{
    char *uri = arena_printf(v->arena, ASKING_URN "%.*s", (int)ticket.n, (const char *)ticket.p);
    struct json_out o;
    struct buf b;

    buf_open(&b, v->arena, ANSWER_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "request_uri", uri ? uri : "");
    json_pair_int(&o, "expires_in", PUSHED_LIFE_S);
    json_end(&o);
    json_answer(v, &b);
    if (v->answer->status == 200)
        answer_status(v->answer, 201);
}

/* RFC 9126 2.1: what it asks is asked by whoever calls, and a pushed request is not made of another one. */
static enum refusal decide_caller(const struct visit *v, const struct client *client)
{
    struct view id = visit_param(v, "client_id");

    if (view_is(visit_param(v, "request_uri")))
        return REFUSAL_PUSHED_REQUEST_URI;
    return view_is(id) && !view_equal(id, client->id) ? REFUSAL_PUSHED_CLIENT : REFUSAL_NONE;
}

/* RFC 9449 10.1: a proof that comes along says the same as dpop_jkt, or instead of it, which key the code is bound to.
 */
static enum err bind(struct visit *v, const struct client *client, struct authz_request *request, enum refusal *refusal)
{
    struct cnf proven, named = {.kind = CNF_NONE};
    enum err e = holder_prove(&proven, v, client, VIEW_NONE, NULL, refusal);

    if (e || *refusal || proven.kind == CNF_NONE)
        return e;
    if (view_is(request->dpop_jkt) && (!cnf_read(&named, CNF_JKT, request->dpop_jkt) || !cnf_equal(&named, &proven))) {
        *refusal = REFUSAL_PUSHED_KEY;
        return ERR_OK;
    }
    request->dpop_jkt = view_text(base64url_text(v->arena, VIEW_ARRAY(proven.thumbprint)));
    return view_is(request->dpop_jkt) ? ERR_OK : ERR_MEMORY;
}

static enum err push(struct visit *v, const struct client *client, enum refusal *refusal)
{
    struct authz_request request;
    struct view ticket;

    *refusal = decide_caller(v, client);
    if (*refusal)
        return ERR_OK;
    enum err e = asking_read(&request, v, client, ASKING_PAR, refusal);
    if (!e && !*refusal)
        e = bind(v, client, &request, refusal);
    if (!e && !*refusal)
        e = keep(v, client, &request, &ticket, refusal);
    if (!e && !*refusal)
        answer(v, ticket);
    return e;
}

/* Whoever is registered may come as often as the operator lets it: every time a row is written. */
static bool is_throttled(int64_t *retry_s, const struct visit *v, const struct client *client)
{
    const char *id = arena_text(v->arena, client->id);

    *retry_s = 1;
    return !id || !limits_take(v->op->limits, LIMIT_PUSHED, id, clock_steady_ms(), retry_s);
}

void handle_par(struct visit *v)
{
    struct caller caller;
    enum refusal refusal;
    int64_t retry_s;

    spend_later(v);
    enum err e = caller_authenticate(&caller, v, &refusal);
    bool throttled = !e && !refusal && is_throttled(&retry_s, v, caller.client);
    if (!e && !refusal && !throttled)
        e = push(v, caller.client, &refusal);
    /* One that is not to be answered yet comes again. */
    enum err spent = e == ERR_BUSY ? ERR_OK : spend_rest(v, &refusal);
    if (e || spent)
        json_answer_failure(v, e ? e : spent, "push an authorization request");
    else if (refusal)
        json_answer_refusal(v, refusal, caller.client ? caller.client->id : VIEW_NONE);
    else if (throttled)
        json_answer_throttled(v, "pushed", retry_s); /* RFC 9126 2.3 */
}
