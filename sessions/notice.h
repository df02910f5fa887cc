/* notice: the durable queue of back-channel log-outs (OpenID Connect Back-Channel Logout 1.0). A row stays until the
 * service has answered or the tries are used up; a crash loses none. The token is made at each delivery. */
#ifndef SESSIONS_NOTICE_H
#define SESSIONS_NOTICE_H

#include "store/row.h"

struct notice {
    int64_t id; /* given by the store */
    struct view client, sub, sid;
    int64_t created_at, due_at;
    int tries; /* begun so far, this one included when it comes from notice_take_due */
};

/* How long after the try number TRIES (1 is the first) the next one is due, in seconds; 0: that was the last. */
int64_t notice_wait_s(int tries);

/* Adds one, due at once. Fields used: client, sub, sid, created_at. */
enum err notice_add(struct db *db, const struct notice *n) MUST_CHECK;

/* Takes up to MAX notices due at NOW, oldest first, and sets each to its next time, so that nobody else takes it and it
 * comes again if we crash. *OUT in A. Inside a store job. */
enum err notice_take_due(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max,
                         int64_t now) MUST_CHECK;

/* CLIENT did not answer: all that waits for it waits as long as its most tried notice does, and what is older than
 * NOTICE_LIFE_S goes. So a service that is down costs one try a round, however many notices it has. */
#define NOTICE_LIFE_S 90000
enum err notice_put_off(struct db *db, struct arena *a, struct view client, int64_t now) MUST_CHECK;

/* Delivered, or given up after the last try: the row goes. */
enum err notice_done(struct db *db, int64_t id) MUST_CHECK;

/* When is the next one due? ERR_NOT_FOUND: the queue is empty. */
enum err notice_next(int64_t *due_at, struct db *db, struct arena *a) MUST_CHECK;

#endif
