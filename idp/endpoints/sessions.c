/* GET, POST /me/sessions: where she is logged in and was; ending one, the others, all; "this was not me". */
#include "base/hex.h"
#include "base/log.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/logged_out.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/rules/user_agent.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/disown.h"
#include "idp/state/logout.h"
#include "idp/state/network.h"
#include "idp/state/upkeep.h"
#include "sessions/login.h"
#include "store/store.h"

#define LOGINS_SHOWN 50

/* --- the page --------------------------------------------------------------------------------------------------- */

static struct view id_text(const struct visit *v, struct ident id)
{
    return view_text(hex_text(v->arena, ident_view(&id)));
}

static struct view number_text(const struct visit *v, struct ident id)
{
    char number[SESSION_NUMBER_SIZE];
    session_number(number, id);
    return arena_copy(v->arena, view_text(number));
}

static enum page_network network_seen(struct view here, struct view there)
{
    if (!view_is(here) || !view_is(there))
        return PAGE_NETWORK_UNKNOWN;
    return view_equal(here, there) ? PAGE_NETWORK_SAME : PAGE_NETWORK_OTHER;
}

static enum err fill_services(struct page_session *row, struct visit *v, struct ident session)
{
    struct view *ids;
    size_t n;
    enum err e = session_services(&ids, &n, v->db, v->arena, session);
    struct page_item *items = e ? NULL : arena_array(v->arena, n + 1, sizeof *items);
    if (!e && !items)
        e = ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++) {
        const struct client *client = NULL;
        e = clients_find(v->op->clients, v->db, ids[i], &client);
        if (!e)
            items[row->n_services++].text = client ? people_text(v, client->name) : ids[i];
    }
    row->services = items;
    return e;
}

static void fill_place(struct page_session *row, const struct visit *v, const struct session_place *place)
{
    row->country = v->english ? place->country_en : place->country;
    row->city = v->english ? place->city_en : place->city;
}

static enum err fill_session(struct page_session *row, struct visit *v, const struct me *me, const struct session *s)
{
    struct user_agent agent = user_agent_of_words(s->agent);
    *row = (struct page_session){.id = id_text(v, s->id),
                                 .number = number_text(v, s->id),
                                 .browser = view_text(agent.browser),
                                 .system = view_text(agent.system),
                                 .network = network_seen(network_of(v), s->network),
                                 .since = people_moment(v, s->auth_at),
                                 .last = people_moment(v, s->seen_at),
                                 .here = ident_equal(s->id, me->session.id),
                                 .idle = v->now >= s->seen_at + v->op->config->session.idle};
    fill_place(row, v, &s->place);
    return fill_services(row, v, s->id);
}

static enum err load_sessions(struct visit *v, const struct me *me, struct page_sessions *facts)
{
    struct session *sessions;
    enum err e = session_list(&sessions, &facts->n_sessions, v->db, v->arena, me->session.resident, v->now);
    struct page_session *rows = e ? NULL : arena_array(v->arena, facts->n_sessions + 1, sizeof *rows);
    if (!e && !rows)
        e = ERR_MEMORY;
    for (size_t i = 0; i < facts->n_sessions && !e; i++) {
        e = fill_session(&rows[i], v, me, &sessions[i]);
        facts->places |= view_is(rows[i].country) || view_is(rows[i].city);
    }
    facts->sessions = rows;
    facts->others = facts->n_sessions > 1;
    return e;
}

static void fill_login(struct page_past_login *row, const struct visit *v, const struct me *me, const struct login *l)
{
    struct user_agent agent = user_agent_of_words(l->agent);
    *row = (struct page_past_login){.id = id_text(v, l->session),
                                    .number = number_text(v, l->session),
                                    .at = people_moment(v, l->at),
                                    .browser = view_text(agent.browser),
                                    .system = view_text(agent.system),
                                    .network = network_seen(network_of(v), l->network),
                                    .here = ident_equal(l->session, me->session.id),
                                    .disowned = l->disowned_at != 0};
}

static enum err load_logins(struct visit *v, const struct me *me, struct ident told, struct page_sessions *facts)
{
    struct login *logins;
    enum err e = login_list(&logins, &facts->n_logins, v->db, v->arena, me->session.resident, LOGINS_SHOWN);
    struct page_past_login *rows = e ? NULL : arena_array(v->arena, facts->n_logins + 1, sizeof *rows);
    if (!e && !rows)
        e = ERR_MEMORY;
    for (size_t i = 0; i < facts->n_logins && !e; i++) {
        fill_login(&rows[i], v, me, &logins[i]);
        if (rows[i].disowned && ident_equal(logins[i].session, told))
            facts->told = rows[i].number;
    }
    facts->logins = rows;
    return e;
}

