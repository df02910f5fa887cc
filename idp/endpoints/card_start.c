/* GET /login/card/start: the word, and the link to the agent on the resident's own computer. */
#include "idp/endpoints/card_cookie.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/config.h"
#include "sessions/card_txn.h"

static enum page_purpose purpose_of(enum card_purpose p)
{
    static const enum page_purpose purposes[] = {[CARD_LOGIN] = PAGE_PURPOSE_LOGIN,
                                                 [CARD_REAUTH] = PAGE_PURPOSE_REAUTH,
                                                 [CARD_REGISTER] = PAGE_PURPOSE_REGISTER,
                                                 [CARD_READ] = PAGE_PURPOSE_READ};
    return purposes[p];
}

/* Is it still to be used, and by this browser? */
static bool is_open(const struct visit *v, const struct card_txn *t)
{
    struct ident cookie = ident_of(card_cookie_ticket(request_cookie(v->request, COOKIE_CARD)));
    return t->state == CARD_ISSUED && t->taken_at == 0 && t->expires_at > v->now && ident_equal(t->cookie, cookie);
}

static void show(struct visit *v, const struct flow *f, const struct card_txn *t)
{
    struct buf b;
    struct page_card_start facts = {
        .frame = people_frame(v, f->id),
        .service = people_service(v, f->client),
        .purpose = purpose_of(t->purpose),
        .word = t->bind,
        .agent_url = view_text(arena_printf(v->arena, "http://127.0.0.1:%u/v1/auth/%.*s", v->op->config->agent.port,
                                            (int)t->request.n, t->request.p)),
        .minutes = view_text(arena_printf(v->arena, "%d", CARD_TXN_LIFE_S / 60))};
    people_open(&b, v);
    page_card_start(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_LINKS_AGENT, &b);
}

void handle_card_start(struct visit *v)
{
    struct flow f;
    struct card_txn t;
    if (!flow_open(v, visit_param(v, "i"), &f))
        return;
    enum err e = card_txn_find_newest(&t, v->db, v->arena, f.interaction->id);
    if (e == ERR_NOT_FOUND || (!e && !is_open(v, &t)))
        visit_redirect_next(v, f.id); /* used or over: Back, or a page kept open */
    else if (e)
        show_failure(v, e, "find the card transaction");
    else
        show(v, &f, &t);
}
