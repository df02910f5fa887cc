#include "idp/state/sector.h"

#include <strings.h>

#include "base/json.h"
#include "http/url.h"
#include "idp/rules/sector_document.h"
#include "idp/state/documents.h"
#include "idp/state/outgoing.h"

#define MEMBER "sector_identifier_uri"

static enum err refuse(struct registration_fault *fault, const char *member, const char *rule)
{
    *fault = (struct registration_fault){member, rule};
    return rule ? ERR_SYNTAX : ERR_MEMORY;
}

static enum err check_document(struct arena *a, const struct client *c, struct view text,
                               struct registration_fault *fault)
{
    struct json *document;
    struct view address;
    const char *why = NULL;
    enum err e = json_read(&document, a, text, &why);

    if (e == ERR_SYNTAX)
        return refuse(fault, MEMBER, arena_printf(a, "must point to JSON: %s", why));
    if (e)
        return e;
    const char *rule = sector_document_fault(c, document, &address);
    if (!rule)
        return ERR_OK;
    if (view_is(address))
        rule = arena_printf(a, "%s: %.*s", rule, (int)address.n, (const char *)address.p);
    return refuse(fault, MEMBER, rule);
}

static enum err get_waiting(void *ctx, struct arena *a, struct view url, struct fetched *out)
{
    static const struct fetch_limits limits = {.timeout_ms = DOCUMENTS_MS, .body_max = DOCUMENTS_BODY_MAX};

    return fetch_get(ctx, a, url, &limits, out);
}

struct sector_source sector_by_waiting(struct fetch *f)
{
    return (struct sector_source){get_waiting, f};
}

static enum err get_for_visit(void *ctx, struct arena *a, struct view url, struct fetched *out)
{
    (void)a; /* it is the visit's */
    return documents_get(out, ctx, url);
}

struct sector_source sector_by_visit(struct visit *v)
{
    return (struct sector_source){get_for_visit, v};
}

enum err sector_check(const struct sector_source *source, struct arena *arena, const struct client *c,
                      struct registration_fault *fault)
{
    struct fetched got;

    if (!view_is(c->sector_uri))
        return ERR_OK;
    enum err e = source->get(source->ctx, arena, c->sector_uri, &got);
    if (e == ERR_MEMORY || e == ERR_BUSY)
        return e;
    if (e)
        return refuse(fault, MEMBER, arena_printf(arena, "cannot be fetched: %s", outgoing_words(e)));
    if (got.status != 200)
        return refuse(fault, MEMBER, arena_printf(arena, "cannot be fetched: status %d", got.status));
    return check_document(arena, c, got.body, fault);
}

/* --- the host ---------------------------------------------------------------------------------------------------- */

static bool same_host(struct view a, struct view b)
{
    return a.n == b.n && strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

/* ERR_SYNTAX: the redirect addresses have no host in common. */
static enum err common_host(struct view *out, const struct client *c)
{
    struct url url;

    *out = VIEW_NONE;
    for (size_t i = 0; i < c->redirect_count; i++) {
        if (url_read(&url, c->redirect_uris[i]) || (view_is(*out) && !same_host(*out, url.host)))
            return ERR_SYNTAX;
        *out = url.host;
    }
    return view_is(*out) ? ERR_OK : ERR_SYNTAX;
}

enum err sector_derive(struct view *out, struct arena *arena, const struct client *c, struct registration_fault *fault)
{
    struct view host;
    struct url url;

    if (view_is(c->sector_uri)) {
        if (url_read(&url, c->sector_uri))
            return refuse(fault, MEMBER, "must be an https address");
        host = url.host;
    } else if (common_host(&host, c)) {
        return refuse(fault, MEMBER, "is required: the redirect addresses have not one host (OIDC Core 8.1)");
    }
    if (host.n + strlen(SECTOR_HOST) > SECTOR_HOST_MAX)
        return refuse(fault, MEMBER, "must have a host of at most 64 letters");
    char *text = arena_printf(arena, SECTOR_HOST "%.*s", (int)host.n, (const char *)host.p);
    if (!text)
        return ERR_MEMORY;
    for (char *p = text; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    *out = view_text(text);
    return ERR_OK;
}
