/* limits: what the machine and the libraries need for the parts of a cycle that nobody can leave out. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Server CPU in microseconds of one bare libmicrohttpd answer (epoll, one thread, SIZE bytes, at most 64 KiB) to
 * CLIENTS keep-alive clients; *per_second: answers a second. */
double limit_answer_us(unsigned clients, size_t size, double *per_second);

/* CPU in microseconds of one signature, single thread, OpenSSL, a key made once. */
double limit_es256_us(void);
double limit_es256_verify_us(void); /* ... of checking one */
double limit_rs256_us(void);

/* CPU in microseconds of one row in SQLite (WAL, synchronous=FULL, in FOLDER) when ROWS rows share a commit, in the
 * process that commits; *commits_per_second by the wall clock. */
double limit_row_us(const char *folder, unsigned rows, double *commits_per_second);

#endif
