/* GET, POST /me/cards: her cards, the old and the new; an older registration that may be hers, and whoever says to be
 * her. Changing cards wants a card shown a moment ago; refusing does not. */
#include "base/hex.h"
#include "base/log.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/config.h"
#include "idp/state/event_tell.h"
#include "idp/state/logout.h"
#include "idp/state/renewal.h"
#include "idp/state/upkeep.h"
#include "sessions/card.h"
#include "store/store.h"

/* --- the page --------------------------------------------------------------------------------------------------- */

static struct view card_text(const struct visit *v, struct ident id)
{
    return view_text(hex_text(v->arena, ident_view(&id)));
}

static enum err load_cards(struct visit *v, const struct me *me, struct page_cards *facts)
{
    struct card *cards;
    enum err e = card_list(&cards, &facts->n_cards, v->db, v->arena, me->session.resident);
    struct page_card *out = e ? NULL : arena_array(v->arena, facts->n_cards + 1, sizeof *out);
    if (!e && !out)
        e = ERR_MEMORY;
    for (size_t i = 0; i < facts->n_cards && !e; i++)
        out[i] = (struct page_card){.id = card_text(v, cards[i].id),
                                    .linked_on = people_day(v, cards[i].linked_at),
                                    .used_on = people_day(v, cards[i].used_at),
                                    .here = ident_equal(cards[i].id, me->session.card)};
    facts->cards = out;
    return e;
}

static enum err load_claims(struct visit *v, const struct me *me, struct page_cards *facts)
{
    struct claim *claims;
    enum err e = claim_list(&claims, &facts->n_claims, v->db, v->arena, me->session.resident);
    struct page_claim *out = e ? NULL : arena_array(v->arena, facts->n_claims + 1, sizeof *out);
    if (!e && !out)
        e = ERR_MEMORY;
    for (size_t i = 0; i < facts->n_claims && !e; i++)
        out[i] = (struct page_claim){.id = card_text(v, card_id(claims[i].account_key)),
                                     .since = people_day(v, claims[i].created_at),
                                     .due = people_day(v, claims[i].due_at)};
    facts->claims = out;
    return e;
}

static enum err load_renewal(struct visit *v, const struct me *me, struct page_cards *facts)
{
    static const enum page_renewal shown[] = {
        [RENEWAL_REFUSED] = PAGE_RENEWAL_REFUSED, [RENEWAL_NOT_VERIFIED] = PAGE_RENEWAL_NONE,
        [RENEWAL_NOBODY] = PAGE_RENEWAL_NONE,     [RENEWAL_SEVERAL] = PAGE_RENEWAL_SEVERAL,
        [RENEWAL_NEWER] = PAGE_RENEWAL_NONE,      [RENEWAL_DISABLED] = PAGE_RENEWAL_NONE,
        [RENEWAL_CARDS] = PAGE_RENEWAL_NONE,      [RENEWAL_CONSENTS] = PAGE_RENEWAL_CONSENTS,
        [RENEWAL_OFFER] = PAGE_RENEWAL_OFFER,     [RENEWAL_WAITING] = PAGE_RENEWAL_WAITING,
        [RENEWAL_LOGIN] = PAGE_RENEWAL_LOGIN,     [RENEWAL_CONFIRM] = PAGE_RENEWAL_CONFIRM,
    };
    struct renewal r;
    enum err e = renewal_load(&r, v->db, v, &me->session);
    if (e)
        return e;
    facts->renewal = shown[r.verdict];
    facts->renewal_due = people_moment(v, r.claim.due_at);
    facts->wait_days = view_text(arena_printf(v->arena, "%u", v->op->config->jpki.renewal_wait / 86400));
    return ERR_OK;
}

static void show(struct visit *v, const struct me *me, bool unsure)
{
    struct buf b;
    struct page_cards facts = {.frame = people_frame(v, VIEW_NONE),
                               .name = me->name,
                               .fresh = me_is_fresh(v, me),
                               .minutes = view_text(arena_printf(v->arena, "%d", ME_FRESH_S / 60)),
                               .unsure = unsure};
    enum err e = load_cards(v, me, &facts);
    if (!e)
        e = load_claims(v, me, &facts);
    if (!e)
        e = load_renewal(v, me, &facts);
    if (e) {
        show_failure(v, e, "load her cards");
        return;
    }
    people_open(&b, v);
    page_cards(&b, v->op->pages, &facts);
    people_answer(v, unsure ? 422 : 200, PAGE_PLAIN, &b);
}

