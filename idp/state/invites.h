/* invites: initial access tokens as they are kept. Only a hash of the token is. */
#ifndef IDP_STATE_INVITES_H
#define IDP_STATE_INVITES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

struct db;
struct registration_fault; /* idp/state/registration.h */

#define INVITE_USES_MAX 1000
#define INVITE_DAYS_MAX 366

struct invite {
    struct view id, terms;                      /* terms: JSON */
    int64_t uses;                               /* left */
    int64_t created_at, expires_at, revoked_at; /* unix seconds; 0: not revoked */
};

/* May TERMS (JSON) be those of an invitation? They must name an organisation, and make a registration together with
 * what a service says. ERR_SYNTAX with *fault. */
enum err invites_check_terms(struct arena *a, struct view terms, struct registration_fault *fault) MUST_CHECK;

/* Inside a write job. I without revoked_at; TOKEN: SHA-256 of the token. ERR_CONFLICT: the id is taken. */
enum err invites_record(struct db *db, const struct invite *i, const uint8_t token[SHA256_SIZE]) MUST_CHECK;
/* The invitation with this token that is good at NOW. ERR_NOT_FOUND: none, used up, over or revoked. */
enum err invites_find(struct invite *out, struct db *db, struct arena *a, const uint8_t token[SHA256_SIZE],
                      int64_t now) MUST_CHECK;
/* One by its id, good or not; ERR_NOT_FOUND. */
enum err invites_find_id(struct invite *out, struct db *db, struct arena *a, struct view id) MUST_CHECK;
/* Inside a write job: one use of it. ERR_NOT_FOUND: somebody else had the last one, or it is over. */
enum err invites_take(struct db *db, struct view id, int64_t now) MUST_CHECK;
/* Inside a write job. ERR_NOT_FOUND: none that is not revoked. */
enum err invites_revoke(struct db *db, struct view id, int64_t now) MUST_CHECK;
/* Newest first; texts live during the call. */
enum err invites_each(struct db *db, enum err (*fn)(void *ctx, const struct invite *i), void *ctx) MUST_CHECK;

#endif
