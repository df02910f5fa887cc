#include <criterion/criterion.h>

#include "consent/ask.h"
#include "idp/state/registration.h"

#define WHO                                                                                                            \
    "\"client_name\":\"A市施設予約\",\"organization\":{\"id\":\"a\",\"name\":\"A市\",\"name#en\":\"A City\"},"   \
    "\"sector\":\"a-city\","
#define REDIRECT "\"redirect_uris\":[\"https://a.example/cb\"]"
#define GOOD     WHO REDIRECT

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(registration, .init = open_arena, .fini = close_arena);

static enum err read(struct client **out, const char *members, struct registration_fault *fault)
{
    return registration_read(out, &arena, view_text(arena_printf(&arena, "{%s}", members)), VIEW("a"), fault);
}

static void expect_refused(const char *members, const char *member)
{
    struct registration_fault fault = {NULL, NULL};
    struct client *c;
    enum err e = read(&c, members, &fault);

    cr_expect_eq(e, ERR_SYNTAX, "%s", members);
    cr_expect(fault.member && strcmp(fault.member, member) == 0, "%s: blames %s, not %s", members,
              fault.member ? fault.member : "nothing", member);
    cr_expect(fault.rule && *fault.rule, "%s: no rule", members);
}

Test(registration, refuses_members_it_does_not_know)
{
    expect_refused(GOOD ",\"redirect_uri\":\"https://a.example/cb\"", "redirect_uri");
    expect_refused(GOOD ",\"software_statement\":\"a.b.c\"", "software_statement");
}

Test(registration, refuses_what_is_no_object)
{
    struct registration_fault fault;
    struct client *c;

    cr_expect_eq(registration_read(&c, &arena, VIEW("[]"), VIEW("a"), &fault), ERR_SYNTAX);
    cr_expect_eq(registration_read(&c, &arena, VIEW("{"), VIEW("a"), &fault), ERR_SYNTAX);
    cr_expect_str_eq(fault.member, "registration");
    cr_expect_eq(registration_read(&c, &arena, VIEW("{\"a\":1,\"a\":2}"), VIEW("a"), &fault), ERR_SYNTAX);
}

Test(registration, refuses_a_file_that_is_too_large)
{
    struct registration_fault fault;
    struct client *c;
    char *large = arena_alloc(&arena, REGISTRATION_MAX + 1);

    memset(large, ' ', REGISTRATION_MAX + 1);
    cr_expect_eq(registration_read(&c, &arena, view_bytes(large, REGISTRATION_MAX + 1), VIEW("a"), &fault), ERR_SYNTAX);
}

Test(registration, refuses_a_service_without_name_organization_or_sector)
{
    expect_refused(REDIRECT, "client_name");
    expect_refused("\"client_name\":\"\"," REDIRECT, "client_name");
    expect_refused("\"client_name\":\"a\\nb\"," REDIRECT, "client_name");
    expect_refused("\"client_name\":\"a\",\"sector\":\"s\"," REDIRECT, "organization");
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a\"},\"sector\":\"s\"," REDIRECT,
                   "organization.name");
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a b\",\"name\":\"A\"},\"sector\":\"s\"," REDIRECT,
                   "organization.id");
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a\",\"name\":\"A\"}," REDIRECT, "sector");
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"a:b\"," REDIRECT,
                   "sector");
    expect_refused(
        "\"client_name\":\"a\",\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"host:a b\"," REDIRECT,
        "sector");
    expect_refused("\"client_name\":\"a\",\"client_name#en\":7,\"organization\":{\"id\":\"a\",\"name\":\"A\"},"
                   "\"sector\":\"s\"," REDIRECT,
                   "client_name#en");
}

#define ORG(MEMBERS)                                                                                                   \
    "\"client_name\":\"a\",\"sector\":\"s\",\"organization\":{\"id\":\"a\",\"name\":\"A\"" MEMBERS "}," REDIRECT

