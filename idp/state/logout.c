#include "idp/state/logout.h"

#include "idp/state/clients.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/subject.h"
#include "sessions/notice.h"
#include "sessions/session.h"
#include "store/store.h"

struct ending {
    const struct logout *logout;
    struct notice *notices;
    size_t n;
};

static enum err add_notice(struct ending *e, const struct client *client)
{
    const struct logout *l = e->logout;
    const struct keys *keys = op_keys(l->op);
    struct notice *n = &e->notices[e->n];

    n->client = client->id;
    n->sub = view_text(subject_sub(l->arena, keys, client->sector, l->session->resident));
    n->sid = view_text(subject_sid(l->arena, keys, l->session->id, client->id));
    n->created_at = l->now;
    if (!view_is(n->sub) || !view_is(n->sid))
        return ERR_MEMORY;
    e->n++;
    return ERR_OK;
}

/* Who must be told; a service that was removed or has no address cannot be. */
static enum err prepare(struct ending *out, const struct logout *l)
{
    struct view *ids;
    size_t n;
    enum err e = session_services(&ids, &n, l->db, l->arena, l->session->id);

    *out = (struct ending){.logout = l};
    if (e)
        return e;
    out->notices = arena_array(l->arena, n, sizeof *out->notices);
    if (!out->notices)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct client *client;
        if ((e = clients_find(l->op->clients, l->db, ids[i], &client)))
            return e;
        if (client && view_is(client->backchannel_uri) && (e = add_notice(out, client)))
            return e;
    }
    return ERR_OK;
}

static enum err end_job(struct db *db, void *ctx)
{
    const struct ending *ending = ctx;
    enum err e = session_end(db, ending->logout->session->id, ending->logout->now);

    for (size_t i = 0; !e && i < ending->n; i++)
        e = notice_add(db, &ending->notices[i]);
    return e;
}

enum err logout_session(const struct logout *l)
{
    struct ending ending;
    enum err e = prepare(&ending, l);

    if (e)
        return e;
    e = store_write(l->op->store, end_job, &ending);
    if (e == ERR_CONFLICT) /* somebody else was faster, and queued the notices */
        return ERR_OK;
    if (!e)
        upkeep_wake(l->op->upkeep);
    return e;
}
