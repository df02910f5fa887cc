/* logout: ending a session so that every service of it is told (OIDC Back-Channel Logout 1.0). */
#ifndef IDP_STATE_LOGOUT_H
#define IDP_STATE_LOGOUT_H

#include "idp/state/op.h"

struct db;
struct session;

struct logout {
    const struct op *op;
    const struct session *session;
    struct arena *arena;
    struct db *db; /* a reading connection, to know the clients */
    int64_t now;
};

/* Ends the session and queues a notice for every service that can be told, in one durable step; then wakes the
 * deliverer. ERR_OK also when it had ended already. */
enum err logout_session(struct logout *l) MUST_CHECK;

/* Its store job, for being a part of another one; CTX: the struct logout. ERR_CONFLICT: it had ended. The caller wakes
 * the deliverer (upkeep_wake). */
enum err logout_job(struct db *db, void *ctx) MUST_CHECK;

#endif
