/* slices: CPU of a server under a load, in slices: one during which somebody else used the machine is one of ten. */
#ifndef BENCH_SLICES_H
#define BENCH_SLICES_H

#include <sys/types.h>

#include "load.h"

#define SLICES 10

/* LOAD with CYCLES in all, after a few to get warm. *MEAN_US: over all slices; *MIDDLE: the result of the median one.
 * Microseconds of CPU of process PID a cycle, in the median slice. */
double slices_measure(double *mean_us, struct load_result *middle, struct load *load, pid_t pid, unsigned cycles);

/* How many cycles that runs. */
unsigned slices_cycles(const struct load *load, unsigned cycles);

#endif
