#include "idp/state/registration.h"

#include <string.h>

#include "base/text.h"
#include "consent/ask.h"
#include "consent/detail_type.h"
#include "idp/rules/client_jwks.h"
#include "idp/rules/client_policy.h"
#include "idp/state/registration_value.h"
#include "idp/state/sector.h"
#include "idp/tokens/event_token.h"

#define JWKS_MAX     32768
#define AGE_MAX      315360000 /* ten years: more is an error in writing */
#define COUNT(A)     (sizeof(A) / sizeof(A)[0])
#define MEMBER(WHAT) offsetof(struct client, WHAT)

/* --- who it is --------------------------------------------------------------------------------------------------- */

/* "organization.name" is the member "name" of PARENT. */
static const struct json *last_member(const struct json *parent, const char *path)
{
    const char *dot = strrchr(path, '.');

    return json_member(parent, dot ? dot + 1 : path);
}

static enum err read_name(struct registration_reader *r, const struct json *parent, const char *ja, const char *en,
                          struct client_name *out)
{
    const struct json *english = last_member(parent, en);
    enum err e = registration_read_line(r, ja, last_member(parent, ja), &out->ja);

    out->en = out->ja;
    return !e && english ? registration_read_line(r, en, english, &out->en) : e;
}

/* The operator's name for it, or the host that sector_derive found: no name of an operator has a colon. */
static enum err read_sector(struct registration_reader *r)
{
    const struct json *j = json_member(r->json, "sector");
    struct view *out = &r->client->sector;

    if (json_text(j, out) && view_starts(*out, VIEW(SECTOR_HOST)) && text_is_visible(*out) && out->n <= SECTOR_HOST_MAX)
        return ERR_OK;
    return registration_read_id(r, "sector", j, out);
}

/* A member that nobody reads is a slip of the pen that nobody would see. */
static enum err read_organization(struct registration_reader *r)
{
    static const char *const names[] = {"id", "name", "name#en", "address", "email", "phone_number", NULL};
    const struct json *org = json_member(r->json, "organization");
    struct client *c = r->client;
    struct party_fault fault;
    struct view stranger;
    enum err e;

    if (!json_is_object(org))
        return registration_refuse(r, "organization", "is required: {\"id\", \"name\", \"name#en\"}");
    if (!json_only(org, names, &stranger))
        return registration_refuse(r, "organization", "may have id, name, name#en, address, email and phone_number");
    if ((e = registration_read_id(r, "organization.id", json_member(org, "id"), &c->org_id)) ||
        (e = read_name(r, org, "organization.name", "organization.name#en", &c->org_name)))
        return e;
    e = party_read(&c->party, org, &fault);
    return e == ERR_SYNTAX ? registration_refuse(r, fault.member, fault.rule) : e;
}

static enum err read_who(struct registration_reader *r, struct view id)
{
    struct client *c = r->client;
    const struct json *own = json_member(r->json, "client_id");
    enum err e;

    c->id = id;
    if ((own || !view_is(id)) && (e = registration_read_id(r, "client_id", own, &c->id)))
        return e;
    if ((e = read_name(r, r->json, "client_name", "client_name#en", &c->name)))
        return e;
    if ((e = read_organization(r)))
        return e;
    return read_sector(r);
}

/* --- members with a rule of their own ----------------------------------------------------------------------------- */

static enum err read_redirects(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct client_list list = {NULL, 0};
    enum err e = r->client->native ? registration_read_native_addresses(r, member, j, &list)
                                   : registration_read_addresses(r, member, j, &list);

    *(struct view **)out = list.items;
    r->client->redirect_count = list.n;
    return e;
}

static enum err read_logout_redirects(struct registration_reader *r, const char *member, const struct json *j,
                                      void *out)
{
    struct client_list list = {NULL, 0};
    enum err e = registration_read_addresses(r, member, j, &list);

    *(struct view **)out = list.items;
    r->client->logout_count = list.n;
    return e;
}

static enum err read_auth_method(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct view name = VIEW_NONE;

    if (json_text(j, &name) && client_auth_method_of(out, name))
        return ERR_OK;
    if (view_equal_text(name, "client_secret_jwt"))
        return registration_refuse(
            r, member, "cannot be client_secret_jwt: only a hash of the secret is kept; use private_key_jwt");
    return registration_refuse(r, member,
                               "must be client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, "
                               "self_signed_tls_client_auth or none");
}