Test(registration, keeps_how_the_organisation_is_reached_and_refuses_slips_of_the_pen)
{
    expect_refused(ORG(",\"adress\":{}"), "organization");
    expect_refused(ORG(",\"email\":\"nobody\""), "organization.email");
    expect_refused(ORG(",\"phone_number\":\"x\""), "organization.phone_number");
    expect_refused(ORG(",\"address\":{\"country\":\"XX\"}"), "organization.address.country");
    struct registration_fault fault = {"", ""};
    struct client *c;
    enum err e = read(&c,
                      ORG(",\"email\":\"a@b.example\",\"phone_number\":\"+81-6-6208-8181\",\"address\":{"
                          "\"country\":\"JP\",\"locality\":\"大阪市\",\"street_address\":\"1\"}"),
                      &fault);
    cr_assert_eq(e, ERR_OK, "%s %s", fault.member, fault.rule);
    cr_expect(view_equal_text(c->party.email, "a@b.example"));
    cr_expect(view_equal_text(c->party.phone, "+81-6-6208-8181"));
    cr_expect(view_equal_text(c->party.address.locality, "大阪市"));
}

Test(registration, refuses_ids_that_are_none)
{
    expect_refused("\"client_id\":\"a b\"," GOOD, "client_id");
    expect_refused("\"client_id\":\"\"," GOOD, "client_id");
    expect_refused("\"client_id\":7," GOOD, "client_id");
    expect_refused("\"client_id\":\"a/../b\"," GOOD, "client_id");
}

Test(registration, needs_an_id_from_somewhere)
{
    struct registration_fault fault;
    struct client *c;

    cr_expect_eq(registration_read(&c, &arena, VIEW("{" GOOD "}"), VIEW_NONE, &fault), ERR_SYNTAX);
    cr_expect_str_eq(fault.member, "client_id");
}

Test(registration, refuses_addresses_that_are_not_https_or_have_a_fragment)
{
    static const char *const bad[] = {
        "http://a.example/cb", "https://a.example/cb#f",      "https://u@a.example/cb", "/cb",
        "javascript:alert(1)", "http://localhost.example/cb", "https://a.example/c b",  "https:///cb",
        "myapp://cb"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refused(arena_printf(&arena, WHO "\"redirect_uris\":[\"%s\"]", bad[i]), "redirect_uris");
        expect_refused(arena_printf(&arena, GOOD ",\"post_logout_redirect_uris\":[\"%s\"]", bad[i]),
                       "post_logout_redirect_uris");
        expect_refused(arena_printf(&arena, GOOD ",\"backchannel_logout_uri\":\"%s\"", bad[i]),
                       "backchannel_logout_uri");
        expect_refused(arena_printf(&arena, GOOD ",\"events_uri\":\"%s\"", bad[i]), "events_uri");
    }
    expect_refused(WHO "\"redirect_uris\":[]", "redirect_uris");
    expect_refused(WHO "\"redirect_uris\":\"https://a.example/cb\"", "redirect_uris");
    expect_refused(WHO "\"redirect_uris\":[7]", "redirect_uris");
}

Test(registration, refuses_contacts_that_are_no_texts)
{
    expect_refused(GOOD ",\"contacts\":\"x@a.example\"", "contacts");
    expect_refused(GOOD ",\"contacts\":[7]", "contacts");
    expect_refused(GOOD ",\"contacts\":[\"a\\nb\"]", "contacts");
}

