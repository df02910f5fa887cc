#include "idp/rules/client.h"

static bool has(const struct view *list, size_t n, struct view uri)
{
    for (size_t i = 0; i < n; i++)
        if (view_is(uri) && view_equal(list[i], uri))
            return true;
    return false;
}

bool client_has_redirect(const struct client *c, struct view uri)
{
    return has(c->redirect_uris, c->redirect_count, uri);
}

bool client_has_request_uri(const struct client *c, struct view uri)
{
    return has(c->request_uris.items, c->request_uris.n, uri);
}

bool client_has_logout_redirect(const struct client *c, struct view uri)
{
    return has(c->logout_uris, c->logout_count, uri);
}
