#include "slices.h"

#include "process.h"

static unsigned warm_cycles(const struct load *load)
{
    return 10 * load->clients + 200;
}

unsigned slices_cycles(const struct load *load, unsigned cycles)
{
    return warm_cycles(load) + cycles / SLICES * SLICES;
}

static int median_of(const double slices[SLICES])
{
    int middle = 0;
    for (int i = 0; i < SLICES; i++) {
        int below = 0;
        for (int k = 0; k < SLICES; k++)
            below += slices[k] < slices[i] || (slices[k] == slices[i] && k < i);
        if (below == SLICES / 2)
            middle = i;
    }
    return middle;
}

double slices_measure(double *mean_us, struct load_result *middle, struct load *load, pid_t pid, unsigned cycles)
{
    double slices[SLICES];
    struct load_result results[SLICES];
    load->cycles = warm_cycles(load);
    load_run(load);
    load->cycles = cycles / SLICES;
    *mean_us = 0;
    for (int i = 0; i < SLICES; i++) {
        int64_t from = process_cpu_ns(pid);
        results[i] = load_run(load);
        slices[i] = (double)(process_cpu_ns(pid) - from) / 1e3 / load->cycles;
        *mean_us += slices[i] / SLICES;
    }
    int i = median_of(slices);
    *middle = results[i];
    return slices[i];
}
