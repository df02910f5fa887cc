#include <criterion/criterion.h>
#include <stdio.h>

#include "base/trace.h"
#include "http/fetch.h"
#include "wire.h"

static struct arena arena;
static struct fetch *fetch;
static struct server *server;
static struct fetched got;

static void open_all(void)
{
    arena_open(&arena, 1 << 20);
    server = wire_serve(NULL);
    cr_assert_eq(fetch_open(&fetch, &(struct fetch_config){.private_allowed = true}), ERR_OK);
}

static void close_all(void)
{
    fetch_close(fetch);
    server_close(server);
    arena_close(&arena);
}

TestSuite(fetch, .init = open_all, .fini = close_all);

static struct view local(const char *path)
{
    return view_text(arena_printf(&arena, "http://localhost:%u%s", server_port(server, 0), path));
}

Test(fetch, refuses_private_addresses_unless_allowed)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"};
    struct fetch *strict;
    cr_assert_eq(fetch_open(&strict, &(struct fetch_config){0}), ERR_OK);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        const char *url = arena_printf(&arena, "http://%s:%u/hello", hosts[i], server_port(server, 0));
        cr_expect_eq(fetch_get(strict, &arena, view_text(url), NULL, &got), ERR_PERMISSION, "%s", url);
    }
    static const char *const far[] = {"http://10.0.0.1/",  "http://192.168.1.1/", "http://169.254.169.254/",
                                      "http://[fd00::1]/", "http://[fe80::1]/",   "http://0.0.0.0/",
                                      "http://100.64.0.1/"};
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        cr_expect_eq(fetch_get(strict, &arena, view_text(far[i]), NULL, &got), ERR_PERMISSION, "%s", far[i]);
    fetch_close(strict);
}

Test(fetch, reaches_a_private_address_only_inside_the_networks_it_was_given)
{
    struct net nets[2];
    struct fetch *inner;
    cr_assert(net_read(&nets[0], VIEW("10.0.0.0/8")) && net_read(&nets[1], VIEW("127.0.0.1")));
    cr_assert_eq(fetch_open(&inner, &(struct fetch_config){.private_nets = nets, .n_private_nets = 1}), ERR_OK);
    const char *url = arena_printf(&arena, "http://127.0.0.1:%u/hello", server_port(server, 0));
    cr_expect_eq(fetch_get(inner, &arena, view_text(url), NULL, &got), ERR_PERMISSION);
    fetch_close(inner);
    cr_assert_eq(fetch_open(&inner, &(struct fetch_config){.private_nets = nets, .n_private_nets = 2}), ERR_OK);
    cr_expect_eq(fetch_get(inner, &arena, view_text(url), NULL, &got), ERR_OK);
    url = arena_printf(&arena, "http://127.0.0.2:%u/hello", server_port(server, 0));
    cr_expect_eq(fetch_get(inner, &arena, view_text(url), NULL, &got), ERR_PERMISSION);
    fetch_close(inner);
}

Test(fetch, says_why_nothing_came)
{
    cr_expect_eq(fetch_get(fetch, &arena, VIEW("http://127.0.0.1:1/"), NULL, &got), ERR_UNAVAILABLE);
    cr_assert_not_null(got.trouble);
    cr_expect_eq(fetch_get(fetch, &arena, local("/hello"), NULL, &got), ERR_OK);
    cr_expect_null(got.trouble);
    cr_expect_not(view_is(got.location));
}

Test(fetch, refuses_other_schemes)
{
    cr_expect_eq(fetch_get(fetch, &arena, VIEW("file:///etc/passwd"), NULL, &got), ERR_PERMISSION);
    cr_expect_eq(fetch_get(fetch, &arena, VIEW("ftp://localhost/"), NULL, &got), ERR_PERMISSION);
    cr_expect_eq(fetch_get(fetch, &arena, VIEW("gopher://localhost/"), NULL, &got), ERR_PERMISSION);
}

