#include "idp/rules/client_policy.h"

#include "base/text.h"

#define ONE(X)   (1u << (unsigned)(X))
#define COUNT(A) (sizeof(A) / sizeof(A)[0])

enum {
    MUNI = ONE(CLIENT_PROFILE_MUNI),
    BASIC = ONE(CLIENT_PROFILE_BASIC),
    FAPI2 = ONE(CLIENT_PROFILE_FAPI2),
    ALL = MUNI | BASIC | FAPI2
};

/* --- what each profile allows and takes for granted --------------------------------------------------------------- */

enum {
    METHODS_ANY = ONE(CLIENT_AUTH_BASIC) | ONE(CLIENT_AUTH_POST) | ONE(CLIENT_AUTH_NONE) |
                  ONE(CLIENT_AUTH_PRIVATE_KEY_JWT) | ONE(CLIENT_AUTH_TLS) | ONE(CLIENT_AUTH_TLS_SELF_SIGNED),
    METHODS_FAPI2 = ONE(CLIENT_AUTH_PRIVATE_KEY_JWT) | ONE(CLIENT_AUTH_TLS) | ONE(CLIENT_AUTH_TLS_SELF_SIGNED)
};

static const struct law {
    unsigned methods;
    const char *made, *taken; /* algorithms of what we sign for the service, of what it signs for us */
    struct client_defaults defaults;
} laws[] = {
    [CLIENT_PROFILE_MUNI] = {METHODS_ANY,
                             "ES256 RS256 PS256 EdDSA",
                             "ES256 RS256 PS256 EdDSA ES384",
                             {CLIENT_AUTH_BASIC, JWS_ES256, true, false, false, false}},
    [CLIENT_PROFILE_BASIC] = {METHODS_ANY,
                              "RS256 ES256 PS256 EdDSA",
                              "RS256 ES256 PS256 EdDSA ES384",
                              {CLIENT_AUTH_BASIC, JWS_RS256, false, false, false, false}},
    /* FAPI 2.0 5.4.1: PS256, ES256 or EdDSA, and no other */
    [CLIENT_PROFILE_FAPI2] = {METHODS_FAPI2,
                              "ES256 PS256 EdDSA",
                              "ES256 PS256 EdDSA",
                              /* 5.3.3.1: its clients know what to do with a nonce */
                              {CLIENT_AUTH_PRIVATE_KEY_JWT, JWS_ES256, true, true, true, true}},
};

const struct client_defaults *client_policy_defaults(enum client_profile profile)
{
    return &laws[profile].defaults;
}

static bool has_alg(const char *list, enum jws_alg alg)
{
    return alg != JWS_NONE_GIVEN && text_has_word(view_text(list), view_text(jws_alg_name(alg)));
}

bool client_policy_takes_alg(enum client_profile profile, enum jws_alg alg)
{
    return has_alg(laws[profile].taken, alg);
}

bool client_policy_has_secret(enum client_auth_method method)
{
    return method == CLIENT_AUTH_BASIC || method == CLIENT_AUTH_POST;
}

static bool refuse(struct client_policy_fault *fault, const char *member, const char *rule, const char *paragraph)
{
    *fault = (struct client_policy_fault){member, rule, paragraph};
    return false;
}

static bool has_keys(const struct client *c)
{
    return view_is(c->jwks) || view_is(c->jwks_uri);
}

/* --- signatures --------------------------------------------------------------------------------------------------- */

static const struct signature {
    const char *member;
    size_t at;
    bool ours; /* we make it; otherwise the service does, and we need its keys */
    const char *paragraph;
} signatures[] = {
    {"id_token_signed_response_alg", offsetof(struct client, id_token_alg), true, "OIDC Registration 2"},
    {"userinfo_signed_response_alg", offsetof(struct client, userinfo.alg), true, "OIDC Registration 2"},
    {"introspection_signed_response_alg", offsetof(struct client, introspection.alg), true, "RFC 9701 6"},
    {"authorization_signed_response_alg", offsetof(struct client, authorization.alg), true, "JARM 3"},
    {"token_endpoint_auth_signing_alg", offsetof(struct client, auth_alg), false, "OIDC Registration 2"},
    {"request_object_signing_alg", offsetof(struct client, request_alg), false, "OIDC Registration 2"},
};

