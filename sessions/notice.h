/* notice: the durable queue of what services must be told: log-outs (OpenID Connect Back-Channel Logout 1.0) and
 * security events about consents (RFC 8417, pushed by RFC 8935), and that what a counter asked was decided (CIBA
 * Core 1.0, 10.2). A row stays until the service has answered or the tries are used up; a crash loses none. The token
 * is signed at each delivery. */
#ifndef SESSIONS_NOTICE_H
#define SESSIONS_NOTICE_H

#include "store/row.h"

/* They may go to different addresses: one that does not answer keeps nothing of the other back. The numbers are stored.
 */
enum notice_channel { NOTICE_LOGOUT = 1, NOTICE_EVENT = 2, NOTICE_PING = 3 };

struct notice {
    int64_t id; /* given by the store */
    enum notice_channel channel;
    struct view client, sub;
    struct view sid;   /* of a log-out; else absent */
    struct view event; /* of an event: its claims (idp/tokens/event_token.h); of a ping: what and by which word, sealed
                        (idp/tokens/notify_token.h); else absent */
    int64_t created_at, due_at;
    int tries; /* begun so far, this one included when it comes from notice_take_due */
};

/* How long after the try number TRIES (1 is the first) the next one is due, in seconds; 0: that was the last. */
int64_t notice_wait_s(int tries);

/* Adds one, due at once. Fields used: all but id, due_at and tries. */
enum err notice_add(struct db *db, const struct notice *n) MUST_CHECK;

/* Takes up to MAX notices due at NOW, oldest first, and sets each to its next time, so that nobody else takes it and it
 * comes again if we crash. *OUT in A. Inside a store job. */
enum err notice_take_due(struct notice **out, size_t *n, struct db *db, struct arena *a, size_t max,
                         int64_t now) MUST_CHECK;

/* CLIENT did not answer on CHANNEL: all that waits for it there waits as long as the most tried of these notices does,
 * and what is older than NOTICE_LIFE_S goes. So a service that is down costs one try a round, however many it has. */
#define NOTICE_LIFE_S 90000
enum err notice_put_off(struct db *db, struct arena *a, enum notice_channel channel, struct view client,
                        int64_t now) MUST_CHECK;

/* Delivered, or given up after the last try: the row goes. */
enum err notice_done(struct db *db, int64_t id) MUST_CHECK;

/* When is the next one due? ERR_NOT_FOUND: the queue is empty. */
/* How many wait, of all services. */
enum err notice_count(int64_t *out, struct db *db, struct arena *a) MUST_CHECK;
enum err notice_next(int64_t *due_at, struct db *db, struct arena *a) MUST_CHECK;

#endif
