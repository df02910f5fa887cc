#include "http/route.h"

#include <stdlib.h>

/* An open-addressed table of exact paths and a short list of prefixes, longest first. */
struct path {
    struct view text;
    bool prefix;
    const struct route *get, *post, *put, *delete;
};

struct route_table {
    struct path *paths; /* exact ones by hash; text.p == NULL: free */
    size_t mask;
    struct path *prefixes;
    size_t n_prefixes;
};

static uint32_t hash_of(struct view v)
{
    uint32_t h = 2166136261U; /* FNV-1a; the paths are ours, so nobody can choose collisions to hurt us */
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ v.p[i]) * 16777619U;
    return h;
}

static struct path *exact_slot(const struct route_table *t, struct view text)
{
    size_t i = hash_of(text) & t->mask;
    while (view_is(t->paths[i].text) && !view_equal(t->paths[i].text, text))
        i = (i + 1) & t->mask;
    return &t->paths[i];
}

static struct path *prefix_slot(struct route_table *t, struct view text)
{
    size_t at = 0;
    while (at < t->n_prefixes && !view_equal(t->prefixes[at].text, text))
        at++;
    if (at == t->n_prefixes) {
        at = 0;
        while (at < t->n_prefixes && t->prefixes[at].text.n >= text.n)
            at++;
        memmove(&t->prefixes[at + 1], &t->prefixes[at], (t->n_prefixes - at) * sizeof(struct path));
        t->prefixes[at] = (struct path){0};
        t->n_prefixes++;
    }
    return &t->prefixes[at];
}

/* Where PATH keeps its route for METHOD; NULL: none is ever served. */
static const struct route **place_of(struct path *p, enum method method)
{
    switch (method) {
    case METHOD_GET:
    case METHOD_HEAD:
        return &p->get;
    case METHOD_POST:
        return &p->post;
    case METHOD_PUT:
        return &p->put;
    case METHOD_DELETE:
        return &p->delete;
    case METHOD_OTHER:
        break;
    }
    return NULL;
}

static enum err add_route(struct route_table *t, const struct route *r)
{
    struct view text = view_text(r->path);
    bool prefix = view_ends(text, VIEW("/*"));
    if (prefix)
        text.n--;
    if (!view_starts(text, VIEW("/")) || !r->handle || r->method == METHOD_HEAD || r->method == METHOD_OTHER ||
        (r->method == METHOD_PUT && !(r->flags & ROUTE_BODY)))
        return ERR_CONFIG;
    struct path *p = prefix ? prefix_slot(t, text) : exact_slot(t, text);
    p->text = text;
    p->prefix = prefix;
    const struct route **place = place_of(p, r->method);
    if (!place || *place)
        return ERR_CONFIG;
    *place = r;
    return ERR_OK;
}

enum err route_table_open(struct route_table **out, const struct route *routes, size_t n)
{
    *out = NULL;
    struct route_table *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_MEMORY;
    size_t size = 8;
    while (size < 4 * n)
        size *= 2;
    t->mask = size - 1;
    t->paths = calloc(size, sizeof(*t->paths));
    t->prefixes = calloc(n + 1, sizeof(*t->prefixes));
    enum err e = t->paths && t->prefixes ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++)
        e = add_route(t, &routes[i]);
    if (e) {
        route_table_close(t);
        return e;
    }
    *out = t;
    return ERR_OK;
}

void route_table_close(struct route_table *t)
{
    if (!t)
        return;
    free(t->paths);
    free(t->prefixes);
    free(t);
}

static struct path *find_path(const struct route_table *t, struct view path)
{
    struct path *p = exact_slot(t, path);
    if (view_is(p->text))
        return p;
    for (size_t i = 0; i < t->n_prefixes; i++)
        if (view_starts(path, t->prefixes[i].text))
            return &t->prefixes[i];
    return NULL;
}

const struct route *route_find(const struct route_table *t, enum method method, struct view path, struct view *tail,
                               unsigned *allowed)
{
    *tail = VIEW_NONE;
    *allowed = 0;
    struct path *p = find_path(t, path);
    if (!p)
        return NULL;
    bool head = p->get && !(p->get->flags & ROUTE_NO_HEAD);
    *allowed = (p->get ? METHOD_GET : 0) | (head ? METHOD_HEAD : 0) | (p->post ? METHOD_POST : 0) |
               (p->put ? METHOD_PUT : 0) | (p->delete ? METHOD_DELETE : 0);
    if (p->prefix)
        *tail = view_from(path, p->text.n);
    return *allowed & method ? *place_of(p, method) : NULL;
}

const char *route_allow_text(struct arena *a, unsigned methods)
{
    static const enum method all[] = {METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE};
    const char *text = "";
    for (size_t i = 0; i < sizeof all / sizeof *all && text; i++)
        if (methods & all[i])
            text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", method_name(all[i]));
    return text;
}
