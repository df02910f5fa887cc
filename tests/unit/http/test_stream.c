/* Answers that are made while they are sent. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { ROOM = 1 << 20, WHOLE = 500000 };

static char *text;
static size_t n;

/* Everything until the connection ends. */
static void ask(const struct server *s, const char *path, const char *version)
{
    char line[200];
    ssize_t got;
    int fd = wire_connect(s);
    snprintf(line, sizeof line, "GET %s %s\r\nHost: localhost\r\nConnection: close\r\n\r\n", path, version);
    wire_send(fd, line);
    text = calloc(1, ROOM);
    n = 0;
    while (n + 1 < ROOM && (got = recv(fd, text + n, ROOM - 1 - n, 0)) > 0)
        n += (size_t)got;
    close(fd);
}

/* The body in chunks (RFC 9112 7.1) put together in place; -1: it does not end. */
static long unchunk(void)
{
    char *from = strstr(text, "\r\n\r\n"), *to = text;
    cr_assert_not_null(from);
    for (from += 4;;) {
        char *rest;
        size_t size = strtoul(from, &rest, 16);
        if (rest == from || strncmp(rest, "\r\n", 2) != 0 || rest + 2 + size > text + n)
            return -1;
        if (size == 0)
            return to - text;
        memmove(to, rest + 2, size);
        to += size;
        from = rest + 2 + size + 2;
    }
}

static bool is_whole(void)
{
    for (size_t i = 0; i < WHOLE; i++)
        if (text[i] != (char)('a' + i / 100000))
            return false;
    return true;
}

Test(stream, one_that_fails_is_seen_not_to_be_whole)
{
    struct server *s = wire_serve(NULL);
    ask(s, "/stream/failing", "HTTP/1.1");
    cr_expect_gt(n, 200000);
    cr_expect_eq(unchunk(), -1);
    server_close(s);
    free(text);
}

Test(stream, parts_come_one_behind_the_other_and_end)
{
    static const char *const paths[] = {"/stream/", "/stream/hesitant"};
    struct server *s = wire_serve(NULL);
    for (size_t i = 0; i < 2; i++) {
        ask(s, paths[i], "HTTP/1.1");
        cr_expect(strstr(text, "Transfer-Encoding: chunked\r\n") && strstr(text, "X-Content-Type-Options: nosniff"));
        cr_expect_eq(unchunk(), WHOLE);
        cr_expect(is_whole());
        free(text);
    }
    ask(s, "/stream/", "HTTP/1.0");
    char *body = strstr(text, "\r\n\r\n") + 4;
    cr_expect_eq(n - (size_t)(body - text), WHOLE, "RFC 9112 6.3: until it closes");
    server_close(s);
    free(text);
}

Test(stream, the_connection_goes_on_behind_it)
{
    struct server *s = wire_serve(NULL);
    struct wire_answer got;
    int fd = wire_connect(s);
    wire_send(fd, "HEAD /stream/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read_head(fd, &got);
    cr_expect_eq(got.status, 200);
    wire_send(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire_read(fd, &got);
    cr_expect_eq(got.status, 200);
    cr_expect_eq(wire_parts(), 0, "HEAD needs none");
    close(fd);
    server_close(s);
}

static void few(struct server_config *c)
{
    c->slow_workers = 1;
    c->streams_max = 2;
}

static int begin(const struct server *s)
{
    char first[12];
    int fd = wire_connect(s);
    wire_send(fd, "GET /stream/long HTTP/1.1\r\nHost: localhost\r\n\r\n");
    cr_assert_eq(recv(fd, first, sizeof first, MSG_WAITALL), (ssize_t)sizeof first);
    cr_assert_eq(memcmp(first, "HTTP/1.1 200", 12), 0);
    return fd;
}

Test(stream, who_reads_slowly_keeps_nobody_waiting_and_gets_no_more_made_than_he_takes)
{
    struct server *s = wire_serve(few);
    struct wire_answer got;
    int one = begin(s), two = begin(s);
    wire_get(s, "/slow", &got);
    cr_expect_eq(got.status, 200, "the only slow worker is free");
    wire_get(s, "/stream/", &got);
    cr_expect_eq(got.status, 503, "no third one");
    int made = wire_parts();
    cr_expect_lt(made, 1000, "what fits into the sockets");
    close(one);
    for (int i = 0; i < 500 && got.status == 503; i++) { /* it finds out at the next write */
        usleep(10000);
        wire_get(s, "/stream/failing", &got);
    }
    cr_expect_eq(got.status, 200, "room again");
    server_close(s); /* the second one is cut */
    close(two);
}
