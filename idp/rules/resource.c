#include "idp/rules/resource.h"

#include "base/buf.h"
#include "base/text.h"

bool resource_is_several(struct view words)
{
    return view_index(words, ' ') != words.n;
}

enum err resource_add(struct view *words, struct arena *a, struct view more)
{
    struct view word;
    struct buf b;

    buf_open(&b, a, words->n + more.n + 2);
    buf_put(&b, *words);
    while (text_next_word(&more, &word)) {
        if (text_has_word(*words, word))
            continue;
        if (b.n)
            buf_put_byte(&b, ' ');
        buf_put(&b, word);
    }
    return b.n == 0 ? b.err : buf_done(&b, words);
}

static bool is_registered(struct view resource, const struct client *client)
{
    for (size_t i = 0; i < client->resources.n; i++)
        if (view_equal(resource, client->resources.items[i]))
            return true;
    return false;
}

/* RFC 8707 2: the client may ask for tokens to those only that it registered. */
enum refusal resource_ask_decide(struct view asked, const struct client *client)
{
    struct view rest = asked, word;

    if (asked.n > RESOURCES_MAX)
        return REFUSAL_RESOURCE_UNKNOWN;
    while (text_next_word(&rest, &word)) {
        if (!is_registered(word, client))
            return REFUSAL_RESOURCE_UNKNOWN;
        if (text_has_word(rest, word))
            return REFUSAL_RESOURCE_TWICE;
    }
    return REFUSAL_NONE;
}

/* RFC 8707 3: who receives a token for two servers can use it at the other one; an authorization server need not give
 * any (docs/decisions/resource-servers.md). */
enum refusal resource_decide(struct view *out, struct view asked, const struct resource_facts *f)
{
    *out = VIEW_NONE;
    if (resource_is_several(asked))
        return REFUSAL_RESOURCE_SEVERAL;
    if (!view_is(asked) && resource_is_several(f->granted))
        return REFUSAL_RESOURCE_UNSAID;
    *out = view_is(asked) ? asked : f->granted;
    if (!view_is(asked) || text_has_word(f->granted, asked))
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
    if (resource_is_several(asked))
        return REFUSAL_RESOURCE_SEVERAL;
    *out = view_is(asked) ? asked : list->n == 1 ? list->items[0] : VIEW_NONE;
    return view_is(*out) && is_registered(*out, client) ? REFUSAL_NONE : REFUSAL_RESOURCE_NOT_REGISTERED;
}

bool resource_is_readable(const struct client *client, const struct client *server)
{
    return view_is(server->sector) && view_equal(client->sector, server->sector);
}