Test(fetch, refuses_what_is_no_url)
{
    cr_expect_neq(fetch_get(fetch, &arena, VIEW("http://"), NULL, &got), ERR_OK);
    cr_expect_eq(fetch_get(fetch, &arena, VIEW(""), NULL, &got), ERR_SYNTAX);
    cr_expect_eq(fetch_get(fetch, &arena, VIEW_NONE, NULL, &got), ERR_SYNTAX);
    cr_expect_eq(fetch_get(fetch, &arena, VIEW("http://localhost/\0x"), NULL, &got), ERR_SYNTAX);
}

Test(fetch, follows_no_redirect)
{
    cr_assert_eq(fetch_get(fetch, &arena, local("/leave"), NULL, &got), ERR_OK);
    cr_expect_eq(got.status, 303);
}

Test(fetch, stops_at_the_size_limit)
{
    struct fetch_limits limits = {.body_max = 59999};
    cr_expect_eq(fetch_get(fetch, &arena, local("/big"), &limits, &got), ERR_LIMIT);
    limits.body_max = 60000;
    cr_assert_eq(fetch_get(fetch, &arena, local("/big"), &limits, &got), ERR_OK);
    cr_expect_eq(got.body.n, 60000);
}

Test(fetch, stops_at_the_time_limit)
{
    struct fetch_limits limits = {.timeout_ms = 50};
    cr_expect_eq(fetch_get(fetch, &arena, local("/slow"), &limits, &got), ERR_TIMEOUT);
}

Test(fetch, says_when_nobody_listens)
{
    uint16_t port = server_port(server, 0);
    server_close(server);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    cr_expect_eq(fetch_get(fetch, &arena, view_text(url), NULL, &got), ERR_UNAVAILABLE);
    cr_expect_eq(fetch_get(fetch, &arena, VIEW("http://nowhere.invalid/"), NULL, &got), ERR_UNAVAILABLE);
    server = NULL;
}

Test(fetch, posts_a_body_and_reads_the_answer_whatever_its_status)
{
    cr_assert_eq(
        fetch_post(fetch, &arena, local("/echo"), "application/x-www-form-urlencoded", VIEW("a=1"), NULL, &got),
        ERR_OK);
    cr_expect_eq(got.status, 200);
    cr_expect(view_equal_text(got.content_type, "text/plain"));
    cr_expect(view_equal_text(got.body, "POST\nform a=1\n"));
    cr_assert_eq(fetch_post(fetch, &arena, local("/nowhere"), "text/plain", VIEW("x\0y"), NULL, &got), ERR_OK);
    cr_expect_eq(got.status, 404);
    cr_assert_eq(fetch_post(fetch, &arena, local("/raw"), "application/ocsp-request", VIEW("x\0y"), NULL, &got),
                 ERR_OK);
    cr_expect(view_equal(got.body, VIEW("x\0y")));
}

/* --- its trace (W3C Trace Context 3.4) --------------------------------------------------------------------------- */

static const char *body(void)
{
    return arena_text(&arena, got.body);
}

Test(fetch, says_of_which_trace_it_is_with_an_id_of_its_own)
{
    struct trace t;
    trace_begin(&t, 0x4bf92f3577b34da6, 0xa3ce929d0e0e4736);
    trace_join_state(&t, &VIEW("a=1,b=2"), 1);
    trace_enter(&t);
    cr_assert_eq(fetch_get(fetch, &arena, local("/trace"), NULL, &got), ERR_OK);
    const char *first = body();
    cr_assert_eq(fetch_post(fetch, &arena, local("/trace"), "text/plain", VIEW("x"), NULL, &got), ERR_OK);
    trace_enter(NULL);
    cr_expect_eq(strncmp(first, "00-4bf92f3577b34da6a3ce929d0e0e4736-", 36), 0, "%s", first);
    cr_expect_eq(strncmp(first, body(), 36), 0, "a POST as well: %s", body());
    cr_expect_neq(strncmp(first + 36, body() + 36, 16), 0, "each with its own");
    cr_expect_neq(strncmp(first + 36, t.span, 16), 0);
    cr_expect_not_null(strstr(first, "-00\na=1,b=2\n"));
}

Test(fetch, says_nothing_of_a_trace_when_there_is_none)
{
    cr_assert_eq(fetch_get(fetch, &arena, local("/trace"), NULL, &got), ERR_OK);
    cr_expect_eq(strncmp(body(), "\n\n", 2), 0, "%s", body());
}
