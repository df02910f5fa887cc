/* A service registers itself and manages its registration (RFC 7591, RFC 7592): never as more than its invitation says.
 */
#include <criterion/criterion.h>
#include <unistd.h>

#include "base/json.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct browser channel;

static void open_stage(void)
{
    stage_open(&stage);
    provider_browser(genkan, &channel);
}

static void close_stage(void)
{
    browser_close(&channel);
    stage_close(&stage);
}

TestSuite(self_registration, .init = open_stage, .fini = close_stage);

#define FIELDS                                                                                                         \
    "\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose\":\"予約\",\"purpose#en\":\"booking\"},"               \
    "{\"id\":\"age_over_65\",\"required\":false,\"purpose\":\"割引\",\"purpose#en\":\"discount\"}]"
#define C_CITY "\"organization\":{\"id\":\"c-city\",\"name\":\"C市\",\"name#en\":\"C City\"}"
#define TERMS  "{" C_CITY ",\"profile\":\"basic\"," FIELDS "}"
#define SAID   "\"client_name\":\"C市予約\",\"redirect_uris\":[\"https://c.example/cb\"]"

/* --- asking ------------------------------------------------------------------------------------------------------- */

static const struct json *answer(void)
{
    struct json *j = NULL;

    if (channel.body.n)
        cr_assert_eq(json_read(&j, &channel.a, channel.body, NULL), ERR_OK);
    return j;
}

static const char *member(const char *name)
{
    struct view v = json_member_text(answer(), name);

    return view_is(v) ? arena_text(&channel.a, v) : NULL;
}

/* METHOD PATH with TOKEN (NULL: none) and a JSON body (NULL: none); the status. */
static int ask(const char *method, const char *path, const char *token, const char *body)
{
    const char *headers[] = {token ? arena_printf(&channel.a, "Authorization: Bearer %s", token) : NULL, NULL};

    channel.method = method;
    cr_assert(browser_send(&channel, path, headers, body ? "application/json" : NULL, view_text(body)));
    return channel.status;
}

static int post(const char *token, const char *said)
{
    return ask("POST", "/register", token, arena_printf(&channel.a, "{%s}", said));
}

static void expect_refused(const char *token, const char *said, const char *error, const char *names)
{
    cr_expect_eq(post(token, said), 400, "%s: %d", said, channel.status);
    cr_expect_str_eq(member("error"), error, "%s", said);
    cr_expect(strncmp(member("error_description"), names, strlen(names)) == 0, "%s: %s", said,
              member("error_description"));
}

struct registration {
    const char *path, *token, *id, *secret;
};

static struct registration registered(const char *terms, const char *said)
{
    const char *invite = provider_invite(genkan, terms, 1);

    cr_assert_eq(post(invite, said), 201, "%.*s", (int)channel.body.n, (const char *)channel.body.p);
    struct registration r = {
        .token = member("registration_access_token"), .id = member("client_id"), .secret = member("client_secret")};
    cr_assert_str_eq(member("registration_client_uri"), arena_printf(&channel.a, PROVIDER_ISSUER "/register/%s", r.id));
    r.path = arena_printf(&channel.a, "/register/%s", r.id);
    return r;
}

static int64_t clients(void)
{
    return provider_number(genkan, "SELECT count(*) FROM client WHERE removed_at IS NULL");
}

/* --- who may ------------------------------------------------------------------------------------------------------ */

Test(self_registration, nobody_registers_without_an_initial_access_token)
{
    int64_t before = clients();

    cr_expect_eq(post(NULL, SAID), 401);
    cr_expect(strcasestr(channel.headers, "WWW-Authenticate: Bearer"));
    cr_expect_eq(post("guessed", SAID), 401);
    cr_expect_str_eq(member("error"), "invalid_token");
    cr_expect(strcasestr(channel.headers, "Cache-Control: no-store"));
    cr_expect_eq(clients(), before);
}

Test(self_registration, a_token_is_good_for_its_uses_and_its_time)
{
    const char *once = provider_invite(genkan, TERMS, 1), *later = provider_invite(genkan, TERMS, 1);

    cr_expect_eq(post(once, SAID), 201);
    cr_expect_eq(post(once, SAID), 401, "used up");
    provider_pass(genkan, 86400);
    cr_expect_eq(post(later, SAID), 401, "over");
}

