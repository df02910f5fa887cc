#include "slices.h"

#include "process.h"

static unsigned warm_cycles(unsigned clients)
{
    return 10 * clients + 200;
}

unsigned slices_cycles(const struct load *load, unsigned cycles)
{
    return warm_cycles(load->clients) + cycles / SLICES * SLICES;
}

enum { OUTER = 3 }; /* slices at either end that say more of the machine's other work than of ours */

/* The index of the value that RANK others are below. */
static int ranked(const double values[SLICES], int rank)
{
    int found = 0;
    for (int i = 0; i < SLICES; i++) {
        int below = 0;
        for (int k = 0; k < SLICES; k++)
            below += values[k] < values[i] || (values[k] == values[i] && k < i);
        if (below == rank)
            found = i;
    }
    return found;
}

static double mean_of(const double values[SLICES])
{
    double sum = 0;
    for (int i = 0; i < SLICES; i++)
        sum += values[i];
    return sum / SLICES;
}

void slices_measure(struct slices *out, struct load *load, pid_t pid, unsigned cycles, const struct slices_limit *limit)
{
    double cpu[SLICES], bare[SLICES] = {0}, times[SLICES] = {0};
    struct load_result results[SLICES];
    if (limit->server)
        bare_us(limit->server, &limit->cycle, limit->clients, warm_cycles(limit->clients), NULL);
    load->cycles = warm_cycles(load->clients);
    load_run(load);
    load->cycles = cycles / SLICES;
    for (int i = 0; i < SLICES; i++) {
        if (limit->server)
            bare[i] = bare_us(limit->server, &limit->cycle, limit->clients, load->cycles, NULL);
        int64_t from = process_cpu_ns(pid);
        results[i] = load_run(load);
        cpu[i] = (double)(process_cpu_ns(pid) - from) / 1e3 / load->cycles;
        times[i] = bare[i] > 0 ? cpu[i] / bare[i] : 0;
    }
    out->cpu_us = mean_of(cpu);
    out->limit_us = mean_of(bare);
    out->times = limit->server ? out->cpu_us / out->limit_us : 0;
    out->least = times[ranked(times, OUTER)];
    out->most = times[ranked(times, SLICES - 1 - OUTER)];
    out->middle = results[ranked(cpu, SLICES / 2)];
}
