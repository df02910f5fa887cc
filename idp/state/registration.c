#include "idp/state/registration.h"

#include "base/json.h"
#include "base/text.h"
#include "consent/ask.h"
#include "http/url.h"

#define ID_MAX         64
#define NAME_MAX_BYTES 300
#define URIS_MAX       32

struct reader {
    struct arena *arena;
    const struct json *json;
    struct client *client;
    struct registration_fault *fault;
};

static enum err refuse(struct reader *r, const char *member, const char *rule)
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

static bool is_name(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
    return v.n > 0 && v.n <= NAME_MAX_BYTES;
}

static enum err read_id(struct reader *r, const struct json *j, const char *member, struct view *out)
{
    if (!json_text(j, out) || !is_id(*out))
        return refuse(r, member, "must be 1 to 64 letters, digits, '-', '_' or '.'");
    return ERR_OK;
}

static enum err read_name(struct reader *r, const struct json *parent, const char *ja, const char *en,
                          struct client_name *out)
{
    const struct json *english = json_member(parent, en);

    if (!json_text(json_member(parent, ja), &out->ja) || !is_name(out->ja))
        return refuse(r, ja, "is required: a name of at most 300 bytes without control characters");
    out->en = out->ja;
    if (english && (!json_text(english, &out->en) || !is_name(out->en)))
        return refuse(r, en, "must be a name of at most 300 bytes without control characters");
    return ERR_OK;
}

/* --- addresses --------------------------------------------------------------------------------------------------- */

/* RFC 9700 2.6 and OIDC Registration 2: https, or http on this very machine; RFC 6749 3.1.2: no fragment. */
static const char *uri_rule(struct view text, struct url *url)
{
    if (url_read(url, text))
        return "must be an absolute http(s) address without user name";
    if (view_is(url->fragment))
        return "must not have a fragment";
    if (url_is_https(url) || (url_is_http(url) && url_is_loopback_host(url->host)))
        return NULL;
    return "must be https (http only on localhost)";
}

static enum err read_uri(struct reader *r, const char *member, struct view *out)
{
    const struct json *j = json_member(r->json, member);
    struct url url;

    *out = VIEW_NONE;
    if (!j)
        return ERR_OK;
    if (!json_text(j, out))
        return refuse(r, member, "must be a text");
    const char *rule = uri_rule(*out, &url);
    return rule ? refuse(r, member, rule) : ERR_OK;
}

static enum err read_uris(struct reader *r, const char *member, struct view **out, size_t *n)
{
    const struct json *list = json_member(r->json, member);
    struct url url;

    if (list && (!json_is_array(list) || json_count(list) > URIS_MAX))
        return refuse(r, member, "must be an array of at most 32 addresses");
    *n = list ? json_count(list) : 0;
    *out = arena_array(r->arena, *n, sizeof **out);
    if (!*out)
        return ERR_MEMORY;
    for (size_t i = 0; i < *n; i++) {
        if (!json_text(json_at(list, i), &(*out)[i]))
            return refuse(r, member, "must be an array of texts");
        const char *rule = uri_rule((*out)[i], &url);
        if (rule)
            return refuse(r, member, rule);
    }
    return ERR_OK;
}

static enum err read_addresses(struct reader *r)
{
    struct client *c = r->client;
    struct url url;
    enum err e;

    if ((e = read_uris(r, "redirect_uris", &c->redirect_uris, &c->redirect_count)) ||
        (e = read_uris(r, "post_logout_redirect_uris", &c->logout_uris, &c->logout_count)) ||
        (e = read_uri(r, "backchannel_logout_uri", &c->backchannel_uri)) ||
        (e = read_uri(r, "policy_uri", &c->policy_uri)) || (e = read_uri(r, "events_uri", &c->events_uri)))
        return e;
    if (c->redirect_count == 0)
        return refuse(r, "redirect_uris", "is required: at least one address");
    if (url_read(&url, c->redirect_uris[0]))
        return refuse(r, "redirect_uris", "must be absolute addresses");
    c->host = url.host;
    return ERR_OK;
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

static enum err read_who(struct reader *r, struct view id)
{
    struct client *c = r->client;
    const struct json *org = json_member(r->json, "organization"), *own = json_member(r->json, "client_id");
    enum err e;

    c->id = id;
    if ((own || !view_is(id)) && (e = read_id(r, own, "client_id", &c->id)))
        return e;
    if ((e = read_name(r, r->json, "client_name", "client_name#en", &c->name)))
        return e;
    if (!json_is_object(org))
        return refuse(r, "organization", "is required: {\"id\", \"name\", \"name#en\"}");
    if ((e = read_id(r, json_member(org, "id"), "organization.id", &c->org_id)) ||
        (e = read_name(r, org, "name", "name#en", &c->org_name)))
        return e;
    return read_id(r, json_member(r->json, "sector"), "sector", &c->sector);
}

static enum err read_choice(struct reader *r, const char *member, const char *const *names, int n, int otherwise,
                            const char *rule, int *out)
{
    const struct json *j = json_member(r->json, member);
    struct view text;

    *out = otherwise;
    if (!j)
        return ERR_OK;
    if (json_text(j, &text))
        for (int i = 0; i < n; i++)
            if (view_equal_text(text, names[i])) {
                *out = i;
                return ERR_OK;
            }
    return refuse(r, member, rule);
}

static enum err read_flag(struct reader *r, const char *member, bool otherwise, bool *out)
{
    const struct json *j = json_member(r->json, member);

