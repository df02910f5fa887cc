#include <criterion/criterion.h>

#include "idp/rules/client_policy.h"

#define JWKS VIEW("{\"keys\":[]}")

static struct view redirects[] = {{(const uint8_t *)"https://a.example/cb", 20}};

/* A client that keeps its profile's rules and says nothing more. */
static struct client good(enum client_profile profile)
{
    const struct client_defaults *d = client_policy_defaults(profile);

    return (struct client){.id = VIEW("a"),
                           .profile = profile,
                           .redirect_uris = redirects,
                           .redirect_count = 1,
                           .grants = CLIENT_GRANT_CODE,
                           .default_max_age = -1,
                           .auth_method = d->auth_method,
                           .id_token_alg = d->id_token_alg,
                           .require_pkce = d->require_pkce,
                           .require_par = d->require_par,
                           .dpop_bound = d->dpop_bound,
                           .dpop_nonce = d->dpop_nonce,
                           .jwks = profile == CLIENT_PROFILE_FAPI2 ? JWKS : VIEW_NONE};
}

static struct client with_method(enum client_profile profile, enum client_auth_method method)
{
    struct client c = good(profile);

    c.auth_method = method;
    c.require_pkce = true;
    c.dpop_nonce |= method == CLIENT_AUTH_NONE;
    return c;
}

static void expect_refused(struct client c, const char *member, const char *paragraph)
{
    struct client_policy_fault fault = {NULL, NULL, NULL};

    cr_assert_not(client_policy_keeps(&c, &fault), "%s was let through", member);
    cr_expect_str_eq(fault.member, member, "%s %s", fault.member, fault.rule);
    cr_expect_str_eq(fault.paragraph, paragraph, "%s %s", fault.member, fault.rule);
    cr_expect_gt(strlen(fault.rule), 10);
}

static void expect_kept(struct client c)
{
    struct client_policy_fault fault = {"", "", ""};

    cr_expect(client_policy_keeps(&c, &fault), "%s %s (%s)", fault.member, fault.rule, fault.paragraph);
}

static const enum client_profile every[] = {CLIENT_PROFILE_MUNI, CLIENT_PROFILE_BASIC, CLIENT_PROFILE_FAPI2};

Test(client_policy, a_public_client_may_not_have_grants_that_need_credentials)
{
    struct client c = with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_NONE);

    c.grants = CLIENT_GRANT_CODE | CLIENT_GRANT_CLIENT_CREDENTIALS;
    expect_refused(c, "grant_types", "RFC 6749 4.4");
    c.grants = CLIENT_GRANT_CODE | CLIENT_GRANT_CIBA;
    expect_refused(c, "grant_types", "CIBA 7.1");
    c.grants = CLIENT_GRANT_CODE | CLIENT_GRANT_EXCHANGE;
    expect_refused(c, "grant_types", "RFC 8693 2.1");
    c.grants = CLIENT_GRANT_DEVICE;
    expect_kept(c);
}

Test(client_policy, a_public_client_needs_pkce_in_every_profile)
{
    struct client c = with_method(CLIENT_PROFILE_BASIC, CLIENT_AUTH_NONE);

    c.require_pkce = false;
    expect_refused(c, "require_pkce", "RFC 9700 2.1.1");
    c.profile = CLIENT_PROFILE_MUNI;
    expect_refused(c, "require_pkce", "RFC 9700 2.1.1");
}

Test(client_policy, a_public_client_refreshes_only_what_is_bound_to_a_key)
{
    struct client c = with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_NONE);

    c.may_refresh = true;
    expect_refused(c, "grant_types", "RFC 9700 2.2.2");
    c.dpop_bound = true;
    expect_kept(c);
    c.dpop_bound = false;
    c.tls_bound = true;
    expect_kept(c);
}

Test(client_policy, a_public_client_may_not_fetch_events)
{
    struct client c = with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_NONE);

    c.events_poll = true;
    expect_refused(c, "events_poll", "RFC 8936 4");
}

