/* Third-party-initiated login (OIDC Core 4): a resident opens a service from her page, and it begins the login. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(open_service, .init = open_stage, .fini = close_stage);

static void visits_and_looks(void)
{
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    browser_get(browser, "/me/services");
    cr_assert_eq(browser->status, 200);
}

Test(open_service, a_service_that_did_not_say_where_has_no_link)
{
    visits_and_looks();
    cr_expect_null(browser_link(browser, "iss="));
}

Test(open_service, the_link_says_who_sends_her_and_where_she_wants_to_go)
{
    service_update(&stage.a_city, "\"policy_uri\"",
                   "\"initiate_login_uri\":\"https://a-city.example/login?from=genkan\","
                   "\"client_uri\":\"https://a-city.example/\",\"policy_uri\"");
    visits_and_looks();
    const char *link = browser_link(browser, "iss=");
    cr_assert_not_null(link);
    cr_expect_str_eq(link, "https://a-city.example/login?from=genkan&iss=http%3A%2F%2Flocalhost%3A8080&"
                           "target_link_uri=https%3A%2F%2Fa-city.example%2F");
    browser_get(browser, service_begin(&stage.a_city, NULL));
    cr_expect_eq(browser_at(browser), AT_ELSEWHERE, "the login that the service then begins is silent");
}

Test(open_service, a_service_without_a_site_is_asked_for_no_place)
{
    service_update(&stage.a_city, "\"policy_uri\"",
                   "\"initiate_login_uri\":\"https://a-city.example/login\",\"policy_uri\"");
    visits_and_looks();
    cr_expect_str_eq(browser_link(browser, "iss="), "https://a-city.example/login?iss=http%3A%2F%2Flocalhost%3A8080");
}