static bool signature_keeps(const struct client *c, const struct signature *s, struct client_policy_fault *fault)
{
    enum jws_alg alg = *(const enum jws_alg *)(const void *)((const char *)c + s->at);

    if (alg == JWS_NONE_GIVEN)
        return true;
    if (!has_alg(s->ours ? laws[c->profile].made : laws[c->profile].taken, alg))
        return c->profile == CLIENT_PROFILE_FAPI2
                   ? refuse(fault, s->member, "must be ES256, PS256 or EdDSA in profile fapi2", "FAPI 2.0 5.4.1")
                   : refuse(fault, s->member, "must be ES256, RS256, PS256 or EdDSA", s->paragraph);
    if (!s->ours && !has_keys(c))
        return refuse(fault, s->member, "needs jwks or jwks_uri: nobody could check the signature", s->paragraph);
    return true;
}

/* --- encryption --------------------------------------------------------------------------------------------------- */

static const struct encryption {
    const char *alg, *enc;
    size_t at;
    bool ours; /* we encrypt to the service, with its keys */
    const char *paragraph;
} encryptions[] = {
    {"id_token_encrypted_response_alg", "id_token_encrypted_response_enc", offsetof(struct client, id_token_jwe), true,
     "OIDC Registration 2"},
    {"userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc", offsetof(struct client, userinfo.jwe), true,
     "OIDC Registration 2"},
    {"introspection_encrypted_response_alg", "introspection_encrypted_response_enc",
     offsetof(struct client, introspection.jwe), true, "RFC 9701 6"},
    {"authorization_encrypted_response_alg", "authorization_encrypted_response_enc",
     offsetof(struct client, authorization.jwe), true, "JARM 3"},
    {"request_object_encryption_alg", "request_object_encryption_enc", offsetof(struct client, request_jwe), false,
     "OIDC Registration 2"},
};

/* Only public keys: a secret is kept as its hash, so nothing can be encrypted with it (OIDC Core 10.2). RSA1_5 has
 * padding oracles (RFC 8725 3.2). */
#define KEY_ALGS     "RSA-OAEP-256 ECDH-ES ECDH-ES+A128KW ECDH-ES+A256KW"
#define CONTENT_ALGS "A128CBC-HS256 A256CBC-HS512 A128GCM A256GCM"

static bool encryption_keeps(const struct client *c, const struct encryption *e, struct client_policy_fault *fault)
{
    const struct client_jwe *jwe = (const void *)((const char *)c + e->at);

    if (view_is(jwe->enc) && !view_is(jwe->alg))
        return refuse(fault, e->enc, "needs the member with _alg as well", e->paragraph);
    if (!view_is(jwe->alg))
        return true;
    if (!text_has_word(VIEW(KEY_ALGS), jwe->alg))
        return refuse(fault, e->alg, "must be RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or ECDH-ES+A256KW", "RFC 8725 3.2");
    if (!text_has_word(VIEW(CONTENT_ALGS), jwe->enc))
        return refuse(fault, e->enc, "must be A128CBC-HS256, A256CBC-HS512, A128GCM or A256GCM", e->paragraph);
    if (e->ours && !has_keys(c))
        return refuse(fault, e->alg, "needs jwks or jwks_uri: there is no key to encrypt to", e->paragraph);
    return true;
}

/* --- combinations ------------------------------------------------------------------------------------------------- */

static bool is_public(const struct client *c)
{
    return c->auth_method == CLIENT_AUTH_NONE;
}

static bool method_not_allowed(const struct client *c)
{
    return !(laws[c->profile].methods & ONE(c->auth_method));
}

static bool keys_twice(const struct client *c)
{
    return view_is(c->jwks) && view_is(c->jwks_uri);
}

static bool assertion_without_keys(const struct client *c)
{
    return c->auth_method == CLIENT_AUTH_PRIVATE_KEY_JWT && !has_keys(c);
}

static bool assertion_alg_without_assertion(const struct client *c)
{
    return c->auth_method != CLIENT_AUTH_PRIVATE_KEY_JWT && c->auth_alg != JWS_NONE_GIVEN;
}

static bool certificate_without_keys(const struct client *c)
{
    return c->auth_method == CLIENT_AUTH_TLS_SELF_SIGNED && !has_keys(c);
}

