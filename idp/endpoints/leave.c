/* GET, POST /me/leave: what goes and what stays, and leaving. Only with the card shown a moment ago. */
#include "consent/grant.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/leaving.h"

static enum err load_services(struct visit *v, const struct me *me, struct page_leave *facts)
{
    struct grant *grants;
    size_t n;
    enum err e = grant_list(v->arena, v->db, me->session.resident, v->now, &grants, &n);
    struct page_item *items = e ? NULL : arena_array(v->arena, n + 1, sizeof *items);
    if (!e && !items)
        e = ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++) {
        const struct client *client = NULL;
        e = clients_find(v->op->clients, v->db, grants[i].who.client, &client);
        if (!e && client)
            items[facts->n_services++].text = people_text(v, client->name);
    }
    facts->services = items;
    return e;
}

static void show(struct visit *v, const struct me *me, bool unsure)
{
    struct buf b;
    struct page_leave facts = {.frame = people_frame(v, VIEW_NONE),
                               .fresh = me_is_fresh(v, me),
                               .unsure = unsure,
                               .minutes = view_text(arena_printf(v->arena, "%d", ME_FRESH_S / 60))};
    enum err e = load_services(v, me, &facts);
    if (e) {
        show_failure(v, e, "load what goes");
        return;
    }
    facts.name = me->name;
    people_open(&b, v);
    page_leave(&b, v->op->pages, &facts);
    people_answer(v, unsure ? 422 : 200, PAGE_PLAIN, &b);
}

static void show_left(struct visit *v)
{
    struct buf b;
    struct page_left facts = {.frame = people_frame(v, VIEW_NONE)};
    facts.frame.here = VIEW_NONE;
    people_open(&b, v);
    page_left(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

static void leave(struct visit *v, const struct me *me)
{
    enum err e = leaving_run(v, me->session.resident);
    if (e == ERR_CONFLICT) { /* disabled while the page was open */
        visit_redirect(v, VIEW("/"));
        return;
    }
    if (e && e != ERR_NOT_FOUND) {
        show_failure(v, e, "let a resident leave");
        return;
    }
    visit_drop_session_cookie(v);
    show_left(v);
}

void handle_leave(struct visit *v)
{
    struct me me;
    if (!me_open(v, &me))
        return;
    bool is_form = v->request->method == METHOD_POST, sure = view_equal_text(visit_param(v, "sure"), "yes");
    if (is_form && sure && me_is_fresh(v, &me))
        leave(v, &me);
    else
        show(v, &me, is_form && !sure && me_is_fresh(v, &me));
}
