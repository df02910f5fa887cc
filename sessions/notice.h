/* notice: the durable queue of what services must be told: log-outs (OpenID Connect Back-Channel Logout 1.0) and
 * security events about consents (RFC 8417, pushed by RFC 8935), and that what a counter asked was decided (CIBA
 * Core 1.0, 10.2). A row stays until the service has answered or the tries are used up; a crash loses none. The token
 * is signed at each delivery. */
#ifndef SESSIONS_NOTICE_H
#define SESSIONS_NOTICE_H

#include "store/row.h"

/* They may go to different addresses: one that does not answer keeps nothing of the other back. The numbers are stored.
 */
enum notice_channel {
    NOTICE_LOGOUT = 1,
    NOTICE_EVENT = 2,
    NOTICE_PING = 3,
    NOTICE_POLL = 4 /* an event that the service fetches (RFC 8936): it is never due */
};

struct notice {
    int64_t id; /* given by the store */
    enum notice_channel channel;
    struct view client, sub;
    struct view sid;   /* of a log-out; else absent */
    struct view event; /* of an event: its claims (idp/tokens/event_token.h); of a ping: what and by which word, sealed
                        (idp/tokens/notify_token.h); else absent */
    struct view jti;   /* of an event; else absent */
    int64_t created_at, due_at;
    int64_t given_up_at; /* 0: not */
    struct view why;     /* it was given up; absent: it was not */
    struct view cause;   /* id of the request or run (base/trace.h) that added it; absent: none is known */
    int tries;           /* begun so far, this one included when it comes from notice_take_due */
};

/* How long after the try number TRIES (1 is the first) the next one is due, in seconds; 0: that was the last. */
int64_t notice_wait_s(int tries);

/* Adds one, due at once. Fields used: channel, client, sub, sid, event, jti, created_at; its cause
 * is what the thread works on. Of a client that has
 * NOTICE_MAX of the channel already, the oldest one goes, which is logged. */
#define NOTICE_MAX 10000
enum err notice_add(struct db *db, const struct notice *n) MUST_CHECK;

/* Takes up to MAX notices due at NOW, oldest first, and sets each to its next time, so that nobody else takes it and it
 * comes again if we crash. *OUT in A. Inside a store job. */
enum err notice_take_due(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max,
                         int64_t now) MUST_CHECK;

/* CLIENT did not answer on CHANNEL: all that waits for it there waits as long as the most tried of these notices does,
 * and what is older than NOTICE_LIFE_S is given up. So a service that is down costs one try a round, however many it
 * has. */
#define NOTICE_LIFE_S 90000
enum err notice_put_off(struct db *db, struct arena *a, enum notice_channel channel, struct view client,
                        int64_t now) MUST_CHECK;

/* After the last try: it stays, with WHY, until the operator has it tried again or drops it, or NOTICE_KEPT_S have
 * passed. */
#define NOTICE_KEPT_S (30 * 86400)
enum err notice_give_up(struct db *db, int64_t id, struct view why, int64_t now) MUST_CHECK;

/* For the operator: the newest MAX that wait or were given up, by whatever channel; texts in A. */
enum err notice_list(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max) MUST_CHECK;
/* Tries ID (0: all of CLIENT) again from the beginning / takes it away. *DONE: how many. */
enum err notice_retry(size_t *done, struct db *db, int64_t id, struct view client, int64_t now) MUST_CHECK;
enum err notice_drop(size_t *done, struct db *db, int64_t id, struct view client) MUST_CHECK;

/* What CLIENT fetches: the oldest MAX; *MORE: there are others. / It has JTI, or says WHY it cannot use it (which gives
 * it up). Not finding it is fine: it was told twice. */
enum err notice_poll(struct notice **out, size_t *n, bool *more, struct db *db, struct arena *a, struct view client,
                     size_t max) MUST_CHECK;
enum err notice_poll_has(bool *has, struct db *db, struct view client) MUST_CHECK; /* is there anything to fetch? */
enum err notice_poll_done(struct db *db, struct view client, struct view jti) MUST_CHECK;
enum err notice_poll_refused(struct db *db, struct view client, struct view jti, struct view why,
                             int64_t now) MUST_CHECK;

/* Forgets what was given up NOTICE_KEPT_S ago, and gives up what nobody fetched for NOTICE_POLL_S. */
#define NOTICE_POLL_S (7 * 86400)
enum err notice_sweep(struct db *db, int64_t now) MUST_CHECK;

/* Delivered: the row goes. */
enum err notice_done(struct db *db, int64_t id) MUST_CHECK;

/* When is the next one due? ERR_NOT_FOUND: the queue is empty. */
/* How many wait, of all services. */
enum err notice_count(int64_t *out, struct db *db, struct arena *a) MUST_CHECK;
enum err notice_next(int64_t *due_at, struct db *db, struct arena *a) MUST_CHECK;

#endif
