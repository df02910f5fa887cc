#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/trace.h"
#include "http/fetcher.h"
#include "wire.h"

static struct fetch *fetch;
static struct fetcher *fetcher;
static struct server *server;
static _Atomic int done, ok, unavailable;

static char mark;

static const struct fetch_limits limits = {.timeout_ms = 2000, .body_max = 1000};

static void open_all(void)
{
    server = wire_serve(NULL);
    cr_assert_eq(fetch_open(&fetch, &(struct fetch_config){.private_allowed = true}), ERR_OK);
    cr_assert_eq(fetcher_open(&fetcher, fetch, "fetch", 1, 2), ERR_OK);
}

static void close_all(void)
{
    fetcher_close(fetcher);
    fetch_close(fetch);
    server_close(server);
}

TestSuite(fetcher, .init = open_all, .fini = close_all);

static void on_done(void *ctx, enum err e, const struct fetched *answer)
{
    cr_expect_eq(ctx, (void *)&mark);
    atomic_fetch_add(&ok, !e && answer->status == 200 && answer->body.n > 0);
    atomic_fetch_add(&unavailable, e == ERR_UNAVAILABLE);
    atomic_fetch_add(&done, 1);
}

static enum err get(const char *path)
{
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u%s", server_port(server, 0), path);
    return fetcher_get(fetcher, view_text(url), &limits, on_done, &mark);
}

static void wait_for(int n)
{
    for (int i = 0; i < 5000 && atomic_load(&done) < n; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    cr_assert_eq(atomic_load(&done), n);
}

Test(fetcher, fetches_and_says_so_once)
{
    cr_assert_eq(get("/hello"), ERR_OK);
    wait_for(1);
    cr_expect_eq(ok, 1);
    cr_assert_eq(get("/nowhere"), ERR_OK);
    cr_assert_eq(get("/hello"), ERR_OK);
    wait_for(3);
    cr_expect_eq(ok, 2);
}

Test(fetcher, takes_no_more_than_may_wait)
{
    int taken = 0;
    for (int i = 0; i < 5; i++)
        taken += get("/slow") == ERR_OK;
    cr_expect(taken == 2 || taken == 3, "two wait, one may run: %d", taken);
    wait_for(taken);
    cr_expect_eq(ok, taken);
}

Test(fetcher, begins_nothing_more_when_it_closes_and_still_says_so)
{
    cr_assert_eq(get("/slow"), ERR_OK);
    while (get("/hello") == ERR_OK)
        ;
    fetcher_close(fetcher);
    fetcher = NULL;
    /* Two wait, and a third if the first is under way already. */
    cr_expect(done >= 2 && unavailable >= done - 1 && ok + unavailable == done, "%d done, %d unavailable, %d ok", done,
              unavailable, ok);
}

static char told[100];

static void on_traced(void *ctx, enum err e, const struct fetched *answer)
{
    (void)ctx;
    cr_expect_eq(e, ERR_OK);
    cr_expect_str_eq(trace_current()->span, "00000000000000ab", "its log lines too");
    snprintf(told, sizeof told, "%.*s", 36, (const char *)answer->body.p);
    atomic_fetch_add(&done, 1);
}

Test(fetcher, works_in_the_trace_of_whoever_ordered)
{
    char url[64];
    struct trace t;
    snprintf(url, sizeof url, "http://localhost:%u/trace", server_port(server, 0));
    trace_begin(&t, 0x12, 0xab);
    trace_enter(&t);
    cr_assert_eq(fetcher_get(fetcher, view_text(url), &limits, on_traced, NULL), ERR_OK);
    trace_enter(NULL);
    memset(&t, 0, sizeof t); /* its own copy: the request may be over */
    wait_for(1);
    cr_expect_str_eq(told, "00-000000000000001200000000000000ab-");
}