/* --- removing one ------------------------------------------------------------------------------------------------ */

struct removing {
    struct visit *visit;
    struct logout_many logins; /* what the card opened ends with it, everywhere */
};

static enum err remove_job(struct db *db, void *ctx)
{
    struct removing *r = ctx;
    enum err e = card_remove(db, r->visit->arena, r->logins.resident, r->logins.card);
    if (!e)
        e = event_tell_all(db, r->visit, r->logins.resident,
                           (struct event_token){.kind = EVENT_CREDENTIAL_CHANGE, .change = "delete"});
    return e ? e : logout_many_job(db, &r->logins);
}

/* Not the one she is logged in with: she would lock herself out. */
static void remove_card(struct visit *v, const struct me *me, struct ident card)
{
    struct removing r = {v, logout_all(v, me->session.resident)};
    r.logins.card = card;
    enum err e = ident_equal(card, me->session.card) ? ERR_CONFLICT : store_write(v->op->store, remove_job, &r);
    if (e && e != ERR_CONFLICT && e != ERR_NOT_FOUND) {
        show_failure(v, e, "remove a card");
        return;
    }
    if (!e)
        log_event(LOG_INFO, "card_removed", LOG_INT("ended", (int64_t)r.logins.ended));
    if (r.logins.ended)
        upkeep_wake(v->op->upkeep);
    visit_redirect(v, VIEW("/me/cards")); /* which shows what is there: gone already, or still there */
}

/* --- an older registration ---------------------------------------------------------------------------------------- */

/* What was decided in another tab or has changed meanwhile is shown, not an error. */
static void go_back(struct visit *v, enum err e, const char *what)
{
    if (e && e != ERR_CONFLICT && e != ERR_NOT_FOUND)
        show_failure(v, e, what);
    else
        visit_redirect(v, VIEW("/me/cards"));
}

static void confirm(struct visit *v, const struct me *me)
{
    if (!view_equal_text(visit_param(v, "sure"), "yes")) {
        show(v, me, true);
        return;
    }
    enum err e = renewal_confirm(v, &me->session);
    if (e) {
        go_back(v, e, "move a card to an older registration");
        return;
    }
    visit_drop_session_cookie(v);
    flow_begin_own(v, FLOW_CARDS, NULL); /* her card, once more, now opens the older one */
}

/* --- what a form says -------------------------------------------------------------------------------------------- */

static bool read_card(struct visit *v, struct ident *out)
{
    struct view bytes;
    if (hex_read(v->arena, visit_param(v, "card"), &bytes) != ERR_OK)
        return false;
    *out = ident_read(bytes);
    return ident_is(*out);
}

/* On one of the cards that the page names. */
static void change(struct visit *v, const struct me *me, bool removes)
{
    struct ident card;
    if (!read_card(v, &card))
        show_parameter_error(v, VIEW("card"), "must be 32 hexadecimal digits");
    else if (!removes)
        go_back(v, renewal_refuse(v, me->session.resident, card), "refuse a claim");
    else if (me_is_fresh(v, me))
        remove_card(v, me, card);
    else
        visit_redirect(v, VIEW("/me/cards"));
}

void handle_cards(struct visit *v)
{
    struct me me;
    struct view what = visit_param(v, "do");
    if (!me_open(v, &me))
        return;
    if (v->request->method != METHOD_POST)
        show(v, &me, false);
    else if (view_equal_text(what, "claim"))
        go_back(v, renewal_claim(v, &me.session), "claim an older registration");
    else if (view_equal_text(what, "confirm"))
        confirm(v, &me);
    else if (view_equal_text(what, "remove") || view_equal_text(what, "refuse"))
        change(v, &me, view_equal_text(what, "remove"));
    else
        show_parameter_error(v, VIEW("do"), "must be remove, refuse, claim or confirm");
}
