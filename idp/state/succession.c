#include "idp/state/succession.h"

#include "base/hash.h"
#include "base/log.h"
#include "consent/auditor.h"
#include "consent/grant.h"
#include "idp/state/event_tell.h"
#include "idp/state/leaving.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/keys.h"
#include "sessions/card.h"
#include "sessions/claim.h"
#include "sessions/profile.h"
#include "sessions/resident.h"
#include "store/store.h"

/* --- where the card stands -----------------------------------------------------------------------------------------
 */

static enum err load_role(bool *has, struct db *db, struct arena *a, struct ident resident)
{
    struct auditor auditor;
    enum err e = auditor_find(&auditor, a, db, resident);

    *has = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err load_registration(struct succession_standing *s, struct db *db, struct arena *a, struct ident resident)
{
    struct card *cards;
    struct grant *grants;
    size_t n;
    enum err e = card_list(&cards, &s->cards, db, a, resident);

    if (!e)
        e = profile_has_values(&s->has_values, db, a, resident);
    if (!e)
        e = grant_list_newest(a, db, resident, &grants, &n);
    s->has_consents = !e && n > 0;
    if (!e)
        e = resident_is_disabled(&s->disabled, db, a, resident);
    return e ? e : load_role(&s->has_role, db, a, resident);
}

static enum err load_standing(struct succession_standing *out, struct ident *resident, struct db *db, struct arena *a,
                              struct view account_key)
{
    struct card_owner owner;
    enum err e = card_find(&owner, db, a, account_key);

    *out = (struct succession_standing){.known = e == ERR_OK};
    *resident = IDENT_NONE;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->answered = owner.answered_at != 0;
    out->linked_at = owner.linked_at;
    *resident = owner.resident;
    return load_registration(out, db, a, owner.resident);
}

/* --- asking --------------------------------------------------------------------------------------------------------
 */

static enum err keep_keys(struct succession *out, const struct predecessors *p)
{
    struct visit *v = out->visit;

    for (size_t i = 0; i < p->n; i++) {
        uint8_t *key = arena_alloc(v->arena, SHA256_SIZE);
        if (!key)
            return ERR_MEMORY;
        hmac_sha256(key, keys_secret(v->keys, SECRET_ACCOUNT), p->older[i]);
        out->older[out->n++] = view_bytes(key, SHA256_SIZE);
    }
    return ERR_OK;
}

enum err succession_ask(struct succession *out, struct visit *v, const struct cert *c, struct view account_key)
{
    const struct predecessors_source *source = &v->op->predecessors;
    struct succession_standing standing;
    struct predecessors said;
    struct ident resident;

    *out = (struct succession){.visit = v, .account_key = account_key, .not_before = c->not_before};
    if (!source->ask)
        return ERR_OK;
    enum err e = load_standing(&standing, &resident, v->db, v->arena, account_key);
    if (e || !succession_asks(&standing, v->now))
        return e;
    e = source->ask(source->ctx, v->arena, c, &said);
    if (e == ERR_MEMORY)
        return e;
    log_event(e ? LOG_WARN : LOG_INFO, "predecessors_asked", LOG_STR("err", err_name(e)),
              LOG_STR("result", e ? "" : predecessors_result_name(said.result)), LOG_INT("older", e ? 0 : (int)said.n));
    out->answered = !e && (said.result == PREDECESSORS_OLDER || said.result == PREDECESSORS_NONE);
    return out->answered ? keep_keys(out, &said) : ERR_OK;
}

/* --- deciding, by the writer
 * ------------------------------------------------------------------------------------------ */

struct settling {
    struct succession_facts facts;
    struct ident own;     /* the card's registration, if it has one */
    struct ident account; /* the older one */
};

static enum err load_older(struct settling *s, struct db *db, struct arena *a, struct view account_key)
{
    struct card_owner owner;
    enum err e = card_find(&owner, db, a, account_key);

    if (e || ident_equal(owner.resident, s->own))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (s->facts.accounts == 0 || !ident_equal(owner.resident, s->account))
        s->facts.accounts++;
    s->account = owner.resident;
    if (owner.used_at > s->facts.used_at)
        s->facts.used_at = owner.used_at;
    return ERR_OK;
}

static enum err load_refusal(bool *refused, struct db *db, struct arena *a, struct view account_key)
{
    struct claim claim;
    enum err e = claim_find(&claim, db, a, account_key);

    *refused = e == ERR_OK && claim.refused_at != 0;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err load(struct settling *s, struct db *db, const struct succession *in)
{
    struct arena *a = in->visit->arena;
    struct card *cards;

    *s = (struct settling){.facts = {.now = in->visit->now, .not_before = in->not_before, .cards_max = CARDS_MAX}};
    enum err e = load_standing(&s->facts.card, &s->own, db, a, in->account_key);
    for (size_t i = 0; i < in->n && !e; i++)
        e = load_older(s, db, a, in->older[i]);
    if (!e)
        e = load_refusal(&s->facts.refused, db, a, in->account_key);
    return e ? e : card_list(&cards, &s->facts.account_cards, db, a, s->account);
}

/* The card goes first; what is left is empty, and leaves. */
static enum err move(struct db *db, struct succession *s, const struct settling *to)
{
    struct leaving leaving = {.visit = s->visit, .resident = to->own};
    enum err e = card_move(db, s->account_key, to->own, to->account, s->visit->now);

    s->left = !e;
    return e ? e : leaving_job(db, &leaving);
}

enum err succession_settle(struct db *db, struct succession *s)
{
    struct settling to;

    s->settled = s->left = false;
    if (!s->answered || s->n == 0)
        return ERR_OK;
    enum err e = load(&to, db, s);
    if (e)
        return e;
    s->settled = true;
    s->verdict = succession_decide(&to.facts);
    if (s->verdict != SUCCESSION_LINK)
        return ERR_OK;
    e = to.facts.card.known ? move(db, s, &to) : resident_link_card(db, to.account, s->account_key, s->visit->now);
    return e ? e
             : event_tell_all(db, s->visit, to.account,
                              (struct event_token){.kind = EVENT_CREDENTIAL_CHANGE, .change = "update"});
}

enum err succession_record(struct db *db, const struct succession *s)
{
    return s->answered ? card_record_answered(db, s->account_key, s->visit->now) : ERR_OK;
}

void succession_done(const struct succession *s)
{
    if (s->left)
        leaving_done(s->visit);
    if (!s->settled)
        return;
    if (s->verdict == SUCCESSION_LINK) {
        upkeep_wake(s->visit->op->upkeep);
        log_event(LOG_WARN, "card_linked", LOG_STR("by", "predecessors"));
    } else
        log_event(LOG_WARN, "succession_refused", LOG_STR("why", succession_verdict_name(s->verdict)));
}
