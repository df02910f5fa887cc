#include "idp/state/renewal.h"

#include "base/log.h"
#include "consent/grant.h"
#include "idp/rules/likeness.h"
#include "idp/state/config.h"
#include "idp/state/event_tell.h"
#include "idp/state/leaving.h"
#include "idp/state/logout.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/keys.h"
#include "sessions/card.h"
#include "sessions/resident.h"
#include "store/store.h"

enum err renewal_follow(struct db *db, const struct visit *v, struct ident resident)
{
    uint8_t digest[LIKENESS_SIZE];
    struct profile_value *values;
    size_t n;
    enum err e = profile_find(&values, &n, db, v->arena, v->op->master, resident, NULL, 0);
    if (e)
        return e;
    bool is = likeness_of(digest, keys_secret(v->keys, SECRET_LIKENESS), values, n);
    return likeness_record(db, resident, is ? VIEW_ARRAY(digest) : VIEW_NONE);
}

/* --- loading ----------------------------------------------------------------------------------------------------- */

struct loading {
    struct renewal_facts facts;
    struct claim made;   /* on record for this card */
    struct claim wanted; /* as it would be made now */
};

static enum err load_others(struct loading *l, struct db *db, const struct visit *v)
{
    struct likeness_others others = {0};
    struct card *cards;
    enum err e = likeness_find(&l->wanted.digest, db, v->arena, l->wanted.claimant);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    l->facts.verified = true;
    e = likeness_others(&others, db, l->wanted.claimant, l->wanted.digest);
    if (e || others.n == 0)
        return e;
    l->facts.accounts = others.n;
    l->facts.older = others.older;
    l->wanted.account = others.one;
    e = resident_is_disabled(&l->facts.disabled, db, v->arena, others.one);
    return e ? e : card_list(&cards, &l->facts.account_cards, db, v->arena, others.one);
}

static enum err load_consents(struct loading *l, struct db *db, const struct visit *v)
{
    struct grant *grants;
    size_t n;
    enum err e = grant_list_newest(v->arena, db, l->wanted.claimant, &grants, &n);
    l->facts.has_consents = n > 0;
    return e;
}

static enum err load_claim(struct loading *l, struct db *db, const struct visit *v)
{
    struct renewal_facts *f = &l->facts;
    enum err e = claim_card(&l->wanted.account_key, &f->cards, db, v->arena, l->wanted.claimant);
    if (e || !view_is(l->wanted.account_key))
        return e;
    e = claim_find(&l->made, db, v->arena, l->wanted.account_key);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    f->claimed = ident_equal(l->made.claimant, l->wanted.claimant);
    f->refused = l->made.refused_at != 0;
    f->same_account = ident_equal(l->made.account, l->wanted.account);
    f->same_values = view_is(l->wanted.digest) && view_equal(l->made.digest, l->wanted.digest);
    f->due_at = l->made.due_at;
    return ERR_OK;
}

enum err renewal_load(struct renewal *out, struct db *db, const struct visit *v, const struct session *s)
{
    struct loading l = {
        .facts = {.login_at = s->auth_at, .now = v->now, .cards_max = CARDS_MAX},
        .wanted = {.claimant = s->resident, .created_at = v->now, .due_at = v->now + v->op->config->jpki.renewal_wait}};
    enum err e = load_others(&l, db, v);
    if (!e)
        e = load_consents(&l, db, v);
    if (!e)
        e = load_claim(&l, db, v);
    if (e)
        return e;
    out->verdict = renewal_decide(&l.facts);
    out->claim = out->verdict == RENEWAL_OFFER ? l.wanted : l.made;
    return ERR_OK;
}

enum err renewal_is_claimed(bool *is, const struct visit *v, struct ident resident)
{
    struct claim *claims;
    size_t n = 0;
    enum err e = claim_list(&claims, &n, v->db, v->arena, resident);
    *is = !e && n > 0;
    return e;
}

/* --- claiming and confirming ------------------------------------------------------------------------------------- */

struct acting {
    struct visit *visit;
    const struct session *session;
    struct leaving leaving;
};

/* Read again by the writer: nobody can have been faster. */
static enum err load_for(struct renewal *out, struct db *db, const struct acting *a, enum renewal_verdict needed)
{
    enum err e = renewal_load(out, db, a->visit, a->session);
    return e || out->verdict == needed ? e : ERR_CONFLICT;
}

static enum err claim_job(struct db *db, void *ctx)
{
    const struct acting *a = ctx;
    struct renewal r;
    enum err e = load_for(&r, db, a, RENEWAL_OFFER);
    return e ? e : claim_record(db, &r.claim);
}

enum err renewal_claim(struct visit *v, const struct session *s)
{
    struct acting a = {.visit = v, .session = s};
    enum err e = store_write(v->op->store, claim_job, &a);
    if (!e)
        log_event(LOG_WARN, "renewal_claimed", LOG_INT("wait_s", v->op->config->jpki.renewal_wait));
    return e;
}

/* The card goes first; what is left of the claimant has no card, and leaves. */
static enum err confirm_job(struct db *db, void *ctx)
{
    struct acting *a = ctx;
    struct renewal r;
    enum err e = load_for(&r, db, a, RENEWAL_CONFIRM);
    if (!e)
        e = claim_settle(db, &r.claim, a->visit->now);
    if (!e)
        e = event_tell_all(db, a->visit, r.claim.account,
                           (struct event_token){.kind = EVENT_CREDENTIAL_CHANGE, .change = "update"});
    return e ? e : leaving_job(db, &a->leaving);
}

enum err renewal_confirm(struct visit *v, const struct session *s)
{
    struct acting a = {.visit = v, .session = s, .leaving = {.visit = v, .resident = s->resident}};
    enum err e = store_write(v->op->store, confirm_job, &a);
    if (e)
        return e;
    leaving_done(v);
    log_event(LOG_WARN, "card_linked", LOG_STR("by", "register"));
    return ERR_OK;
}

/* --- refusing ---------------------------------------------------------------------------------------------------- */

struct refusing {
    struct visit *visit;
    struct ident account, card;
};

static enum err refuse_one(struct db *db, const struct refusing *r, const struct claim *c)
{
    struct visit *v = r->visit;
    struct logout_many logins = logout_all(v, c->claimant);
    enum err e = claim_refuse(db, c->account_key, r->account, v->now);
    return e ? e : logout_many_job(db, &logins);
}

static enum err refuse_job(struct db *db, void *ctx)
{
    const struct refusing *r = ctx;
    struct claim *claims;
    size_t n;
    enum err e = claim_list(&claims, &n, db, r->visit->arena, r->account);
    for (size_t i = 0; i < n && !e; i++)
        if (ident_equal(card_id(claims[i].account_key), r->card))
            return refuse_one(db, r, &claims[i]);
    return e ? e : ERR_NOT_FOUND;
}

enum err renewal_refuse(struct visit *v, struct ident account, struct ident card)
{
    struct refusing r = {v, account, card};
    enum err e = store_write(v->op->store, refuse_job, &r);
    if (e)
        return e;
    upkeep_wake(v->op->upkeep);
    log_event(LOG_WARN, "renewal_refused", LOG_STR("by", "older_registration"));
    return ERR_OK;
}
