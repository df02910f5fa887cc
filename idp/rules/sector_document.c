#include "idp/rules/sector_document.h"

static bool lists(const struct json *document, struct view address)
{
    struct view one;

    for (size_t i = 0; i < json_count(document); i++)
        if (json_text(json_at(document, i), &one) && view_equal(one, address))
            return true;
    return false;
}

const char *sector_document_fault(const struct client *c, const struct json *document, struct view *address)
{
    struct view text;

    *address = VIEW_NONE;
    if (!json_is_array(document))
        return "must point to a JSON array of addresses (OIDC Core 8.1)";
    for (size_t i = 0; i < json_count(document); i++)
        if (!json_text(json_at(document, i), &text))
            return "must point to an array of texts (OIDC Core 8.1)";
    for (size_t i = 0; i < c->redirect_count; i++) {
        *address = c->redirect_uris[i];
        if (!lists(document, *address))
            return "must point to a list that has every redirect address (OIDC Core 8.1)";
    }
    /* CIBA Core 4: a service that is never redirected to stands there with its key set. */
    *address = c->redirect_count ? VIEW_NONE : c->jwks_uri;
    if (view_is(*address) && !lists(document, *address))
        return "must point to a list that has jwks_uri, since there is no redirect address (CIBA 4)";
    if (c->redirect_count == 0 && !view_is(*address))
        return "needs redirect_uris or jwks_uri: what shall its list have? (CIBA 4)";
    *address = VIEW_NONE;
    return NULL;
}
