/* A service asks what a resident allows it, and gives it back (Grant Management for OAuth 2.0). */
#include <criterion/criterion.h>
#include <unistd.h>

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
    cr_expect(provider_ledger_is_whole(genkan));
}