Test(self_registration, what_is_refused_uses_nothing_up)
{
    const char *token = provider_invite(genkan, TERMS, 1);

    expect_refused(token, "\"client_name\":\"C\"", "invalid_redirect_uri", "redirect_uris is required");
    cr_expect_eq(post(token, SAID), 201);
}

/* {"alg":"RS256"}, {"iss":"https://p.example"} */
#define STATEMENT "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3AuZXhhbXBsZSJ9.c2lnbmF0dXJl"

Test(self_registration, a_software_statement_is_refused_and_not_passed_over)
{
    const char *token = provider_invite(genkan, TERMS, 1);

    expect_refused(token, SAID ",\"software_statement\":\"a.b.c\"", "invalid_software_statement",
                   "software_statement is");
    expect_refused(token, SAID ",\"software_statement\":\"" STATEMENT "\"", "unapproved_software_statement",
                   "software_statement is");
    cr_expect_eq(post(token, SAID ",\"software_statement\":null"), 201, "%.*s", (int)channel.body.n,
                 (const char *)channel.body.p);
    const char *path = arena_printf(&channel.a, "/register/%s", member("client_id")),
               *change =
                   arena_printf(&channel.a, "{" SAID ",\"client_id\":\"%s\",\"software_statement\":\"" STATEMENT "\"}",
                                member("client_id"));
    cr_expect_eq(ask("PUT", path, member("registration_access_token"), change), 400);
    cr_expect_str_eq(member("error"), "unapproved_software_statement", "nor by a change (RFC 7592 2.2)");
}

Test(self_registration, a_body_that_is_no_json_is_refused)
{
    const char *token = provider_invite(genkan, TERMS, 1);
    const char *headers[] = {arena_printf(&channel.a, "Authorization: Bearer %s", token), NULL};

    browser_send(&channel, "/register", headers, "application/x-www-form-urlencoded", VIEW("client_name=C"));
    cr_expect_eq(channel.status, 415);
    cr_expect_eq(ask("POST", "/register", token, "client_name"), 400);
    cr_expect_str_eq(member("error"), "invalid_client_metadata");
    cr_expect_eq(ask("POST", "/register", token, "[]"), 400);
}

Test(self_registration, an_address_that_registers_too_much_has_to_wait)
{
    for (int i = 0; i < 20; i++)
        cr_assert_eq(post("guessed", SAID), 401);
    cr_expect_eq(post("guessed", SAID), 429);
    cr_expect(strcasestr(channel.headers, "Retry-After: "));
}

/* --- as what ------------------------------------------------------------------------------------------------------ */

Test(self_registration, nobody_registers_itself_into_a_city_or_a_field)
{
    const char *token = provider_invite(genkan, TERMS, 1);

    expect_refused(token, SAID ",\"sector\":\"a-city\"", "invalid_client_metadata", "sector is given");
    expect_refused(token, SAID ",\"organization\":{\"id\":\"a-city\",\"name\":\"A市\"}", "invalid_client_metadata",
                   "organization is given");
    expect_refused(token, SAID ",\"profile\":\"muni\"", "invalid_client_metadata", "profile is given");
    expect_refused(token,
                   SAID ",\"fields\":[{\"id\":\"address\",\"required\":true,\"purpose\":\"x\",\"purpose#en\":\"x\"}]",
                   "invalid_client_metadata", "fields is given");
    expect_refused(token, SAID ",\"grant_types\":[\"client_credentials\"]", "invalid_client_metadata",
                   "grant_types has");
    expect_refused(token, SAID ",\"resource\":\"https://c.example/\"", "invalid_client_metadata", "resource is given");
}

Test(self_registration, the_rules_of_the_profile_hold_for_it_as_for_a_file)
{
    const char *token = provider_invite(genkan, TERMS, 1);

    expect_refused(token, "\"client_name\":\"C\",\"redirect_uris\":[\"https://c.example/cb#x\"]",
                   "invalid_redirect_uri", "redirect_uris must not have a fragment");
    expect_refused(token, "\"client_name\":\"C\",\"redirect_uris\":[\"http://c.example/cb\"]", "invalid_redirect_uri",
                   "redirect_uris must be https");
    expect_refused(token, SAID ",\"initiate_login_uri\":\"http://c.example/login\"", "invalid_client_metadata",
                   "initiate_login_uri must be https");
    expect_refused(token, SAID ",\"token_endpoint_auth_method\":\"private_key_jwt\"", "invalid_client_metadata",
                   "jwks");
    expect_refused(token, SAID ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"aaaa\"}]}", "invalid_client_metadata",
                   "jwks has a private");
    expect_refused(token, SAID ",\"response_types\":[\"token\"]", "invalid_client_metadata", "response_types");
    expect_refused(provider_invite(genkan, "{" C_CITY ",\"profile\":\"fapi2\"}", 1),
                   SAID ",\"token_endpoint_auth_method\":\"client_secret_basic\"", "invalid_client_metadata",
                   "token_endpoint_auth_method must be private_key_jwt");
}

