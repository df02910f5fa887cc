#include "idp/state/event_tell.h"

#include "base/chance.h"
#include "consent/grant.h"
#include "idp/state/clients.h"
#include "sessions/notice.h"

static bool is_wanted(const struct client *c, enum event_kind kind)
{
    return (view_is(c->events_uri) || c->events_poll) && (c->events & event_kind_wish(kind));
}

enum err event_tell(struct db *db, struct arena *a, const struct client *client, struct event_token event)
{
    if (!client || !is_wanted(client, event.kind))
        return ERR_OK;
    event.client_id = client->id;
    event.jti = view_text(chance_id(a));
    struct notice n = {.channel = client->events_poll ? NOTICE_POLL : NOTICE_EVENT,
                       .client = client->id,
                       .sub = event.sub,
                       .jti = event.jti,
                       .created_at = event.at};
    if (!view_is(event.jti))
        return ERR_MEMORY;
    enum err e = event_token_claims(&n.event, a, &event);
    return e ? e : notice_add(db, &n);
}

enum err event_tell_all(struct db *db, struct visit *v, struct ident resident, struct event_token event)
{
    struct grant *grants;
    size_t n;
    enum err e = grant_list(v->arena, db, resident, v->now, &grants, &n);

    event.issuer = v->op->issuer;
    event.at = v->now;
    for (size_t i = 0; i < n && !e; i++) {
        const struct client *client = NULL;
        event.sub = grants[i].who.subject;
        e = clients_find(v->op->clients, v->db, grants[i].who.client, &client);
        if (!e)
            e = event_tell(db, v->arena, client, event);
    }
    return e;
}
