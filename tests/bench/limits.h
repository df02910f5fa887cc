/* limits: the parts of a limit by themselves, in a tight loop that nothing interrupts: what the machine can do at best.
 * The limit that is held against a server is measured with bare.h, in turns with it. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

/* CPU in microseconds of one signature, single thread, OpenSSL, a key made once. */
double limit_es256_us(void);
double limit_rs256_us(void);

/* CPU in microseconds of one row alone in its commit (rows.h, in FOLDER), in the process that commits;
 * *COMMITS_PER_SECOND by the clock. */
double limit_row_us(const char *folder, double *commits_per_second);

#endif
