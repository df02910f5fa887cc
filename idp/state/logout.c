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
    struct notice n = {.channel = NOTICE_LOGOUT, .client = client->id, .created_at = l->now};
    struct event_token event = {.kind = EVENT_SESSION_REVOKED, .issuer = l->issuer, .at = l->now};

    n.sub = view_text(subject_sub(l->arena, l->keys, client->sector, l->session->resident));
    n.sid = view_text(subject_sid(l->arena, l->keys, l->session->id, client->id));
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
        e = clients_find(l->clients, l->db, ids[i], &client);
        if (!e && client)
            e = add_notices(db, l, client);
    }
    return e;
}

struct logout logout_of(const struct visit *v, const struct session *session)
{
    return (struct logout){.issuer = v->op->issuer,
                           .keys = v->keys,
                           .clients = v->op->clients,
                           .session = session,
                           .arena = v->arena,
                           .db = v->db,
                           .now = v->now};
}

struct logout logout_one(const struct logout_many *m, const struct session *session)
{
    return (struct logout){.issuer = m->issuer,
                           .keys = m->keys,
                           .clients = m->clients,
                           .session = session,
                           .arena = m->arena,
                           .db = m->db,
                           .now = m->now};
}

enum err logout_session(const struct visit *v, struct logout *l)
{
    enum err e = store_write(v->op->store, logout_job, l);

    if (e == ERR_CONFLICT) /* somebody else was faster, and queued the notices */
        return ERR_OK;
    if (!e)
        upkeep_wake(v->op->upkeep);
    return e;
}

struct logout_many logout_all(const struct visit *v, struct ident resident)
{
    return (struct logout_many){.issuer = v->op->issuer,
                                .keys = v->keys,
                                .clients = v->op->clients,
                                .arena = v->arena,
                                .db = v->db,
                                .now = v->now,
                                .resident = resident};
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
        struct logout l = logout_one(m, &sessions[i]);
        if (!is_meant(m, &sessions[i]))
            continue;
        e = logout_job(db, &l);
        m->ended += !e;
        e = e == ERR_CONFLICT ? ERR_OK : e; /* it ended by itself */
    }
    return e;
}
