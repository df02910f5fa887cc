/* logout: ending sessions so that every service of them is told (OIDC Back-Channel Logout 1.0). */
#ifndef IDP_STATE_LOGOUT_H
#define IDP_STATE_LOGOUT_H

#include "idp/state/visit.h"

struct clients;
struct db;
struct keys;
struct session;

struct logout {
    struct view issuer;
    const struct keys *keys;
    struct clients *clients;
    const struct session *session;
    struct arena *arena;
    struct db *db; /* a reading connection, to know the clients */
    int64_t now;
};

/* Of SESSION, seen from this visit. */
struct logout logout_of(const struct visit *v, const struct session *session);

/* Ends the session and queues a notice for every service that can be told, in one durable step; then wakes the
 * deliverer. ERR_OK also when it had ended already. */
enum err logout_session(const struct visit *v, struct logout *l) MUST_CHECK;

/* Its store job, for being a part of another one; CTX: the struct logout. ERR_CONFLICT: it had ended. The caller wakes
 * the deliverer (upkeep_wake). */
enum err logout_job(struct db *db, void *ctx) MUST_CHECK;

/* Several sessions of one resident. */
struct logout_many {
    struct view issuer;
    const struct keys *keys;
    struct clients *clients;
    struct arena *arena;
    struct db *db; /* as above */
    int64_t now;
    struct ident resident;
    struct ident except; /* this session goes on; IDENT_NONE: none does */
    struct ident card;   /* only what this card opened (card_id); IDENT_NONE: by whatever card */
    size_t ended;        /* out */
};

/* All of RESIDENT's, seen from this visit. */
struct logout_many logout_all(const struct visit *v, struct ident resident);
/* One of them. */
struct logout logout_one(const struct logout_many *m, const struct session *session);

/* A store job, as above; CTX: the struct logout_many. */
enum err logout_many_job(struct db *db, void *ctx) MUST_CHECK;

#endif
