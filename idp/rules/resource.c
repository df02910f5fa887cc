#include "idp/rules/resource.h"

#include "base/text.h"

enum refusal resource_decide(struct view *out, struct view asked, const struct resource_facts *f)
{
    *out = f->granted;
    if (!view_is(asked) || (view_is(f->granted) && view_equal(asked, f->granted)))
        return REFUSAL_NONE;
    *out = VIEW_NONE;
    return view_equal(asked, f->issuer) && text_has_word(f->scope, VIEW("openid")) ? REFUSAL_NONE
                                                                                   : REFUSAL_RESOURCE_NOT_GRANTED;
}

enum refusal resource_of_client_decide(struct view *out, struct view asked, struct view scope,
                                       const struct client *client)
{
    const struct client_list *list = &client->resources;

    *out = VIEW_NONE;
    if (view_is(scope)) /* RFC 6749 3.3: ours are fields of residents, and what is asked here of ourselves */
        return REFUSAL_CLIENT_SCOPE;
    *out = view_is(asked) ? asked : list->n == 1 ? list->items[0] : VIEW_NONE;
    for (size_t i = 0; i < list->n; i++)
        if (view_is(*out) && view_equal(*out, list->items[i]))
            return REFUSAL_NONE;
    return REFUSAL_RESOURCE_NOT_REGISTERED;
}

bool resource_is_readable(const struct client *client, const struct client *server)
{
    return view_is(server->sector) && view_equal(client->sector, server->sector);
}
