/* GET /me/services: what the resident allows which service. */
#include "base/clock.h"
#include "idp/endpoints/details_shown.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/service.h"
#include "idp/endpoints/show.h"
#include "idp/state/client_version.h"
#include "idp/state/clients.h"

/* The service's name, whoever still knows it; its id if nobody does. */
static enum err put_names(struct visit *v, const struct grant *g, struct page_service_row *row)
{
    const struct client *client = NULL;
    struct client *seen = NULL;
    enum err e = clients_find(v->op->clients, v->db, g->who.client, &client);
    if (!e && !client) {
        e = client_version_find(&seen, v->db, v->arena, g->who.client, g->ask_hash);
        client = seen;
    }
    if (e && e != ERR_NOT_FOUND)
        return e;
    row->open_url = client && client != seen ? people_open_url(v, client) : VIEW_NONE;
    row->title = client ? people_text(v, client->name) : g->who.client;
    row->organisation = client ? people_text(v, client->org_name) : g->who.org;
    return ERR_OK;
}

static enum err fill_row(struct visit *v, const struct grant *g, struct page_service_row *row)
{
    bool live = grant_is_live(g, v->now);
    *row = (struct page_service_row){.url = me_service_url(v, g->who.client, ""),
                                     .state = service_state(v, g),
                                     .fields = me_given_titles(v, g),
                                     .since = people_day(v, g->given_at),
                                     .until = service_until(v, g, live)};
    enum err e = details_shown_titles(&row->details, v, g);
    return e ? e : put_names(v, g, row);
}

static enum err fill(struct visit *v, const struct me *me, struct page_services *facts)
{
    struct grant *grants;
    size_t n;
    enum err e = grant_list_newest(v->arena, v->db, me->session.resident, &grants, &n);
    struct page_service_row *live = arena_array(v->arena, n, sizeof *live);
    struct page_service_row *ended = arena_array(v->arena, n, sizeof *ended);
    if (!live || !ended)
        return ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++)
        e = fill_row(v, &grants[i],
                     grant_is_live(&grants[i], v->now) ? &live[facts->n_live++] : &ended[facts->n_ended++]);
    facts->live = live;
    facts->ended = ended;
    return e;
}

void handle_services(struct visit *v)
{
    struct buf b;
    struct me me;
    if (!me_open(v, &me))
        return;
    struct page_services facts = {.frame = people_frame(v, VIEW_NONE), .name = me.name};
    enum err e = fill(v, &me, &facts);
    if (e) {
        show_failure(v, e, "list the consents");
        return;
    }
    people_open(&b, v);
    page_services(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}