static enum err read_grant(struct registration_reader *r, const char *member, const struct json *j)
{
    struct view name = VIEW_NONE;
    enum client_grant grant;

    if (!json_text(j, &name))
        return registration_refuse(r, member, "must be an array of texts");
    if (view_equal_text(name, "refresh_token")) {
        r->client->may_refresh = true;
        return ERR_OK;
    }
    if (client_grant_of(&grant, name)) {
        r->client->grants |= grant;
        return ERR_OK;
    }
    if (view_equal_text(name, "implicit") || view_equal_text(name, "password"))
        return registration_refuse(r, member, "may not have implicit or password (RFC 9700 2.1.2, 2.4)");
    return registration_refuse(r, member,
                               "may have authorization_code, refresh_token, client_credentials and those of RFC 8628, "
                               "CIBA and RFC 8693");
}

static enum err read_grants(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    enum err e = json_is_array(j) ? ERR_OK : registration_refuse(r, member, "must be an array");

    *(unsigned *)out = 0;
    for (size_t i = 0; !e && i < json_count(j); i++)
        e = read_grant(r, member, json_at(j, i));
    return e;
}

/* RFC 7591 2.1: response type and grant type go together. */
static enum err read_response_types(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct view word = VIEW_NONE;
    bool code = json_count(j) == 1 && json_text(json_at(j, 0), &word) && view_equal_text(word, "code");

    if (!json_is_array(j) || (json_count(j) > 0 && !code))
        return registration_refuse(r, member, "may only be [\"code\"] (RFC 9700 2.1.2)");
    if (code != ((*(unsigned *)out & CLIENT_GRANT_CODE) != 0))
        return registration_refuse(r, member, "has code exactly if grant_types has authorization_code (RFC 7591 2.1)");
    return ERR_OK;
}

static enum err read_subject_type(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    static const char *const names[] = {"pairwise"};
    int which;

    (void)out;
    if (!registration_choice(&which, j, names, 1))
        return registration_refuse(r, member, "may only be pairwise");
    return ERR_OK;
}

static enum err read_application_type(struct registration_reader *r, const char *member, const struct json *j,
                                      void *out)
{
    static const char *const names[] = {"web", "native"};
    bool *native = out;
    int which;

    if (!registration_choice(&which, j, names, 2))
        return registration_refuse(r, member, "must be web or native");
    *native = which == 1;
    if (*native && client_policy_has_secret(r->client->auth_method)) {
        r->client->auth_method = CLIENT_AUTH_NONE; /* what is said nowhere; token_endpoint_auth_method comes later */
        r->client->dpop_nonce = true;              /* RFC 9449 11.2 */
    }
    return ERR_OK;
}

/* OIDC Registration 2: "contacts" are mail addresses; the first is the one residents are told. */
static enum err read_contacts(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct client_list list = {NULL, 0};
    enum err e = registration_read_lines(r, member, j, &list);

    if (!e && list.n)
        *(struct view *)out = list.items[0];
    return e;
}

static enum err read_jwks(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct buf text;
    const char *rule = client_jwks_fault(j);

    if (rule)
        return registration_refuse(r, member, rule);
    buf_open(&text, r->arena, JWKS_MAX);
    json_put_canonical(&text, j);
    return buf_done(&text, out);
}

static enum err read_max_age(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    int64_t age;

    if (!json_int(j, &age) || age < 0 || age > AGE_MAX)
        return registration_refuse(r, member, "must be a number of seconds from 0 to 315360000");
    *(int64_t *)out = age;
    return ERR_OK;
}

/* Which security events it hears of. */
static enum err read_events(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    static const char *const names[] = {"consent",        "session-revoked",  "credential-change",
                                        "account-purged", "account-disabled", "account-enabled"};
    static const unsigned wishes[] = {EVENT_WISH_CONSENT, EVENT_WISH_SESSION,  EVENT_WISH_CREDENTIAL,
                                      EVENT_WISH_ACCOUNT, EVENT_WISH_DISABLED, EVENT_WISH_ENABLED};
    unsigned *events = out;
    int which;

    *events = 0;
    if (!json_is_array(j))
        return registration_refuse(r, member, "must be an array of words");
    for (size_t i = 0; i < json_count(j); i++) {
        if (!registration_choice(&which, json_at(j, i), names, 6))
            return registration_refuse(
                r, member,
                "may have consent, session-revoked, credential-change, account-purged, account-disabled and "
                "account-enabled");
        *events |= wishes[which];
    }
    return ERR_OK;
}

