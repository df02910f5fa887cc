/* wish: what an authorization request asks for beyond its scope: the parameters claims and authorization_details, as
 * they were checked. Services ask the same thing again and again: it is kept once, under a part of its hash, and codes
 * and token families name it. A request without them has none, and costs nothing. */
#ifndef SESSIONS_WISH_H
#define SESSIONS_WISH_H

#include "store/row.h"

#define WISH_FRESH_S (24 * 3600)     /* its time is written at most once in this */
#define WISH_GRACE_S (2 * 24 * 3600) /* how long it stays when no token hangs on it */

struct wish {
    struct ident id;             /* IDENT_NONE: nothing is asked beyond the scope */
    struct view claims, details; /* JSON texts; absent: none */
};

/* Pure. */
struct wish wish_of(struct view claims, struct view details);

/* Texts live in A. ERR_NOT_FOUND: no such wish. */
enum err wish_find(struct wish *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

/* Is it kept, and need nothing be written for one more use at NOW? */
enum err wish_is_fresh(bool *fresh, struct db *db, struct arena *a, struct ident id, int64_t now) MUST_CHECK;

/* Inside a store job: keeps it, or says that it is used again. */
enum err wish_keep(struct db *db, const struct wish *w, int64_t now) MUST_CHECK;

/* Inside a store job: looks at the MAX wishes that were not looked at for longest, and not since NOW - WISH_GRACE_S:
 * those no token hangs on go, *DELETED; *LOOKED at in all. */
enum err wish_sweep(struct db *db, int64_t now, size_t max, size_t *deleted, size_t *looked) MUST_CHECK;

#endif
