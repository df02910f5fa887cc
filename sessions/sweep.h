/* sweep: deletes what has expired, in small batches, so that no writer waits long for it. */
#ifndef SESSIONS_SWEEP_H
#define SESSIONS_SWEEP_H

#include "store/store.h"

/* How long rows are kept after their end, in seconds: enough to tell "expired" from "never was", and for tokens to see
 * an ended session. Interactions, which anybody can begin, go at their end. */
#define SWEEP_GRACE_S 3600

struct sweep {
    int64_t now;
    size_t batch;             /* rows of a table at most in one job; 0 means 200 */
    struct ident cursor;      /* how far the families have been looked through; begins as IDENT_NONE */
    struct ident next_cursor; /* out: CURSOR for the next job */
    size_t deleted;           /* out: by this job */
    bool done;                /* out: nothing more is due */
};

/* A store job: one batch of every table. CTX is a struct sweep. */
enum err sweep_job(struct db *db, void *ctx) MUST_CHECK;

/* Batches until nothing is due; *DELETED may be NULL. */
enum err sweep_run(struct store *s, int64_t now, size_t *deleted) MUST_CHECK;

#endif
