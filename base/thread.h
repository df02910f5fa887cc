/* thread: threads with a name, as `ps -L`, `top -H`, perf and a core dump show it. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/err.h"

#define THREAD_NAME 16 /* bytes with the zero: what the kernel keeps */

/* Starts RUN(CTX). NAME says what it does, "upkeep", in at most 15 bytes. Signals are not for it but for the main
 * thread. ERR_MEMORY: no thread can be had. */
enum err thread_start(pthread_t *out, const char *name, void *run(void *), void *ctx) MUST_CHECK;

/* The same for one of several: NAME-NUMBER, "lane-0". */
enum err thread_start_one(pthread_t *out, const char *name, unsigned number, void *run(void *), void *ctx) MUST_CHECK;

#endif
