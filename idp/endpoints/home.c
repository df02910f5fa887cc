/* GET /: who is logged in here, in which services, and the way out. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/profile.h"
#include "idp/state/renewal.h"
#include "sessions/decoupled.h"
#include "sessions/session.h"

static enum err load_services(struct visit *v, const struct session *s, struct page_home *facts)
{
    struct view *ids;
    size_t n;
    enum err e = session_services(&ids, &n, v->db, v->arena, s->id);
    struct page_item *items = e ? NULL : arena_array(v->arena, n, sizeof *items);
    for (size_t i = 0; i < n && items && !e; i++) {
        const struct client *client = NULL;
        e = clients_find(v->op->clients, v->db, ids[i], &client);
        if (!e && client)
            items[facts->n_services++].text = people_text(v, client->name);
    }
    facts->services = items;
    return e ? e : items ? ERR_OK : ERR_MEMORY;
}

/* Is anything about a new card to be told? */
static enum err load_renewal(struct visit *v, const struct session *s, struct page_home *facts)
{
    struct renewal r;
    enum err e = renewal_is_claimed(&facts->claimed, v, s->resident);
    if (!e)
        e = renewal_load(&r, v->db, v, s);
    facts->renewal = !e && r.verdict >= RENEWAL_OFFER;
    return e;
}

static enum err load_asked(struct visit *v, const struct session *s, struct page_home *facts)
{
    struct decoupled *requests;
    size_t n;
    enum err e = decoupled_list(&requests, &n, v->db, v->arena, s->resident, v->now);
    facts->asked = !e && n > 0;
    return e;
}

static enum err load(struct visit *v, struct page_home *facts)
{
    static const struct ask nothing = {.n = 0};
    struct session s;
    struct field_profile profile;
    enum err e = visit_session(v, &s);
    if (e == ERR_NOT_FOUND)
        visit_forget_ended(v);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    facts->logged_in = true;
    facts->logged_in_at = people_time(v, s.auth_at);
    if ((e = profile_load(&profile, v, s.resident, &nothing)))
        return e;
    facts->name = people_name(v, &profile);
    if ((e = load_asked(v, &s, facts)) || (e = load_renewal(v, &s, facts)))
        return e;
    return load_services(v, &s, facts);
}

void handle_home(struct visit *v)
{
    struct buf b;
    struct page_home facts = {.frame = people_frame(v, VIEW_NONE),
                              .idle_minutes =
                                  view_text(arena_printf(v->arena, "%u", v->op->config->session.idle / 60))};
    enum err e = load(v, &facts);
    if (!e && !facts.logged_in) { /* she may log in here: the form needs a browser to belong to */
        struct view browser = visit_mint_browser(v);
        if (!view_is(facts.frame.csrf))
            facts.frame.csrf = visit_csrf_of(v, browser, IDENT_NONE);
    }
    if (e) {
        show_failure(v, e, "load the first page");
        return;
    }
    people_open(&b, v);
    page_home(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}