Test(client_policy, fapi2_takes_only_methods_that_prove_a_key)
{
    static const enum client_auth_method weak[] = {CLIENT_AUTH_BASIC, CLIENT_AUTH_POST, CLIENT_AUTH_NONE};

    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        expect_refused(with_method(CLIENT_PROFILE_FAPI2, weak[i]), "token_endpoint_auth_method", "FAPI 2.0 5.3.2.1");
        expect_kept(with_method(CLIENT_PROFILE_MUNI, weak[i]));
        expect_kept(with_method(CLIENT_PROFILE_BASIC, weak[i]));
    }
}

Test(client_policy, fapi2_is_not_signed_with_rs256_on_either_side)
{
    struct client c = good(CLIENT_PROFILE_FAPI2);

    c.id_token_alg = JWS_RS256;
    expect_refused(c, "id_token_signed_response_alg", "FAPI 2.0 5.4.1");
    c = good(CLIENT_PROFILE_FAPI2);
    c.userinfo.alg = JWS_RS256;
    expect_refused(c, "userinfo_signed_response_alg", "FAPI 2.0 5.4.1");
    c = good(CLIENT_PROFILE_FAPI2);
    c.introspection.alg = JWS_RS256;
    expect_refused(c, "introspection_signed_response_alg", "FAPI 2.0 5.4.1");
    c = good(CLIENT_PROFILE_FAPI2);
    c.authorization.alg = JWS_RS256;
    expect_refused(c, "authorization_signed_response_alg", "FAPI 2.0 5.4.1");
    c = good(CLIENT_PROFILE_FAPI2);
    c.auth_alg = JWS_RS256;
    expect_refused(c, "token_endpoint_auth_signing_alg", "FAPI 2.0 5.4.1");
    c = good(CLIENT_PROFILE_FAPI2);
    c.request_alg = JWS_RS256;
    expect_refused(c, "request_object_signing_alg", "FAPI 2.0 5.4.1");
}

Test(client_policy, which_algorithms_a_service_may_sign_with)
{
    cr_expect(client_policy_takes_alg(CLIENT_PROFILE_MUNI, JWS_RS256));
    cr_expect(client_policy_takes_alg(CLIENT_PROFILE_BASIC, JWS_ES384));
    cr_expect(client_policy_takes_alg(CLIENT_PROFILE_FAPI2, JWS_ES256));
    cr_expect_not(client_policy_takes_alg(CLIENT_PROFILE_FAPI2, JWS_RS256));
    cr_expect_not(client_policy_takes_alg(CLIENT_PROFILE_FAPI2, JWS_ES384));
    for (size_t i = 0; i < 3; i++)
        cr_expect_not(client_policy_takes_alg(every[i], JWS_NONE_GIVEN));
}

Test(client_policy, we_sign_with_no_algorithm_we_have_no_key_for)
{
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.id_token_alg = JWS_ES384;
    expect_refused(c, "id_token_signed_response_alg", "OIDC Registration 2");
}

Test(client_policy, fapi2_pushes_its_requests)
{
    struct view uri = VIEW("https://a.example/request");
    struct client c = good(CLIENT_PROFILE_FAPI2);

    c.require_par = false;
    expect_refused(c, "require_pushed_authorization_requests", "FAPI 2.0 5.3.2.2");
    c = good(CLIENT_PROFILE_FAPI2);
    c.request_uris = (struct client_list){&uri, 1};
    expect_refused(c, "request_uris", "FAPI 2.0 5.3.2.2");
    c = good(CLIENT_PROFILE_BASIC);
    c.request_uris = (struct client_list){&uri, 1};
    expect_kept(c);
}

Test(client_policy, fapi2_binds_its_tokens)
{
    struct client c = good(CLIENT_PROFILE_FAPI2);

    c.dpop_bound = false;
    expect_refused(c, "dpop_bound_access_tokens", "FAPI 2.0 5.3.2.1");
    c.tls_bound = true;
    expect_kept(c);
}

Test(client_policy, a_token_is_bound_to_one_thing)
{
    for (size_t i = 0; i < 3; i++) {
        struct client c = good(every[i]);
        c.dpop_bound = c.tls_bound = true;
        expect_refused(c, "dpop_bound_access_tokens", "RFC 7800 3");
    }
}

