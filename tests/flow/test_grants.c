/* A service asks what a resident allows it, and gives it back (Grant Management for OAuth 2.0). */
#include <criterion/criterion.h>
#include <unistd.h>

#include "base/json.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;

static void open_stage(void)
{
    stage_open(&stage);
    service_update(a_city, "[\"authorization_code\"]", "[\"authorization_code\",\"client_credentials\"]");
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(grants, .init = open_stage, .fini = close_stage);

static struct tokens hers;
static const char *grant_id;

static void logs_in(void)
{
    cr_assert(resident_visits(&stage.hanako, a_city));
    hers = service_redeem(a_city, service_receive(a_city, &stage.hanako.browser, NULL));
    struct json *j;
    cr_assert_eq(json_read(&j, &a_city->channel.a, a_city->channel.body, NULL), ERR_OK);
    grant_id = arena_text(&a_city->channel.a, json_member_text(j, "grant_id"));
    cr_assert(*grant_id, "5.5: the token response names the grant");
}

static const char *token_for(const char *scope)
{
    struct tokens t = service_token_request(
        a_city, arena_printf(&a_city->channel.a, "grant_type=client_credentials&scope=%s", scope));
    cr_assert_eq(t.status, 200, "%s", t.error);
    cr_expect_null(t.refresh, "RFC 6749 4.4.3");
    cr_expect_null(t.id_token);
    return t.access;
}

/* The status of METHOD on the grant with this token. */
static int on_grant(const char *method, const char *id, const char *token)
{
    struct browser *b = &a_city->channel;
    const char *heads[] = {arena_printf(&b->a, "Authorization: Bearer %s", token), NULL};
    b->method = method;
    cr_assert(browser_send(b, arena_printf(&b->a, "/grants/%s", id), heads, NULL, VIEW_NONE));
    return b->status;
}

Test(grants, a_service_gets_no_token_of_residents_for_itself)
{
    cr_expect_str_eq(service_token_request(a_city, "grant_type=client_credentials&scope=openid%20name").error,
                     "invalid_scope");
    cr_expect_str_eq(service_token_request(a_city, "grant_type=client_credentials").error, "invalid_scope");
    cr_expect_str_eq(service_token_request(b_city, "grant_type=client_credentials&scope=grant_management_query").error,
                     "unauthorized_client", "not registered");
    int status;
    cr_expect_null(service_userinfo(a_city, token_for("grant_management_query"), &status));
    cr_expect_eq(status, 403);
}

Test(grants, only_the_right_token_of_the_right_service_sees_a_grant)
{
    logs_in();
    cr_expect_eq(on_grant("GET", grant_id, "nothing"), 401, "6.6");
    cr_expect_eq(on_grant("GET", grant_id, hers.access), 403, "a resident's token is not for this");
    cr_expect_eq(on_grant("GET", grant_id, token_for("grant_management_revoke")), 403, "6.1");
    cr_expect_eq(on_grant("DELETE", grant_id, token_for("grant_management_query")), 403, "6.1");
    cr_expect_eq(on_grant("GET", "AAAAAAAAAAAAAAAAAAAAAA", token_for("grant_management_query")), 404, "6.6");
    cr_expect_eq(on_grant("GET", "%2e%2e", token_for("grant_management_query")), 404);
    const char *of_a = arena_text(&genkan->a, view_text(grant_id));
    cr_assert(resident_visits(&stage.hanako, b_city));
    service_redeem(b_city, service_receive(b_city, &stage.hanako.browser, NULL));
    struct json *j;
    cr_assert_eq(json_read(&j, &b_city->channel.a, b_city->channel.body, NULL), ERR_OK);
    const char *of_b = arena_text(&b_city->channel.a, json_member_text(j, "grant_id"));
    cr_assert(*of_b && strcmp(of_a, of_b) != 0);
    cr_expect_eq(on_grant("GET", of_b, token_for("grant_management_query")), 404, "10: another service's grant");
    cr_expect_eq(on_grant("DELETE", of_b, token_for("grant_management_revoke")), 404);
}

Test(grants, a_service_sees_the_names_of_what_she_gives_and_no_value)
{
    logs_in();
    cr_assert_eq(on_grant("GET", grant_id, token_for("grant_management_query")), 200);
    cr_expect(browser_says(&a_city->channel, "\"claims\":[\"name\",\"address\"]"));
    cr_expect_not(browser_says(&a_city->channel, "大阪"));
    cr_expect(browser_says(&a_city->channel, "\"suspended\":false"));
}

Test(grants, what_a_service_gives_back_is_over_at_once_and_in_the_ledger)
{
    logs_in();
    const char *revoker = token_for("grant_management_revoke"), *asker = token_for("grant_management_query");
    cr_assert_eq(on_grant("DELETE", grant_id, revoker), 204, "6.5");
    cr_expect_eq(a_city->channel.body.n, 0);
    cr_expect_eq(on_grant("DELETE", grant_id, revoker), 404);
    cr_expect_eq(on_grant("GET", grant_id, asker), 404);
    int status;
    cr_expect_null(service_userinfo(a_city, hers.access, &status));
    cr_expect_eq(status, 401, "her tokens of that grant die");
    cr_expect(strstr(provider_ledger_list(genkan, "a-city"), "withdrawn"));
    cr_assert(browser_get(&stage.hanako.browser, PROVIDER_ISSUER "/me/history"));
    cr_expect(browser_says(&stage.hanako.browser, "サービスの操作"), "who withdrew it");
    cr_expect(provider_ledger_is_whole(genkan));
}

/* --- create, merge, replace (5.2) --------------------------------------------------------------------------------- */

#define NOBODYS "AAAAAAAAAAAAAAAAAAAAAA"

static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static const char *grant_in_answer(struct service *s)
{
    struct json *j;
    cr_assert_eq(json_read(&j, &s->channel.a, s->channel.body, NULL), ERR_OK);
    return arena_text(&genkan->a, json_member_text(j, "grant_id"));
}

static const char *managed(const char *action, const char *id)
{
    return arena_printf(&genkan->a, "grant_management_action=%s&grant_id=%s", action, id);
}

static void begins(struct service *s, const char *scope, const char *more)
{
    s->scope = scope;
    cr_assert(browser_get(browser, service_begin(s, more)));
}

static struct tokens ends(struct service *s)
{
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static struct tokens agrees(struct service *s, const char *scope, const char *more)
{
    begins(s, scope, more);
    return ends(s);
}

static const char *error_for(const char *more)
{
    const char *error = "";
    begins(a_city, "openid name", more);
    cr_expect_null(service_receive(a_city, browser, &error));
    return error;
}

static bool has_claim(struct service *s, const char *access, const char *name)
{
    return json_member(service_userinfo(s, access, NULL), name) != NULL;
}

static int64_t living(void)
{
    return provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL AND client = 'b-city'");
}

Test(grants, requests_for_actions_that_are_none_are_refused)
{
    static const struct {
        const char *more, *error, *why;
    } rows[] = {
        {"grant_management_action=delete", "invalid_request", "5.4: not supported"},
        {"grant_management_action=query", "invalid_request", "5.4: of the API, not of a request"},
        {"grant_management_action=update", "invalid_request", "5.4: of older drafts"},
        {"grant_id=" NOBODYS, "invalid_request", "5.4: without an action"},
        {"grant_management_action=create&grant_id=" NOBODYS, "invalid_request", "5.4: create with an id"},
        {"grant_management_action=merge", "invalid_request", "5.2: needs one"},
        {"grant_management_action=replace", "invalid_request", "5.2: needs one"},
        {"grant_management_action=merge&grant_id=" NOBODYS, "invalid_grant_id", "5.4: unknown"},
        {"grant_management_action=replace&grant_id=%2e%2e", "invalid_grant_id", "5.4: invalid"},
    };
    const char *error;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_str_eq(error_for(rows[i].more), rows[i].error, "%s", rows[i].why);
        cr_expect_null(service_push(a_city, service_request(a_city, rows[i].more), &error));
        cr_expect_str_eq(error, rows[i].error, "pushed: %s", rows[i].why);
    }
}

Test(grants, a_grant_of_another_service_or_resident_is_changed_by_nobody)
{
    struct resident taro;
    const char *error = "";

    agrees(b_city, "openid name", NULL);
    const char *of_b = grant_in_answer(b_city);
    cr_expect_str_eq(error_for(managed("replace", of_b)), "invalid_grant_id", "of B");
    agrees(a_city, "openid name", NULL);
    const char *of_hers = grant_in_answer(a_city);
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(browser_get(&taro.browser, service_begin(a_city, managed("merge", of_hers))));
    cr_assert(resident_goes_to(&taro, AT_ELSEWHERE), "%s", taro.browser.url);
    cr_expect_null(service_receive(a_city, &taro.browser, &error));
    cr_expect_str_eq(error, "invalid_grant_id", "of Hanako");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL"), 2);
    resident_close(&taro);
}

Test(grants, an_action_is_never_silent)
{
    const char *error = "";

    agrees(b_city, "openid name", NULL);
    const char *id = grant_in_answer(b_city);
    begins(b_city, "openid name", arena_printf(&genkan->a, "prompt=none&%s", managed("merge", id)));
    cr_expect_null(service_receive(b_city, browser, &error));
    cr_expect_str_eq(error, "consent_required");
    begins(b_city, "openid name", "grant_management_action=create");
    IS_AT(browser, AT_CONSENT);
}

Test(grants, merging_adds_to_what_she_gave_and_takes_nothing_away)
{
    struct tokens before = agrees(a_city, "openid name", NULL);
    const char *id = grant_in_answer(a_city);

    begins(a_city, "openid address", managed("merge", id));
    IS_AT(browser, AT_CONSENT);
    cr_expect(browser_has_id(browser, "kept") && !browser_has_id(browser, "taken"), "what stays is said");
    struct tokens after = ends(a_city);
    cr_expect_str_eq(grant_in_answer(a_city), id, "5.2: the same grant");
    cr_expect(has_claim(a_city, after.access, "address"));
    cr_expect(has_claim(a_city, before.access, "name"), "nothing was taken away");
    cr_assert_eq(on_grant("GET", id, token_for("grant_management_query")), 200);
    cr_expect(browser_says(&a_city->channel, "\"address\"") && browser_says(&a_city->channel, "\"name\""));
}

Test(grants, replacing_takes_away_at_once_what_is_not_asked_any_more)
{
    struct tokens before = agrees(a_city, "openid name address", NULL);
    const char *id = grant_in_answer(a_city);

    begins(a_city, "openid address", managed("replace", id));
    IS_AT(browser, AT_CONSENT);
    cr_expect(browser_has_id(browser, "taken") && !browser_has_id(browser, "kept"), "what goes is said");
    cr_expect(has_claim(a_city, before.access, "name"), "until she has said so");
    struct tokens after = ends(a_city);
    cr_expect_str_eq(grant_in_answer(a_city), id, "5.2: the same id");
    cr_expect_not(has_claim(a_city, before.access, "name"), "10: also by a token of before");
    cr_expect(has_claim(a_city, before.access, "address"));
    cr_expect(has_claim(a_city, after.access, "address"));
    cr_assert_eq(on_grant("GET", id, token_for("grant_management_query")), 200);
    cr_expect(browser_says(&a_city->channel, "\"claims\":[\"address\"]"));
    cr_expect(strstr(provider_ledger_list(genkan, "a-city"), "withdrawn"));
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(grants, merging_and_replacing_end_the_refresh_tokens_of_before)
{
    static const char *const actions[] = {"merge", "replace"};

    for (size_t i = 0; i < 2; i++) {
        struct tokens before = agrees(b_city, "openid name", i ? "prompt=consent" : NULL);
        const char *id = grant_in_answer(b_city);
        cr_assert_not_null(before.refresh);
        struct tokens after = agrees(b_city, "openid name", managed(actions[i], id));
        cr_expect_str_eq(grant_in_answer(b_city), id);
        cr_expect_str_eq(service_refresh(b_city, before.refresh).error, "invalid_grant", "5.2: %s", actions[i]);
        cr_expect_eq(service_refresh(b_city, after.refresh).status, 200, "%s", actions[i]);
        cr_expect_eq(living(), 1);
    }
}

Test(grants, creating_begins_anew_and_ends_what_was)
{
    struct tokens before = agrees(b_city, "openid name", NULL);
    const char *id = grant_in_answer(b_city);
    int status;

    struct tokens after = agrees(b_city, "openid name", "grant_management_action=create");
    cr_expect_str_neq(grant_in_answer(b_city), id, "a fresh one");
    cr_expect_null(service_userinfo(b_city, before.access, &status));
    cr_expect_eq(status, 401);
    cr_expect_str_eq(service_refresh(b_city, before.refresh).error, "invalid_grant");
    cr_expect(has_claim(b_city, after.access, "name"));
    cr_expect_eq(living(), 1, "one living grant of a resident at a service");
}

/* --- which scope (6.4) --- */

static bool tells(const char *id, const char *scopes)
{
    cr_assert_eq(on_grant("GET", id, token_for("grant_management_query")), 200);
    bool is = browser_says(&a_city->channel, scopes);
    if (!is)
        cr_log_warn("%.*s", (int)a_city->channel.body.n, (const char *)a_city->channel.body.p);
    return is;
}

Test(grants, a_query_tells_no_scope_of_what_she_refused_took_back_or_was_not_registered)
{
    static const char *const age[] = {"give-age_over_65=yes", NULL};

    hanako->ticks = age;
    agrees(a_city, "openid name age_over_65 interests email nonsense", NULL);
    const char *id = grant_in_answer(a_city);
    cr_expect(tells(id, "{\"scopes\":[{\"scope\":\"openid name age_over_65\"}],\"claims\":"));
    cr_assert(browser_get(browser, PROVIDER_ISSUER "/me/services/a-city"));
    cr_assert(PRESS(browser, "/me/services/a-city", "do=change", "give-age_over_65"));
    cr_assert(PRESS(browser, "/me/services/a-city", "do=change"));
    cr_expect(tells(id, "{\"scopes\":[{\"scope\":\"openid name\"}],\"claims\":[\"name\"]"));
}

Test(grants, a_query_tells_scopes_with_the_servers_they_were_asked_with)
{
    struct service data;

    service_open_data(&data, genkan);
    service_update(a_city, "\"grant_types\":[", "\"resources\":[\"https://data.example/\"],\"grant_types\":[");
    agrees(a_city, "openid name", NULL);
    const char *id = grant_in_answer(a_city);
    cr_expect(tells(id, "\"scopes\":[{\"scope\":\"openid name\"}]"));
    begins(a_city, "openid address",
           arena_printf(&genkan->a, "%s&resource=https%%3A%%2F%%2Fdata.example%%2F", managed("merge", id)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    cr_expect(tells(id, "\"scopes\":[{\"scope\":\"openid address\",\"resource\":[\"https://data.example/\"]},"
                        "{\"scope\":\"openid name\"}],\"claims\":[\"address\",\"name\"]"));
    begins(a_city, "openid address", managed("replace", id));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    cr_expect(tells(id, "\"scopes\":[{\"scope\":\"openid address\"}],\"claims\":[\"address\"]"), "5.2");
    service_close(&data);
}

/* --- whose tokens nobody fetched (5.6.1) --- */

static void passes_by_an_hour(void)
{
    provider_pass(genkan, 3600);
    provider_sweep(genkan);
}

Test(grants, whose_tokens_nobody_fetched_end_after_an_hour_and_she_sees_why)
{
    begins(b_city, "openid name", "grant_management_action=create");
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    provider_pass(genkan, 3599);
    provider_sweep(genkan);
    cr_expect_eq(living(), 1);
    provider_pass(genkan, 1);
    provider_sweep(genkan);
    cr_expect_eq(living(), 0);
    cr_expect(strstr(provider_ledger_list(genkan, "b-city"), "expired"));
    cr_expect(provider_ledger_is_whole(genkan));
    begins(b_city, "openid name", NULL);
    cr_assert(resident_goes_to(hanako, AT_CONSENT), "she is asked again: %s", browser->url);
    cr_assert(browser_get(browser, PROVIDER_ISSUER "/me/history"));
    cr_expect(browser_says(browser, "サービスが受け取らなかったため"));
}

Test(grants, whose_tokens_a_later_login_fetched_stay)
{
    begins(b_city, "openid name", "grant_management_action=create");
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    provider_pass(genkan, 600);
    agrees(b_city, "openid name", NULL);
    passes_by_an_hour();
    cr_expect_eq(living(), 1);
}

Test(grants, whose_tokens_were_fetched_or_that_no_action_created_stay)
{
    agrees(b_city, "openid name", "grant_management_action=create");
    passes_by_an_hour();
    cr_expect_eq(living(), 1, "fetched");
    begins(a_city, "openid name", NULL);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    passes_by_an_hour();
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL"), 2,
                 "her word to a service that manages nothing");
}

Test(grants, an_action_that_she_refuses_changes_nothing)
{
    struct tokens before = agrees(b_city, "openid name", NULL);
    const char *id = grant_in_answer(b_city), *error = "";

    begins(b_city, "openid municipality", managed("replace", id));
    IS_AT(browser, AT_CONSENT);
    cr_assert(PRESS(browser, "/consent", "do=refuse"));
    cr_expect_null(service_receive(b_city, browser, &error));
    cr_expect_str_eq(error, "access_denied");
    cr_expect(has_claim(b_city, before.access, "name"));
    cr_expect_eq(service_refresh(b_city, before.refresh).status, 200);
}

Test(grants, a_pushed_action_on_a_grant_that_ended_meanwhile_is_refused)
{
    const char *error = "";

    agrees(a_city, "openid name", NULL);
    const char *id = grant_in_answer(a_city);
    const char *uri = service_push(a_city, service_request(a_city, managed("merge", id)), NULL);
    cr_assert_eq(on_grant("DELETE", id, token_for("grant_management_revoke")), 204);
    cr_assert(browser_get(browser, service_at(a_city, uri)));
    cr_expect_null(service_receive(a_city, browser, &error));
    cr_expect_str_eq(error, "invalid_grant_id");
}

/* --- on every way that a request comes ---------------------------------------------------------------------------- */

#define CIBA   "urn:openid:params:grant-type:ciba"
#define DEVICE "urn:ietf:params:oauth:grant-type:device_code"

static void asks_on_all_ways(struct service *s)
{
    service_take_key(s, JWS_ES256, NULL);
    service_update(s, "\"grant_types\":[", "\"grant_types\":[\"" CIBA "\",\"" DEVICE "\",");
}

/* A signed request that says MEMBERS; service_request before it makes state, nonce and verifier. */
static const char *object_of(struct service *s, const char *members)
{
    const char *request = arena_printf(&s->channel.a, "http://x/?%s", service_request(s, NULL));

    return service_sign(
        s, "oauth-authz-req+jwt",
        arena_printf(&s->channel.a,
                     "{\"client_id\":\"%s\",\"iss\":\"%s\",\"aud\":\"" PROVIDER_ISSUER "\",\"exp\":%lld,"
                     "\"response_type\":\"code\",\"redirect_uri\":\"%s\",\"scope\":\"%s\",\"state\":\"%s\","
                     "\"nonce\":\"%s\",\"code_challenge\":\"%s\",\"code_challenge_method\":\"S256\",%s}",
                     s->id, s->id, (long long)provider_now(genkan) + 60, s->redirect_uri, s->scope, s->state, s->nonce,
                     browser_param(browser, request, "code_challenge"), members));
}

static const char *action_members(const char *action, const char *id)
{
    return arena_printf(&genkan->a, "\"grant_management_action\":\"%s\"%s%s%s", action, id ? ",\"grant_id\":\"" : "",
                        id ? id : "", id ? "\"" : "");
}

static const char *signed_request(struct service *s, const char *action, const char *id)
{
    return arena_printf(&s->channel.a, "client_id=%s&response_type=code&scope=openid&redirect_uri=%s&request=%s", s->id,
                        s->redirect_uri, object_of(s, action_members(action, id)));
}

static const char *error_at(struct service *s, const char *path, const char *form)
{
    const struct json *answer;

    cr_expect_neq(service_call(s, path, form, NULL, &answer), 200);
    return claim(s, answer, "error");
}

Test(grants, actions_that_are_none_are_refused_on_every_way)
{
    static const struct {
        const char *action, *id, *error;
    } rows[] = {{"delete", NULL, "invalid_request"},
                {"create", NOBODYS, "invalid_request"},
                {"merge", NULL, "invalid_request"},
                {"merge", NOBODYS, "invalid_grant_id"},
                {"replace", NOBODYS, "invalid_grant_id"}};
    const char *error = "";

    asks_on_all_ways(b_city);
    cr_assert(resident_visits(hanako, a_city));
    const char *of_a = (service_redeem(a_city, service_receive(a_city, browser, NULL)), grant_in_answer(a_city));
    for (size_t i = 0; i <= sizeof rows / sizeof *rows; i++) {
        bool last = i == sizeof rows / sizeof *rows; /* one of another service */
        const char *action = last ? "replace" : rows[i].action, *id = last ? of_a : rows[i].id,
                   *expected = last ? "invalid_grant_id" : rows[i].error;
        const char *form = arena_printf(&genkan->a, "scope=openid%%20name&grant_management_action=%s%s%s", action,
                                        id ? "&grant_id=" : "", id ? id : "");
        cr_assert(browser_get(browser, arena_printf(&genkan->a, "/authorize?%s", signed_request(b_city, action, id))));
        cr_expect_null(service_receive(b_city, browser, &error));
        cr_expect_str_eq(error, expected, "signed: %s", action);
        cr_expect_null(service_push(b_city, signed_request(b_city, action, id), &error));
        cr_expect_str_eq(error, expected, "signed and pushed: %s", action);
        cr_expect_str_eq(error_at(b_city, "/device_authorization", form), expected, "a device: %s", action);
        form = arena_printf(&genkan->a, "%s&login_hint=123456789", form);
        cr_expect_str_eq(error_at(b_city, "/bc-authorize", form), expected, "a counter: %s", action);
    }
}

Test(grants, signed_and_pushed_actions_do_what_they_say)
{
    asks_on_all_ways(a_city);
    struct tokens before = agrees(a_city, "openid name", "prompt=consent");
    const char *id = grant_in_answer(a_city);
    a_city->scope = "openid address";
    cr_assert(browser_get(browser, arena_printf(&genkan->a, "/authorize?%s", signed_request(a_city, "merge", id))));
    IS_AT(browser, AT_CONSENT);
    cr_expect(browser_has_id(browser, "kept"));
    struct tokens after = ends(a_city);
    cr_expect_str_eq(grant_in_answer(a_city), id, "5.2");
    cr_expect(has_claim(a_city, after.access, "address") && has_claim(a_city, before.access, "name"));
    const char *uri = service_push(a_city, signed_request(a_city, "replace", id), NULL);
    cr_assert(browser_get(browser, service_at(a_city, uri)));
    IS_AT(browser, AT_CONSENT);
    cr_expect(browser_has_id(browser, "taken"));
    ends(a_city);
    cr_expect_str_eq(grant_in_answer(a_city), id, "5.2");
    cr_expect_not(has_claim(a_city, before.access, "name"));
    uri = service_push(a_city, signed_request(a_city, "create", NULL), NULL);
    cr_assert(browser_get(browser, service_at(a_city, uri)));
    IS_AT(browser, AT_CONSENT);
    ends(a_city);
    cr_expect_str_neq(grant_in_answer(a_city), id, "5.2: a fresh one");
}

/* What a device or a counter gets for what she allows now. */
static struct tokens fetches(struct service *s, const char *type, const char *name, const char *ticket)
{
    for (int i = 0; i < 12 && !strstr(browser_heading(browser), "許可しました"); i++)
        cr_assert(resident_goes_on(hanako), "at %s: %s", browser->url, browser_heading(browser));
    provider_pass(genkan, 5);
    struct tokens t = service_token_request(s, arena_printf(&s->channel.a, "grant_type=%s&%s=%s", type, name, ticket));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static struct tokens of_a_device(struct service *s, const char *scope, const char *more)
{
    const struct json *answer;
    const char *form = arena_printf(&s->channel.a, "scope=%s&%s", scope, more);

    cr_assert_eq(service_call(s, "/device_authorization", form, NULL, &answer), 200, "%.*s", (int)s->channel.body.n,
                 (const char *)s->channel.body.p);
    const char *ticket = claim(s, answer, "device_code");
    cr_assert(browser_get(browser, claim(s, answer, "verification_uri_complete")));
    cr_assert(PRESS(browser, "/device", "do=continue"));
    cr_assert(resident_goes_to(hanako, AT_CONSENT), "an action is never silent: %s", browser->url);
    return fetches(s, DEVICE, "device_code", ticket);
}

static struct tokens of_a_counter(struct service *s, const char *scope, const char *more)
{
    const struct json *answer;

    cr_assert(browser_get(browser, "/me/counter"));
    cr_assert(PRESS(browser, "/me/counter", "do=code"));
    const char *form = arena_printf(&s->channel.a, "scope=%s&binding_message=A-12&login_hint=%s&%s", scope,
                                    browser_text(browser, "counter-code"), more);
    cr_assert_eq(service_call(s, "/bc-authorize", form, NULL, &answer), 200, "%.*s", (int)s->channel.body.n,
                 (const char *)s->channel.body.p);
    const char *ticket = claim(s, answer, "auth_req_id");
    cr_assert(browser_get(browser, "/me/counter"));
    cr_assert(PRESS(browser, "/me/counter", "do=continue"));
    cr_assert(resident_goes_to(hanako, AT_CONSENT), "an action is never silent: %s", browser->url);
    return fetches(s, CIBA, "auth_req_id", ticket);
}

Test(grants, a_device_and_a_counter_merge_replace_and_create_like_a_browser)
{
    struct tokens (*const ways[])(struct service *, const char *, const char *) = {of_a_device, of_a_counter};

    asks_on_all_ways(a_city);
    for (size_t i = 0; i < 2; i++) {
        struct tokens before = agrees(a_city, "openid name", "prompt=consent");
        const char *id = grant_in_answer(a_city);
        struct tokens after = ways[i](a_city, "openid%20address", managed("merge", id));
        cr_expect_str_eq(grant_in_answer(a_city), id, "5.2, 5.5");
        cr_expect(has_claim(a_city, after.access, "address") && has_claim(a_city, before.access, "name"));
        ways[i](a_city, "openid%20address", managed("replace", id));
        cr_expect_str_eq(grant_in_answer(a_city), id);
        cr_expect_not(has_claim(a_city, before.access, "name"), "10");
        ways[i](a_city, "openid%20address", "grant_management_action=create");
        cr_expect_str_neq(grant_in_answer(a_city), id);
        cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL"), 1);
    }
}

Test(grants, a_device_cannot_act_on_the_grant_of_another_resident)
{
    const struct json *answer;
    struct resident taro;

    asks_on_all_ways(a_city);
    agrees(a_city, "openid name", NULL);
    const char *id = grant_in_answer(a_city);
    const char *form = arena_printf(&genkan->a, "scope=openid%%20address&%s", managed("replace", id));
    cr_assert_eq(service_call(a_city, "/device_authorization", form, NULL, &answer), 200,
                 "whose it is nobody knows yet");
    const char *ticket = claim(a_city, answer, "device_code");
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(browser_get(&taro.browser, claim(a_city, answer, "verification_uri_complete")));
    cr_assert(PRESS(&taro.browser, "/device", "do=continue"));
    while (browser_at(&taro.browser) != AT_OTHER && resident_goes_on(&taro))
        ;
    provider_pass(genkan, 5);
    cr_expect_str_eq(
        service_token_request(a_city, arena_printf(&a_city->channel.a, "grant_type=" DEVICE "&device_code=%s", ticket))
            .error,
        "access_denied");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL"), 1, "Hanako's");
    resident_close(&taro);
}

Test(grants, that_a_device_fetched_stay)
{
    asks_on_all_ways(a_city);
    of_a_device(a_city, "openid%20name", "grant_management_action=create");
    passes_by_an_hour();
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL"), 1);
}