/* Words of a space-separated list (OIDC Core 3.1.2.1), in order of preference. */
static enum err read_acr_values(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct client_list list = {NULL, 0};
    struct buf words;
    enum err e = registration_read_lines(r, member, j, &list);

    if (e)
        return e;
    buf_open(&words, r->arena, 32 * 304);
    for (size_t i = 0; i < list.n; i++) {
        if (!text_is_visible(list.items[i]))
            return registration_refuse(r, member, "must be an array of words");
        buf_printf(&words, i ? " " : "");
        buf_put(&words, list.items[i]);
    }
    return list.n ? buf_done(&words, out) : ERR_OK;
}

/* CIBA Core 4: push would bring the tokens themselves to an address that the service does not authenticate at. */
static enum err read_ciba_mode(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    static const char *const names[] = {"poll", "ping"};
    int mode;

    if (!registration_choice(&mode, j, names, 2))
        return registration_refuse(r, member, "must be poll or ping");
    if ((mode == 1) != view_is(*(struct view *)out))
        return registration_refuse(
            r, member, "is ping exactly if backchannel_client_notification_endpoint is registered (CIBA 4)");
    return ERR_OK;
}

/* OIDC Front-Channel Logout 2: scheme, host and port are those of a redirect address. */
static enum err read_frontchannel(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    const struct client *c = r->client;
    struct url own, redirect;
    enum err e = registration_read_address(r, member, j, out);

    if (e)
        return e;
    for (size_t i = 0; i < c->redirect_count; i++)
        if (!url_read(&own, *(struct view *)out) && !url_read(&redirect, c->redirect_uris[i]) &&
            url_same_origin(&own, &redirect))
            return ERR_OK;
    return registration_refuse(r, member,
                               "must have scheme, host and port of a redirect address (Front-Channel Logout 2)");
}

/* RFC 9396 11.1: "Define authorization details types". Read after `resource`, which its locations lie inside of. */
static enum err read_definitions(struct registration_reader *r, const char *member, const struct json *j, void *out)
{
    struct client *c = r->client;
    struct ask_fault fault = {NULL, NULL};

    (void)out;
    enum err e = detail_types_read(&c->detail_types, &c->n_detail_types, r->arena, j, c->resource, &fault);
    return e == ERR_SYNTAX ? registration_refuse(r, fault.field ? fault.field : member, fault.rule) : e;
}

/* --- all members, in the order they are read -----------------------------------------------------------------------
 */

typedef enum err reading(struct registration_reader *r, const char *member, const struct json *j, void *out);

