#include <criterion/criterion.h>

#include "http/intake.h"

static void nothing(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    (void)a;
}

static const struct route routes[] = {{METHOD_GET, "/a", nothing, 0, 0}};
static const char *const hosts[] = {"a.example"};
static struct route_table *table;

static void open_table(void)
{
    cr_assert_eq(route_table_open(&table, routes, 1), ERR_OK);
}

static void close_table(void)
{
    route_table_close(table);
}

TestSuite(intake, .init = open_table, .fini = close_table);

/* The status that a request with this query and this header gets; 0: it is let in. */
static int status_of(struct view query, struct view name, struct view value)
{
    const struct intake in = {
        .routes = table, .hosts = hosts, .n_hosts = 1, .line_max = 100, .head_max = 1000, .headers_max = 4};
    const struct header headers[] = {{VIEW("host"), VIEW("A.example")}, {name, value}};
    struct request r = {
        .method = METHOD_GET, .path = VIEW("/a"), .query_raw = query, .headers = headers, .n_headers = 2};
    const struct intake_head head = {.target_bytes = r.path.n + 1 + query.n};
    struct body_plan body;
    struct fault fault = {0};
    unsigned allowed;
    intake_check(&in, &r, &head, &body, &allowed, &fault);
    return fault.status;
}

/* TEXT of N letters with C among them. */
static struct view letters_with(char text[40], size_t n, size_t at, int c)
{
    memset(text, 'x', 40);
    text[at] = (char)c;
    return view_bytes(text, n);
}

/* Every byte wherever it stands, since sixteen are looked at together: RFC 9110 5.6.2, 5.5, RFC 3986 3.4. */
Test(intake, knows_what_a_header_and_a_query_may_have_in_them)
{
    static const char marks[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char text[40];
    for (int c = 0; c < 256; c++)
        for (size_t n = 1; n < 36; n++)
            for (size_t at = 0; at < n; at += n < 18 ? 1 : 5) {
                struct view v = letters_with(text, n, at, c);
                bool is_token = c && strchr(marks, c), is_value = (c >= 0x20 && c != 0x7F) || c == '\t';
                cr_assert_eq(status_of(VIEW(""), v, VIEW("y")), is_token ? 0 : 400, "name: %d at %zu of %zu", c, at, n);
                cr_assert_eq(status_of(VIEW(""), VIEW("X"), v), is_value ? 0 : 400, "value: %d at %zu of %zu", c, at,
                             n);
                cr_assert_eq(status_of(v, VIEW("X"), VIEW("y")), c > 0x20 && c != 0x7F ? 0 : 400,
                             "query: %d at %zu of %zu", c, at, n);
            }
    cr_expect_eq(status_of(VIEW(""), VIEW(""), VIEW("y")), 400);
    cr_expect_eq(status_of(VIEW(""), VIEW("X"), VIEW("")), 0);
}

Test(intake, finds_a_header_in_any_case_and_no_other_of_its_length)
{
    const struct header headers[] = {{VIEW("x-KEY"), VIEW("1")},  {VIEW("x-kez"), VIEW("2")},
                                     {VIEW("X\rkey"), VIEW("3")}, {VIEW("X-keyy"), VIEW("4")},
                                     {VIEW(""), VIEW("5")},       {VIEW("X-kez"), VIEW("6")}};
    const struct request r = {.headers = headers, .n_headers = 6};
    cr_expect(view_equal_text(request_header(&r, "X-Key"), "1"));
    cr_expect_eq(request_header_count(&r, "X-Key"), 1);
    cr_expect_not(view_is(request_header(&r, "X-Kez")), "there twice");
    cr_expect_eq(request_header_count(&r, "X-Kez"), 2);
    cr_expect_eq(request_header_count(&r, "X-Ke"), 0);
}
