/* One trace through what a request makes us ask of others, and through what is done for it later (W3C Trace Context).
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/stage.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define CALLER "00f067aa0ba902b7"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(trace_flow, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &stage.hanako.browser.a;
}

/* /authorize with a request object to be fetched at A市, with HEADERS as a proxy sets them on each request. */
static void asks_for_a_fetch(const char *const *headers)
{
    static int asked;
    const char *base = arena_printf(a(), "http://127.0.0.1:%u/request", server_port(a_city->ear, 0));

    service_take_key(a_city, JWS_ES256, arena_printf(a(), "\"request_uris\":[\"%s\"]", base));
    const char *url = arena_printf(a(), PROVIDER_ISSUER "/authorize?client_id=%s&request_uri=%s", a_city->id, base);
    cr_assert(browser_send(&stage.hanako.browser, url, headers, NULL, VIEW_NONE));
    cr_assert(browser_send(&stage.hanako.browser, stage.hanako.browser.location, headers, NULL, VIEW_NONE));
    cr_assert_eq(a_city->requests_told, ++asked, "it was fetched");
}

Test(trace_flow, what_a_request_makes_us_fetch_is_of_its_trace_under_a_new_id)
{
    asks_for_a_fetch(
        (const char *const[]){"traceparent: 00-" TRACE "-" CALLER "-01", "tracestate: rojo=1, congo=2", NULL});
    cr_expect_eq(strncmp(a_city->last_trace, "00-" TRACE "-", 36), 0, "%s", a_city->last_trace);
    cr_expect_str_eq(a_city->last_trace + 52, "-01");
    cr_expect_null(strstr(a_city->last_trace, CALLER), "3.4: the parent of what we send is ours");
    cr_expect_str_eq(a_city->last_trace_state, "rojo=1,congo=2");
    const char *span = arena_printf(a(), "\"span\":\"%.16s\"", a_city->last_trace + 36);
    const char *line = strstr(provider_log(genkan), span);
    cr_assert_not_null(line, "the id that the service saw is in the log");
    cr_expect_not_null(strstr(provider_log(genkan), "\"trace\":\"" TRACE "\""));
}

Test(trace_flow, of_a_malformed_header_a_new_one_begins_without_its_state)
{
    asks_for_a_fetch((const char *const[]){"traceparent: 00-" TRACE "-" CALLER "-01-x", "tracestate: rojo=1", NULL});
    cr_expect_eq(strlen(a_city->last_trace), 55, "%s", a_city->last_trace);
    cr_expect_null(strstr(a_city->last_trace, TRACE));
    cr_expect_str_eq(a_city->last_trace_state, "");
}

/* The value of MEMBER in the last line of the log with EVENT. */
static const char *logged(const char *event, const char *member)
{
    const char *log = provider_log(genkan), *line = NULL;
    for (const char *p = log; (p = strstr(p, event)); p++)
        line = p;
    cr_assert_not_null(line, "%s", event);
    const char *key = arena_printf(a(), "\"%s\":\"", member), *end = strchr(line, '\n');
    const char *value = strstr(line, key);
    cr_assert(value && value < end, "%s of %s", member, event);
    return arena_printf(a(), "%.*s", (int)strcspn(value + strlen(key), "\""), value + strlen(key));
}

/* docs/decisions/trace-context.md: one trace in two places would say that two pairwise subjects are one person. */
Test(trace_flow, a_log_out_is_told_to_each_service_in_a_trace_of_its_own_and_the_log_knows_why)
{
    struct service *const both[] = {a_city, b_city};

    for (int i = 0; i < 2; i++) {
        cr_assert(resident_visits(&stage.hanako, both[i]), "%s", stage.hanako.browser.url);
        cr_assert_eq(service_redeem(both[i], service_receive(both[i], &stage.hanako.browser, NULL)).status, 200);
    }
    cr_assert(resident_logs_out(&stage.hanako));
    const char *request = logged("\"event\":\"logout\"", "request");
    cr_assert_eq(provider_deliver(genkan), 2);
    cr_expect_eq(strlen(a_city->last_trace), 55, "%s", a_city->last_trace);
    cr_expect_eq(strlen(b_city->last_trace), 55, "%s", b_city->last_trace);
    cr_expect_neq(strncmp(a_city->last_trace, b_city->last_trace, 35), 0, "no two services see one trace");
    cr_expect_str_eq(logged("\"event\":\"logout_told\"", "cause"), request);
    cr_expect_str_eq(logged("\"event\":\"sent\"", "cause"), request);
    const char *run = logged("\"event\":\"logout_told\"", "run");
    cr_expect_str_eq(logged("\"event\":\"sent\"", "run"), run);
    cr_expect_str_neq(run, request);
}
