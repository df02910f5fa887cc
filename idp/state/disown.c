#include "idp/state/disown.h"

#include "base/log.h"
#include "idp/state/logout.h"
#include "idp/state/upkeep.h"
#include "sessions/login.h"
#include "sessions/session.h"
#include "store/store.h"

struct disowning {
    struct visit *visit;
    struct ident resident, session;
};

static enum err end(struct db *db, const struct disowning *d)
{
    struct visit *v = d->visit;
    struct session s = {.id = IDENT_NONE};
    struct logout l = logout_of(v, &s);
    enum err e = session_find(&s, db, v->arena, d->session);
    if (!e)
        e = logout_job(db, &l);
    return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_OK : e; /* it has ended already; its tokens may live */
}

static enum err disown_job(struct db *db, void *ctx)
{
    const struct disowning *d = ctx;
    enum err e = login_disown(db, d->visit->arena, d->resident, d->session, d->visit->now);
    return e ? e : end(db, d);
}

enum err disown_login(struct visit *v, struct ident resident, struct ident session)
{
    struct disowning d = {v, resident, session};
    char number[SESSION_NUMBER_SIZE];
    enum err e = store_write(v->op->store, disown_job, &d);
    if (e)
        return e;
    upkeep_wake(v->op->upkeep);
    session_number(number, session);
    log_event(LOG_WARN, "login_disowned", LOG_STR("login", number));
    return ERR_OK;
}