static const struct member {
    const char *name;
    reading *read; /* NULL: read_who, read_profile or read_fields does */
    size_t at;
} members[] = {
    {"client_id", NULL, 0},
    {"client_name", NULL, 0},
    {"client_name#en", NULL, 0},
    {"organization", NULL, 0},
    {"sector", NULL, 0},
    {"profile", NULL, 0},
    {"fields", NULL, 0},
    {"application_type", read_application_type, MEMBER(native)}, /* before the addresses, which it decides */
    {"redirect_uris", read_redirects, MEMBER(redirect_uris)},
    {"post_logout_redirect_uris", read_logout_redirects, MEMBER(logout_uris)},
    {"grant_types", read_grants, MEMBER(grants)},
    {"response_types", read_response_types, MEMBER(grants)},
    {"subject_type", read_subject_type, 0},
    {"token_endpoint_auth_method", read_auth_method, MEMBER(auth_method)},
    {"token_endpoint_auth_signing_alg", registration_read_alg, MEMBER(auth_alg)},
    {"jwks", read_jwks, MEMBER(jwks)},
    {"jwks_uri", registration_read_address, MEMBER(jwks_uri)},
    {"tls_client_auth_subject_dn", registration_read_line, MEMBER(tls_subject)},
    {"tls_client_auth_san_dns", registration_read_line, MEMBER(tls_san_dns)},
    {"id_token_signed_response_alg", registration_read_alg, MEMBER(id_token_alg)},
    {"id_token_encrypted_response_alg", registration_read_line, MEMBER(id_token_jwe.alg)},
    {"id_token_encrypted_response_enc", registration_read_line, MEMBER(id_token_jwe.enc)},
    {"userinfo_signed_response_alg", registration_read_alg, MEMBER(userinfo.alg)},
    {"userinfo_encrypted_response_alg", registration_read_line, MEMBER(userinfo.jwe.alg)},
    {"userinfo_encrypted_response_enc", registration_read_line, MEMBER(userinfo.jwe.enc)},
    {"introspection_signed_response_alg", registration_read_alg, MEMBER(introspection.alg)},
    {"introspection_encrypted_response_alg", registration_read_line, MEMBER(introspection.jwe.alg)},
    {"introspection_encrypted_response_enc", registration_read_line, MEMBER(introspection.jwe.enc)},
    {"authorization_signed_response_alg", registration_read_alg, MEMBER(authorization.alg)},
    {"authorization_encrypted_response_alg", registration_read_line, MEMBER(authorization.jwe.alg)},
    {"authorization_encrypted_response_enc", registration_read_line, MEMBER(authorization.jwe.enc)},
    {"request_object_signing_alg", registration_read_alg, MEMBER(request_alg)},
    {"request_object_encryption_alg", registration_read_line, MEMBER(request_jwe.alg)},
    {"request_object_encryption_enc", registration_read_line, MEMBER(request_jwe.enc)},
    {"request_uris", registration_read_references, MEMBER(request_uris)},
    {"require_signed_request_object", registration_read_flag, MEMBER(require_request)},
    {"require_pushed_authorization_requests", registration_read_flag, MEMBER(require_par)},
    {"require_pkce", registration_read_flag, MEMBER(require_pkce)},
    {"tls_client_certificate_bound_access_tokens", registration_read_flag, MEMBER(tls_bound)},
    {"dpop_bound_access_tokens", registration_read_flag, MEMBER(dpop_bound)},
    {"dpop_nonce_required", registration_read_flag, MEMBER(dpop_nonce)},
    {"default_max_age", read_max_age, MEMBER(default_max_age)},
    {"require_auth_time", registration_read_flag, MEMBER(require_auth_time)},
    {"default_acr_values", read_acr_values, MEMBER(default_acr)},
    {"resource", registration_read_address, MEMBER(resource)},
    {"resources", registration_read_addresses, MEMBER(resources)},
    {"authorization_details_types", registration_read_lines, MEMBER(details)},
    {"authorization_details_optional", registration_read_lines, MEMBER(details_optional)},
    {"authorization_details_definitions", read_definitions, MEMBER(detail_types)},
    {"backchannel_logout_uri", registration_read_address, MEMBER(backchannel_uri)},
    {"backchannel_logout_session_required", registration_read_flag, MEMBER(backchannel_session)},
    {"frontchannel_logout_uri", read_frontchannel, MEMBER(frontchannel_uri)},
    {"frontchannel_logout_session_required", registration_read_flag, MEMBER(frontchannel_session)},
    {"initiate_login_uri", registration_read_https, MEMBER(initiate_login_uri)},
    {"sector_identifier_uri", registration_read_https, MEMBER(sector_uri)},
    {"backchannel_client_notification_endpoint", registration_read_address, MEMBER(ciba_notify_uri)},
    {"backchannel_token_delivery_mode", read_ciba_mode, MEMBER(ciba_notify_uri)},
    {"session_update", registration_read_flag, MEMBER(session_update)},
    {"events_uri", registration_read_address, MEMBER(events_uri)},
    {"events_poll", registration_read_flag, MEMBER(events_poll)},
    {"events_requested", read_events, MEMBER(events)},
    {"logo_uri", registration_read_address, MEMBER(logo_uri)},
    {"client_uri", registration_read_address, MEMBER(client_uri)},
    {"policy_uri", registration_read_address, MEMBER(policy_uri)},
    {"tos_uri", registration_read_address, MEMBER(tos_uri)},
    {"contacts", read_contacts, MEMBER(contact)},
    {"software_id", registration_read_line, MEMBER(software_id)},
    {"software_version", registration_read_line, MEMBER(software_version)},
};

bool registration_knows(struct view name)
{
    for (size_t i = 0; i < COUNT(members); i++)
        if (view_equal_text(name, members[i].name))
            return true;
    return false;
}

static enum err refuse_strangers(struct registration_reader *r)
{
    const struct json *value;
    struct view name;