Test(client_policy, pkce_may_be_left_out_in_profile_basic_only)
{
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.require_pkce = false;
    expect_refused(c, "require_pkce", "RFC 9700 2.1.1");
    c = good(CLIENT_PROFILE_FAPI2);
    c.require_pkce = false;
    expect_refused(c, "require_pkce", "RFC 9700 2.1.1");
    c = good(CLIENT_PROFILE_BASIC);
    c.require_pkce = false;
    expect_kept(c);
}

Test(client_policy, keys_are_registered_once)
{
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.jwks = JWKS;
    c.jwks_uri = VIEW("https://a.example/jwks");
    expect_refused(c, "jwks", "RFC 7591 2");
}

Test(client_policy, what_is_checked_with_keys_needs_keys)
{
    struct client c = with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_PRIVATE_KEY_JWT);

    expect_refused(c, "jwks", "OIDC Core 9");
    c.jwks_uri = VIEW("https://a.example/jwks");
    expect_kept(c);
    expect_refused(with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_TLS_SELF_SIGNED), "jwks", "RFC 8705 2.2.2");
    c = good(CLIENT_PROFILE_MUNI);
    c.require_request = true;
    expect_refused(c, "require_signed_request_object", "RFC 9101 10.5");
    c = good(CLIENT_PROFILE_MUNI);
    c.request_alg = JWS_ES256;
    expect_refused(c, "request_object_signing_alg", "OIDC Registration 2");
}

Test(client_policy, an_assertions_algorithm_needs_assertions)
{
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.auth_alg = JWS_ES256;
    c.jwks = JWKS;
    expect_refused(c, "token_endpoint_auth_signing_alg", "OIDC Registration 2");
}

Test(client_policy, a_certificate_of_a_ca_is_named_by_exactly_one_subject)
{
    struct client c = with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_TLS);

    expect_refused(c, "tls_client_auth_subject_dn", "RFC 8705 2.1.2");
    c.tls_subject = VIEW("CN=a");
    expect_kept(c);
    c.tls_san_dns = VIEW("a.example");
    expect_refused(c, "tls_client_auth_subject_dn", "RFC 8705 2.1.2");
    c.tls_subject = VIEW_NONE;
    expect_kept(c);
    c.auth_method = CLIENT_AUTH_BASIC;
    expect_refused(c, "token_endpoint_auth_method", "RFC 8705 2.1.2");
}

struct jwe_row {
    size_t at;
    const char *alg, *enc, *paragraph;
};

