/* child: `genkan serve` as a process of its own, on the data folder of a provider of this test, so that it can be
 * killed. BUILD_DIR/genkan must be built. */
#ifndef TESTS_LIB_CHILD_H
#define TESTS_LIB_CHILD_H

#include <sys/types.h>

#include "tests/lib/provider.h"

struct child {
    char folder[64]; /* data/, fresh/ (what data/ was in the beginning), genkan.conf, log */
    char data[96], config[96], log[96];
    uint16_t port;
    pid_t pid; /* 0: not running */
};

/* Takes over the data of P, which is stopped (only its folder, clock and arena stay usable; the clock is set to the
 * real time). Services and residents keep talking to P's port, which is now the child's. */
void child_open(struct child *c, struct provider *p);
void child_close(struct child *c, struct provider *p);

/* Another process on the very same data folder, with a port, a configuration and a log of its own. Ended by child_end;
 * closing the first one closes the folder. */
void child_open_beside(struct child *c, const struct child *first, struct provider *p);

/* Waits until the log says EVENT. The test fails after twenty seconds. */
void child_wait_for(const struct child *c, struct provider *p, const char *event);
bool child_has_logged(const struct child *c, struct provider *p, const char *event);

/* Starts it and waits until it answers. The test fails after ten seconds. */
void child_start(struct child *c);
/* SIGKILL, or whatever SIGNAL; waits for its end and gives back what waitpid said. */
int child_end(struct child *c, int signal);

/* Puts the data folder back to what it was in the beginning. Not while it runs. */
void child_reset(struct child *c);

/* Runs `genkan ARGUMENTS` with this configuration; the exit code. Output goes to the log. */
int child_command(struct child *c, const char *const *arguments);
/* The same without waiting: its process, and what waitpid said once it is over. */
pid_t child_begin_command(struct child *c, const char *const *arguments);
int child_wait(pid_t pid);

#endif
