/* Peers that mean no good, each behind a socket of its own. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/fetch.h"

struct peer_script {
    const char *text;  /* what it answers */
    size_t n, repeats; /* bytes of TEXT, how often they are sent */
    int pause_us;      /* between two sendings; 0: as fast as they go */
    int fd;
    uint16_t port;
    pthread_t thread;
};

static struct arena arena;
static struct fetch *fetch;
static struct fetched got;
static struct peer_script hostile;

static void *serve(void *ctx)
{
    struct peer_script *p = ctx;
    char request[4096];
    int fd = accept(p->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    if (read(fd, request, sizeof request) > 0)
        for (size_t i = 0; i < p->repeats; i++) {
            if (send(fd, p->text, p->n, MSG_NOSIGNAL) < 0)
                break;
            usleep((useconds_t)p->pause_us);
        }
    close(fd);
    return NULL;
}

static void open_peer(const char *text, size_t n, size_t repeats, int pause_us)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    hostile = (struct peer_script){.text = text, .n = n, .repeats = repeats, .pause_us = pause_us};
    hostile.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(hostile.fd, (const struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(hostile.fd, 4), 0);
    cr_assert_eq(getsockname(hostile.fd, (struct sockaddr *)&at, &size), 0);
    hostile.port = ntohs(at.sin_port);
    cr_assert_eq(pthread_create(&hostile.thread, NULL, serve, &hostile), 0);
}

static void open_all(void)
{
    arena_open(&arena, 1 << 20);
    cr_assert_eq(fetch_open(&fetch, &(struct fetch_config){.private_allowed = true}), ERR_OK);
}

static void close_all(void)
{
    shutdown(hostile.fd, SHUT_RDWR);
    pthread_join(hostile.thread, NULL);
    close(hostile.fd);
    fetch_close(fetch);
    arena_close(&arena);
}

TestSuite(fetch_hostile, .init = open_all, .fini = close_all);

static struct view address(const char *scheme)
{
    return view_text(arena_printf(&arena, "%s://127.0.0.1:%u/", scheme, hostile.port));
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

Test(fetch_hostile, a_peer_that_drips_is_left_at_the_time_limit)
{
    const struct fetch_limits limits = {.timeout_ms = 400, .body_max = 65536};
    int64_t before = clock_steady_ms();
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n"; /* never an answer, never silent */

    open_peer(text, sizeof text - 1, 100, 50000);
    cr_expect_eq(fetch_get(fetch, &arena, address("http"), &limits, &got), ERR_TIMEOUT);
    cr_expect_lt(clock_steady_ms() - before, 3000);
}

Test(fetch_hostile, a_head_without_end_is_refused)
{
    static char line[] = "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    const struct fetch_limits limits = {.timeout_ms = 3000, .body_max = 65536};

    open_peer(line, sizeof line - 1, 1000000, 0);
    cr_expect_neq(fetch_get(fetch, &arena, address("http"), &limits, &got), ERR_OK);
}

Test(fetch_hostile, a_redirect_to_the_inner_network_is_an_answer_and_is_not_followed)
{
    static const char text[] = "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";

    open_peer(text, sizeof text - 1, 1, 0);
    cr_expect_eq(fetch_get(fetch, &arena, address("http"), NULL, &got), ERR_OK);
    cr_expect_eq(got.status, 302);
    cr_expect_eq(got.body.n, 0);
}

Test(fetch_hostile, what_is_packed_is_not_unpacked)
{
    /* gzip of a mebibyte of zeros begins so; what comes is what was sent, and no bomb */
    static const char text[] = HEAD "Content-Encoding: gzip\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
                                    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff";

    open_peer(text, sizeof text - 1, 1, 0);
    cr_expect_eq(fetch_get(fetch, &arena, address("http"), NULL, &got), ERR_OK);
    cr_expect_eq(got.body.n, 10);
}

Test(fetch_hostile, a_body_larger_than_it_said_or_without_end_stops_at_the_limit)
{
    static char text[4096] = HEAD "\r\n";
    const struct fetch_limits limits = {.timeout_ms = 5000, .body_max = 8192};

    open_peer(text, sizeof text, 100000, 0);
    cr_expect_eq(fetch_get(fetch, &arena, address("http"), &limits, &got), ERR_LIMIT);
}

Test(fetch_hostile, who_speaks_no_tls_is_no_https)
{
    static const char text[] = HEAD "Content-Length: 0\r\n\r\n";

    open_peer(text, sizeof text - 1, 1, 0);
    cr_expect_eq(fetch_get(fetch, &arena, address("https"), NULL, &got), ERR_UNAVAILABLE);
}
