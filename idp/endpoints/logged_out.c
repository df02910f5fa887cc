#include "idp/endpoints/logged_out.h"

#include "base/log.h"
#include "idp/state/clients.h"
#include "idp/state/logout.h"
#include "idp/state/upkeep.h"
#include "store/store.h"

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

static enum err end_everywhere(struct visit *v, struct ident resident)
{
    struct logout_many logins = logout_all(v, resident);
    enum err e = store_write(v->op->store, logout_many_job, &logins);

    if (!e)
        upkeep_wake(v->op->upkeep);
    return e;
}

static enum err end(struct logged_out *out, struct visit *v, struct session *session, enum logged_out_where where)
{
    struct logout here = {v->op, session, v->arena, v->db, v->now};
    enum err e = find_services(out, v, session);

    if (!e)
        e = where == LOGGED_OUT_EVERYWHERE ? end_everywhere(v, session->resident) : logout_session(&here);
    if (!e)
        visit_drop_session_cookie(v);
    return e;
}

enum err logged_out_end(struct logged_out *out, struct visit *v, struct session *session, enum logged_out_where where,
                        const char *by)
{
    char number[SESSION_NUMBER_SIZE] = "";
    enum err e;

    *out = (struct logged_out){0};
    if (session && (e = end(out, v, session, where)))
        return e;
    if (session)
        session_number(number, session->id);
    log_event(LOG_INFO, "logout", LOG_STR("login", number), LOG_INT("services", (int64_t)out->n_services),
              LOG_STR("where", where == LOGGED_OUT_EVERYWHERE ? "everywhere" : "here"), LOG_STR("by", by));
    return ERR_OK;
}
