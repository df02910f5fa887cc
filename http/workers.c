#include "http/workers.h"

#include <stdlib.h>

#include "base/thread.h"

struct worker {
    struct workers *workers;
    pthread_t thread;
    int index;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *head, **tail;
    size_t queued, queue_max;
    unsigned idle;
    bool closed;
    job_fn *run;
    void *ctx;
    unsigned n;
    struct worker worker[];
};

static struct job *take(struct workers *w)
{
    INSIST(pthread_mutex_lock(&w->lock) == 0);
    while (!w->head && !w->closed) {
        w->idle++;
        pthread_cond_wait(&w->wake, &w->lock);
        w->idle--;
    }
    struct job *job = w->head;
    if (job) {
        w->head = job->next;
        if (!w->head)
            w->tail = &w->head;
        w->queued--;
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}

static void *work(void *arg)
{
    struct worker *me = arg;
    struct job *job;
    while ((job = take(me->workers)))
        me->workers->run(me->workers->ctx, job, me->index);
    return NULL;
}

enum err workers_open(struct workers **out, const char *name, unsigned n, size_t queue_max, job_fn *run, void *ctx)
{
    *out = NULL;
    struct workers *w = calloc(1, sizeof(*w) + n * sizeof(struct worker));
    if (!w)
        return ERR_MEMORY;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->tail = &w->head;
    w->queue_max = queue_max;
    w->run = run;
    w->ctx = ctx;
    for (; w->n < n; w->n++) {
        w->worker[w->n] = (struct worker){.workers = w, .index = (int)w->n};
        if (thread_start_one(&w->worker[w->n].thread, name, w->n, work, &w->worker[w->n]) != ERR_OK) {
            workers_close(w);
            return ERR_MEMORY;
        }
    }
    *out = w;
    return ERR_OK;
}

bool workers_push(struct workers *w, struct job *job)
{
    INSIST(pthread_mutex_lock(&w->lock) == 0);
    bool ok = !w->closed && w->queued < w->queue_max;
    bool wake = ok && w->idle > 0;
    if (ok) {
        job->next = NULL;
        *w->tail = job;
        w->tail = &job->next;
        w->queued++;
    }
    pthread_mutex_unlock(&w->lock);
    if (wake)
        pthread_cond_signal(&w->wake);
    return ok;
}

void workers_stop(struct workers *w)
{
    INSIST(pthread_mutex_lock(&w->lock) == 0);
    w->closed = true;
    pthread_mutex_unlock(&w->lock);
    pthread_cond_broadcast(&w->wake);
    for (unsigned i = 0; i < w->n; i++)
        pthread_join(w->worker[i].thread, NULL);
    w->n = 0;
}

void workers_close(struct workers *w)
{
    if (!w)
        return;
    workers_stop(w);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w);
}
