#include "idp/endpoints/card_begin.h"

#include "base/chance.h"
#include "http/url.h"
#include "idp/endpoints/bind_word.h"
#include "idp/endpoints/card_cookie.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/rules/acr.h"
#include "idp/state/limits.h"
#include "idp/tokens/keys.h"
#include "jpki/proof/request.h"
#include "store/store.h"

#define AGENT_MIN "0.1.0" /* the first agent there is */
#define SHOWN_MAX 200     /* bytes of a name in a request (jpki/proof/request.h) */

struct beginning {
    struct card_txn txn;
    int64_t now;
};

/* A try of its own also ends the talk about the last one's problem. */
static enum err begin_job(struct db *db, void *ctx)
{
    const struct beginning *b = ctx;
    enum err e = interaction_record_problem(db, b->txn.interaction, VIEW_NONE, b->now);
    return e ? e : card_txn_mint(db, &b->txn);
}

/* At most SHOWN_MAX bytes, cut between characters. */
static struct view shown(struct view v)
{
    size_t n = v.n < SHOWN_MAX ? v.n : SHOWN_MAX;
    while (n > 0 && n < v.n && (v.p[n] & 0xC0) == 0x80)
        n--;
    return view_part(v, 0, n);
}

static enum proof_purpose purpose_of(enum card_purpose p)
{
    static const enum proof_purpose purposes[] = {[CARD_LOGIN] = PROOF_LOGIN,
                                                  [CARD_REAUTH] = PROOF_REAUTH,
                                                  [CARD_REGISTER] = PROOF_REGISTER,
                                                  [CARD_READ] = PROOF_READ};
    return purposes[p];
}

static enum err write_request(struct visit *v, const struct flow *f, struct view txn, struct card_txn *t)
{
    struct page_service service = people_service(v, f->client);
    struct proof_request request = {
        .iss = v->op->issuer,
        .ch = PROOF_PC_AGENT,
        .txn = txn,
        .jti = txn,
        .iat = t->created_at,
        .exp = t->expires_at,
        .rp = {f->client->id, shown(service.name), shown(service.organisation), shown(f->client->host)},
        .purpose = purpose_of(t->purpose),
        .bind = t->bind,
        .acr = VIEW(ACR_CARD),
        .ui = {.lang = v->english ? VIEW("en") : VIEW("ja"), .large = v->large},
        .minver = VIEW(AGENT_MIN),
    };
    struct buf b;
    memcpy(request.nonce, t->nonce, sizeof t->nonce);
    buf_open(&b, v->arena, PROOF_REQUEST_MAX);
    enum err e = proof_request_write(&b, keys_active(v->keys, KEY_CARD, JWS_ES256), &request);
    return e ? e : buf_done(&b, &t->request);
}

static enum err mint(struct visit *v, const struct flow *f, enum card_purpose purpose, struct view cookie,
                     struct beginning *b)
{
    uint32_t random;
    struct view txn = view_text(chance_id(v->arena));
    chance_bytes(&random, sizeof random);
    b->now = v->now;
    b->txn = (struct card_txn){.id = ident_of(txn),
                               .cookie = ident_of(card_cookie_ticket(cookie)),
                               .interaction = f->interaction->id,
                               .purpose = purpose,
                               .carrier = CARRIER_PC_AGENT,
                               .bind = view_text(bind_word(v->arena, random)),
                               .created_at = v->now,
                               .expires_at = v->now + CARD_TXN_LIFE_S};
    chance_bytes(b->txn.nonce, sizeof b->txn.nonce);
    if (!view_is(txn) || !view_is(b->txn.bind))
        return ERR_MEMORY;
    return write_request(v, f, txn, &b->txn);
}

static void redirect_to_start(struct visit *v, struct view interaction)
{
    struct buf b;
    struct view path;
    buf_open(&b, v->arena, 512);
    buf_put_text(&b, "/login/card/start");
    url_add_param(&b, "i", interaction);
    enum err e = buf_done(&b, &path);
    if (e)
        show_failure(v, e, "write the way to the card");
    else
        visit_redirect(v, path);
}

/* Of a resident who is logged in, whatever her address. Whose card comes otherwise is known only when it has proved. */
static bool may_begin(struct visit *v, const struct flow *f)
{
    enum limit which = f->aim == FLOW_LINK ? LIMIT_CARD_LINKS : LIMIT_CARD_PROOFS;
    int64_t retry_s;
    if (!f->session ||
        limits_take_of(v->op->limits, which, ident_view(&f->session->resident), clock_steady_ms(), &retry_s))
        return true;
    show_card_throttled(v, which == LIMIT_CARD_LINKS ? "card links of an account" : "card proofs of an account",
                        retry_s);
    return false;
}

void card_begin(struct visit *v, const struct flow *f, enum card_purpose purpose)
{
    int64_t retry_s;
    if (!limits_take(v->op->limits, LIMIT_CARDS, v->request->peer.address, clock_steady_ms(), &retry_s)) {
        show_throttled(v, "card transactions", retry_s);
        return;
    }
    if (!may_begin(v, f))
        return;
    struct view cookie = card_cookie_add(v->arena, request_cookie(v->request, COOKIE_CARD), f->id);
    struct beginning b;
    enum err e = view_is(cookie) ? mint(v, f, purpose, cookie, &b) : ERR_MEMORY;
    if (!e)
        e = store_write(v->op->store, begin_job, &b);
    if (e == ERR_CONFLICT) { /* answered in another tab meanwhile */
        visit_redirect_next(v, f->id);
        return;
    }
    if (e) {
        show_failure(v, e, "begin a card transaction");
        return;
    }
    answer_cookie(v->answer, &(struct cookie){COOKIE_CARD, cookie, CARD_COOKIE_LIFE_S, SAME_SITE_LAX});
    redirect_to_start(v, f->id);
}