Test(self_registration, two_hosts_need_a_document_that_joins_them_and_it_is_read)
{
    const char *token = provider_invite(genkan, TERMS, 1);

    expect_refused(token, "\"client_name\":\"C\",\"redirect_uris\":[\"https://c.example/cb\",\"https://d.example/cb\"]",
                   "invalid_client_metadata", "sector_identifier_uri is required");
    expect_refused(token, SAID ",\"sector_identifier_uri\":\"https://127.0.0.1:1/list.json\"",
                   "invalid_client_metadata", "sector_identifier_uri cannot be fetched: no connection");
}

Test(self_registration, it_gets_what_it_may_have_with_every_default_written_out)
{
    const char *token = provider_invite(genkan, TERMS, 1);

    cr_assert_eq(post(token, SAID ",\"scope\":\"openid age_over_65\",\"colour\":\"red\",\"logo_uri\":null"), 201);
    cr_expect(strcasestr(channel.headers, "Cache-Control: no-store"));
    cr_expect_str_eq(member("scope"), "openid age_over_65");
    cr_expect_str_eq(member("sector"), "host:c.example");
    cr_expect_str_eq(member("token_endpoint_auth_method"), "client_secret_basic");
    cr_expect_str_eq(member("id_token_signed_response_alg"), "RS256");
    cr_expect_str_eq(member("subject_type"), "pairwise");
    cr_expect_eq(strlen(member("client_secret")), 43);
    cr_expect_eq(json_member_int(answer(), "client_secret_expires_at", -1), 0, "RFC 7591 3.2.1");
    cr_expect_eq(json_member_int(answer(), "client_id_issued_at", -1), provider_now(genkan));
    cr_expect_null(json_member(answer(), "colour"), "RFC 7591 2: ignored");
    cr_expect_null(json_member(answer(), "logo_uri"));
    struct view code;
    cr_expect(json_text(json_at(json_member(answer(), "response_types"), 0), &code) && view_equal_text(code, "code"));
    cr_expect(json_text(json_at(json_member(answer(), "grant_types"), 0), &code) &&
              view_equal_text(code, "authorization_code"));
    cr_expect(strstr(provider_ledger_list(genkan, member("client_id")), "client register"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM client WHERE secret_hash IS NOT NULL AND "
                                         "length(secret_hash) = 32"),
                 3, "only a hash is kept");
}

Test(self_registration, a_sector_of_the_invitation_is_the_sector)
{
    registered("{" C_CITY ",\"sector\":\"c-city\"," FIELDS "}", SAID);
    cr_expect_str_eq(member("sector"), "c-city");
}

Test(self_registration, a_method_without_a_secret_gets_none)
{
    struct registration r = registered(TERMS, SAID ",\"token_endpoint_auth_method\":\"none\",\"require_pkce\":true");

    cr_expect_null(r.secret);
    cr_expect_null(json_member(answer(), "client_secret_expires_at"));
}

Test(self_registration, what_registered_itself_logs_residents_in_at_once)
{
    struct registration r =
        registered("{" C_CITY ",\"profile\":\"basic\"," FIELDS "}",
                   "\"client_name\":\"C市予約\",\"redirect_uris\":[\"http://c-city.localhost:8083/cb\"]");
    struct service c = {.provider = genkan,
                        .id = r.id,
                        .secret = r.secret,
                        .redirect_uri = "http://c-city.localhost:8083/cb",
                        .scope = "openid name"};

    provider_browser(genkan, &c.channel);
    cr_assert(resident_visits(&stage.hanako, &c), "at %s", at_name(browser_at(&stage.hanako.browser)));
    struct tokens t = service_redeem(&c, service_receive(&c, &stage.hanako.browser, NULL));
    cr_expect_eq(t.status, 200, "%s", t.error);
    cr_expect_str_eq(t.scope, "openid name");
    browser_close(&c.channel);
}

