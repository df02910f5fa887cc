#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"

struct running {
    const struct load *load;
    struct load_client *clients;
    int epoll;
    unsigned begun, done;
    int64_t *latency_ns;
};

_Noreturn static void stop(const struct load_client *c, const char *why)
{
    fprintf(stderr, "bench: client %u, cycle %u, step %d: %s\n%.*s\n", c->number, c->cycle, c->step, why, (int)c->n,
            c->answer);
    exit(1);
}

int load_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void send_step(struct running *r, struct load_client *c)
{
    char request[16384];
    size_t n = r->load->write(r->load->ctx, c, request, sizeof(request));
    c->n = 0;
    if (send(c->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
        stop(c, "could not send");
}

static void begin_cycle(struct running *r, struct load_client *c)
{
    if (r->begun == r->load->cycles)
        return;
    r->begun++;
    c->cycle++;
    c->step = 0;
    c->began_ns = wall_ns();
    send_step(r, c);
}

/* Where the body starts if the answer is whole, else NULL. */
static const char *whole_body(struct load_client *c)
{
    static const char name[] = "content-length:";
    char *end = strstr(c->answer, "\r\n\r\n");
    if (!end)
        return NULL;
    size_t length = 0;
    for (const char *line = c->answer; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, name, sizeof(name) - 1) == 0)
            length = strtoul(line + sizeof(name) - 1, NULL, 10);
    return c->n >= (size_t)(end + 4 - c->answer) + length ? end + 4 : NULL;
}

int load_exchange(int fd, const char *request, char *answer, size_t room, size_t *n)
{
    static struct load_client c;
    ssize_t got = send(fd, request, strlen(request), MSG_NOSIGNAL);
    for (c.n = 0; got > 0 && !(c.n && whole_body(&c)); c.n += (size_t)got) {
        got = recv(fd, c.answer + c.n, sizeof(c.answer) - 1 - c.n, 0);
        c.answer[c.n + (got > 0 ? (size_t)got : 0)] = 0;
        if (got <= 0)
            break;
    }
    close(fd);
    if (got <= 0 || c.n >= room)
        return -1;
    memcpy(answer, c.answer, c.n + 1);
    *n = c.n;
    return 0;
}

static void answered(struct running *r, struct load_client *c, const char *body)
{
    const char *why = r->load->read(r->load->ctx, c, body);
    if (why)
        stop(c, why);
    if (++c->step < r->load->steps) {
        send_step(r, c);
        return;
    }
    r->latency_ns[r->done++] = wall_ns() - c->began_ns;
    begin_cycle(r, c);
}

static void readable(struct running *r, struct load_client *c)
{
    ssize_t n = recv(c->fd, c->answer + c->n, sizeof(c->answer) - 1 - c->n, 0);
    if (n <= 0)
        stop(c, "the connection was closed");
    c->n += (size_t)n;
    c->answer[c->n] = 0;
    const char *body = whole_body(c);
    if (body)
        answered(r, c, body);
}

static void open_clients(struct running *r)
{
    for (unsigned i = 0; i < r->load->clients; i++) {
        struct load_client *c = &r->clients[i];
        c->number = i;
        c->fd = load_connect(r->load->ports ? r->load->ports[i % r->load->n_ports] : r->load->port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (c->fd < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
            stop(c, "could not connect");
    }
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static struct load_result result_of(struct running *r, int64_t ns)
{
    unsigned n = r->done;
    qsort(r->latency_ns, n, sizeof(*r->latency_ns), by_size);
    return (struct load_result){
        .cycles = n,
        .seconds = (double)ns / 1e9,
        .p50_ms = (double)r->latency_ns[n / 2] / 1e6,
        .p99_ms = (double)r->latency_ns[n - 1 - n / 100] / 1e6,
        .max_ms = (double)r->latency_ns[n - 1] / 1e6,
    };
}

struct load_result load_run(const struct load *load)
{
    struct running r = {.load = load, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    r.clients = calloc(load->clients, sizeof(*r.clients));
    r.latency_ns = calloc(load->cycles, sizeof(*r.latency_ns));
    if (!r.clients || !r.latency_ns || r.epoll < 0)
        exit(1);
    open_clients(&r);
    int64_t from = wall_ns();
    for (unsigned i = 0; i < load->clients; i++)
        begin_cycle(&r, &r.clients[i]);
    while (r.done < load->cycles) {
        struct epoll_event events[LOAD_CLIENTS];
        int n = epoll_wait(r.epoll, events, LOAD_CLIENTS, -1);
        for (int i = 0; i < n; i++)
            readable(&r, events[i].data.ptr);
    }
    struct load_result result = result_of(&r, wall_ns() - from);
    for (unsigned i = 0; i < load->clients; i++)
        close(r.clients[i].fd);
    close(r.epoll);
    free(r.clients);
    free(r.latency_ns);
    return result;
}
