#include <criterion/criterion.h>

#include "http/route.h"

static void nothing(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    (void)a;
}

static const struct route routes[] = {
    {METHOD_GET, "/", nothing, 0, 0},
    {METHOD_GET, "/token", nothing, 0, 0},
    {METHOD_POST, "/token", nothing, 9, 0},
    {METHOD_POST, "/only", nothing, 9, 0},
    {METHOD_GET, "/a/*", nothing, 0, 0},
    {METHOD_GET, "/a/b/*", nothing, 0, 0},
    {METHOD_GET, "/a/b/c", nothing, 0, 0},
    {METHOD_GET, "/r/*", nothing, 0, 0},
    {METHOD_DELETE, "/r/*", nothing, 0, 0},
    {METHOD_PUT, "/r/*", nothing, 9, ROUTE_BODY},
    {METHOD_GET, "/do/*", nothing, 0, ROUTE_NO_HEAD},
};
static struct arena arena;
static struct route_table *table;
static struct view tail;
static unsigned allowed;

static const struct route *find(enum method m, const char *path)
{
    return route_find(table, m, view_text(path), &tail, &allowed);
}

static void open_table(void)
{
    arena_open(&arena, 1 << 16);
    cr_assert_eq(route_table_open(&table, routes, sizeof(routes) / sizeof(routes[0])), ERR_OK);
}

static void close_table(void)
{
    route_table_close(table);
    arena_close(&arena);
}

TestSuite(route, .init = open_table, .fini = close_table);

Test(route, finds_nothing_for_paths_that_are_only_alike)
{
    cr_expect_null(find(METHOD_GET, "/tokens"));
    cr_expect_eq(allowed, 0);
    cr_expect_null(find(METHOD_GET, "/token/"));
    cr_expect_null(find(METHOD_GET, "/Token"));
    cr_expect_null(find(METHOD_GET, "token"));
    cr_expect_null(find(METHOD_GET, "/a"));
    cr_expect_null(find(METHOD_GET, ""));
    cr_expect_null(find(METHOD_GET, "//"));
}

Test(route, tells_which_methods_a_path_has)
{
    cr_expect_null(find(METHOD_OTHER, "/token"));
    cr_expect_str_eq(route_allow_text(&arena, allowed), "GET, HEAD, POST");
    cr_expect_null(find(METHOD_GET, "/only"));
    cr_expect_str_eq(route_allow_text(&arena, allowed), "POST");
    cr_expect_null(find(METHOD_HEAD, "/only"));
    cr_expect_null(find(METHOD_POST, "/"));
    cr_expect_str_eq(route_allow_text(&arena, allowed), "GET, HEAD");
}

Test(route, puts_and_deletes_only_where_a_path_says_so)
{
    cr_expect_null(find(METHOD_PUT, "/token"));
    cr_expect_null(find(METHOD_DELETE, "/token"));
    cr_expect_null(find(METHOD_DELETE, "/a/x"));
    cr_expect_null(find(METHOD_POST, "/r/x"));
    cr_expect_str_eq(route_allow_text(&arena, allowed), "GET, HEAD, PUT, DELETE");
    cr_expect_eq(find(METHOD_DELETE, "/r/x"), &routes[8]);
    cr_expect_eq(find(METHOD_PUT, "/r/x"), &routes[9]);
    cr_expect(view_equal_text(tail, "x"));
}

Test(route, gives_no_head_of_what_does_something)
{
    cr_expect_eq(find(METHOD_GET, "/do/x"), &routes[10]);
    cr_expect_eq(find(METHOD_HEAD, "/a/x"), &routes[4]);
    cr_expect_null(find(METHOD_HEAD, "/do/x"));
    cr_expect_str_eq(route_allow_text(&arena, allowed), "GET");
}

Test(route, finds_exact_paths)
{
    cr_expect_eq(find(METHOD_GET, "/"), &routes[0]);
    cr_expect_eq(find(METHOD_GET, "/token"), &routes[1]);
    cr_expect_eq(find(METHOD_HEAD, "/token"), &routes[1]);
    cr_expect_eq(find(METHOD_POST, "/token"), &routes[2]);
    cr_expect_not(view_is(tail));
}

Test(route, takes_the_longest_prefix)
{
    cr_expect_eq(find(METHOD_GET, "/a/x"), &routes[4]);
    cr_expect(view_equal_text(tail, "x"));
    cr_expect_eq(find(METHOD_GET, "/a/b/x/y"), &routes[5]);
    cr_expect(view_equal_text(tail, "x/y"));
    cr_expect_eq(find(METHOD_GET, "/a/b/c"), &routes[6]);
    cr_expect_eq(find(METHOD_GET, "/a/"), &routes[4]);
    cr_expect(view_is(tail) && tail.n == 0);
}

Test(route, refuses_a_table_with_a_path_twice)
{
    static const struct route twice[] = {{METHOD_GET, "/x", nothing, 0, 0}, {METHOD_GET, "/x", nothing, 0, 0}};
    static const struct route relative[] = {{METHOD_GET, "x", nothing, 0, 0}};
    static const struct route formless[] = {{METHOD_PUT, "/x", nothing, 9, 0}};
    static const struct route head[] = {{METHOD_HEAD, "/x", nothing, 0, 0}};
    static const struct route headless[] = {{METHOD_GET, "/x", NULL, 0, 0}};
    struct route_table *t;
    cr_expect_eq(route_table_open(&t, twice, 2), ERR_CONFIG);
    cr_expect_eq(route_table_open(&t, relative, 1), ERR_CONFIG);
    cr_expect_eq(route_table_open(&t, headless, 1), ERR_CONFIG);
    cr_expect_eq(route_table_open(&t, formless, 1), ERR_CONFIG);
    cr_expect_eq(route_table_open(&t, head, 1), ERR_CONFIG);
    cr_expect_null(t);
}