    *out = otherwise;
    if (j && !json_bool(j, out))
        return refuse(r, member, "must be true or false");
    return ERR_OK;
}

/* OIDC Registration 2: "contacts" are mail addresses; the first is the one residents are told. */
static enum err read_contacts(struct reader *r)
{
    const struct json *list = json_member(r->json, "contacts");
    struct view text;

    if (list && (!json_is_array(list) || json_count(list) > URIS_MAX))
        return refuse(r, "contacts", "must be an array of at most 32 texts");
    for (size_t i = 0; i < json_count(list); i++) {
        if (!json_text(json_at(list, i), &text) || !is_name(text))
            return refuse(r, "contacts", "must be texts of at most 300 bytes without control characters");
        if (i == 0)
            r->client->contact = text;
    }
    return ERR_OK;
}

static enum err read_grant_types(struct reader *r)
{
    const struct json *list = json_member(r->json, "grant_types");
    struct view word;

    for (size_t i = 0; i < json_count(list); i++) {
        if (!json_text(json_at(list, i), &word))
            return refuse(r, "grant_types", "must be an array of texts");
        if (view_equal_text(word, "refresh_token"))
            r->client->may_refresh = true;
        else if (!view_equal_text(word, "authorization_code"))
            return refuse(r, "grant_types", "may have authorization_code and refresh_token only");
    }
    return list && !json_is_array(list) ? refuse(r, "grant_types", "must be an array") : ERR_OK;
}

static enum err read_response_types(struct reader *r)
{
    const struct json *list = json_member(r->json, "response_types");
    struct view word;

    if (!list)
        return ERR_OK;
    if (json_count(list) != 1 || !json_text(json_at(list, 0), &word) || !view_equal_text(word, "code"))
        return refuse(r, "response_types", "may only be [\"code\"]");
    return ERR_OK;
}

static enum err read_protocol(struct reader *r)
{
    static const char *const methods[] = {"client_secret_basic", "client_secret_post"};
    static const char *const algs[] = {"RS256", "ES256"};
    struct client *c = r->client;
    int method, alg;
    enum err e;

    if ((e = read_choice(r, "token_endpoint_auth_method", methods, 2, 0,
                         "must be client_secret_basic or client_secret_post", &method)) ||
        (e = read_choice(r, "id_token_signed_response_alg", algs, 2, 0, "must be RS256 or ES256", &alg)) ||
        (e = read_flag(r, "backchannel_logout_session_required", false, &c->backchannel_session)) ||
        (e = read_flag(r, "require_pkce", true, &c->require_pkce)) || (e = read_grant_types(r)))
        return e;
    c->auth_method = method == 0 ? CLIENT_AUTH_BASIC : CLIENT_AUTH_POST;
    c->id_token_alg = alg == 0 ? JWS_RS256 : JWS_ES256;
    return read_response_types(r);
}

static enum err read_fields(struct reader *r)
{
    struct client *c = r->client;
    struct ask_terms terms = {c->id, c->org_id, c->policy_uri, VIEW_NONE};
    struct ask *ask = arena_alloc(r->arena, sizeof *ask);
    struct ask_fault fault = {NULL, NULL};

    if (!ask)
        return ERR_MEMORY;
    enum err e = ask_read(ask, r->arena, json_member(r->json, "fields"), &terms, &fault);
    if (e == ERR_SYNTAX)
        return refuse(r, fault.field, fault.rule);
    c->ask = ask;
    return e;
}

static enum err read_members(struct reader *r, struct view id)
{
    static const char *const known[] = {"client_id",
                                        "client_name",
                                        "client_name#en",
                                        "organization",
                                        "sector",
                                        "redirect_uris",
                                        "post_logout_redirect_uris",
                                        "backchannel_logout_uri",
                                        "backchannel_logout_session_required",
                                        "token_endpoint_auth_method",
                                        "id_token_signed_response_alg",
                                        "grant_types",
                                        "response_types",
                                        "require_pkce",
                                        "policy_uri",
                                        "events_uri",
                                        "contacts",
                                        "fields",
                                        NULL};
    struct view stranger;
    enum err e;

    if (!json_is_object(r->json))
        return refuse(r, "registration", "must be one JSON object");
    if (!json_only(r->json, known, &stranger))
        return refuse(r, arena_text(r->arena, stranger), "is not a member we know");
    if ((e = read_who(r, id)) || (e = read_addresses(r)) || (e = read_contacts(r)) || (e = read_protocol(r)))
        return e;
    return read_fields(r);
}

enum err registration_read(struct client **out, struct arena *arena, struct view json, struct view id,
                           struct registration_fault *fault)
{
    struct json *j;
    const char *why = NULL;

    *fault = (struct registration_fault){NULL, NULL};
    struct client *c = arena_alloc(arena, sizeof *c);
    if (!c)
        return ERR_MEMORY;
    if (json.n > REGISTRATION_MAX) {
        *fault = (struct registration_fault){"registration", "is larger than 64 KiB"};
        return ERR_SYNTAX;
    }
    c->default_max_age = -1;
    c->grants = CLIENT_GRANT_CODE;
    enum err e = json_read(&j, arena, json, &why);
    if (e == ERR_SYNTAX)
        *fault = (struct registration_fault){"registration", why};
    if (e)
        return e;
    struct reader r = {arena, j, c, fault};
    *out = c;
    return read_members(&r, id);
}
