/* fetcher: GETs made by threads of their own, so that nobody else waits for a peer. See answer_wait. */
#ifndef HTTP_FETCHER_H
#define HTTP_FETCHER_H

#include "http/fetch.h"

struct fetcher;

/* THREADS, called NAME-0 and so on, fetch at the same time with F, which must outlive them; QUEUE_MAX more may be asked
 * for. */
enum err fetcher_open(struct fetcher **out, struct fetch *f, const char *name, unsigned threads,
                      size_t queue_max) MUST_CHECK;
/* What was not begun is answered with ERR_UNAVAILABLE, what runs is waited for. */
void fetcher_close(struct fetcher *f);

/* Called by a thread of the fetcher. E as of fetch_get; ANSWER lives until it returns. */
typedef void fetcher_fn(void *ctx, enum err e, const struct fetched *answer);

/* GETs URL, which is copied, and then calls DONE once. ERR_BUSY: too much is asked for already; ERR_MEMORY: DONE is not
 * called in either case. */
enum err fetcher_get(struct fetcher *f, struct view url, const struct fetch_limits *limits, fetcher_fn *done,
                     void *ctx) MUST_CHECK;

#endif
