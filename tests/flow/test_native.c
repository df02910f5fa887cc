/* A program on the resident's own device, which listens on whatever port is free (RFC 8252). */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;
static struct service program;

static const char PROGRAM[] =
    "{\"client_name\":\"A市 申請アプリ\",\"client_name#en\":\"A City forms\",\"application_type\":\"native\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"token_endpoint_auth_method\":\"none\","
    "\"redirect_uris\":[\"http://127.0.0.1/cb\",\"http://[::1]/cb\",\"jp.example.forms:/cb\"],"
    "\"policy_uri\":\"https://a-city.example/privacy\",\"contacts\":[\"help@a-city.example\"],"
    "\"fields\":[{\"id\":\"interests\",\"required\":false,\"purpose\":\"案内\",\"purpose#en\":\"to tell you\"}]}";

static void open_stage(void)
{
    stage_open(&stage);
    program = (struct service){.id = "forms", .scope = "openid interests", .redirect_uri = "http://127.0.0.1:51004/cb"};
    service_open(&program, genkan, PROGRAM);
}

static void close_stage(void)
{
    service_close(&program);
    stage_close(&stage);
}

TestSuite(native, .init = open_stage, .fini = close_stage);

static int comes_back_to(const char *uri)
{
    program.redirect_uri = uri;
    cr_assert(browser_get(browser, service_begin(&program, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    return service_redeem(&program, service_receive(&program, browser, NULL)).status;
}

Test(native, listens_on_any_port_of_a_loopback_address)
{
    static const char *const uris[] = {"http://127.0.0.1:51004/cb", "http://127.0.0.1:1025/cb", "http://[::1]:51004/cb",
                                       "jp.example.forms:/cb"};

    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++)
        cr_expect_eq(comes_back_to(uris[i]), 200, "%s", uris[i]);
}

Test(native, is_sent_to_no_other_name_and_path)
{
    static const char *const uris[] = {"http://localhost:51004/cb", "http://127.0.0.1:51004/other",
                                       "http://127.0.0.1:51004@evil.example/cb", "jp.example.forms:/other"};

    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        program.redirect_uri = uris[i];
        cr_assert(browser_get(browser, service_begin(&program, NULL)));
        cr_expect_eq(browser->status, 400, "%s", uris[i]);
        IS_AT(browser, AT_ERROR);
    }
}

Test(native, gets_its_code_only_for_the_address_that_it_asked_with)
{
    cr_assert(browser_get(browser, service_begin(&program, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    const char *code = service_receive(&program, browser, NULL);
    program.redirect_uri = "http://127.0.0.1:51005/cb";
    cr_expect_eq(service_redeem(&program, code).status, 400, "RFC 6749 4.1.3: the port, too");
}

/* 8.6: another program may have taken its name; she sees every request. */
Test(native, is_never_answered_without_her)
{
    const char *error;

    cr_expect_eq(comes_back_to("http://127.0.0.1:51004/cb"), 200);
    cr_assert(browser_get(browser, service_begin(&program, NULL)));
    IS_AT(browser, AT_CONSENT);
    cr_assert(browser_get(browser, service_begin(&program, "prompt=none")));
    service_receive(&program, browser, &error);
    cr_expect_str_eq(error, "consent_required");
}

/* 7.1: a form cannot be posted to a program. */
Test(native, of_a_private_scheme_is_answered_by_its_address_only)
{
    const char *error;

    program.redirect_uri = "jp.example.forms:/cb";
    cr_assert(browser_get(browser, service_begin(&program, "response_mode=form_post")));
    service_receive(&program, browser, &error);
    cr_expect_str_eq(error, "invalid_request");
}