static bool read_session(struct visit *v, const char *name, struct ident *out)
{
    struct view bytes;
    if (hex_read(v->arena, visit_param(v, name), &bytes) != ERR_OK)
        return false;
    *out = ident_read(bytes);
    return ident_is(*out);
}

static void show(struct visit *v, const struct me *me)
{
    struct buf b;
    struct ident told = IDENT_NONE;
    const char *phone = v->english ? v->op->config->help.card_phone_en : v->op->config->help.card_phone;
    struct page_sessions facts = {.frame = people_frame(v, VIEW_NONE),
                                  .name = me->name,
                                  .days =
                                      view_text(arena_printf(v->arena, "%u", v->op->config->session.history / 86400)),
                                  .ended = view_equal_text(visit_param(v, "ended"), "1"),
                                  .credit = view_text(v->op->config->places.credit),
                                  .phone = view_text(phone)};
    if (!read_session(v, "told", &told))
        told = IDENT_NONE;
    enum err e = load_sessions(v, me, &facts);
    if (!e)
        e = load_logins(v, me, told, &facts);
    if (e) {
        show_failure(v, e, "load her logins");
        return;
    }
    people_open(&b, v);
    page_sessions(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- ending ------------------------------------------------------------------------------------------------------ */

struct ending {
    struct logout_many logins;
    struct ident one; /* only this; IDENT_NONE: all of LOGINS */
};

static enum err end_one(struct db *db, struct ending *x)
{
    struct logout_many *m = &x->logins;
    struct session s = {.id = IDENT_NONE};
    struct logout l = logout_one(m, &s);
    enum err e = session_find(&s, db, m->arena, x->one);
    if (!e && !ident_equal(s.resident, m->resident))
        e = ERR_NOT_FOUND; /* of somebody else, which is nobody's business to know */
    if (!e)
        e = logout_job(db, &l);
    m->ended = !e;
    return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_OK : e;
}

static enum err end_job(struct db *db, void *ctx)
{
    struct ending *x = ctx;
    return ident_is(x->one) ? end_one(db, x) : logout_many_job(db, &x->logins);
}

/* What has ended by itself meanwhile is shown as ended, not as an error. */
static void end(struct visit *v, struct ending *x)
{
    enum err e = store_write(v->op->store, end_job, x);
    if (e) {
        show_failure(v, e, "end logins");
        return;
    }
    log_event(LOG_INFO, "logout", LOG_INT("sessions", (int64_t)x->logins.ended), LOG_STR("by", "resident elsewhere"));
    if (x->logins.ended)
        upkeep_wake(v->op->upkeep);
    visit_redirect(v, VIEW("/me/sessions?ended=1"));
}

static void end_all(struct visit *v, struct me *me)
{
    struct logged_out ended;
    enum err e = logged_out_end(&ended, v, &me->session, LOGGED_OUT_EVERYWHERE, "resident");
    if (e)
        show_failure(v, e, "log out everywhere");
    else
        logged_out_show(v, &ended, true, VIEW_NONE, VIEW_NONE);
}

static void disown(struct visit *v, const struct me *me, struct ident session)
{
    enum err e = disown_login(v, me->session.resident, session);
    struct view back =
        view_text(arena_printf(v->arena, "/me/sessions?told=%s", hex_text(v->arena, ident_view(&session))));
    if (e == ERR_NOT_FOUND)
        visit_redirect(v, VIEW("/me/sessions"));
    else if (e)
        show_failure(v, e, "disown a login");
    else
        visit_redirect(v, back);
}

/* --- what a form says -------------------------------------------------------------------------------------------- */

static void change_one(struct visit *v, const struct me *me, bool hers)
{
    struct ident session;
    if (!read_session(v, "session", &session))
        show_parameter_error(v, VIEW("session"), "must be 32 hexadecimal digits");
    else if (ident_equal(session, me->session.id))
        visit_redirect(v, VIEW("/end_session")); /* which asks, and then tells her so */
    else if (hers)
        end(v, &(struct ending){logout_all(v, me->session.resident), session});
    else
        disown(v, me, session);
}

static void change(struct visit *v, struct me *me)
{
    struct view what = visit_param(v, "do");
    struct ending others = {.logins = logout_all(v, me->session.resident)};
    others.logins.except = me->session.id;
    if (view_equal_text(what, "end") || view_equal_text(what, "disown"))
        change_one(v, me, view_equal_text(what, "end"));
    else if (view_equal_text(what, "others"))
        end(v, &others);
    else if (view_equal_text(what, "all"))
        end_all(v, me);
    else
        show_parameter_error(v, VIEW("do"), "must be end, others, all or disown");
}

void handle_sessions(struct visit *v)
{
    struct me me;
    if (!me_open(v, &me))
        return;
    if (v->request->method == METHOD_POST)
        change(v, &me);
    else
        show(v, &me);
}