static bool certificate_not_named_once(const struct client *c)
{
    return c->auth_method == CLIENT_AUTH_TLS && view_is(c->tls_subject) == view_is(c->tls_san_dns);
}

static bool certificate_named_in_vain(const struct client *c)
{
    return c->auth_method != CLIENT_AUTH_TLS && (view_is(c->tls_subject) || view_is(c->tls_san_dns));
}

static bool no_grant(const struct client *c)
{
    return c->grants == 0;
}

static bool code_without_redirect(const struct client *c)
{
    return (c->grants & CLIENT_GRANT_CODE) && c->redirect_count == 0;
}

static bool public_credentials(const struct client *c)
{
    return is_public(c) && (c->grants & CLIENT_GRANT_CLIENT_CREDENTIALS);
}

static bool public_ciba(const struct client *c)
{
    return is_public(c) && (c->grants & CLIENT_GRANT_CIBA);
}

static bool public_exchange(const struct client *c)
{
    return is_public(c) && (c->grants & CLIENT_GRANT_EXCHANGE);
}

static bool public_refresh(const struct client *c)
{
    return is_public(c) && c->may_refresh && !c->dpop_bound && !c->tls_bound;
}

/* A token that dies with its first use is of no help where nobody can start a login: the grants that need no resident
 * get a new one whenever they like (RFC 6749 4.4.3). */
static bool refresh_without_resident(const struct client *c)
{
    return c->may_refresh && !(c->grants & (CLIENT_GRANT_CODE | CLIENT_GRANT_DEVICE | CLIENT_GRANT_CIBA));
}

static bool public_without_pkce(const struct client *c)
{
    return is_public(c) && !c->require_pkce;
}

static bool without_pkce(const struct client *c)
{
    return !c->require_pkce;
}

static bool without_par(const struct client *c)
{
    return !c->require_par;
}

static bool request_by_reference(const struct client *c)
{
    return c->request_uris.n > 0;
}

static bool unbound(const struct client *c)
{
    return !c->dpop_bound && !c->tls_bound;
}

static bool public_without_nonce(const struct client *c)
{
    return is_public(c) && !c->dpop_nonce;
}

static bool bound_twice(const struct client *c)
{
    return c->dpop_bound && c->tls_bound;
}

static bool request_without_keys(const struct client *c)
{
    return c->require_request && !has_keys(c);
}

static bool notified_in_vain(const struct client *c)
{
    return view_is(c->ciba_notify_uri) && !(c->grants & CLIENT_GRANT_CIBA);
}

static bool events_twice(const struct client *c)
{
    return c->events_poll && view_is(c->events_uri);
}

static bool events_by_nobody(const struct client *c)
{
    return c->events_poll && is_public(c);
}

/* A key or certificate may be of one copy alone (RFC 8252 8.4). */
static bool native_with_secret(const struct client *c)
{
    return c->native && client_policy_has_secret(c->auth_method);
}

/* What may be left out is among what may be asked. */
static bool optional_in_vain(const struct client *c)
{
    for (size_t i = 0; i < c->details_optional.n; i++) {
        bool is = false;
        for (size_t k = 0; k < c->details.n && !is; k++)
            is = view_equal(c->details_optional.items[i], c->details.items[k]);
        if (!is)
            return true;
    }
    return false;
}

