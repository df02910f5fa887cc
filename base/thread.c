#include "base/thread.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum err thread_start(pthread_t *out, const char *name, void *run(void *), void *ctx)
{
    sigset_t all, before;
    INSIST(strlen(name) < THREAD_NAME);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(out, NULL, run, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return ERR_MEMORY;
    pthread_setname_np(*out, name); /* a thread that has ended already needs none */
    return ERR_OK;
}

enum err thread_start_one(pthread_t *out, const char *name, unsigned number, void *run(void *), void *ctx)
{
    char text[THREAD_NAME + 16];
    snprintf(text, sizeof text, "%s-%u", name, number);
    return thread_start(out, text, run, ctx);
}
