/* load: keep-alive clients on loopback, one thread, epoll. Each client repeats a cycle of requests, one after another.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_CLIENTS    256
#define LOAD_ANSWER_MAX 65536

struct load_client {
    unsigned number, cycle; /* who it is, how many cycles it has begun */
    char note[4096];        /* what one step keeps for the next (a code, a token) */
    int fd, step;
    int64_t began_ns;
    size_t n;
    char answer[LOAD_ANSWER_MAX];
};

struct load {
    uint16_t port;
    const uint16_t *ports; /* in place of it: client after client the next of N_PORTS */
    unsigned n_ports;
    unsigned clients, cycles; /* cycles in all */
    int steps;                /* requests a cycle */
    const void *ctx;
    /* Writes the request of c->step into TO (ROOM bytes); its length. */
    size_t (*write)(const void *ctx, struct load_client *c, char *to, size_t room);
    /* Looks at the whole answer (NUL-terminated head and body); NULL, or what is wrong with it. */
    const char *(*read)(const void *ctx, struct load_client *c, const char *body);
};

struct load_result {
    unsigned cycles;
    double seconds;
    double p50_ms, p99_ms, max_ms; /* of a whole cycle */
};

/* Runs to the end. The process stops with a message when an answer is wrong: a broken server must not look fast. */
struct load_result load_run(const struct load *load);

/* REQUEST over FD, the whole answer into ANSWER (NUL-terminated, *N bytes), and FD is closed. 0, or -1. */
int load_exchange(int fd, const char *request, char *answer, size_t room, size_t *n);

/* A blocking connection to port; -1 when nobody listens. */
int load_connect(uint16_t port);

#endif
