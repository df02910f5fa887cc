/* process: what a process of ours has used so far. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int64_t wall_ns(void);
int64_t thread_cpu_ns(void);
/* CPU time of all threads of PID, living and gone. */
int64_t process_cpu_ns(pid_t pid);
/* Resident set in KiB. */
long process_rss_kib(pid_t pid);
/* APART: this process on the first processor, SERVER and OTHER on the others; else all wherever the system likes. Where
 * it puts client and server on one, an answer costs a fifth of what it costs on two, as with a client that is another
 * machine. */
void process_place_apart(pid_t server, pid_t other, bool apart);
/* A child for each processor that does nothing with the lowest priority there is (SCHED_IDLE): a virtual processor that
 * halts and is woken again costs more than an answer, and the cost is charged to whoever is woken. They end with us. */
void keep_awake(void);
/* SIGTERM and wait; its exit status, -1 if it died otherwise. */
int process_end(pid_t pid);

#endif