Test(registration, refuses_flows_methods_and_algorithms_that_are_not_offered)
{
    expect_refused(GOOD ",\"grant_types\":[\"implicit\"]", "grant_types");
    expect_refused(GOOD ",\"grant_types\":\"authorization_code\"", "grant_types");
    expect_refused(GOOD ",\"response_types\":[\"code\",\"token\"]", "response_types");
    expect_refused(GOOD ",\"grant_types\":[\"password\"]", "grant_types");
    expect_refused(GOOD ",\"grant_types\":[7]", "grant_types");
    expect_refused(GOOD ",\"grant_types\":[]", "grant_types");
    expect_refused(GOOD ",\"grant_types\":[\"client_credentials\"],\"response_types\":[\"code\"]", "response_types");
    expect_refused(GOOD ",\"response_types\":[]", "response_types");
    expect_refused(GOOD ",\"subject_type\":\"public\"", "subject_type");
    expect_refused(GOOD ",\"application_type\":\"desktop\"", "application_type");
    expect_refused(GOOD ",\"token_endpoint_auth_method\":\"client_secret_jwt\"", "token_endpoint_auth_method");
    expect_refused(GOOD ",\"token_endpoint_auth_method\":\"something\"", "token_endpoint_auth_method");
    expect_refused(GOOD ",\"profile\":\"strict\"", "profile");
    expect_refused(GOOD ",\"userinfo_signed_response_alg\":\"none\"", "userinfo_signed_response_alg");
    expect_refused(GOOD ",\"id_token_signed_response_alg\":\"none\"", "id_token_signed_response_alg");
    expect_refused(GOOD ",\"id_token_signed_response_alg\":\"HS256\"", "id_token_signed_response_alg");
    expect_refused(GOOD ",\"require_pkce\":\"no\"", "require_pkce");
    expect_refused(GOOD ",\"backchannel_logout_session_required\":1", "backchannel_logout_session_required");
}

Test(registration, refuses_what_the_profile_does_not_allow)
{
    expect_refused(GOOD ",\"profile\":\"fapi2\",\"token_endpoint_auth_method\":\"client_secret_basic\"",
                   "token_endpoint_auth_method");
    expect_refused(GOOD ",\"profile\":\"fapi2\"", "jwks");
    expect_refused(GOOD ",\"require_pkce\":false", "require_pkce");
    expect_refused(GOOD ",\"token_endpoint_auth_method\":\"private_key_jwt\"", "jwks");
    expect_refused(GOOD ",\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"client_credentials\"]",
                   "grant_types");
}

Test(registration, refuses_keys_that_are_private_or_none)
{
    expect_refused(GOOD ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"aaaa\"}]}", "jwks");
    expect_refused(GOOD ",\"jwks\":\"{}\"", "jwks");
    expect_refused(GOOD ",\"jwks_uri\":\"http://a.example/jwks\"", "jwks_uri");
}

Test(registration, refuses_numbers_lists_and_words_that_are_none)
{
    expect_refused(GOOD ",\"default_max_age\":-1", "default_max_age");
    expect_refused(GOOD ",\"default_max_age\":\"60\"", "default_max_age");
    expect_refused(GOOD ",\"default_max_age\":315360001", "default_max_age");
    expect_refused(GOOD ",\"default_acr_values\":\"aal3\"", "default_acr_values");
    expect_refused(GOOD ",\"default_acr_values\":[\"aal3 aal2\"]", "default_acr_values");
    expect_refused(GOOD ",\"authorization_details_types\":[\"\"]", "authorization_details_types");
    expect_refused(GOOD ",\"authorization_details_optional\":true", "authorization_details_optional");
    expect_refused(GOOD ",\"authorization_details_definitions\":[{\"type\":\"t\"}]",
                   "authorization_details_definitions");
    expect_refused(GOOD ",\"resource\":\"https://r.example/\",\"authorization_details_definitions\":[{\"type\":\"t\"}]",
                   "authorization_details_definitions[0].title");
    expect_refused(GOOD ",\"resources\":[\"data\"]", "resources");
    expect_refused(GOOD ",\"resource\":\"https://a.example/#x\"", "resource");
    expect_refused(GOOD ",\"request_uris\":[\"http://a.example/r#h\"]", "request_uris");
    expect_refused(GOOD ",\"dpop_bound_access_tokens\":\"yes\"", "dpop_bound_access_tokens");
    expect_refused(GOOD ",\"dpop_nonce_required\":\"yes\"", "dpop_nonce_required");
    expect_refused(GOOD ",\"id_token_encrypted_response_enc\":\"A128GCM\"", "id_token_encrypted_response_enc");
}

