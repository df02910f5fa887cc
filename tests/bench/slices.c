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

/* The index of the value that half of the others are below. */
static int median_of(const double values[SLICES])
{
    int middle = 0;
    for (int i = 0; i < SLICES; i++) {
        int below = 0;
        for (int k = 0; k < SLICES; k++)
            below += values[k] < values[i] || (values[k] == values[i] && k < i);
        if (below == SLICES / 2)
            middle = i;
    }
    return middle;
}

static void look_at_times(struct slices *out, const double times[SLICES])
{
    out->times = times[median_of(times)];
    out->least = out->most = times[0];
    for (int i = 1; i < SLICES; i++) {
        if (times[i] < out->least)
            out->least = times[i];
        if (times[i] > out->most)
            out->most = times[i];
    }
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
    out->cpu_us = cpu[median_of(cpu)];
    out->limit_us = bare[median_of(bare)];
    out->middle = results[median_of(cpu)];
    look_at_times(out, times);
}
