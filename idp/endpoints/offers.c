#include "idp/endpoints/offers.h"

#include "idp/state/clients.h"

struct gathering {
    struct visit *visit;
    struct details_offer *items;
    struct details_offers offers;
};

static enum err add(struct gathering *g, struct view type)
{
    const struct detail_type *found;
    const struct client *server;

    if (details_offer_of(&g->offers, type))
        return ERR_OK;
    enum err e = clients_find_detail_type(g->visit->op->clients, g->visit->db, type, &found, &server);
    if (e || !found)
        return e;
    g->items[g->offers.n++] = (struct details_offer){found, server->resource};
    return ERR_OK;
}

static enum err add_all(struct gathering *g, const struct json *details)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < json_count(details) && i < DETAILS_MAX && !e; i++)
        e = add(g, json_member_text(json_at(details, i), "type"));
    return e;
}

enum err offers_find(struct details_offers *out, struct visit *v, const struct json *details, const struct json *more)
{
    struct gathering g = {.visit = v, .items = arena_array(v->arena, 2 * DETAILS_MAX, sizeof *g.items)};

    *out = (struct details_offers){.n = 0};
    if (!g.items)
        return ERR_MEMORY;
    g.offers.items = g.items;
    enum err e = add_all(&g, details);
    if (!e)
        e = add_all(&g, more);
    *out = g.offers;
    return e;
}