Test(registration, a_login_is_started_and_a_sector_read_over_https_only)
{
    expect_refused(GOOD ",\"initiate_login_uri\":\"http://localhost/login\"", "initiate_login_uri");
    expect_refused(GOOD ",\"initiate_login_uri\":\"http://a.example/login\"", "initiate_login_uri");
    expect_refused(GOOD ",\"sector_identifier_uri\":\"http://localhost/sector\"", "sector_identifier_uri");
}

Test(registration, a_front_channel_address_is_of_the_origin_of_a_redirect_address)
{
    struct registration_fault fault;
    struct client *c;

    expect_refused(GOOD ",\"frontchannel_logout_uri\":\"https://b.example/out\"", "frontchannel_logout_uri");
    expect_refused(GOOD ",\"frontchannel_logout_uri\":\"https://a.example:8443/out\"", "frontchannel_logout_uri");
    cr_assert_eq(read(&c, GOOD ",\"frontchannel_logout_uri\":\"https://a.example/out\"", &fault), ERR_OK);
    cr_expect(view_equal_text(c->frontchannel_uri, "https://a.example/out"));
}

#define CIBA ",\"grant_types\":[\"urn:openid:params:grant-type:ciba\"],\"response_types\":[]"

Test(registration, ping_needs_an_address_and_push_is_not_offered)
{
    struct registration_fault fault;
    struct client *c;

    expect_refused(GOOD CIBA ",\"backchannel_token_delivery_mode\":\"push\"", "backchannel_token_delivery_mode");
    expect_refused(GOOD CIBA ",\"backchannel_token_delivery_mode\":\"ping\"", "backchannel_token_delivery_mode");
    expect_refused(GOOD CIBA ",\"backchannel_token_delivery_mode\":\"poll\","
                             "\"backchannel_client_notification_endpoint\":\"https://a.example/n\"",
                   "backchannel_token_delivery_mode");
    cr_assert_eq(read(&c, GOOD CIBA ",\"backchannel_token_delivery_mode\":\"poll\"", &fault), ERR_OK, "%s %s",
                 fault.member, fault.rule);
    cr_expect_eq(c->grants, CLIENT_GRANT_CIBA);
    cr_expect_not(view_is(c->ciba_notify_uri));
    cr_assert_eq(read(&c,
                      GOOD CIBA ",\"backchannel_token_delivery_mode\":\"ping\","
                                "\"backchannel_client_notification_endpoint\":\"https://a.example/n\"",
                      &fault),
                 ERR_OK, "%s %s", fault.member, fault.rule);
    cr_expect(view_equal_text(c->ciba_notify_uri, "https://a.example/n"));
}

Test(registration, refuses_fields_without_purpose_or_not_in_the_catalogue)
{
    expect_refused(GOOD ",\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose#en\":\"x\"}]", "fields[0].purpose");
    expect_refused(GOOD ",\"fields\":[{\"id\":\"shoe_size\",\"required\":true,\"purpose\":\"x\",\"purpose#en\":\"x\"}]",
                   "fields[0].id");
}