/* --- managing ----------------------------------------------------------------------------------------------------- */

Test(self_registration, nobody_else_reads_changes_or_ends_it)
{
    struct registration r = registered(TERMS, SAID), other = registered(TERMS, SAID);
    static const char *const methods[] = {"GET", "PUT", "DELETE"};

    for (size_t i = 0; i < 3; i++) {
        const char *body = i == 1 ? "{}" : NULL;
        cr_expect_eq(ask(methods[i], r.path, NULL, body), 401, "%s", methods[i]);
        cr_expect_eq(ask(methods[i], r.path, "guessed", body), 401, "%s", methods[i]);
        cr_expect_eq(ask(methods[i], r.path, other.token, body), 401, "%s", methods[i]);
        cr_expect_eq(ask(methods[i], "/register/a-city", r.token, body), 401, "a service of the operator's");
        cr_expect_eq(ask(methods[i], "/register/nobody", r.token, body), 401, "RFC 7592 2.1");
    }
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 200);
    cr_expect_eq(ask("POST", r.path, r.token, "{}"), 405);
}

Test(self_registration, it_reads_what_it_registered)
{
    struct registration r = registered(TERMS, SAID ",\"initiate_login_uri\":\"https://c.example/login\"");

    cr_assert_eq(ask("GET", r.path, r.token, NULL), 200);
    cr_expect_str_eq(member("initiate_login_uri"), "https://c.example/login");
    cr_expect_str_eq(member("client_id"), r.id);
    cr_expect_str_eq(member("registration_access_token"), r.token);
    cr_expect_null(json_member(answer(), "client_secret"), "nobody knows it any more");
}

#define PUT_SAID(ID, MORE) arena_printf(&channel.a, "{\"client_id\":\"%s\"," SAID "%s}", ID, MORE)

/* RFC 8707 2: whoever names a resource means one service. The invitation is not used up by it. */
Test(self_registration, a_resource_that_another_service_has_is_refused)
{
    static const char terms[] = "{" C_CITY ",\"profile\":\"basic\"," FIELDS ",\"resource\":\"https://c.example/\"}";
    const char *token = provider_invite(genkan, terms, 2);
    int64_t before = clients();

    cr_assert_eq(post(token, SAID), 201);
    struct registration first = {.token = member("registration_access_token"), .id = member("client_id")};
    first.path = arena_printf(&channel.a, "/register/%s", first.id);
    expect_refused(token, SAID, "invalid_client_metadata", "resource https://c.example/ is the resource of another");
    cr_expect_eq(clients(), before + 1);
    cr_expect_eq(ask("PUT", first.path, first.token, PUT_SAID(first.id, "")), 200, "its own it keeps");
    first.token = member("registration_access_token");
    cr_assert_eq(ask("DELETE", first.path, first.token, NULL), 204);
    cr_expect_eq(post(token, SAID), 201, "nobody has it any more");
}

/* Of before it was refused. */
Test(self_registration, a_resource_that_two_have_is_no_longer_said_by_a_change)
{
    static const char terms[] = "{" C_CITY ",\"profile\":\"basic\"," FIELDS ",\"resource\":\"https://c.example/\"}";
    struct registration r = registered(terms, SAID);

    provider_add_client(
        genkan, "c-api",
        "{\"client_name\":\"API\"," C_CITY ",\"sector\":\"c-city\",\"grant_types\":[\"client_credentials\"],"
        "\"response_types\":[],\"client_uri\":\"https://c.example/\",\"resource\":\"https://c.example/\"}",
        "secret");
    cr_expect_eq(ask("PUT", r.path, r.token, PUT_SAID(r.id, "")), 400);
    cr_expect(strstr(member("error_description"), "is the resource of another service"));
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 200, "its token is not spent");
}

Test(self_registration, a_change_is_judged_like_a_new_one)
{
    struct registration r = registered(TERMS, SAID);

    cr_expect_eq(ask("PUT", r.path, r.token, "{" SAID "}"), 400, "RFC 7592 2.2: client_id");
    cr_expect_eq(ask("PUT", r.path, r.token, PUT_SAID("a-city", "")), 400);
    cr_expect_eq(ask("PUT", r.path, r.token, PUT_SAID(r.id, ",\"client_secret\":\"chosen\"")), 400);
    cr_expect_eq(ask("PUT", r.path, r.token, PUT_SAID(r.id, ",\"sector\":\"a-city\"")), 400);
    cr_expect_eq(ask("PUT", r.path, r.token, PUT_SAID(r.id, ",\"grant_types\":[\"client_credentials\"]")), 400);
    cr_expect_eq(ask("PUT", r.path, r.token, "{"), 400);
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 200, "nothing of it used the token");
}

