#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/pool.h"
#include "wire.h"

static struct wire_answer got;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void expect(const struct server *s, const char *request, int status)
{
    wire_ask(s, request, &got);
    cr_expect_eq(got.status, status, "%d instead of %d for %.80s", got.status, status, request);
}

Test(server, answers_a_request_with_safe_headers)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/hello", &got);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body, "hello");
    cr_expect_str_eq(wire_header(&got, "X-Content-Type-Options"), "nosniff");
    cr_expect_str_eq(wire_header(&got, "X-Frame-Options"), "DENY");
    cr_expect_str_eq(wire_header(&got, "Referrer-Policy"), "no-referrer");
    cr_expect_str_eq(wire_header(&got, "Cache-Control"), "no-store");
    cr_expect_str_eq(wire_header(&got, "Cross-Origin-Opener-Policy"), "same-origin");
    cr_expect_str_eq(wire_header(&got, "Cross-Origin-Resource-Policy"), "same-origin");
    cr_expect_not_null(strstr(wire_header(&got, "Content-Security-Policy"), "default-src 'none'"));
    cr_expect_null(wire_header(&got, "Strict-Transport-Security"));
    cr_expect_null(wire_header(&got, "Server"));
    server_close(s);
}

static void with_hsts(struct server_config *c)
{
    c->hsts = true;
}

Test(server, says_strict_transport_security_when_asked)
{
    struct server *s = wire_serve(with_hsts);
    wire_get(s, "/hello", &got);
    cr_expect_not_null(wire_header(&got, "Strict-Transport-Security"));
    server_close(s);
}

static void expect_kept(int fd, const char *what, const char *body)
{
    char text[200];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", what);
    wire_send(fd, text);
    wire_read(fd, &got);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body, body);
    cr_expect_str_eq(wire_header(&got, "Cache-Control"), "public, max-age=3600");
    cr_expect_str_eq(wire_header(&got, "X-Content-Type-Options"), "nosniff");
}

static void with_one_worker(struct server_config *c)
{
    c->workers = 1;
}