Test(registration, takes_the_defaults_of_its_profile)
{
    struct registration_fault fault;
    struct client *c;

    cr_assert_eq(read(&c, GOOD, &fault), ERR_OK);
    cr_expect_eq(c->auth_method, CLIENT_AUTH_BASIC, "OIDC Registration 2");
    cr_expect_eq(c->profile, CLIENT_PROFILE_MUNI);
    cr_expect_eq(c->id_token_alg, JWS_ES256, "profile muni");
    cr_expect_eq(c->grants, CLIENT_GRANT_CODE);
    cr_expect_eq(c->default_max_age, -1);
    cr_expect_not(c->dpop_bound || c->tls_bound || c->require_par || c->require_request || c->events_poll);
    cr_expect(c->require_pkce, "RFC 9700 2.1.1");
    cr_expect_not(c->may_refresh);
    cr_expect_not(view_is(c->backchannel_uri));
    cr_expect_not(view_is(c->secret_hash));
    cr_expect(view_equal_text(c->name.en, "A市施設予約"), "English falls back to Japanese");
    cr_expect(view_equal_text(c->org_name.en, "A City"));
    cr_expect(view_equal_text(c->host, "a.example"));
    cr_expect_eq(c->ask->n, 0);
    cr_assert_eq(read(&c, GOOD ",\"profile\":\"basic\"", &fault), ERR_OK);
    cr_expect_eq(c->id_token_alg, JWS_RS256, "OIDC Registration 2");
    cr_expect_not(c->require_pkce);
    cr_assert_eq(read(&c, GOOD ",\"profile\":\"fapi2\",\"jwks_uri\":\"https://a.example/jwks\"", &fault), ERR_OK,
                 "%s %s", fault.member, fault.rule);
    cr_expect(c->require_par && c->require_pkce && c->dpop_bound && !c->tls_bound && c->dpop_nonce);
    cr_expect_eq(c->auth_method, CLIENT_AUTH_PRIVATE_KEY_JWT);
    cr_assert_eq(read(&c,
                      GOOD ",\"profile\":\"fapi2\",\"jwks_uri\":\"https://a.example/jwks\","
                           "\"tls_client_certificate_bound_access_tokens\":true",
                      &fault),
                 ERR_OK);
    cr_expect(c->tls_bound && !c->dpop_bound, "who binds to a certificate does not mean DPoP");
}

Test(registration, reads_everything_a_service_may_say)
{
    struct registration_fault fault = {NULL, NULL};
    struct client *c;
    enum err e =
        read(&c,
             "\"client_id\":\"own\"," GOOD
             ",\"client_name#en\":\"A\",\"post_logout_redirect_uris\":[\"https://a.example/x\"],"
             "\"backchannel_logout_uri\":\"http://127.0.0.1:9/b\",\"backchannel_logout_session_required\":true,"
             "\"token_endpoint_auth_method\":\"client_secret_post\",\"id_token_signed_response_alg\":\"ES256\","
             "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
             "\"profile\":\"basic\",\"require_pkce\":false,\"policy_uri\":\"https://a.example/"
             "policy\",\"contacts\":[\"x@a.example\"],"
             "\"events_uri\":\"https://a.example/events\","
             "\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose\":\"予約\",\"purpose#en\":\"booking\"}]",
             &fault);

    cr_assert_eq(e, ERR_OK, "%s %s", fault.member, fault.rule);
    cr_expect(view_equal_text(c->id, "own"));
    cr_expect(c->may_refresh && !c->require_pkce && c->backchannel_session);
    cr_expect_eq(c->auth_method, CLIENT_AUTH_POST);
    cr_expect_eq(c->id_token_alg, JWS_ES256);
    cr_expect(client_has_logout_redirect(c, VIEW("https://a.example/x")));
    cr_expect_eq(c->ask->n, 1);
    cr_expect(view_equal_text(c->events_uri, "https://a.example/events"));
    cr_expect(view_equal_text(c->contact, "x@a.example"));
}

