/* slices: CPU of a server under a load, in turns with the bare server, slice by slice: what the neighbours of the
 * machine do to one they do to the other. */
#ifndef BENCH_SLICES_H
#define BENCH_SLICES_H

#include <stdbool.h>
#include <sys/types.h>

#include "bare.h"
#include "load.h"

#define SLICES 30

/* What a load is held against: CYCLE, asked of SERVER by CLIENTS. SERVER NULL: nothing. OTHER, if there is one, comes
 * before it: the server OTHER_PID with the same load, which differs in its port. */
struct slices_limit {
    const struct bare *server;
    struct bare_cycle cycle;
    unsigned clients;
    bool apart; /* one client, and nobody waits for the disk: on processors of their own (process_place_apart) */
    struct load *other;
    pid_t other_pid;
};

/* Of all slices together: where the system puts two processes on one processor an answer costs a fifth of what it costs
 * on two, and a middle slice would be the one or the other by chance. */
struct slices {
    double cpu_us;             /* of the server, a cycle */
    double limit_us;           /* of the bare server, a cycle of its own; 0: not measured */
    double times;              /* the first by the second */
    double least, most;        /* ... of a single slice, without the three lowest and the three highest */
    struct load_result middle; /* of the slice with the median CPU */
};

/* LOAD with CYCLES in all against the server PID, after a few to get warm. */
void slices_measure(struct slices *out, struct load *load, pid_t pid, unsigned cycles,
                    const struct slices_limit *limit);

/* How many cycles that runs. */
unsigned slices_cycles(const struct load *load, unsigned cycles);

#endif
