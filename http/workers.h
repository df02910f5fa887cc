/* workers: threads that take jobs out of one queue. A job is a struct of the caller with a `struct job` in it. */
#ifndef HTTP_WORKERS_H
#define HTTP_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct workers;

struct job {
    struct job *next;
};

typedef void job_fn(void *ctx, struct job *job, int worker);

/* N threads, called NAME-0 and so on, that call RUN(ctx, job, 0..n-1). ERR_MEMORY. */
enum err workers_open(struct workers **out, const char *name, unsigned n, size_t queue_max, job_fn *run,
                      void *ctx) MUST_CHECK;

/* Hands JOB over. False if the queue is full or closed: the job is still the caller's. */
bool workers_push(struct workers *w, struct job *job);

/* Takes nothing new, runs what is queued, joins the threads. workers_push may still be called, and says no. */
void workers_stop(struct workers *w);
/* Stops and frees. */
void workers_close(struct workers *w);

#endif