    if (!json_is_object(r->json))
        return registration_refuse(r, "registration", "must be one JSON object");
    for (size_t i = 0; json_member_at(r->json, i, &name, &value); i++)
        if (!registration_knows(name)) {
            const char *stranger = arena_text(r->arena, name);
            return stranger ? registration_refuse(r, stranger, "is not a member we know") : ERR_MEMORY;
        }
    return ERR_OK;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static enum err read_profile(struct registration_reader *r)
{
    const struct json *j = json_member(r->json, "profile");
    struct client *c = r->client;
    struct view name;

    c->profile = CLIENT_PROFILE_MUNI;
    if (j && (!json_text(j, &name) || !client_profile_of(&c->profile, name)))
        return registration_refuse(r, "profile", "must be muni, basic or fapi2");
    const struct client_defaults *defaults = client_policy_defaults(c->profile);
    c->auth_method = defaults->auth_method;
    c->id_token_alg = defaults->id_token_alg;
    c->require_pkce = defaults->require_pkce;
    c->require_par = defaults->require_par;
    /* A token is bound to one thing: who says certificate does not mean DPoP. */
    c->dpop_bound =
        defaults->dpop_bound && !json_member_bool(r->json, "tls_client_certificate_bound_access_tokens", false);
    /* RFC 9449 11.2: who gets into the page of a client that does not authenticate could make proofs for later. A
     * native program that names no method has none (RFC 8252 8.5): read_application_type. */
    c->dpop_nonce =
        defaults->dpop_nonce || view_equal_text(json_member_text(r->json, "token_endpoint_auth_method"), "none");
    c->default_max_age = -1;
    c->events = EVENT_WISH_CONSENT;
    c->grants = CLIENT_GRANT_CODE;
    return ERR_OK;
}

/* OIDC Registration 2: who encrypts without saying how means A128CBC-HS256. */
static void fill_content_algs(struct client *c)
{
    struct client_jwe *const all[] = {&c->id_token_jwe, &c->userinfo.jwe, &c->introspection.jwe, &c->authorization.jwe,
                                      &c->request_jwe};

    for (size_t i = 0; i < COUNT(all); i++)
        if (view_is(all[i]->alg) && !view_is(all[i]->enc))
            all[i]->enc = VIEW("A128CBC-HS256");
}

static enum err read_all(struct registration_reader *r)
{
    for (size_t i = 0; i < COUNT(members); i++) {
        const struct json *j = json_member(r->json, members[i].name);
        enum err e =
            j && members[i].read ? members[i].read(r, members[i].name, j, (char *)r->client + members[i].at) : ERR_OK;
        if (e)
            return e;
    }
    fill_content_algs(r->client);
    return ERR_OK;
}

static enum err keep_policy(struct registration_reader *r)
{
    struct client_policy_fault fault;

    if (client_policy_keeps(r->client, &fault))
        return ERR_OK;
    const char *rule = arena_printf(r->arena, "%s (%s)", fault.rule, fault.paragraph);
    return rule ? registration_refuse(r, fault.member, rule) : ERR_MEMORY;
}

/* The host a resident knows the service by. */
static void set_host(struct client *c)
{
    struct url url;

    if (!url_read(&url, c->redirect_count ? c->redirect_uris[0] : c->client_uri))
        c->host = url.host;
}

static enum err read_fields(struct registration_reader *r)
{
    struct client *c = r->client;
    struct ask_terms terms = {c->id, c->org_id, c->policy_uri, c->tos_uri};
    struct ask *ask = arena_alloc(r->arena, sizeof *ask);
    struct ask_fault fault = {NULL, NULL};

    if (!ask)
        return ERR_MEMORY;
    enum err e = ask_read(ask, r->arena, json_member(r->json, "fields"), &terms, &fault);
    if (e == ERR_SYNTAX)
        return registration_refuse(r, fault.field, fault.rule);
    c->ask = ask;
    return e;
}

static enum err read_registration(struct registration_reader *r, struct view id)
{
    enum err e;

    if ((e = refuse_strangers(r)) || (e = read_profile(r)) || (e = read_who(r, id)) || (e = read_all(r)) ||
        (e = keep_policy(r)))
        return e;
    set_host(r->client);
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
    enum err e = json_read(&j, arena, json, &why);
    if (e == ERR_SYNTAX)
        *fault = (struct registration_fault){"registration", why};
    if (e)
        return e;
    struct registration_reader r = {arena, j, c, fault};
    *out = c;
    return read_registration(&r, id);
}
