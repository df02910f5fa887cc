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
    expect_refused(GOOD ",\"jwks_uri\":\"https://a.example/jwks\"", "jwks_uri");
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
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a\"},\"sector\":\"s\"," REDIRECT, "name");
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a b\",\"name\":\"A\"},\"sector\":\"s\"," REDIRECT,
                   "organization.id");
    expect_refused("\"client_name\":\"a\",\"organization\":{\"id\":\"a\",\"name\":\"A\"}," REDIRECT, "sector");
    expect_refused("\"client_name\":\"a\",\"client_name#en\":7,\"organization\":{\"id\":\"a\",\"name\":\"A\"},"
                   "\"sector\":\"s\"," REDIRECT,
                   "client_name#en");
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
    expect_refused(GOOD ",\"token_endpoint_auth_method\":\"none\"", "token_endpoint_auth_method");
    expect_refused(GOOD ",\"id_token_signed_response_alg\":\"none\"", "id_token_signed_response_alg");
    expect_refused(GOOD ",\"id_token_signed_response_alg\":\"HS256\"", "id_token_signed_response_alg");
    expect_refused(GOOD ",\"require_pkce\":\"no\"", "require_pkce");
    expect_refused(GOOD ",\"backchannel_logout_session_required\":1", "backchannel_logout_session_required");
}

Test(registration, refuses_fields_without_purpose_or_not_in_the_catalogue)
{
    expect_refused(GOOD ",\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose#en\":\"x\"}]", "fields[0].purpose");
    expect_refused(GOOD ",\"fields\":[{\"id\":\"shoe_size\",\"required\":true,\"purpose\":\"x\",\"purpose#en\":\"x\"}]",
                   "fields[0].id");
}

Test(registration, takes_the_defaults_of_the_standard_and_ours)
{
    struct registration_fault fault;
    struct client *c;

    cr_assert_eq(read(&c, GOOD, &fault), ERR_OK);
    cr_expect_eq(c->auth_method, CLIENT_AUTH_BASIC, "OIDC Registration 2");
    cr_expect_eq(c->id_token_alg, JWS_RS256, "OIDC Registration 2");
    cr_expect(c->require_pkce, "RFC 9700 2.1.1");
    cr_expect_not(c->may_refresh);
    cr_expect_not(view_is(c->backchannel_uri));
    cr_expect_not(view_is(c->secret_hash));
    cr_expect(view_equal_text(c->name.en, "A市施設予約"), "English falls back to Japanese");
    cr_expect(view_equal_text(c->org_name.en, "A City"));
    cr_expect(view_equal_text(c->host, "a.example"));
    cr_expect_eq(c->ask->n, 0);
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
             "\"require_pkce\":false,\"policy_uri\":\"https://a.example/policy\",\"contacts\":[\"x@a.example\"],"
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
