#include "process.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0)
        return 0;
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t wall_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t thread_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

int64_t process_cpu_ns(pid_t pid)
{
    clockid_t id;
    return clock_getcpuclockid(pid, &id) == 0 ? read_clock(id) : 0;
}

long process_rss_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && kib < 0 && fgets(line, sizeof(line), f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kib;
}

static void keep_to(pid_t pid, const cpu_set_t *set)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            sched_setaffinity((pid_t)strtol(entry->d_name, NULL, 10), sizeof(*set), set);
    if (dir)
        closedir(dir);
}

void process_place_apart(pid_t server, pid_t other, bool apart)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t ours, theirs;
    CPU_ZERO(&ours);
    CPU_ZERO(&theirs);
    for (long cpu = 0; cpu < n && cpu < CPU_SETSIZE; cpu++) {
        if (!apart || n == 1 || cpu == 0)
            CPU_SET((size_t)cpu, &ours);
        if (!apart || n == 1 || cpu != 0)
            CPU_SET((size_t)cpu, &theirs);
    }
    keep_to(getpid(), &ours);
    keep_to(server, &theirs);
    keep_to(other, &theirs);
}

static void do_nothing_on(int cpu)
{
    struct sched_param none = {0};
    cpu_set_t one;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0 || sched_setscheduler(0, SCHED_IDLE, &none) != 0)
        _exit(1); /* with any other priority it would be in the way */
    for (;;)
        sched_yield(); /* in and out of the kernel, so that who is woken need not wait for the next tick */
}

void keep_awake(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    for (int cpu = 0; cpu < n && cpu < 64; cpu++)
        if (fork() == 0)
            do_nothing_on(cpu);
}

int process_end(pid_t pid)
{
    int status = 0;
    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
