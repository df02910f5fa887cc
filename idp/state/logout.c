#include "idp/state/logout.h"

#include "idp/state/clients.h"
#include "idp/state/event_tell.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/subject.h"
#include "sessions/notice.h"
#include "sessions/session.h"
#include "store/store.h"

static enum err add_notices(struct db *db, const struct logout *l, const struct client *client)
{
    const struct keys *keys = op_keys(l->op);
    struct notice n = {.channel = NOTICE_LOGOUT, .client = client->id, .created_at = l->now};
    struct event_token event = {.kind = EVENT_SESSION_REVOKED, .issuer = l->op->issuer, .at = l->now};

    n.sub = view_text(subject_sub(l->arena, keys, client->sector, l->session->resident));
    n.sid = view_text(subject_sid(l->arena, keys, l->session->id, client->id));
    event.sub = n.sub;
    event.sid = n.sid;
    if (!view_is(n.sub) || !view_is(n.sid))
        return ERR_MEMORY;
    enum err e = view_is(client->backchannel_uri) ? notice_add(db, &n) : ERR_OK;
    return e ? e : event_tell(db, l->arena, client, event);
}

/* The services are those of the moment the session ends: one that comes later finds it ended. A service that was
 * removed or has no address cannot be told. */
enum err logout_job(struct db *db, void *ctx)
{
    const struct logout *l = ctx;
    struct view *ids;
    size_t n;
    enum err e = session_end(db, l->session->id, l->now);

    if (!e)
        e = session_services(&ids, &n, db, l->arena, l->session->id);
    for (size_t i = 0; !e && i < n; i++) {
        const struct client *client;
        e = clients_find(l->op->clients, l->db, ids[i], &client);
        if (!e && client)
            e = add_notices(db, l, client);
    }
    return e;
}

enum err logout_session(struct logout *l)
{
    enum err e = store_write(l->op->store, logout_job, l);

    if (e == ERR_CONFLICT) /* somebody else was faster, and queued the notices */
        return ERR_OK;
    if (!e)
        upkeep_wake(l->op->upkeep);
    return e;
}

struct logout_many logout_all(const struct visit *v, struct ident resident)
{
    return (struct logout_many){.op = v->op, .arena = v->arena, .db = v->db, .now = v->now, .resident = resident};
}

static bool is_meant(const struct logout_many *m, const struct session *s)
{
    return !ident_equal(s->id, m->except) && (!ident_is(m->card) || ident_equal(s->card, m->card));
}

enum err logout_many_job(struct db *db, void *ctx)
{
    struct logout_many *m = ctx;
    struct session *sessions;
    size_t n;
    enum err e = session_list(&sessions, &n, db, m->arena, m->resident, m->now);

    m->ended = 0; /* a job may run twice */
    for (size_t i = 0; !e && i < n; i++) {
        struct logout l = {m->op, &sessions[i], m->arena, m->db, m->now};
        if (!is_meant(m, &sessions[i]))
            continue;
        e = logout_job(db, &l);
        m->ended += !e;
        e = e == ERR_CONFLICT ? ERR_OK : e; /* it ended by itself */
    }
    return e;
}
