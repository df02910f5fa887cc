#include "idp/state/account.h"

#include "consent/grant.h"
#include "idp/state/clients.h"
#include "idp/state/event_tell.h"
#include "sessions/decoupled.h"
#include "sessions/notice.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "sessions/token.h"

static enum err tell_services(struct db *db, const struct account_change *c)
{
    const struct logout_many *m = &c->logins;
    struct event_token event = {.kind = c->enable ? EVENT_ACCOUNT_ENABLED : EVENT_ACCOUNT_DISABLED,
                                .issuer = m->issuer,
                                .change = c->enable ? NULL : account_reason_told(c->reason),
                                .at = m->now};
    struct grant *grants;
    size_t n;
    enum err e = grant_list(m->arena, db, m->resident, m->now, &grants, &n);
    for (size_t i = 0; i < n && !e; i++) {
        const struct client *client = NULL;
        event.sub = grants[i].who.subject;
        e = clients_find(m->clients, m->db, grants[i].who.client, &client);
        if (!e)
            e = event_tell(db, m->arena, client, event);
    }
    return e;
}

/* CIBA Core 1.0, 10.2: the counter is told of the decision. */
static enum err refuse_one(struct db *db, const struct logout_many *m, const struct decoupled *d)
{
    const struct notice ping = {
        .channel = NOTICE_PING, .client = d->client, .sub = VIEW(""), .event = d->notify, .created_at = m->now};
    enum err e = decoupled_refuse(db, d->id, m->now);
    return e || !view_is(d->notify) ? e : notice_add(db, &ping);
}

static enum err refuse_counters(struct db *db, const struct logout_many *m)
{
    struct decoupled *asked;
    size_t n;
    enum err e = decoupled_list(&asked, &n, db, m->arena, m->resident, m->now);
    for (size_t i = 0; i < n && !e; i++)
        e = refuse_one(db, m, &asked[i]);
    return e;
}

static enum err disable(struct db *db, struct account_change *c)
{
    struct logout_many *m = &c->logins;
    enum err e = resident_disable(db, m->resident, view_text(account_reason_name(c->reason)), m->now);
    if (!e)
        e = logout_many_job(db, m);
    if (!e)
        e = session_end_all(db, m->resident, m->now); /* and with them what has no row to be revoked */
    if (!e)
        e = token_revoke_resident(db, m->resident, m->now);
    return e ? e : refuse_counters(db, m);
}

static enum err append(struct db *db, const struct account_change *c)
{
    const struct ledger_event e = {.type = LEDGER_OPERATOR,
                                   .at = c->at_ms,
                                   .who = {.resident = c->logins.resident},
                                   .ground = c->enable ? NULL : account_reason_name(c->reason),
                                   .via = c->via,
                                   .act = c->enable ? "resident enable" : "resident disable"};
    return ledger_append(c->ledger, db, &e, NULL);
}

static enum err decide(struct account_change *c, struct db *db)
{
    struct account_facts facts = {.enable = c->enable};
    struct standing s;
    enum err e = resident_find_standing(&s, db, c->logins.arena, c->logins.resident);
    facts.found = !e;
    facts.disabled = !e && s.disabled_at;
    c->verdict = account_decide(&facts);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err account_change_job(struct db *db, void *ctx)
{
    struct account_change *c = ctx;
    enum err e = decide(c, db);
    if (e || c->verdict != ACCOUNT_GO)
        return e;
    e = c->enable ? resident_enable(db, c->logins.resident) : disable(db, c);
    if (!e)
        e = tell_services(db, c);
    return e ? e : append(db, c);
}
