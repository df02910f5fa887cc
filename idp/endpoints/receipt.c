/* GET /me/services/ID/receipt: the receipt of a consent: to look at and print, signed, as JSON, and its proof. */
#include <inttypes.h>

#include "base/base64.h"
#include "base/chance.h"
#include "consent/receipt.h"
#include "idp/endpoints/details_shown.h"
#include "idp/endpoints/download.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/service.h"
#include "idp/endpoints/show.h"
#include "idp/state/config.h"
#include "idp/tokens/receipt_token.h"

struct making {
    const struct me *me;
    const struct me_service *service;
    struct ledger_leaf leaf;
    struct receipt receipt;
};

static enum err find_leaf(struct making *m, struct visit *v)
{
    enum err e = ledger_leaf_find(&m->leaf, v->arena, v->db, m->service->grant.leaf);
    if (e == ERR_NOT_FOUND) {
        m->leaf = (struct ledger_leaf){.salt = VIEW_NONE, .event = VIEW_NONE};
        return ERR_OK;
    }
    return e;
}

static enum err make(struct making *m, struct visit *v, const struct me *me, const struct me_service *s)
{
    *m = (struct making){.me = me, .service = s};
    enum err e = find_leaf(m, v);
    if (e)
        return e;
    const struct client *seen = s->seen;
    m->receipt = (struct receipt){.id = view_text(chance_id(v->arena)),
                                  .issuer = v->op->issuer,
                                  .at = v->now,
                                  .grant = &s->grant,
                                  .ask = seen->ask,
                                  .service = seen->name.ja,
                                  .service_en = seen->name.en,
                                  .org = seen->org_name.ja,
                                  .org_en = seen->org_name.en,
                                  .contact = seen->contact,
                                  .party = seen->party,
                                  .policy_uri = seen->policy_uri,
                                  .origin = view_text(v->op->config->ledger.origin),
                                  .salt = m->leaf.salt,
                                  .event = m->leaf.event};
    m->receipt.withdraw_url =
        view_text(arena_printf(v->arena, "%.*s/me/services/%.*s", (int)v->op->issuer.n, (const char *)v->op->issuer.p,
                               (int)s->id.n, (const char *)s->id.p));
    return view_is(m->receipt.id) && view_is(m->receipt.withdraw_url) ? ERR_OK : ERR_MEMORY;
}

/* --- as a page -------------------------------------------------------------------------------------------------- */

static void put_leaf(struct page_receipt *facts, struct visit *v, const struct making *m)
{
    if (!view_is(m->leaf.event))
        return;
    facts->leaf = view_text(arena_printf(v->arena, "%" PRId64, m->service->grant.leaf));
    facts->event = m->leaf.event;
    facts->salt = view_text(base64url_text(v->arena, m->leaf.salt));
}

static void show(struct visit *v, const struct making *m)
{
    struct buf b;
    const struct me_service *s = m->service;
    struct page_service_field *fields = NULL;
    struct page_receipt facts = {.frame = people_frame(v, VIEW_NONE),
                                 .service = people_service(v, s->seen),
                                 .name = m->me->name,
                                 .contact = s->seen->contact,
                                 .party = people_party(v, s->seen),
                                 .id = m->receipt.id,
                                 .at = people_moment(v, v->now),
                                 .sub = s->grant.who.subject,
                                 .state = service_state(v, &s->grant),
                                 .live = s->live,
                                 .since = people_day(v, s->grant.given_at),
                                 .until = service_until(v, &s->grant, s->live),
                                 .service_url = me_service_url(v, s->id, ""),
                                 .jws_url = me_service_url(v, s->id, "/receipt.jws"),
                                 .json_url = me_service_url(v, s->id, "/receipt.json"),
                                 .kantara_url = me_service_url(v, s->id, "/receipt.kantara.json"),
                                 .proof_url = me_service_url(v, s->id, "/receipt.tlog-proof")};
    enum err e = service_fields(&fields, &facts.n_fields, v, m->me, s, NULL);
    if (!e)
        e = details_shown_granted(&facts.details, &facts.n_details, v, &s->grant);
    if (e) {
        show_failure(v, e, "show a receipt");
        return;
    }
    facts.fields = fields;
    put_leaf(&facts, v, m);
    people_open(&b, v);
    page_receipt(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- as files --------------------------------------------------------------------------------------------------- */

static const char *file_name(const struct visit *v, const struct making *m, const char *end)
{
    return arena_printf(v->arena, "consent-%.*s.%s", (int)m->service->id.n, (const char *)m->service->id.p, end);
}

static void send_json(struct visit *v, const struct making *m,
                      void (*put)(struct buf *, struct arena *, const struct receipt *), const char *end)
{
    struct view json;
    struct buf b;
    buf_open(&b, v->arena, RECEIPT_MAX);
    put(&b, v->arena, &m->receipt);
    enum err e = buf_done(&b, &json);
    if (e)
        show_failure(v, e, "write a receipt");
    else
        download_answer(v, "application/json", file_name(v, m, end), json);
}

static void send_signed(struct visit *v, const struct making *m)
{
    struct view json, jws;
    struct buf b;
    buf_open(&b, v->arena, RECEIPT_MAX);
    receipt_put(&b, v->arena, &m->receipt);
    enum err e = buf_done(&b, &json);
    if (!e)
        e = receipt_token_sign(v->arena, v->keys, receipt_token_typ, json, &jws);
    if (e)
        show_failure(v, e, "sign a receipt");
    else
        download_answer(v, "application/jose", file_name(v, m, "jws"), jws);
}

void service_receipt(struct visit *v, const struct me *me, const struct me_service *s, struct view form)
{
    struct making m;
    if (v->request->method == METHOD_POST) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
        return;
    }
    enum err e = make(&m, v, me, s);
    if (e)
        show_failure(v, e, "make a receipt");
    else if (view_equal_text(form, "receipt"))
        show(v, &m);
    else if (view_equal_text(form, "receipt.jws"))
        send_signed(v, &m);
    else if (view_equal_text(form, "receipt.json"))
        send_json(v, &m, receipt_put, "json");
    else if (view_equal_text(form, "receipt.kantara.json"))
        send_json(v, &m, receipt_put_kantara, "kantara.json");
    else if (view_equal_text(form, "receipt.tlog-proof") && view_is(m.leaf.event))
        download_proof(v, s->grant.leaf);
    else
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
}
