/* pushed: an authorization request that a service sent ahead (RFC 9126). Found by half the SHA-256 of the reference
 * that the service got for it; any number of visits may begin with it while it lives, one of them is answered. Writers
 * run inside a store job. */
#ifndef SESSIONS_PUSHED_H
#define SESSIONS_PUSHED_H

#include "store/row.h"

#define PUSHED_LIFE_S 90

struct pushed {
    struct ident id; /* ident_of(the random part of the request_uri) */
    struct view client;
    struct view request; /* the checked authorization request, JSON */
    struct ident epoch;  /* store_epoch when it was written: neither it nor its use is brought to the disk by itself */
    int64_t expires_at;
    int64_t used_at; /* a visit that began with it was answered; 0: not yet */
};

enum err pushed_mint(struct db *db, const struct pushed *p) MUST_CHECK;
/* Texts live in A. ERR_NOT_FOUND: no such request (or swept). Ask pushed_check before using it. */
enum err pushed_find(struct pushed *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

/* In the order asked: to another client not even "expired" is said. */
enum pushed_state { PUSHED_GOOD, PUSHED_OTHER_CLIENT, PUSHED_USED, PUSHED_EXPIRED };
/* Pure: may a visit of CLIENT begin with it at NOW? EPOCH: the store's, today. */
enum pushed_state pushed_check(const struct pushed *p, struct view client, struct ident epoch, int64_t now);

/* Good once, however old by now: the caller, and nobody else, may answer it. ERR_CONFLICT: taken before, or gone. */
enum err pushed_take(struct db *db, struct ident id, int64_t now) MUST_CHECK;

#endif
