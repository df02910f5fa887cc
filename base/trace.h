/* trace: which request, or which run of our own, a thread works on, and to which distributed trace that belongs (W3C
 * Trace Context level 1). What the thread logs and what it sends to others carries it. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>

#include "base/view.h"

#define TRACE_STATE_MAX 512 /* W3C Trace Context 3.3.1.5: at least as much is passed on */

/* Lower case hex digits and NUL. */
struct trace {
    char trace[33];                  /* trace-id: of the whole */
    char span[17];                   /* of this request or run: its id in log lines and on pages */
    char cause[17];                  /* of a run: the request, or run, which caused it; "": none is known */
    bool run;                        /* nobody asked: it is our own work */
    bool sampled;                    /* whoever began the trace may have recorded it: passed on as it came */
    char state[TRACE_STATE_MAX + 1]; /* tracestate, passed on; "": none */
};

/* A request's, before its headers are known: a trace of its own, out of two numbers that no other request has. */
void trace_begin(struct trace *t, uint64_t process, uint64_t request);
/* A run's: random. CAUSE may be absent; anything that is no id of a request counts as absent. */
void trace_begin_run(struct trace *t, struct view cause);

/* Goes on with the trace in a `traceparent` header. False: it is invalid, and T stays as it was (3.2.2: the trace is
 * restarted). PARENT absent: false. */
bool trace_join(struct trace *t, struct view parent);
/* The `tracestate` headers, in their order; to be asked only after trace_join said yes (3.3). What cannot be read is
 * dropped as a whole; of too much, entries of more than 128 characters first, then those at the end (3.3.1.5). */
void trace_join_state(struct trace *t, const struct view *headers, size_t n);

/* A `traceparent` for something that is sent on behalf of T, with a new id of its own, which is also in SPAN. */
#define TRACE_PARENT_SIZE 56
void trace_write_parent(char out[TRACE_PARENT_SIZE], char span[17], const struct trace *t);

/* What this thread works on from now on; NULL: nothing. T must live until the next call. What it was before. */
const struct trace *trace_enter(const struct trace *t);
const struct trace *trace_current(void);

#endif