/* RFC 8252 7, 8.4, 8.5; OIDC Registration 2 */
Test(registration, of_a_native_program_has_addresses_on_the_device_and_no_secret)
{
    static const char *const bad[] = {"http://a.example/cb", "app:/cb", "jp.example.app://cb", "jp.example.app:/cb#x",
                                      "javascript:/x"};
    struct registration_fault fault = {NULL, NULL};
    struct client *c;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_refused(arena_printf(&arena, WHO "\"application_type\":\"native\",\"redirect_uris\":[\"%s\"]", bad[i]),
                       "redirect_uris");
    expect_refused(WHO "\"redirect_uris\":[\"jp.example.app:/cb\"]", "redirect_uris");
    expect_refused(GOOD ",\"application_type\":\"native\",\"token_endpoint_auth_method\":\"client_secret_basic\"",
                   "token_endpoint_auth_method");
    expect_refused(GOOD ",\"application_type\":\"native\",\"post_logout_redirect_uris\":[\"jp.example.app:/cb\"]",
                   "post_logout_redirect_uris");
    cr_assert_eq(read(&c,
                      WHO "\"redirect_uris\":[\"http://127.0.0.1/cb\",\"http://[::1]/cb\",\"jp.example.app:/cb\","
                          "\"https://a.example/app\"],\"application_type\":\"native\"",
                      &fault),
                 ERR_OK, "%s %s", fault.member, fault.rule);
    cr_expect(c->native && c->auth_method == CLIENT_AUTH_NONE && c->require_pkce, "8.1, 8.4: public, with PKCE");
}

#define KEY                                                                                                            \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","                         \
    "\"y\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}"

