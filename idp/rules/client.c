#include "idp/rules/client.h"

#include "idp/rules/redirect_uri.h"

static bool has(const struct view *list, size_t n, struct view uri)
{
    for (size_t i = 0; i < n; i++)
        if (view_is(uri) && view_equal(list[i], uri))
            return true;
    return false;
}

bool client_has_redirect(const struct client *c, struct view uri)
{
    for (size_t i = 0; i < c->redirect_count; i++)
        if (redirect_uri_fits(c->redirect_uris[i], uri, c->native))
            return true;
    return false;
}

bool client_is_unproven(const struct client *c, struct view uri)
{
    return c->native && c->auth_method == CLIENT_AUTH_NONE && !redirect_uri_is_claimed(uri);
}

bool client_has_request_uri(const struct client *c, struct view uri)
{
    return has(c->request_uris.items, c->request_uris.n, uri);
}

bool client_has_logout_redirect(const struct client *c, struct view uri)
{
    return has(c->logout_uris, c->logout_count, uri);
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static const char *const profiles[] = {
    [CLIENT_PROFILE_MUNI] = "muni", [CLIENT_PROFILE_BASIC] = "basic", [CLIENT_PROFILE_FAPI2] = "fapi2"};

static const char *const methods[] = {[CLIENT_AUTH_BASIC] = "client_secret_basic",
                                      [CLIENT_AUTH_POST] = "client_secret_post",
                                      [CLIENT_AUTH_NONE] = "none",
                                      [CLIENT_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
                                      [CLIENT_AUTH_TLS] = "tls_client_auth",
                                      [CLIENT_AUTH_TLS_SELF_SIGNED] = "self_signed_tls_client_auth"};

static const struct grant_name {
    const char *name;
    enum client_grant grant;
} grants[] = {{"authorization_code", CLIENT_GRANT_CODE},
              {"client_credentials", CLIENT_GRANT_CLIENT_CREDENTIALS},
              {"urn:ietf:params:oauth:grant-type:device_code", CLIENT_GRANT_DEVICE},
              {"urn:openid:params:grant-type:ciba", CLIENT_GRANT_CIBA},
              {"urn:ietf:params:oauth:grant-type:token-exchange", CLIENT_GRANT_EXCHANGE}};

#define COUNT(A) (sizeof(A) / sizeof(A)[0])

static bool find(size_t *out, struct view name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal_text(name, names[i])) {
            *out = i;
            return true;
        }
    return false;
}

const char *client_profile_name(enum client_profile profile)
{
    return profiles[profile];
}

bool client_profile_of(enum client_profile *out, struct view name)
{
    size_t i = 0;
    bool found = find(&i, name, profiles, COUNT(profiles));

    *out = (enum client_profile)i;
    return found;
}

const char *client_auth_method_name(enum client_auth_method method)
{
    return methods[method];
}

bool client_auth_method_of(enum client_auth_method *out, struct view name)
{
    size_t i = 0;
    bool found = find(&i, name, methods, COUNT(methods));

    *out = (enum client_auth_method)i;
    return found;
}

const char *client_grant_name(enum client_grant grant)
{
    size_t i = 0;

    while (i < COUNT(grants) && grants[i].grant != grant)
        i++;
    INSIST(i < COUNT(grants));
    return grants[i].name;
}

bool client_grant_of(enum client_grant *out, struct view name)
{
    for (size_t i = 0; i < COUNT(grants); i++)
        if (view_equal_text(name, grants[i].name)) {
            *out = grants[i].grant;
            return true;
        }
    return false;
}
