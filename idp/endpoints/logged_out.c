#include "idp/endpoints/logged_out.h"

#include "base/log.h"
#include "idp/state/clients.h"
#include "idp/state/logout.h"

static enum err find_services(struct logged_out *out, struct visit *v, const struct session *session)
{
    struct view *ids;
    size_t n;

    enum err e = session_services(&ids, &n, v->db, v->arena, session->id);
    if (e)
        return e;
    out->services = arena_array(v->arena, n, sizeof *out->services);
    if (!out->services)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < n; i++) {
        const struct client *client;
        e = clients_find(v->op->clients, v->db, ids[i], &client);
        if (!e && client)
            out->services[out->n_services++].text = v->english ? client->name.en : client->name.ja;
    }
    return e;
}

enum err logged_out_end(struct logged_out *out, struct visit *v, struct session *session, const char *by)
{
    struct logout logout = {v->op, session, v->arena, v->db, v->now};

    *out = (struct logged_out){0};
    if (session) {
        enum err e = find_services(out, v, session);
        if (!e)
            e = logout_session(&logout);
        if (e)
            return e;
        visit_drop_session_cookie(v);
    }
    log_event(LOG_INFO, "logout", LOG_INT("services", (int64_t)out->n_services), LOG_STR("by", by));
    return ERR_OK;
}