Test(server, a_kept_answer_is_the_newest_one)
{
    static const char *const texts[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    for (size_t i = 0; i < 6; i++) {
        for (int k = 0; k < 3; k++)
            expect_kept(fd, "/kept/", texts[i]);
        cr_expect_null(wire_header(&got, "Connection"));
        expect_kept(fd, "/kept/?0", "first"); /* more of them than are kept */
        if (i < 5)
            wire_change_kept();
    }
    close(fd);
    server_close(s);
}

Test(server, a_kept_answer_leaves_no_body_after_head)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    expect_kept(fd, "/kept/", "first");
    wire_send(fd, "HEAD /kept/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read_head(fd, &got);
    cr_expect_str_eq(wire_header(&got, "Content-Length"), "5");
    expect_kept(fd, "/kept/", "first");
    close(fd);
    server_close(s);
}

Test(server, an_answer_with_headers_of_its_own_is_not_kept)
{
    char id[20];
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    expect_kept(fd, "/kept/tagged", "first");
    snprintf(id, sizeof id, "%s", wire_header(&got, "X-Request"));
    expect_kept(fd, "/kept/tagged", "first");
    cr_expect_str_neq(wire_header(&got, "X-Request"), id);
    expect_kept(fd, "/kept/", "first");
    cr_expect_null(wire_header(&got, "X-Request"));
    wire_send(fd, "GET /kept/broken HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_eq(got.status, 500);
    close(fd);
    server_close(s);
}

Test(server, says_that_the_connection_ends_also_with_a_kept_answer)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    expect_kept(fd, "/kept/", "first");
    wire_send(fd, "GET /kept/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_str_eq(wire_header(&got, "Connection"), "close");
    cr_expect(wire_ended(fd));
    close(fd);
    fd = wire_connect(s);
    expect_kept(fd, "/kept/", "first");
    server_drain(s, 0);
    expect_kept(fd, "/kept/", "first");
    cr_expect_str_eq(wire_header(&got, "Connection"), "close");
    close(fd);
    server_close(s);
}

Test(server, a_kept_answer_may_come_from_a_slow_worker)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    for (int i = 0; i < 3; i++) {
        expect_kept(fd, "/kept-slow/", "first");
        expect_kept(fd, "/kept/", "first");
    }
    close(fd);
    server_close(s);
}

Test(server, keeps_the_connection_for_the_next_request)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    for (int i = 0; i < 3; i++) {
        wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire_read(fd, &got);
        cr_expect_eq(got.status, 200);
        wire_send(fd, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire_read(fd, &got);
        cr_expect_eq(got.status, 404, "a refusal does not end the connection");
    }
    close(fd);
    server_close(s);
}

Test(server, answers_pipelined_requests_in_order)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    wire_send(fd, "GET /assets/1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /assets/2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    char all[4096] = "";
    size_t n = 0;
    while (n < sizeof(all) - 1 && !strstr(all, "\r\n\r\n2")) {
        ssize_t more = read(fd, all + n, sizeof(all) - 1 - n);
        cr_assert_gt(more, 0);
        n += (size_t)more;
    }
    cr_expect_not_null(strstr(all, "\r\n\r\n1HTTP/1.1 200"));
    close(fd);
    server_close(s);
}

Test(server, answers_head_without_a_body)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    wire_send(fd, "HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read_head(fd, &got);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(wire_header(&got, "Content-Length"), "5");
    wire_send(fd, "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_str_eq(got.body, "GET\n", "the answer to HEAD had no body left on the wire");
    close(fd);
    server_close(s);
}

Test(server, refuses_unknown_paths_and_methods)
{
    struct server *s = wire_serve(NULL);
    expect(s, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", 404);
    expect(s, "GET /hello/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404);
    expect(s, "GET /hell%6f HTTP/1.1\r\nHost: localhost\r\n\r\n", 404);
    expect(s, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 405);
    cr_expect_str_eq(wire_header(&got, "Allow"), "GET, HEAD");
    expect(s, "DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 405);
    cr_expect_str_eq(wire_header(&got, "Allow"), "GET, HEAD, POST");
    expect(s, "GET /raw HTTP/1.1\r\nHost: localhost\r\n\r\n", 405);
    cr_expect_str_eq(wire_header(&got, "Allow"), "POST");
    expect(s, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    server_close(s);
}

Test(server, refuses_a_foreign_host)
{
    struct server *s = wire_serve(NULL);
    char text[200];
    expect(s, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost:\r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost.\r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\nHost: \r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\nHost: user@localhost\r\n\r\n", 421);
    expect(s, "GET /hello HTTP/1.1\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.0\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.1\r\nHost: LocalHost\r\n\r\n", 200);
    snprintf(text, sizeof(text), "GET /hello HTTP/1.1\r\nHost: id.example:%u\r\n\r\n", server_port(s, 0));
    expect(s, text, 200);
    server_close(s);
}

Test(server, refuses_bad_query_parameters_by_name)
{
    static const struct {
        const char *target, *says;
    } cases[] = {{"/echo?a=1&a=2", "a: sent more than once"},
                 {"/echo?a=%4", "a: bad percent encoding"},
                 {"/echo?a=%zz", "a: bad percent encoding"},
                 {"/echo?a=%", "a: bad percent encoding"},
                 {"/echo?state=%00", "state: contains NUL"},
                 {"/echo?a=x%00y", "a: contains NUL"},
                 {"/echo?a=%ff", "a: not UTF-8"},
                 {"/echo?a=%ed%a0%80", "a: not UTF-8"},
                 {"/echo?a=%c0%af", "a: not UTF-8"},
                 {"/echo?=x", "parameter without a name"},
                 {"/echo?%61=1&a=2", "a: sent more than once"},
                 {"/echo?a%00=1", "contains NUL"}};
    struct server *s = wire_serve(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_get(s, cases[i].target, &got);
        cr_expect_eq(got.status, 400, "%s gave %d", cases[i].target, got.status);
        cr_expect_not_null(strstr(got.body, cases[i].says), "%s said %s", cases[i].target, got.body);
    }
    server_close(s);
}

Test(server, refuses_bad_form_parameters_by_name)
{
    struct server *s = wire_serve(NULL);
    wire_post(s, "/echo", "code=1&code=2", &got);
    cr_expect_eq(got.status, 400);
    cr_expect_not_null(strstr(got.body, "code: sent more than once"));
    wire_post(s, "/echo", "code=%ff", &got);
    cr_expect_eq(got.status, 400);
    wire_post(s, "/echo?code=1", "code=2", &got);
    cr_expect_eq(got.status, 200, "query and form are two lists");
    cr_expect_str_eq(got.body, "POST\nquery code=1\nform code=2\n");
    server_close(s);
}

static char *repeated(const char *piece, size_t n, const char *before, const char *after)
{
    size_t each = strlen(piece), from = strlen(before);
    char *text = calloc(1, from + n * each + strlen(after) + 1);
    memcpy(text, before, from);
    for (size_t i = 0; i < n; i++)
        memcpy(text + from + i * each, piece, each);
    memcpy(text + from + n * each, after, strlen(after));
    return text;
}

Test(server, refuses_too_much_of_anything)
{
    struct server *s = wire_serve(NULL);
    char *many = repeated("a&", 3000, "GET /echo?", " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(s, many, 400);
    cr_expect_not_null(strstr(got.body, "too many parameters"));
    char *value = repeated("v", 7300, "GET /echo?state=", " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(s, value, 400);
    cr_expect_not_null(strstr(got.body, "state: too long"));
    char *line = repeated("/", 8200, "GET ", " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(s, line, 414);
    char *huge_line = repeated("/", 100000, "GET ", " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(s, huge_line, 414);
    char *headers = repeated("X: y\r\n", 70, "GET /hello HTTP/1.1\r\nHost: localhost\r\n", "\r\n");
    expect(s, headers, 431);
    char *more_headers = repeated("X: y\r\n", 200, "GET /hello HTTP/1.1\r\nHost: localhost\r\n", "\r\n");
    expect(s, more_headers, 431);
    char *header = repeated("y", 17000, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ", "\r\n\r\n");
    expect(s, header, 431);
    char *huge_header = repeated("y", 200000, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ", "\r\n\r\n");
    expect(s, huge_header, 431);
    free(many), free(value), free(line), free(huge_line);
    free(headers), free(more_headers), free(header), free(huge_header);
    server_close(s);
}

Test(server, takes_a_long_query_up_to_the_limit)
{
    struct server *s = wire_serve(NULL);
    char *line = repeated("v", 7168, "GET /echo?state=", " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(s, line, 200);
    cr_expect_eq(got.body_n, strlen("GET\nquery state=\n") + 7168);
    free(line);
    server_close(s);
}

Test(server, refuses_a_body_that_is_too_large)
{
    struct server *s = wire_serve(NULL);
    char *body = repeated("b", 1001, "", "");
    wire_post(s, "/echo", body, &got);
    cr_expect_eq(got.status, 413);
    wire_post(s, "/hello", "x", &got);
    cr_expect_eq(got.status, 405);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 413);
    expect(s, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413);
    int fd = wire_connect(s);
    wire_send(fd, "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
    wire_send(fd, body);
    wire_send(fd, "\r\n0\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_eq(got.status, 413, "%d: a chunked body has no declared size, so it is counted", got.status);
    close(fd);
    free(body);
    server_close(s);
}

Test(server, keeps_the_connection_after_a_small_refused_body)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    wire_send(fd, "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
    wire_read(fd, &got);
    cr_expect_eq(got.status, 404);
    wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_eq(got.status, 200);
    close(fd);
    server_close(s);
}

Test(server, reads_bodies_whole_and_chunked)
{
    struct server *s = wire_serve(NULL);
    wire_post(s, "/echo", "a=1&b=%E7%8E%84%E9%96%A2&c=x+y&d=", &got);
    cr_expect_str_eq(got.body, "POST\nform a=1\nform b=玄関\nform c=x y\nform d=\n");
    expect(
        s,
        "POST /raw HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
        200);
    cr_expect_str_eq(got.body, "abcde");
    int fd = wire_connect(s);
    wire_send(fd, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000\r\n\r\n");
    for (int i = 0; i < 40; i++) {
        char piece[1000];
        memset(piece, 'a' + i % 26, sizeof(piece));
        wire_send_bytes(fd, piece, sizeof(piece));
    }
    wire_read(fd, &got);
    cr_expect_eq(got.body_n, 40000);
    cr_expect_eq(got.body[39999], 'a' + 39 % 26);
    close(fd);
    server_close(s);
}

Test(server, reads_a_body_that_waits_for_100_continue)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    wire_send(fd, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_eq(got.status, 100);
    wire_send(fd, "ok");
    wire_read(fd, &got);
    cr_expect_str_eq(got.body, "ok");
    close(fd);
    server_close(s);
}

Test(server, refuses_a_body_of_another_type_on_a_form_route)
{
    struct server *s = wire_serve(NULL);
    expect(s, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
           415);
    expect(s, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=1", 415);
    expect(s,
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded; "
           "charset=Shift_JIS\r\nContent-Length: 3\r\n\r\na=1",
           415);
    expect(s,
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded; "
           "charset=UTF-8\r\nContent-Length: 3\r\n\r\na=1",
           200);
    expect(s,
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n"
           "Content-Length: 3\r\n\r\na=1",
           400);
    server_close(s);
}

Test(server, refuses_ambiguous_bodies)
{
    struct server *s = wire_serve(NULL);
    expect(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400);
    expect(s,
           "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           400);
    expect(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400);
    expect(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2x\r\n\r\nab", 400);
    expect(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: -2\r\n\r\nab", 400);
    expect(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\nab", 400);
    expect(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
    server_close(s);
}

static void expect_bytes(const struct server *s, const void *p, size_t n, int status)
{
    int fd = wire_connect(s);
    wire_send_bytes(fd, p, n);
    wire_read(fd, &got);
    cr_expect_eq(got.status, status, "%d instead of %d for %.40s", got.status, status, (const char *)p);
    close(fd);
}
#define EXPECT_BYTES(S, LITERAL, STATUS) expect_bytes(S, LITERAL, sizeof(LITERAL) - 1, STATUS)

Test(server, refuses_nul_and_control_characters_in_the_head)
{
    struct server *s = wire_serve(NULL);
    EXPECT_BYTES(s, "GET /hello\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /echo?a=1\0&b=2 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /echo?\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: a\0bcd\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hello HTTP/1.1\r\nX: a\0bcd\r\nHost: localhost\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: a\x01\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hell\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hell\xc3\xb6 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400);
    EXPECT_BYTES(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: \xe7\x8e\x84\r\n\r\n", 200);
    server_close(s);
}

/* Whatever stands before and behind it: bytes are looked at eight at a time. */
Test(server, refuses_a_control_character_anywhere_in_the_query)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const struct {
        char c;
        int status;
    } rows[] = {{0x01, 400}, {0x1F, 400}, {0x7F, 400}, {'!', 200}, {'~', 200}};
    struct server *s = wire_serve(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int before = 0; before < 17; before++) {
            char text[200];
            int n = snprintf(text, sizeof text, "GET /echo?%.*s%cb%.*s HTTP/1.1\r\nHost: localhost\r\n\r\n", before,
                             letters, rows[i].c, 17 - before, letters);
            expect_bytes(s, text, (size_t)n, rows[i].status);
        }
    EXPECT_BYTES(s, "GET /echo?abcdefgh\xe7\x8e\x84=\x80\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400); /* no UTF-8 */
    cr_expect_not_null(strstr(got.body, "UTF-8"), "%s", got.body);
    EXPECT_BYTES(s, "GET /echo?abcdefgh\xe7\x8e\x84=\xe7\x8e\x84 HTTP/1.1\r\nHost: localhost\r\n\r\n", 200);
    server_close(s);
}

Test(server, refuses_malformed_header_lines)
{
    struct server *s = wire_serve(NULL);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: y\r\n folded\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\n: y\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", 400);
    expect(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 200);
    server_close(s);
}

Test(server, reads_cookies_and_ignores_doubled_ones)
{
    struct server *s = wire_serve(NULL);
    expect(s, "GET /cookie HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; __Host-session=xyz\r\n\r\n", 200);
    cr_expect_str_eq(got.body, "xyz");
    cr_expect_str_eq(wire_header(&got, "Set-Cookie"), "__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
    expect(s, "GET /cookie HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-session=x; __Host-session=y\r\n\r\n", 200);
    cr_expect_str_eq(got.body, "(absent)");
    expect(s, "GET /cookie HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-session=x\r\nCookie: __Host-session=x\r\n\r\n",
           200);
    cr_expect_str_eq(got.body, "(absent)");
    expect(s, "GET /cookie HTTP/1.1\r\nHost: localhost\r\nCookie: a=1\r\nCookie: __Host-session=z\r\n\r\n", 200);
    cr_expect_str_eq(got.body, "z");
    server_close(s);
}

Test(server, gives_prefix_routes_their_tail)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/assets/a/b.css?v=1", &got);
    cr_expect_str_eq(got.body, "a/b.css");
    cr_expect_str_eq(wire_header(&got, "Cache-Control"), "public, max-age=60");
    wire_get(s, "/assets", &got);
    cr_expect_eq(got.status, 404);
    server_close(s);
}

Test(server, redirects_and_keeps_the_encoding)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/leave", &got);
    cr_expect_eq(got.status, 303);
    cr_expect_str_eq(wire_header(&got, "Location"), "https://rp.example/cb?code=a%20b");
    server_close(s);
}

Test(server, never_sends_a_split_header)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/broken", &got);
    cr_expect_eq(got.status, 500);
    cr_expect_null(wire_header(&got, "Set-Cookie"));
    server_close(s);
}

Test(server, sends_large_answers_whole)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/big", &got);
    cr_expect_eq(got.body_n, 60000);
    cr_expect_eq(got.body[59999], 'x');
    server_close(s);
}

Test(server, limits_the_memory_of_a_request)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/memory", &got);
    cr_expect_str_eq(got.body, "limited");
    server_close(s);
}

Test(server, knows_the_peer)
{
    struct server *s = wire_serve(NULL);
    wire_get(s, "/peer", &got);
    cr_expect_eq(strncmp(got.body, "127.0.0.1 ", 10), 0, "%s", got.body);
    server_close(s);
}

/* --- answers that are kept back --- */

static void expect_held(const struct server *s, const char *how, int status)
{
    char path[64];
    snprintf(path, sizeof(path), "/held/%s", how);
    wire_get(s, path, &got);
    cr_expect_eq(got.status, status, "%s: %d", path, got.status);
    cr_expect_eq(strcmp(got.body, "held") == 0, status == 200, "%s: nothing of it leaves when it could not be recorded",
                 path);
    snprintf(path, sizeof(path), "/held-slow/%s", how);
    wire_get(s, path, &got);
    cr_expect_eq(got.status, status, "%s: %d", path, got.status);
}

Test(server, sends_a_503_in_place_of_an_answer_that_could_not_be_recorded)
{
    struct server *s = wire_serve(NULL);
    expect_held(s, "fail", 503);
    server_close(s);
}

Test(server, sends_an_answer_that_was_recorded)
{
    struct server *s = wire_serve(NULL);
    for (int i = 0; i < 200; i++)
        expect_held(s, "now", 200);
    cr_expect_geq(wire_settled("now"), 200, "each after its own record");
    server_close(s);
}

static void say_hello(int fd)
{
    wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_str_eq(got.body, "hello");
}

static void expect_status(int fd, int status)
{
    wire_read(fd, &got);
    cr_expect_eq(got.status, status, "%d", got.status);
    say_hello(fd); /* the connection goes on */
    close(fd);
}

static void wait_until_settled(const char *name, int times)
{
    for (int i = 0; i < 5000 && wire_settled(name) < times; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    cr_assert_eq(wire_settled(name), times);
}

/* While the worker is at the disk for the first, four others come: they are worked on together, then recorded together,
 * those of one disk at once. */
Test(server, goes_to_the_disk_once_for_all_answers_that_wait_for_it)
{
    struct server *s = wire_serve(with_one_worker);
    int first = wire_connect(s), others[4];
    char c;
    say_hello(first);
    for (int i = 0; i < 4; i++)
        say_hello(others[i] = wire_connect(s));
    wire_send(first, "GET /held/wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_until_settled("wait", 1);
    cr_expect_lt(recv(first, &c, 1, MSG_DONTWAIT), 0, "nothing is told before");
    for (int i = 0; i < 3; i++)
        wire_send(others[i], "GET /held/now HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_send(others[3], "GET /held/fail HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_let_go();
    expect_status(first, 200);
    for (int i = 0; i < 4; i++)
        expect_status(others[i], i == 3 ? 503 : 200);
    cr_expect_leq(wire_settled("now"), 2, "at most two: the one that failed may have come between them");
    server_close(s);
}

/* Heads are made once for many answers, bodies are each one's own. */
Test(server, answers_of_one_length_that_are_sent_at_once_are_not_mixed_up)
{
    static const char *const texts[] = {"one", "two", "six", "ten"};
    struct server *s = wire_serve(with_one_worker);
    int first = wire_connect(s), others[4];
    say_hello(first);
    for (int i = 0; i < 4; i++)
        say_hello(others[i] = wire_connect(s));
    wire_send(first, "GET /held/wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_until_settled("wait", 1);
    for (int i = 0; i < 4; i++) {
        char text[100];
        snprintf(text, sizeof text, "GET /held/now?b=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", texts[i]);
        wire_send(others[i], text);
    }
    wire_let_go();
    for (int i = 0; i < 4; i++) {
        wire_read(others[i], &got);
        cr_expect_eq(got.status, 200);
        cr_expect_str_eq(got.body, texts[i]);
        close(others[i]);
    }
    wire_read(first, &got);
    cr_expect_str_eq(got.body, "held");
    close(first);
    server_close(s);
}

Test(server, an_answer_of_the_same_length_has_its_own_headers)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    for (int i = 0; i < 3; i++) {
        wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"); /* five bytes */
        wire_read(fd, &got);
        cr_expect_str_eq(got.body, "hello");
        cr_expect_str_eq(wire_header(&got, "Cache-Control"), "no-store");
        expect_kept(fd, "/kept/", "first"); /* five bytes, another Cache-Control */
        wire_send(fd, "GET /held/now?b=hallo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        wire_read(fd, &got);
        cr_expect_str_eq(got.body, "hallo");
        cr_expect_str_eq(wire_header(&got, "Connection"), "close");
        close(fd);
        fd = wire_connect(s);
    }
    close(fd);
    server_close(s);
}

/* --- redirects: a head that they share, in which each has a Location of its own for a while --- */

static int lines_of(const char *name)
{
    int n = 0;
    char line[64];
    snprintf(line, sizeof line, "\r\n%s:", name);
    for (const char *at = got.head; (at = strstr(at, line)); at += 2)
        n++;
    return n;
}

static void ask_go(int fd, const char *method, const char *name, const char *url, const char *heads)
{
    char text[600];
    snprintf(text, sizeof text, "%s /go%s?%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method, name, url, heads);
    wire_send(fd, text);
}

/* There is one Location, that of this answer, and as much else as of other answers. */
static void expect_gone(const char *url)
{
    cr_expect_eq(got.status, 303, "%d", got.status);
    cr_expect_eq(lines_of("Location"), 1, "%s", got.head);
    cr_expect_str_eq(wire_header(&got, "Location"), url);
    cr_expect_str_eq(wire_header(&got, "X-Content-Type-Options"), "nosniff");
    cr_expect_eq(lines_of("Cache-Control"), 1);
    cr_expect_str_eq(wire_header(&got, "Content-Length"), got.body_n ? "5" : "0");
}

static void expect_go(int fd, const char *name, const char *url)
{
    ask_go(fd, "GET", name, url, "");
    wire_read(fd, &got);
    expect_gone(url);
}

static void expect_bare_go(int fd, const char *url)
{
    static const char *const others[] = {"Set-Cookie", "X-Request", "Pragma", "Connection", "Content-Type"};
    expect_go(fd, "/", url);
    cr_expect_str_eq(wire_header(&got, "Cache-Control"), "no-store");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_eq(lines_of(others[i]), 0, "%s", others[i]);
}

Test(server, a_redirect_has_its_own_location_and_no_other)
{
    static const char *const urls[] = {"https://rp.example/?code=one", "https://rp.example/?code=two",
                                       "https://rp.example/", "https://rp.example/a/longer/one?code=three&state=four"};
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    for (int i = 0; i < 12; i++) {
        expect_bare_go(fd, urls[i % 4]);
        if (i % 3 == 0)
            say_hello(fd);
        cr_expect(i % 3 || !wire_header(&got, "Location"));
    }
    close(fd);
    server_close(s);
}

/* What one redirect has besides is not in the next. */
Test(server, a_redirect_with_headers_of_its_own_leaves_none_of_them_behind)
{
    static const struct {
        const char *name, *header;
    } rows[] = {
        {"/cookie", "Set-Cookie"}, {"/tagged", "X-Request"}, {"/uncached", "Pragma"}, {"/body", "Content-Type"}};
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    for (int i = 0; i < 12; i++) {
        expect_go(fd, rows[i % 4].name, "https://rp.example/?code=one");
        cr_expect_eq(lines_of(rows[i % 4].header), 1, "%s: %s", rows[i % 4].name, got.head);
        cr_expect_str_eq(got.body, i % 4 == 3 ? "there" : "");
        expect_bare_go(fd, "https://rp.example/?code=two");
    }
    expect_go(fd, "/cached", "https://rp.example/?code=one");
    cr_expect_str_eq(wire_header(&got, "Cache-Control"), "public, max-age=3600");
    expect_bare_go(fd, "https://rp.example/?code=two");
    close(fd);
    server_close(s);
}

Test(server, a_redirect_that_is_refused_takes_its_location_with_it)
{
    static const char *const names[] = {"/broken", "/refused"};
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    for (int i = 0; i < 4; i++) {
        expect_bare_go(fd, "https://rp.example/?code=one");
        ask_go(fd, "GET", names[i % 2], "https://rp.example/?code=two", "");
        wire_read(fd, &got);
        cr_expect_eq(got.status, i % 2 ? 503 : 500);
        cr_expect_eq(lines_of("Location"), 0);
        wire_send(fd, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire_read(fd, &got);
        cr_expect_eq(got.status, 404);
        cr_expect_eq(lines_of("Location"), 0);
    }
    expect_bare_go(fd, "https://rp.example/?code=three");
    close(fd);
    server_close(s);
}

Test(server, a_redirect_of_head_or_at_the_end_of_a_connection_is_as_any_other)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    expect_bare_go(fd, "https://rp.example/?code=one");
    ask_go(fd, "HEAD", "/", "https://rp.example/?code=two", "");
    wire_read_head(fd, &got);
    expect_gone("https://rp.example/?code=two");
    ask_go(fd, "GET", "/", "https://rp.example/?code=six", "Connection: close\r\n");
    wire_read(fd, &got);
    expect_gone("https://rp.example/?code=six");
    cr_expect_str_eq(wire_header(&got, "Connection"), "close");
    cr_expect(wire_ended(fd));
    close(fd);
    fd = wire_connect(s);
    expect_bare_go(fd, "https://rp.example/?code=ten");
    expect_go(fd, "-slow/", "https://rp.example/?code=slow");
    server_drain(s, 0);
    ask_go(fd, "GET", "/", "https://rp.example/?code=end", "");
    wire_read(fd, &got);
    expect_gone("https://rp.example/?code=end");
    cr_expect_str_eq(wire_header(&got, "Connection"), "close");
    close(fd);
    server_close(s);
}

static void put_code(char url[64], int i)
{
    snprintf(url, 64, "https://rp.example/?code=%d", 10 + i);
}

/* More at once than heads are kept; whoever has gone meanwhile leaves nothing behind. */
Test(server, redirects_that_are_sent_at_once_are_not_mixed_up)
{
    enum { N = 12, GONE = 5 };
    char url[64];
    struct server *s = wire_serve(with_one_worker);
    int first = wire_connect(s), others[N];
    say_hello(first);
    for (int i = 0; i < N; i++)
        say_hello(others[i] = wire_connect(s));
    for (int round = 1; round <= 2; round++) {
        wire_send(first, "GET /held/wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wait_until_settled("wait", round);
        for (int i = 0; i < N; i++) {
            put_code(url, i * round);
            ask_go(others[i], "GET", "/held", url, "");
        }
        close(others[GONE]);
        wire_let_go();
        for (int i = 0; i < N; i++) {
            if (i == GONE)
                continue;
            put_code(url, i * round);
            wire_read(others[i], &got);
            expect_gone(url);
        }
        wire_read(first, &got);
        say_hello(others[GONE] = wire_connect(s));
    }
    for (int i = 0; i < N; i++) {
        expect_bare_go(others[i], "https://rp.example/?code=end");
        close(others[i]);
    }
    close(first);
    server_close(s);
}

Test(server, ends_while_an_answer_is_kept_back)
{
    struct server *s = wire_serve(with_one_worker);
    int first = wire_connect(s), second = wire_connect(s);
    say_hello(first);
    say_hello(second);
    wire_send(first, "GET /held/wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_until_settled("wait", 1);
    cr_expect_not(server_drain(s, 20));
    wire_let_go();
    server_close(s);
    wire_read(first, &got);
    cr_expect_eq(got.status, 200, "what was recorded is told");
    close(first);
    close(second);
}

Test(server, closes_while_answers_are_kept_back)
{
    struct server *s = wire_serve(NULL);
    int fd[8];
    for (int i = 0; i < 8; i++) {
        fd[i] = wire_connect(s);
        wire_send(fd[i], "GET /held/late HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    server_close(s);
    for (int i = 0; i < 8; i++)
        close(fd[i]);
}

/* --- answers that wait for somebody else --- */

static void expect_body(int fd, const char *body)
{
    wire_read(fd, &got);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body, body);
}

Test(server, an_answer_that_waits_keeps_nobody_waiting)
{
    struct server *s = wire_serve(with_one_worker);
    int first = wire_connect(s), second = wire_connect(s);
    wire_come(false);
    wire_send(first, "GET /wait/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (wire_asked() == 0) /* it waits */
        say_hello(second);
    wire_come(true);
    expect_body(first, "come");
    say_hello(first); /* the connection goes on */
    close(first);
    close(second);
    server_close(s);
}

Test(server, an_answer_waits_no_longer_than_it_said)
{
    struct server *s = wire_serve(with_one_worker);
    double from = now();
    wire_come(false);
    wire_get(s, "/wait/", &got);
    cr_expect_str_eq(got.body, "late");
    cr_expect(now() - from >= 0.29 && now() - from < 3, "%f", now() - from);
    wire_get(s, "/wait/stubborn", &got);
    cr_expect_eq(got.status, 500, "a handler that waits for ever is a mistake of ours");
    wire_get(s, "/wait-slow/", &got);
    cr_expect_str_eq(got.body, "late");
    server_close(s);
}

Test(server, an_answer_that_waited_is_recorded_before_it_is_sent)
{
    struct server *s = wire_serve(with_one_worker);
    int before = wire_settled("now"), first = wire_connect(s);
    wire_come(false);
    wire_send(first, "GET /wait/recorded HTTP/1.1\r\nHost: localhost\r\n\r\n");
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    cr_expect_eq(wire_settled("now"), before);
    wire_come(true);
    expect_body(first, "come");
    cr_expect_eq(wire_settled("now"), before + 1);
    close(first);
    server_close(s);
}

static void wait_until_resumed(int n)
{
    for (int i = 0; i < 300 && wire_resumed() < n; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    cr_expect_eq(wire_resumed(), n);
}

Test(server, an_answer_that_lingers_knows_that_it_did_and_keeps_nobody_waiting)
{
    struct server *s = wire_serve(with_one_worker);
    int first = wire_connect(s), second = wire_connect(s);
    wire_come(false);
    wire_send(first, "GET /linger/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (wire_asked() == 0)
        say_hello(second);
    wire_come(true);
    expect_body(first, "come");
    wire_come(false);
    double from = now();
    wire_send(first, "GET /linger/short HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect_body(first, "late");
    cr_expect(now() - from >= 0.29 && now() - from < 3, "%f", now() - from);
    cr_expect_eq(wire_resumed(), 2);
    close(first);
    close(second);
    server_close(s);
}

Test(server, an_answer_that_lingers_is_asked_about_seldom)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    wire_come(false);
    wire_send(fd, "GET /linger/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    cr_expect_leq(wire_asked(), 10, "%d times in half a second", wire_asked());
    close(fd);
    server_close(s);
}

Test(server, an_answer_does_not_linger_for_a_client_that_has_gone)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    wire_come(false);
    wire_send(fd, "GET /linger/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (wire_asked() == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    close(fd);
    wait_until_resumed(1);
    server_close(s);
}

Test(server, a_server_that_drains_lets_nobody_linger)
{
    struct server *s = wire_serve(with_one_worker);
    int fd = wire_connect(s);
    wire_come(false);
    wire_send(fd, "GET /linger/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (wire_asked() == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    double from = now();
    cr_expect(server_drain(s, 5000), "nothing is cut off");
    cr_expect_lt(now() - from, 1);
    expect_body(fd, "late");
    close(fd);
    server_close(s);
}

Test(server, closes_and_outlives_clients_while_answers_wait)
{
    struct server *s = wire_serve(NULL);
    int fd[8];
    wire_come(false);
    for (int i = 0; i < 8; i++) {
        fd[i] = wire_connect(s);
        wire_send(fd[i], i % 2 ? "GET /wait/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
                               : "GET /wait-slow/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    server_close(s);
    for (int i = 4; i < 8; i++)
        close(fd[i]);
}

static void teapot(void *ctx, const struct request *r, const struct fault *f, struct answer *a)
{
    (void)ctx;
    answer_body(a, 200, "text/html", view_text(arena_printf(r->arena, "<p>%d %s</p>", f->status, f->rule)));
}

static void with_fault_page(struct server_config *c)
{
    c->fault = teapot;
}

Test(server, shows_faults_through_the_callback_but_keeps_the_status)
{
    struct server *s = wire_serve(with_fault_page);
    wire_get(s, "/nowhere", &got);
    cr_expect_eq(got.status, 404);
    cr_expect_str_eq(got.body, "<p>404 no such page</p>");
    cr_expect_not_null(strstr(wire_header(&got, "Permissions-Policy"), "camera=()"));
    wire_get(s, "/hello", &got);
    cr_expect_null(wire_header(&got, "Permissions-Policy"), "for documents only");
    server_close(s);
}

static void impatient(struct server_config *c)
{
    c->read_s = 1;
    c->idle_s = 1;
}

/* Sends TEXT, then one byte every 0.3 s, for at most 6 s; seconds until we were cut off. */
static double drip(const struct server *s, const char *text)
{
    int fd = wire_connect(s);
    double from = now();
    wire_send(fd, text);
    while (now() - from < 6) {
        char c;
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        wire_send(fd, "x");
        if (recv(fd, &c, 1, MSG_DONTWAIT) == 0)
            break;
    }
    close(fd);
    return now() - from;
}

Test(server, cuts_off_a_slow_sender_of_a_line)
{
    struct server *s = wire_serve(impatient);
    cr_expect_lt(drip(s, "GET /"), 4);
    server_close(s);
}

Test(server, cuts_off_a_slow_sender_of_headers)
{
    struct server *s = wire_serve(impatient);
    cr_expect_lt(drip(s, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: "), 4);
    server_close(s);
}

Test(server, cuts_off_a_slow_sender_of_a_body)
{
    struct server *s = wire_serve(impatient);
    cr_expect_lt(drip(s, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"), 4);
    server_close(s);
}

Test(server, closes_idle_connections)
{
    struct server *s = wire_serve(impatient);
    int fd = wire_connect(s);
    wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    double from = now();
    cr_expect(wire_ended(fd));
    cr_expect_lt(now() - from, 4);
    close(fd);
    server_close(s);
}

static long resident_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(f);
    return kib;
}

#define IDLE 600

static void with_room_for_idle(struct server_config *c)
{
    c->connections_max = IDLE;
    c->workers = 2;
}

/* 32 KiB a connection otherwise. */
Test(server, keeps_little_memory_for_connections_that_say_nothing)
{
    static int fd[IDLE];
    struct server *s = wire_serve(with_room_for_idle);
    say_hello(fd[0] = wire_connect(s));
    long before = resident_kib();
    for (int i = 1; i < IDLE; i++)
        say_hello(fd[i] = wire_connect(s));
    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 500000000}, NULL);
    if (POOL_FINDS)
        cr_expect_lt(resident_kib() - before, IDLE * 8, "%ld KiB", resident_kib() - before);
    for (int i = 0; i < IDLE; i++) { /* and they go on as if nothing had been */
        wire_send(fd[i], "GET /echo?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire_read(fd[i], &got);
        cr_expect_str_eq(got.body, "GET\nquery a=1\n");
        close(fd[i]);
    }
    server_close(s);
}

#define BURST 128

static void with_one_worker_for_all(struct server_config *c)
{
    c->connections_max = BURST + 1;
    c->workers = 1;
}

/* libmicrohttpd takes 128 events at a time, and must not wait for another one when it has just as many. */
Test(server, answers_all_who_have_asked_while_it_was_busy, .disabled = !POOL_FINDS)
{
    static int fd[BURST + 1];
    struct server *s = wire_serve(with_one_worker_for_all);
    for (int i = 0; i <= BURST; i++)
        say_hello(fd[i] = wire_connect(s));
    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 500000000}, NULL); /* nothing of ours wakes it any more */
    wire_send(fd[BURST], "GET /busy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    while (wire_settled("wait") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    for (int i = 0; i < BURST; i++)
        wire_send(fd[i], "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_let_go();
    for (int i = 0; i < BURST; i++) {
        wire_read(fd[i], &got);
        cr_assert_eq(got.status, 200, "%d", i);
    }
    for (int i = 0; i <= BURST; i++)
        close(fd[i]);
    server_close(s);
}

/* What has come of a request before the silence is not lost. */
Test(server, keeps_half_a_request_over_a_silence)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    say_hello(fd);
    wire_send(fd, "GET /echo?a=");
    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 200000000}, NULL);
    wire_send(fd, "1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_str_eq(got.body, "GET\nquery a=1\n");
    close(fd);
    server_close(s);
}

struct asking {
    const struct server *s;
    struct wire_answer got;
};

static void *ask_slow(void *arg)
{
    struct asking *a = arg;
    wire_get(a->s, "/slow", &a->got);
    return NULL;
}

Test(server, drain_finishes_running_requests_and_takes_no_new_connections)
{
    struct server *s = wire_serve(NULL);
    int kept = wire_connect(s);
    wire_send(kept, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(kept, &got);
    static struct asking a;
    a = (struct asking){.s = s};
    pthread_t t;
    pthread_create(&t, NULL, ask_slow, &a);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    cr_expect(server_drain(s, 3000));
    pthread_join(t, NULL);
    cr_expect_eq(a.got.status, 200);
    cr_expect_str_eq(a.got.body, "slow");
    int fd = wire_connect(s);
    if (fd >= 0) { /* the kernel may have had it in the queue: nobody answers */
        wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire_read(fd, &got);
        cr_expect_eq(got.status, 0);
        close(fd);
    }
    wire_send(kept, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(kept, &got);
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(wire_header(&got, "Connection"), "close", "kept connections are told to go");
    close(kept);
    server_close(s);
}

Test(server, drain_gives_up_when_the_time_is_over)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    wire_send(fd, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    cr_expect_not(server_drain(s, 20));
    server_close(s);
    close(fd);
}

Test(server, closes_while_requests_are_half_sent)
{
    struct server *s = wire_serve(NULL);
    int fd = wire_connect(s);
    wire_send(fd, "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc");
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    server_close(s);
    cr_expect(wire_ended(fd));
    close(fd);
}

static void narrow(struct server_config *c)
{
    c->workers = 1;
    c->slow_workers = 1;
    c->queue_max = 1;
}

Test(server, says_503_when_too_many_requests_wait)
{
    struct server *s = wire_serve(narrow);
    int fd[3];
    for (int i = 0; i < 3; i++) {
        fd[i] = wire_connect(s);
        wire_send(fd[i], "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    wire_read(fd[2], &got);
    cr_expect_eq(got.status, 503);
    cr_expect_str_eq(wire_header(&got, "Retry-After"), "1");
    wire_read(fd[0], &got);
    cr_expect_eq(got.status, 200);
    wire_read(fd[1], &got);
    cr_expect_eq(got.status, 200);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    server_close(s);
}

Test(server, survives_a_client_that_leaves_while_it_works)
{
    struct server *s = wire_serve(NULL);
    for (int i = 0; i < 4; i++) {
        int fd = wire_connect(s);
        wire_send(fd, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        close(fd);
    }
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    wire_get(s, "/hello", &got);
    cr_expect_eq(got.status, 200);
    server_close(s);
}

static void *ask_many(void *arg)
{
    const struct server *s = arg;
    struct wire_answer *a = malloc(sizeof(*a));
    int fd = wire_connect(s);
    for (int i = 0; i < 200; i++) {
        wire_send(fd, i % 2 ? "GET /echo?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            : "POST /raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
        wire_read(fd, a);
        cr_assert_eq(a->status, 200);
        cr_assert_str_eq(a->body, i % 2 ? "GET\nquery a=1\n" : "abc");
    }
    close(fd);
    free(a);
    return NULL;
}

static void wide(struct server_config *c)
{
    c->workers = 3;
}

Test(server, serves_many_connections_at_once)
{
    struct server *s = wire_serve(wide);
    pthread_t t[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&t[i], NULL, ask_many, s);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    server_close(s);
}

static void on_two_addresses(struct server_config *c)
{
    static const char *const both[] = {"127.0.0.1:0", "127.0.0.2:0"};
    c->listen = both;
    c->n_listen = 2;
}

Test(server, listens_on_several_addresses)
{
    struct server *s = wire_serve(on_two_addresses);
    cr_expect_neq(server_port(s, 0), 0);
    cr_expect_neq(server_port(s, 1), 0);
    cr_expect_eq(server_port(s, 2), 0);
    wire_get(s, "/hello", &got);
    cr_expect_eq(got.status, 200);
    server_close(s);
}

static enum err open_with(const char *address, size_t n_hosts)
{
    static const char *const hosts[] = {"localhost"};
    struct server *s;
    struct server_config c = {.listen = &address, .n_listen = 1, .hosts = hosts, .n_hosts = n_hosts};
    enum err e = server_open(&s, &c);
    if (!e)
        server_close(s);
    return e;
}

Test(server, refuses_addresses_it_cannot_use)
{
    cr_expect_eq(open_with("127.0.0.1", 1), ERR_CONFIG);
    cr_expect_eq(open_with("127.0.0.1:", 1), ERR_CONFIG);
    cr_expect_eq(open_with("127.0.0.1:65536", 1), ERR_CONFIG);
    cr_expect_eq(open_with("127.0.0.1:http", 1), ERR_CONFIG);
    cr_expect_eq(open_with("id.example:80", 1), ERR_CONFIG);
    cr_expect_eq(open_with("192.0.2.1:0", 1), ERR_IO);
    cr_expect_eq(open_with("127.0.0.1:0", 0), ERR_CONFIG);
    cr_expect_eq(open_with("127.0.0.1:0", 1), ERR_OK);
}

/* --- its trace (W3C Trace Context) -------------------------------------------------------------------------------- */

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00-" TRACE "-00f067aa0ba902b7-01"

static void traced(const struct server *s, const char *headers)
{
    char text[1024];
    snprintf(text, sizeof text, "GET /trace HTTP/1.1\r\nHost: localhost\r\n%s\r\n", headers);
    expect(s, text, 200);
}

Test(server, goes_on_with_the_trace_of_a_request_under_its_own_id)
{
    char trace[33], span[17], id[17];
    int sampled;
    struct server *s = wire_serve(NULL);
    traced(s, "TraceParent: " PARENT "\r\ntracestate: a=1\r\nTRACESTATE: b=2\r\n");
    cr_assert_eq(sscanf(strchr(strchr(got.body, '\n') + 1, '\n'), "%32s %16s %d %16s", trace, span, &sampled, id), 4);
    cr_expect_str_eq(trace, TRACE);
    cr_expect_str_eq(span, id);
    cr_expect_eq(sampled, 1);
    cr_expect_str_eq(strrchr(got.body, '\n'), "\na=1,b=2");
    server_close(s);
}

Test(server, begins_a_trace_of_its_own_for_a_malformed_parent_or_two)
{
    static const char *const heads[] = {"", "traceparent: " PARENT "-x\r\ntracestate: a=1\r\n",
                                        "traceparent: " PARENT "\r\ntraceparent: " PARENT "\r\ntracestate: a=1\r\n",
                                        "tracestate: a=1\r\n"};
    char before[33] = "", trace[33];
    struct server *s = wire_serve(NULL);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        traced(s, heads[i]);
        cr_assert_eq(sscanf(strchr(strchr(got.body, '\n') + 1, '\n'), "%32s", trace), 1);
        cr_expect_str_neq(trace, TRACE);
        cr_expect_str_neq(trace, before, "another one for each request");
        cr_expect_str_eq(strrchr(got.body, '\n'), "\n", "what came with it counts no more: %s", heads[i]);
        strcpy(before, trace);
    }
    server_close(s);
}
