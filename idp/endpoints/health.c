/* GET /healthz: is the process alive? GET /readyz: can it serve: read and write its store, prove revocation? */
#include "base/json.h"
#include "base/log.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "jpki/pki/revocation.h"
#include "store/store.h"

#define BODY_MAX 4096

void handle_healthz(struct visit *v)
{
    answer_body(v->answer, 200, "application/json", VIEW("{\"alive\":true}"));
}

static void put_revocation(struct json_out *o, const struct visit *v, bool *stale)
{
    struct revocation_stock stock;

    revocation_stock(v->op->revocation, &stock);
    *stale = stock.next_update != 0 && stock.next_update < v->now;
    json_pair_int(o, "crls", (int64_t)stock.crls);
    json_pair_bool(o, "crls_stale", *stale);
}

void handle_readyz(struct visit *v)
{
    enum store_fault fault = STORE_FINE;
    bool good = store_check(v->op->store, &fault) == ERR_OK, stale;
    struct view body = VIEW("{}");
    struct json_out o;
    struct buf b;

    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_bool(&o, "ready", good);
    json_pair_text(&o, "store", store_fault_name(fault));
    /* Stale lists close the card login, not the sessions: told, but no reason to take this node away. */
    put_revocation(&o, v, &stale);
    json_end(&o);
    if (!good)
        log_event(LOG_ERROR, "not_ready", LOG_STR("store", store_fault_name(fault)));
    if (buf_done(&b, &body))
        good = false;
    answer_body(v->answer, good ? 200 : 503, "application/json", body);
}
