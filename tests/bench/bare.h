/* bare: what the limits are made of, in a process of its own: libmicrohttpd (epoll, as many threads as the server that
 * is measured has workers) that answers, signs, verifies and commits rows, and does nothing else. Its requests come one
 * after another as those of the server do, so that its processor is as cold between two of them. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdint.h>
#include <sys/types.h>

#define BARE_THREADS 64

struct bare {
    pid_t pid;
    unsigned threads;
    uint16_t ports[BARE_THREADS]; /* of each thread, so that clients can be dealt out evenly */
};

/* One request: an answer of BYTES (at most 64 KiB) after WORK, a letter for each thing: e an ES256 signature, r an
 * RS256 signature, v the check of an ES256 signature, d a row of the size of a disclosure, written to SQLite (WAL,
 * synchronous=FULL) and durable before the answer. All rows of a request share one commit, and so do those of all
 * requests that have come to its thread by then, as far as several clients ask. */
struct bare_step {
    unsigned bytes;
    const char *work;
};

#define BARE_STEPS 3
#define BARE_HELLO 5 /* bytes of an answer that is about nothing */

struct bare_cycle {
    struct bare_step steps[BARE_STEPS];
    int n;
};

/* Rows go into a database of their own in FOLDER, which outlives B. */
void bare_open(struct bare *b, const char *folder, unsigned threads);
void bare_close(struct bare *b);

/* CPU of B in microseconds for one cycle, out of CYCLES by CLIENTS at once; *PER_SECOND, if wanted: requests a second
 * by the clock. */
double bare_us(const struct bare *b, const struct bare_cycle *cycle, unsigned clients, unsigned cycles,
               double *per_second);

#endif
