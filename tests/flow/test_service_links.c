/* What a resident sees of a service beside its name: links that the operator reviewed, and no picture of anybody's. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(service_links, .init = open_stage, .fini = close_stage);

#define LINK(URL) "href=\"" URL "\" target=\"_blank\" rel=\"noopener noreferrer\""

Test(service_links, the_login_page_links_terms_and_site_and_loads_no_picture_of_others)
{
    struct browser *b = &stage.hanako.browser;

    service_update(&stage.a_city, "\"policy_uri\"",
                   "\"logo_uri\":\"https://a-city.example/logo.png\",\"tos_uri\":\"https://a-city.example/terms\","
                   "\"client_uri\":\"https://a-city.example/\",\"policy_uri\"");
    browser_get(b, service_begin(&stage.a_city, NULL));
    cr_assert_eq(browser_at(b), AT_LOGIN);
    cr_expect(browser_says(b, LINK("http://a-city.localhost:8081/privacy")));
    cr_expect(browser_says(b, LINK("https://a-city.example/terms")));
    cr_expect(browser_says(b, LINK("https://a-city.example/")));
    cr_expect_not(browser_says(b, "logo.png"), "a picture of another host is neither shown nor linked");
}