Test(registration, reads_every_member_of_the_protocols)
{
    struct registration_fault fault = {NULL, NULL};
    struct client *c;
    enum err e =
        read(&c,
             GOOD ",\"profile\":\"muni\",\"token_endpoint_auth_method\":\"private_key_jwt\","
                  "\"token_endpoint_auth_signing_alg\":\"ES256\",\"jwks\":{\"keys\":[" KEY "]},"
                  "\"application_type\":\"web\",\"subject_type\":\"pairwise\","
                  "\"id_token_encrypted_response_alg\":\"ECDH-ES\","
                  "\"userinfo_signed_response_alg\":\"ES256\",\"userinfo_encrypted_response_alg\":\"RSA-OAEP-256\","
                  "\"userinfo_encrypted_response_enc\":\"A256GCM\",\"introspection_signed_response_alg\":\"ES256\","
                  "\"introspection_encrypted_response_alg\":\"ECDH-ES\","
                  "\"introspection_encrypted_response_enc\":\"A128GCM\","
                  "\"authorization_signed_response_alg\":\"RS256\","
                  "\"authorization_encrypted_response_alg\":\"ECDH-ES\","
                  "\"request_object_signing_alg\":\"ES256\",\"request_object_encryption_alg\":\"ECDH-ES\","
                  "\"request_uris\":[\"https://a.example/r#hash\"],\"require_signed_request_object\":true,"
                  "\"require_pushed_authorization_requests\":true,\"dpop_bound_access_tokens\":true,"
                  "\"grant_types\":[\"authorization_code\",\"refresh_token\",\"client_credentials\","
                  "\"urn:ietf:params:oauth:grant-type:device_code\",\"urn:openid:params:grant-type:ciba\","
                  "\"urn:ietf:params:oauth:grant-type:token-exchange\"],\"default_max_age\":0,"
                  "\"require_auth_time\":true,\"default_acr_values\":[\"aal3\",\"aal2\"],"
                  "\"resource\":\"https://a.example/api\",\"resources\":[\"https://data.example/\"],"
                  "\"authorization_details_types\":[\"booking\"],\"authorization_details_optional\":[\"booking\"],"
                  "\"frontchannel_logout_uri\":\"https://a.example/out\",\"frontchannel_logout_session_required\":true,"
                  "\"initiate_login_uri\":\"https://a.example/login\",\"logo_uri\":\"https://a.example/logo.png\","
                  "\"client_uri\":\"https://a.example/\",\"tos_uri\":\"https://a.example/terms\","
                  "\"sector_identifier_uri\":\"https://a.example/sector.json\","
                  "\"backchannel_client_notification_endpoint\":\"https://a.example/ciba\",\"events_poll\":true,"
                  "\"software_id\":\"booking\",\"software_version\":\"2.1\"",
             &fault);

    cr_assert_eq(e, ERR_OK, "%s %s", fault.member, fault.rule);
    cr_expect_eq(c->auth_method, CLIENT_AUTH_PRIVATE_KEY_JWT);
    cr_expect_eq(c->auth_alg, JWS_ES256);
    cr_expect(view_equal_text(c->jwks, "{\"keys\":[{\"crv\":\"P-256\",\"kty\":\"EC\","
                                       "\"x\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
                                       "\"y\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}]}"));
    cr_expect(view_equal_text(c->id_token_jwe.alg, "ECDH-ES"));
    cr_expect(view_equal_text(c->id_token_jwe.enc, "A128CBC-HS256"), "OIDC Registration 2");
    cr_expect_eq(c->userinfo.alg, JWS_ES256);
    cr_expect(view_equal_text(c->userinfo.jwe.alg, "RSA-OAEP-256") && view_equal_text(c->userinfo.jwe.enc, "A256GCM"));
    cr_expect_eq(c->introspection.alg, JWS_ES256);
    cr_expect(view_equal_text(c->introspection.jwe.enc, "A128GCM"));
    cr_expect_eq(c->authorization.alg, JWS_RS256);
    cr_expect(view_equal_text(c->authorization.jwe.alg, "ECDH-ES"));
    cr_expect_eq(c->request_alg, JWS_ES256);
    cr_expect(view_equal_text(c->request_jwe.alg, "ECDH-ES"));
    cr_expect_eq(c->request_uris.n, 1);
    cr_expect(c->details_optional.n == 1 && view_equal_text(c->details_optional.items[0], "booking"));
    cr_expect(c->require_request && c->require_par && c->dpop_bound && c->require_auth_time && c->events_poll);
    cr_expect_eq(c->grants, CLIENT_GRANT_CODE | CLIENT_GRANT_CLIENT_CREDENTIALS | CLIENT_GRANT_DEVICE |
                                CLIENT_GRANT_CIBA | CLIENT_GRANT_EXCHANGE);
    cr_expect(c->may_refresh);
    cr_expect_eq(c->default_max_age, 0);
    cr_expect(view_equal_text(c->default_acr, "aal3 aal2"));
    cr_expect(view_equal_text(c->resource, "https://a.example/api"));
    cr_expect_eq(c->resources.n, 1);
    cr_expect(view_equal_text(c->details.items[0], "booking"));
    cr_expect(view_equal_text(c->frontchannel_uri, "https://a.example/out") && c->frontchannel_session);
    cr_expect(view_equal_text(c->initiate_login_uri, "https://a.example/login"));
    cr_expect(view_equal_text(c->logo_uri, "https://a.example/logo.png"));
    cr_expect(view_equal_text(c->client_uri, "https://a.example/"));
    cr_expect(view_equal_text(c->tos_uri, "https://a.example/terms"));
    cr_expect(view_equal_text(c->sector_uri, "https://a.example/sector.json"));
    cr_expect(view_equal_text(c->ciba_notify_uri, "https://a.example/ciba"));
    cr_expect(view_equal_text(c->software_id, "booking") && view_equal_text(c->software_version, "2.1"));
}

Test(registration, reads_certificates_and_services_without_a_browser)
{
    struct registration_fault fault = {NULL, NULL};
    struct client *c;
    enum err e = read(&c,
                      WHO "\"token_endpoint_auth_method\":\"tls_client_auth\",\"grant_types\":[\"client_credentials\"],"
                          "\"tls_client_auth_san_dns\":\"a.example\",\"client_uri\":\"https://a.example/\","
                          "\"tls_client_certificate_bound_access_tokens\":true",
                      &fault);

    cr_assert_eq(e, ERR_OK, "%s %s", fault.member, fault.rule);
    cr_expect_eq(c->auth_method, CLIENT_AUTH_TLS);
    cr_expect(c->tls_bound && view_equal_text(c->tls_san_dns, "a.example"));
    cr_expect_eq(c->redirect_count, 0);
    cr_expect(view_equal_text(c->host, "a.example"));
}