Test(client_policy, encryption_needs_a_key_of_the_service_and_algorithms_that_are_sound)
{
    static const struct jwe_row rows[] = {
        {offsetof(struct client, id_token_jwe), "id_token_encrypted_response_alg", "id_token_encrypted_response_enc",
         "OIDC Registration 2"},
        {offsetof(struct client, userinfo.jwe), "userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc",
         "OIDC Registration 2"},
        {offsetof(struct client, introspection.jwe), "introspection_encrypted_response_alg",
         "introspection_encrypted_response_enc", "RFC 9701 6"},
        {offsetof(struct client, authorization.jwe), "authorization_encrypted_response_alg",
         "authorization_encrypted_response_enc", "JARM 3"},
        {offsetof(struct client, request_jwe), "request_object_encryption_alg", "request_object_encryption_enc",
         "OIDC Registration 2"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client c = good(CLIENT_PROFILE_MUNI);
        struct client_jwe *jwe = (void *)((char *)&c + rows[i].at);
        *jwe = (struct client_jwe){VIEW("ECDH-ES"), VIEW("A128GCM")};
        if (i == 4)
            expect_kept(c); /* it is our key that a request is encrypted to */
        else
            expect_refused(c, rows[i].alg, rows[i].paragraph);
        c.jwks = JWKS;
        expect_kept(c);
        jwe->alg = VIEW("RSA1_5");
        expect_refused(c, rows[i].alg, "RFC 8725 3.2");
        jwe->alg = VIEW("dir");
        expect_refused(c, rows[i].alg, "RFC 8725 3.2");
        *jwe = (struct client_jwe){VIEW("ECDH-ES"), VIEW("A128CTR")};
        expect_refused(c, rows[i].enc, rows[i].paragraph);
        *jwe = (struct client_jwe){VIEW_NONE, VIEW("A128GCM")};
        expect_refused(c, rows[i].enc, rows[i].paragraph);
    }
}

Test(client_policy, something_must_begin_and_come_back)
{
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.redirect_count = 0;
    expect_refused(c, "redirect_uris", "RFC 7591 2");
    c.grants = CLIENT_GRANT_CLIENT_CREDENTIALS;
    expect_kept(c);
    c.may_refresh = true;
    expect_refused(c, "grant_types", "RFC 6749 4.4.3");
    c.grants = 0;
    expect_refused(c, "grant_types", "RFC 7591 2");
}

Test(client_policy, what_a_resident_may_leave_out_is_among_what_may_be_asked)
{
    static struct view types[] = {VIEW("booking"), VIEW("fee")};
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.details_optional = (struct client_list){types, 1};
    expect_refused(c, "authorization_details_optional", "RFC 9396 10");
    c.details = (struct client_list){types + 1, 1};
    expect_refused(c, "authorization_details_optional", "RFC 9396 10");
    c.details = (struct client_list){types, 2};
    expect_kept(c);
}

Test(client_policy, notices_have_one_way_and_a_reason)
{
    struct client c = good(CLIENT_PROFILE_MUNI);

    c.events_poll = true;
    expect_kept(c);
    c.events_uri = VIEW("https://a.example/events");
    expect_refused(c, "events_poll", "RFC 8936 1");
    c = good(CLIENT_PROFILE_MUNI);
    c.ciba_notify_uri = VIEW("https://a.example/ciba");
    expect_refused(c, "backchannel_client_notification_endpoint", "CIBA 4");
    c.grants |= CLIENT_GRANT_CIBA;
    expect_kept(c);
}

Test(client_policy, what_says_nothing_keeps_its_profile)
{
    for (size_t i = 0; i < 3; i++)
        expect_kept(good(every[i]));
    cr_expect_eq(good(CLIENT_PROFILE_MUNI).id_token_alg, JWS_ES256);
    cr_expect_eq(good(CLIENT_PROFILE_BASIC).id_token_alg, JWS_RS256, "OIDC Registration 2");
    cr_expect_eq(good(CLIENT_PROFILE_FAPI2).auth_method, CLIENT_AUTH_PRIVATE_KEY_JWT);
}

Test(client_policy, only_two_methods_have_a_secret)
{
    cr_expect(client_policy_has_secret(CLIENT_AUTH_BASIC));
    cr_expect(client_policy_has_secret(CLIENT_AUTH_POST));
    cr_expect_not(client_policy_has_secret(CLIENT_AUTH_NONE));
    cr_expect_not(client_policy_has_secret(CLIENT_AUTH_PRIVATE_KEY_JWT));
    cr_expect_not(client_policy_has_secret(CLIENT_AUTH_TLS));
    cr_expect_not(client_policy_has_secret(CLIENT_AUTH_TLS_SELF_SIGNED));
}

Test(client_policy, a_public_client_always_names_nonces)
{
    struct client c = with_method(CLIENT_PROFILE_MUNI, CLIENT_AUTH_NONE);

    expect_kept(c);
    c.dpop_nonce = false;
    expect_refused(c, "dpop_nonce_required", "RFC 9449 11.2");
}

Test(client_policy, fapi2_names_nonces_unless_it_is_registered_otherwise)
{
    struct client c = good(CLIENT_PROFILE_FAPI2);

    cr_expect(c.dpop_nonce, "FAPI 2.0 5.3.3.1: it can");
    cr_expect_not(good(CLIENT_PROFILE_MUNI).dpop_nonce);
    c.dpop_nonce = false;
    expect_kept(c);
}
