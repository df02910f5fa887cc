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

static bool is_limited(const struct slices_limit *limit)
{
    return limit->server || limit->other;
}

static double own_us(struct load_result *result, const struct load *load, pid_t pid)
{
    int64_t from = process_cpu_ns(pid);
    *result = load_run(load);
    return (double)(process_cpu_ns(pid) - from) / 1e3 / load->cycles;
}

static double limit_us(const struct slices_limit *limit, const struct load *load, unsigned cycles)
{
    struct load_result unused;
    if (limit->other) {
        struct load other = *load;
        other.port = limit->other->port, other.ctx = limit->other->ctx, other.cycles = cycles;
        return own_us(&unused, &other, limit->other_pid);
    }
    return limit->server ? bare_us(limit->server, &limit->cycle, limit->clients, cycles, NULL) : 0;
}

void slices_measure(struct slices *out, struct load *load, pid_t pid, unsigned cycles, const struct slices_limit *limit)
{
    double cpu[SLICES], bare[SLICES] = {0}, times[SLICES] = {0};
    struct load_result results[SLICES];
    load->cycles = warm_cycles(load->clients);
    limit_us(limit, load, warm_cycles(limit->clients));
    if (limit->apart)
        process_place_apart(pid, limit->server ? limit->server->pid : pid, true);
    own_us(&results[0], load, pid);
    load->cycles = cycles / SLICES;
    for (int i = 0; i < SLICES; i++) {
        bare[i] = limit_us(limit, load, load->cycles);
        cpu[i] = own_us(&results[i], load, pid);
        times[i] = bare[i] > 0 ? cpu[i] / bare[i] : 0;
    }
    if (limit->apart)
        process_place_apart(pid, limit->server ? limit->server->pid : pid, false);
    out->cpu_us = mean_of(cpu);
    out->limit_us = mean_of(bare);
    out->times = is_limited(limit) ? out->cpu_us / out->limit_us : 0;
    out->least = times[ranked(times, OUTER)];
    out->most = times[ranked(times, SLICES - 1 - OUTER)];
    out->middle = results[ranked(cpu, SLICES / 2)];
}