static const struct combination {
    unsigned profiles;
    bool (*breaks)(const struct client *c);
    const char *member, *rule, *paragraph;
} combinations[] = {
    {FAPI2, method_not_allowed, "token_endpoint_auth_method",
     "must be private_key_jwt, tls_client_auth or self_signed_tls_client_auth in profile fapi2", "FAPI 2.0 5.3.2.1"},
    {ALL, keys_twice, "jwks", "and jwks_uri are two answers to one question: register one of them", "RFC 7591 2"},
    {ALL, assertion_without_keys, "jwks", "or jwks_uri is needed: private_key_jwt is checked with it", "OIDC Core 9"},
    {ALL, assertion_alg_without_assertion, "token_endpoint_auth_signing_alg", "is for private_key_jwt only",
     "OIDC Registration 2"},
    {ALL, certificate_without_keys, "jwks",
     "or jwks_uri is needed: a self-signed certificate is known by the key set only", "RFC 8705 2.2.2"},
    {ALL, certificate_not_named_once, "tls_client_auth_subject_dn",
     "or tls_client_auth_san_dns is needed, one of the two: any certificate of the CA would do otherwise",
     "RFC 8705 2.1.2"},
    {ALL, certificate_named_in_vain, "token_endpoint_auth_method",
     "must be tls_client_auth where the subject of a certificate is registered", "RFC 8705 2.1.2"},
    {ALL, no_grant, "grant_types", "must have one that begins something; refresh_token alone does not", "RFC 7591 2"},
    {ALL, code_without_redirect, "redirect_uris", "is required: at least one address", "RFC 7591 2"},
    {ALL, public_credentials, "grant_types",
     "may not have client_credentials for a client without credentials (token_endpoint_auth_method none)",
     "RFC 6749 4.4"},
    {ALL, public_ciba, "grant_types",
     "may not have urn:openid:params:grant-type:ciba for a client that does not authenticate", "CIBA 7.1"},
    {ALL, public_exchange, "grant_types",
     "may not have urn:ietf:params:oauth:grant-type:token-exchange for a client that does not authenticate",
     "RFC 8693 2.1"},
    {ALL, native_with_secret, "token_endpoint_auth_method",
     "must be none for application_type native: a secret that is in every copy proves nothing", "RFC 8252 8.5"},
    {ALL, public_without_pkce, "require_pkce", "must not be false for a client that does not authenticate",
     "RFC 9700 2.1.1"},
    {ALL, public_refresh, "grant_types",
     "may have refresh_token for a client that does not authenticate only with dpop_bound_access_tokens or "
     "tls_client_certificate_bound_access_tokens",
     "RFC 9700 2.2.2"},
    {ALL, refresh_without_resident, "grant_types",
     "has refresh_token without a grant that gives one (code, device or ciba)", "RFC 6749 4.4.3"},
    {MUNI | FAPI2, without_pkce, "require_pkce", "must not be false in this profile", "RFC 9700 2.1.1"},
    {FAPI2, without_par, "require_pushed_authorization_requests", "must not be false in profile fapi2",
     "FAPI 2.0 5.3.2.2"},
    {FAPI2, request_by_reference, "request_uris", "must be absent in profile fapi2: requests are pushed",
     "FAPI 2.0 5.3.2.2"},
    {FAPI2, unbound, "dpop_bound_access_tokens",
     "or tls_client_certificate_bound_access_tokens must be true in profile fapi2", "FAPI 2.0 5.3.2.1"},
    {ALL, public_without_nonce, "dpop_nonce_required", "must not be false for a client that does not authenticate",
     "RFC 9449 11.2"},
    {ALL, bound_twice, "dpop_bound_access_tokens",
     "and tls_client_certificate_bound_access_tokens cannot both be true: a token has one confirmation", "RFC 7800 3"},
    {ALL, request_without_keys, "require_signed_request_object",
     "needs jwks or jwks_uri: nobody could check the signature", "RFC 9101 10.5"},
    {ALL, notified_in_vain, "backchannel_client_notification_endpoint",
     "needs the grant urn:openid:params:grant-type:ciba", "CIBA 4"},
    {ALL, events_twice, "events_poll", "and events_uri are two answers to one question: register one of them",
     "RFC 8936 1"},
    {ALL, optional_in_vain, "authorization_details_optional", "must be among authorization_details_types",
     "RFC 9396 10"},
    {ALL, events_by_nobody, "events_poll", "must not be true for a client that does not authenticate", "RFC 8936 4"},
};

bool client_policy_keeps(const struct client *c, struct client_policy_fault *fault)
{
    for (size_t i = 0; i < COUNT(combinations); i++)
        if ((combinations[i].profiles & ONE(c->profile)) && combinations[i].breaks(c))
            return refuse(fault, combinations[i].member, combinations[i].rule, combinations[i].paragraph);
    for (size_t i = 0; i < COUNT(signatures); i++)
        if (!signature_keeps(c, &signatures[i], fault))
            return false;
    for (size_t i = 0; i < COUNT(encryptions); i++)
        if (!encryption_keeps(c, &encryptions[i], fault))
            return false;
    return true;
}
