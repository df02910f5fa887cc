/* What services serve at an address, got for one request without a worker that waits. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>

#include "http/server.h"
#include "idp/state/documents.h"

static struct arena arena;
static struct server *server;
static struct fetch *fetch;
static struct documents *documents;
static struct request request;
static struct answer answer;
static struct op op;
static struct visit visit;
static atomic_int asked;
static atomic_bool slow;

static void serve(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    asked++;
    while (slow)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    answer_body(a, 200, "application/json", VIEW("[1]"));
}

static const struct route ROUTES[] = {{METHOD_GET, "/list.json", serve, 0, ROUTE_SLOW}};

static void begin_request(void)
{
    arena_open(&arena, 1 << 20);
    request = (struct request){.arena = &arena, .id = "0123456789abcdef"};
    answer_open(&answer, &arena);
    visit = (struct visit){.op = &op, .request = &request, .answer = &answer, .arena = &arena};
}

static void open_all(void)
{
    static const char *const listen[] = {"127.0.0.1:0"}, *const hosts[] = {"127.0.0.1"};
    const struct server_config config = {.listen = listen,
                                         .n_listen = 1,
                                         .hosts = hosts,
                                         .n_hosts = 1,
                                         .routes = ROUTES,
                                         .n_routes = 1,
                                         .workers = 1,
                                         .slow_workers = 1};

    slow = false;
    cr_assert_eq(server_open(&server, &config), ERR_OK);
    cr_assert_eq(fetch_open(&fetch, &(struct fetch_config){.private_allowed = true}), ERR_OK);
    cr_assert_eq(documents_open(&documents, fetch), ERR_OK);
    op = (struct op){.documents = documents};
    begin_request();
}

static void close_all(void)
{
    slow = false;
    arena_close(&arena);
    documents_close(documents);
    fetch_close(fetch);
    server_close(server);
}

TestSuite(documents, .init = open_all, .fini = close_all, .timeout = 30);

static enum err get(struct fetched *out, const char *path)
{
    const char *url = arena_printf(&arena, "http://127.0.0.1:%u%s", server_port(server, 0), path);

    *out = (struct fetched){0};
    return documents_get(out, &visit, view_text(url));
}

/* As the server does: calls again when it is ready. */
static enum err get_in_the_end(struct fetched *out, const char *path)
{
    enum err e = get(out, path);

    while (e == ERR_BUSY) {
        cr_assert_not_null(answer.ready);
        while (!answer.ready(answer.ready_ctx))
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        e = get(out, path);
    }
    return e;
}

Test(documents, nobody_waits_in_a_worker)
{
    struct fetched got;

    slow = true;
    cr_expect_eq(get(&got, "/list.json"), ERR_BUSY);
    cr_assert_not_null(answer.ready);
    cr_expect_not(answer.ready(answer.ready_ctx));
    cr_expect_gt(answer.patience_ms, 1000);
}

Test(documents, who_has_waited_long_enough_is_told)
{
    struct fetched got;

    slow = true;
    cr_expect_eq(get(&got, "/list.json"), ERR_BUSY);
    request.waited = true;
    cr_expect_eq(get(&got, "/list.json"), ERR_TIMEOUT);
}

Test(documents, what_came_is_there_when_the_handler_is_called_again_and_is_fetched_once)
{
    struct fetched got;

    cr_assert_eq(get_in_the_end(&got, "/list.json"), ERR_OK);
    cr_expect_eq(got.status, 200);
    cr_expect(view_equal_text(got.body, "[1]"));
    cr_expect(view_equal_text(got.content_type, "application/json"));
    cr_assert_eq(get(&got, "/list.json"), ERR_OK);
    cr_expect_eq(asked, 1);
}

Test(documents, another_request_fetches_again)
{
    struct fetched got;

    cr_assert_eq(get_in_the_end(&got, "/list.json"), ERR_OK);
    arena_close(&arena);
    begin_request();
    cr_assert_eq(get_in_the_end(&got, "/list.json"), ERR_OK);
    cr_expect_eq(asked, 2);
}

Test(documents, a_request_that_ends_while_it_is_fetched_leaves_nothing_behind)
{
    struct fetched got;

    slow = true;
    cr_expect_eq(get(&got, "/list.json"), ERR_BUSY);
    arena_close(&arena);
    slow = false;
    begin_request();
    cr_assert_eq(get_in_the_end(&got, "/list.json"), ERR_OK, "the new one is not given the old one's");
}

Test(documents, what_cannot_be_had_is_an_error_and_a_status_is_an_answer)
{
    struct fetched got;

    cr_assert_eq(get_in_the_end(&got, "/nowhere"), ERR_OK);
    cr_expect_eq(got.status, 404);
    cr_expect_eq(documents_get(&got, &visit, VIEW("http://127.0.0.1:1/")), ERR_BUSY);
    while (!answer.ready(answer.ready_ctx))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    cr_expect_eq(documents_get(&got, &visit, VIEW("http://127.0.0.1:1/")), ERR_UNAVAILABLE);
}
