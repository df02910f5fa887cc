#include "idp/state/leaving.h"

#include "base/log.h"
#include "consent/grant.h"
#include "consent/history.h"
#include "idp/state/clients.h"
#include "idp/state/consent_change.h"
#include "idp/state/event_tell.h"
#include "idp/state/logout.h"
#include "idp/state/upkeep.h"
#include "sessions/resident.h"
#include "store/store.h"

/* Each as if she had withdrawn it: its tokens end, its service is told. */
static enum err end_grants(struct db *db, const struct leaving *l)
{
    struct visit *v = l->visit;
    struct grant *grants;
    size_t n;
    enum err e = grant_list(v->arena, db, l->resident, v->now, &grants, &n);
    for (size_t i = 0; i < n && !e; i++) {
        struct consent_change c = {.act = CONSENT_WITHDRAW,
                                   .ledger = v->op->ledger,
                                   .arena = v->arena,
                                   .issuer = v->op->issuer,
                                   .who = {l->resident, grants[i].id, "leave", v->now_ms}};
        e = clients_find(v->op->clients, v->db, grants[i].who.client, &c.client);
        if (!e)
            e = consent_change_job(db, &c);
        if (!e)
            e = event_tell(
                db, v->arena, c.client,
                (struct event_token){
                    .kind = EVENT_ACCOUNT_PURGED, .issuer = v->op->issuer, .sub = grants[i].who.subject, .at = v->now});
    }
    return e;
}

static enum err erase_leaves(struct db *db, struct leaving *l)
{
    struct visit *v = l->visit;
    int64_t *leaves;
    enum err e = history_take(&leaves, &l->leaves, v->op->ledger, db, v->arena, l->resident);
    return e || l->leaves == 0 ? e : ledger_erase(v->op->ledger, db, leaves, l->leaves, v->now_ms);
}

enum err leaving_job(struct db *db, void *ctx)
{
    struct leaving *l = ctx;
    struct logout_many logins = logout_all(l->visit, l->resident);
    bool disabled;
    enum err e = resident_is_disabled(&disabled, db, l->visit->arena, l->resident);
    if (!e && disabled) /* or her card could come again as a new one */
        return ERR_CONFLICT;
    if (!e)
        e = logout_many_job(db, &logins);
    if (!e)
        e = end_grants(db, l);
    if (!e)
        e = erase_leaves(db, l);
    return e ? e : resident_erase(db, l->resident);
}

void leaving_done(struct visit *v)
{
    upkeep_wake(v->op->upkeep);
    enum err e = store_checkpoint(v->op->store);
    if (e) /* somebody reads or writes right now; SQLite does it at its next checkpoint */
        log_event(LOG_WARN, "checkpoint_put_off", LOG_STR("err", err_name(e)));
}

enum err leaving_run(struct visit *v, struct ident resident)
{
    struct leaving l = {.visit = v, .resident = resident};
    enum err e = store_write(v->op->store, leaving_job, &l);
    if (e)
        return e;
    leaving_done(v);
    log_event(LOG_INFO, "resident_left", LOG_INT("leaves", (int64_t)l.leaves));
    return ERR_OK;
}
