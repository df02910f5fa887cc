#include "idp/endpoints/me.h"

#include "base/log.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/client_version.h"
#include "idp/state/clients.h"
#include "idp/state/profile.h"

static bool is_own_form(struct visit *v, const struct session *s)
{
    (void)s;
    if (v->request->method != METHOD_POST || visit_is_current_form(v, visit_param(v, "csrf")))
        return true;
    log_event(LOG_INFO, "form_of_another_session", LOG_TEXT("path", v->request->path));
    show_error(v, 403, PAGE_ERROR_FORM);
    return false;
}

static bool open_session(struct visit *v, struct session *s)
{
    enum err e = visit_session(v, s);
    if (!e)
        e = visit_touch_session(v, s);
    if (e == ERR_NOT_FOUND)
        visit_redirect(v, VIEW("/")); /* which says how to log in */
    else if (e)
        show_failure(v, e, "find the session");
    return !e;
}

bool me_open(struct visit *v, struct me *me)
{
    if (v->request->method == METHOD_POST && !visit_is_own_form(v, visit_param(v, "csrf"))) {
        show_error(v, 403, PAGE_ERROR_FORM);
        return false;
    }
    if (!open_session(v, &me->session) || !is_own_form(v, &me->session))
        return false;
    enum err e = profile_load(&me->profile, v, me->session.resident, NULL);
    if (e) {
        show_failure(v, e, "load the profile");
        return false;
    }
    me->name = people_name(v, &me->profile);
    return true;
}

bool me_is_fresh(const struct visit *v, const struct me *me)
{
    return v->now - me->session.auth_at <= ME_FRESH_S;
}

/* --- a service -------------------------------------------------------------------------------------------------- */

static enum err find_registrations(struct me_service *out, struct visit *v)
{
    struct client *seen = NULL;
    enum err e = clients_find(v->op->clients, v->db, out->id, &out->client);
    if (!e)
        e = client_version_find(&seen, v->db, v->arena, out->id, out->grant.ask_hash);
    if (e && e != ERR_NOT_FOUND)
        return e;
    out->seen = seen ? seen : out->client;
    return out->seen ? ERR_OK : ERR_NOT_FOUND;
}

enum err me_service_find(struct me_service *out, struct visit *v, const struct me *me, struct view id)
{
    *out = (struct me_service){.id = id};
    enum err e = grant_find(&out->grant, v->arena, v->db, me->session.resident, id);
    if (e)
        return e;
    out->live = grant_is_live(&out->grant, v->now);
    return find_registrations(out, v);
}

struct view me_service_url(const struct visit *v, struct view id, const char *more)
{
    return view_text(arena_printf(v->arena, "/me/services/%.*s%s", (int)id.n, (const char *)id.p, more));
}

struct view me_given_titles(const struct visit *v, const struct grant *g)
{
    struct view text;
    struct buf b;
    buf_open(&b, v->arena, 8192);
    for (size_t i = 0; i < g->n; i++) {
        const struct field *f = g->decisions[i].field;
        if (!g->decisions[i].given)
            continue;
        if (b.n)
            buf_put_text(&b, v->english ? ", " : "、");
        buf_put(&b, people_field(v, f));
    }
    return b.n && buf_done(&b, &text) == ERR_OK ? text : VIEW_NONE;
}