Test(self_registration, a_change_that_would_change_the_sector_is_refused)
{
    struct registration r = registered(TERMS, SAID);
    const char *moved = arena_printf(
        &channel.a, "{\"client_id\":\"%s\",\"client_name\":\"C\",\"redirect_uris\":[\"https://d.example/cb\"]}", r.id);

    cr_expect_eq(ask("PUT", r.path, r.token, moved), 400);
    cr_expect_str_eq(member("error"), "invalid_redirect_uri");
    cr_expect(strstr(member("error_description"), "would change the sector"));
}

Test(self_registration, a_change_replaces_everything_and_brings_a_new_token)
{
    struct registration r = registered(TERMS, SAID ",\"client_uri\":\"https://c.example/\",\"scope\":\"openid name\"");

    cr_assert_eq(ask("PUT", r.path, r.token, PUT_SAID(r.id, ",\"tos_uri\":\"https://c.example/terms\"")), 200, "%.*s",
                 (int)channel.body.n, (const char *)channel.body.p);
    const char *token = member("registration_access_token");
    cr_expect_str_neq(token, r.token);
    cr_expect_str_eq(member("tos_uri"), "https://c.example/terms");
    cr_expect_null(json_member(answer(), "client_uri"), "RFC 7592 2.2: what is not said is gone");
    cr_expect_null(json_member(answer(), "client_secret"), "the secret stays");
    cr_expect_str_eq(member("scope"), "openid name age_over_65");
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 200, "the answer may have been lost");
    cr_expect_eq(ask("GET", r.path, token, NULL), 200);
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 401, "once the new one is used, it was not");
}

Test(self_registration, what_it_was_given_it_may_send_back)
{
    struct registration r = registered(TERMS, SAID ",\"scope\":\"openid name\"");

    const char *all = arena_text(&channel.a, channel.body);
    cr_assert_eq(ask("PUT", r.path, r.token, all), 200, "%.*s", (int)channel.body.n, (const char *)channel.body.p);
    cr_expect_str_eq(member("scope"), "openid name");
}

Test(self_registration, a_change_of_method_makes_or_forgets_the_secret)
{
    struct registration r = registered(TERMS, SAID ",\"token_endpoint_auth_method\":\"none\",\"require_pkce\":true");

    cr_assert_eq(ask("PUT", r.path, r.token, PUT_SAID(r.id, "")), 200);
    cr_expect_not_null(member("client_secret"));
    const char *token = member("registration_access_token");
    cr_assert_eq(
        ask("PUT", r.path, token, PUT_SAID(r.id, ",\"token_endpoint_auth_method\":\"none\",\"require_pkce\":true")),
        200);
    cr_expect_null(json_member(answer(), "client_secret"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM client WHERE secret_hash IS NULL"), 1);
}

Test(self_registration, it_ends_itself_and_is_gone)
{
    struct registration r = registered(TERMS, SAID);
    int64_t before = clients();

    cr_assert_eq(ask("DELETE", r.path, r.token, NULL), 204);
    cr_expect_eq(channel.body.n, 0);
    cr_expect_eq(clients(), before - 1);
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 401);
    cr_expect(strstr(provider_ledger_list(genkan, r.id), "client remove by itself"));
}

Test(self_registration, what_the_operator_removed_nobody_manages)
{
    struct registration r = registered(TERMS, SAID);

    provider_remove_client(genkan, r.id);
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 401);
    provider_add_client(genkan, r.id,
                        "{\"client_name\":\"N\",\"organization\":{\"id\":\"n\",\"name\":\"N\"},\"sector\":\"n\","
                        "\"redirect_uris\":[\"https://n.example/cb\"]}",
                        "a secret");
    cr_expect_eq(ask("GET", r.path, r.token, NULL), 401, "the id is another service's now");
}

Test(self_registration, discovery_says_where)
{
    cr_assert_eq(ask("GET", "/.well-known/openid-configuration", NULL, NULL), 200);
    cr_expect_str_eq(member("registration_endpoint"), PROVIDER_ISSUER "/register");
}
