#include "idp/state/registration_value.h"

#include "idp/rules/redirect_uri.h"

#define ID_MAX   64
#define LINE_MAX 300
#define LIST_MAX 32

enum err registration_refuse(struct registration_reader *r, const char *member, const char *rule)
{
    *r->fault = (struct registration_fault){member, rule};
    return ERR_SYNTAX;
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

/* Ids go into tables, URLs and log lines. */
static bool is_id(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_' && c != '.')
            return false;
    }
    return v.n > 0 && v.n <= ID_MAX;
}

static bool is_line(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
    return v.n > 0 && v.n <= LINE_MAX;
}

enum err registration_read_id(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct view *text = out;

    if (!json_text(j, text) || !is_id(*text))
        return registration_refuse(r, member, "must be 1 to 64 letters, digits, '-', '_' or '.'");
    return ERR_OK;
}

enum err registration_read_line(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct view *text = out;

    if (!json_text(j, text) || !is_line(*text))
        return registration_refuse(r, member, "must be a text of 1 to 300 bytes without control characters");
    return ERR_OK;
}

/* --- addresses --------------------------------------------------------------------------------------------------- */

static const char *address_rule(struct view text, bool reference)
{
    struct url url;

    if (url_read(&url, text))
        return "must be an absolute http(s) address without user name";
    if (view_is(url.fragment) && !reference)
        return "must not have a fragment";
    if (url_is_https(&url) || (url_is_http(&url) && url_is_loopback_host(url.host)))
        return NULL;
    return "must be https (http only on localhost)";
}

static enum err read_address(struct registration_reader *r, const char *member, const struct json *j, bool reference,
                             struct view *out)
{
    if (!json_text(j, out))
        return registration_refuse(r, member, "must be a text");
    const char *rule = address_rule(*out, reference);
    return rule ? registration_refuse(r, member, rule) : ERR_OK;
}

enum err registration_read_address(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    return read_address(r, member, j, false, out);
}

enum err registration_read_https(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct url url;
    enum err e = read_address(r, member, j, false, out);

    if (!e && (url_read(&url, *(struct view *)out) || !url_is_https(&url)))
        return registration_refuse(r, member, "must be https, on localhost too");
    return e;
}

/* --- lists ------------------------------------------------------------------------------------------------------- */

static enum err open_list(struct registration_reader *r, const char *member, const struct json *j,
                          struct client_list *list, const char *rule)
{
    if (!json_is_array(j) || json_count(j) > LIST_MAX)
        return registration_refuse(r, member, rule);
    list->n = json_count(j);
    list->items = arena_array(r->arena, list->n, sizeof *list->items);
    return list->items ? ERR_OK : ERR_MEMORY;
}

static enum err read_addresses(struct registration_reader *r, const char *member, const struct json *j, bool reference,
                               struct client_list *list)
{
    enum err e = open_list(r, member, j, list, "must be an array of at most 32 addresses");

    for (size_t i = 0; !e && i < list->n; i++)
        e = read_address(r, member, json_at(j, i), reference, &list->items[i]);
    return e;
}

enum err registration_read_addresses(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    return read_addresses(r, member, j, false, out);
}

/* OIDC Registration 2, application_type; RFC 8252 7: claimed https, http on a loopback address, a private-use scheme.
 */
enum err registration_read_native_addresses(struct registration_reader *r, const char *member, const struct json *j,
                                            void *out)
{
    struct client_list *list = out;
    enum err e = open_list(r, member, j, list, "must be an array of at most 32 addresses");

    for (size_t i = 0; !e && i < list->n; i++) {
        struct view *address = &list->items[i];
        if (!json_text(json_at(j, i), address) || !redirect_uri_is_private(*address))
            e = read_address(r, member, json_at(j, i), false, address);
    }
    return e;
}

enum err registration_read_references(struct registration_reader *r, const char *member, const struct json *j,
                                      void *out)
{
    return read_addresses(r, member, j, true, out);
}

enum err registration_read_lines(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct client_list *list = out;
    enum err e = open_list(r, member, j, list, "must be an array of at most 32 texts");

    for (size_t i = 0; !e && i < list->n; i++)
        e = registration_read_line(r, member, json_at(j, i), &list->items[i]);
    return e;
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

enum err registration_read_flag(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    return json_bool(j, out) ? ERR_OK : registration_refuse(r, member, "must be true or false");
}

enum err registration_read_alg(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    enum jws_alg *alg = out;
    struct view name = VIEW_NONE;

    if (json_text(j, &name) && (*alg = jws_alg_of(name)) != JWS_NONE_GIVEN)
        return ERR_OK;
    if (view_starts(name, VIEW("HS")))
        return registration_refuse(r, member,
                                   "must not be HMAC: only a hash of the secret is kept, which signs nothing");
    return registration_refuse(r, member, "must be ES256, RS256, PS256 or EdDSA");
}

bool registration_choice(int *out, const struct json *j, const char *const *names, int n)
{
    struct view text;

    if (!json_text(j, &text))
        return false;
    for (int i = 0; i < n; i++)
        if (view_equal_text(text, names[i])) {
            *out = i;
            return true;
        }
    return false;
}
