/* What is no HTTP/1.1 request, or could be taken for two different ones: one row a trick. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

static struct wire_answer got;

struct row {
    const char *bytes;
    size_t n;
    int status; /* 0: closed without an answer */
    bool closes;
};

#define HOST "Host: localhost\r\n"
#define ROW(LITERAL, STATUS, CLOSES)                                                                                   \
    {                                                                                                                  \
        LITERAL, sizeof(LITERAL) - 1, STATUS, CLOSES                                                                   \
    }
#define CLOSED(LITERAL, STATUS)  ROW(LITERAL, STATUS, true)
#define GOES_ON(LITERAL, STATUS) ROW(LITERAL, STATUS, false)
#define SMUGGLED                 "GET /hello HTTP/1.1\r\n" HOST "\r\n"

static void check_row(const struct server *s, const struct row *row)
{
    int fd = wire_connect(s);
    wire_send_bytes(fd, row->bytes, row->n);
    wire_read(fd, &got);
    cr_expect_eq(got.status, row->status, "%d in place of %d: %s", got.status, row->status, row->bytes);
    if (row->closes) {
        shutdown(fd, SHUT_WR); /* what has not been sent yet never will be: whatever comes now is an answer too many */
        cr_expect(wire_ended(fd), "a second answer, or it stays open: %s", row->bytes);
    } else {
        wire_send(fd, SMUGGLED);
        wire_read(fd, &got);
        cr_expect_str_eq(got.body, "hello", "it does not go on: %s", row->bytes);
    }
    close(fd);
}

#define CHECK(ROWS)                                                                                                    \
    do {                                                                                                               \
        struct server *server_ = wire_serve(NULL);                                                                     \
        for (size_t i_ = 0; i_ < sizeof(ROWS) / sizeof((ROWS)[0]); i_++)                                               \
            check_row(server_, &(ROWS)[i_]);                                                                           \
        server_close(server_);                                                                                         \
    } while (0)

/* RFC 9112 6.1, 6.3, 11.2. The bytes behind are a request that somebody in front of us took for a body, or the other
 * way round: never answered. */
Test(strict, never_answers_a_request_that_was_smuggled_in)
{
    static const struct row rows[] = {
        CLOSED("POST /raw HTTP/1.1\r\n" HOST
               "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
               400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST
               "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED,
               400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\n\r\nab" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: +2\r\n\r\nab" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: -0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 0x2\r\n\r\nab" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 02\r\n\r\nab" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 2 \r\n\r\nab" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length: 2\r\n 0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length : 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Content-Length\t: 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST " Content-Length: 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "X: y\nContent-Length: 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "X: y\rContent-Length: 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "X: y\0Content-Length: 44\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
               400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST
               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
               400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chun\r\n ked\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("POST /raw HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 400),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 413),
    };
    CHECK(rows);
}

/* Chunks have more ways of being read than there are servers: the connection ends with the answer to such a body. */
Test(strict, reads_nothing_behind_a_chunked_body)
{
    static const struct row rows[] = {
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" SMUGGLED, 200),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n0\r\n\r\n" SMUGGLED,
               200),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2;\nab\r\n0\r\n\r\n" SMUGGLED, 200),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" SMUGGLED, 200),
        CLOSED("POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" SMUGGLED, 200),
    };
    CHECK(rows);
}

/* RFC 9112 2.2, 3, 5. */
Test(strict, refuses_lines_that_are_not_as_they_must_be)
{
    static const struct row rows[] = {
        CLOSED("GET /hello HTTP/1.1\n" HOST "\r\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\nHost: localhost\n\r\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "X: y\n\n", 400),
        CLOSED("GET  /hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET /hello  HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET /hello HTTP/1.1 \r\n" HOST "\r\n", 400),
        CLOSED("GET\t/hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET /hel lo HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET /echo?a=b c HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET /hello#x HTTP/1.1\r\n" HOST "\r\n", 404 /* a fragment is no part of a target: another path */),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "X: y\r\n\tfolded\r\n\r\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\n\tfolded: x\r\n" HOST "\r\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "X(y: z\r\n\r\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "X\x80: z\r\n\r\n", 400),
        CLOSED("GET /hello HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n", 400),
        CLOSED("GET /hello\r\n\r\n", 400),
        CLOSED("GET /hello http/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET /hello HTTP/1.1x\r\n" HOST "\r\n", 400),
        CLOSED("GET /hello HTTP/01.1\r\n" HOST "\r\n", 400),
        CLOSED("\x16\x03\x01\x02\x00\x01\r\n\r\n", 0), /* TLS at a plain door */
        CLOSED("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        CLOSED("GET /hello HTTP/0.9\r\n" HOST "\r\n", 505),
        GOES_ON("GET /hello HTTP/1.2\r\n" HOST "\r\n", 505),
    };
    CHECK(rows);
}

/* RFC 9112 3.2, RFC 9110 9, 10.1.1. */
Test(strict, refuses_targets_methods_and_expectations_that_are_not_for_us)
{
    static const struct row rows[] = {
        CLOSED("CONNECT localhost:443 HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET localhost/hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET http:/hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET ftp://localhost/hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET http://localhost HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET http://id.example/hello HTTP/1.1\r\n" HOST "\r\n", 400), /* both are ours, but not the same */
        CLOSED("GET http://evil.example/hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET http://me@localhost/hello HTTP/1.1\r\n" HOST "\r\n", 400),
        CLOSED("GET http://localhost/hello HTTP/1.1\r\n\r\n", 400),
        GOES_ON("GET http://evil.example/hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        GOES_ON("GET http://LOCALHOST/hello HTTP/1.1\r\n" HOST "\r\n", 200),
        GOES_ON("GET HTTPS://localhost/echo?a=1 HTTP/1.1\r\n" HOST "\r\n", 200),
        GOES_ON("TRACE /hello HTTP/1.1\r\n" HOST "\r\n", 405),
        GOES_ON("get /hello HTTP/1.1\r\n" HOST "\r\n", 405),
        GOES_ON("BREW /hello HTTP/1.1\r\n" HOST "\r\n", 405),
        GOES_ON("GET /hello HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417),
        GOES_ON("GET //hello HTTP/1.1\r\n" HOST "\r\n", 404),
        GOES_ON("GET /./hello HTTP/1.1\r\n" HOST "\r\n", 404),
        GOES_ON("GET /assets/../hello HTTP/1.1\r\n" HOST "\r\n", 200), /* a tail like any other: no file is looked up */
        GOES_ON("\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n",
                200), /* RFC 9112 2.2: an empty line before it is passed over */
        GOES_ON("GET /hello HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n", 200),
    };
    CHECK(rows);
}

/* --- who takes his time --- */

static void impatient(struct server_config *c)
{
    c->read_s = 1;
    c->idle_s = 2;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static int connect_narrow(const struct server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server_port(s, 0))};
    int small = 8000, fd = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* It asks for more than the system keeps for it, and then takes 10,000 bytes a second: it never quite stops, but the
 * system tells of room only when a third of its buffer is free, which is then too late. */
Test(strict, cuts_off_who_takes_an_answer_in_drops)
{
    struct server *s = wire_serve(impatient);
    int fd = connect_narrow(s);
    for (int i = 0; i < 150; i++)
        wire_send(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    int64_t from = now_ms();
    char some[2000];
    while (now_ms() - from < 20000 && send(fd, "x", 1, MSG_NOSIGNAL) == 1) {
        recv(fd, some, sizeof some, MSG_DONTWAIT);
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    cr_expect_lt(now_ms() - from, 8000);
    close(fd);
    server_close(s);
}
