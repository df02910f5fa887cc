/* once: what others made and may use a single time: the jti of a client assertion (RFC 7523 3), of a DPoP proof (RFC
 * 9449 11.1). What is remembered is a digest, until the thing itself is refused for its age. */
#ifndef SESSIONS_ONCE_H
#define SESSIONS_ONCE_H

#include "store/row.h"

enum once_kind { ONCE_ASSERTION = 1, ONCE_PROOF = 2 };

struct once {
    struct ident id;
    int64_t expires_at; /* unix seconds: nobody takes the thing itself from then on */
};

/* JTI of WHO (a client, a key): the same jti of two senders are two things. */
struct once once_of(enum once_kind kind, struct view who, struct view jti, int64_t expires_at);

/* A store job; CTX: the struct once. ERR_CONFLICT: it was taken before. */
enum err once_take_job(struct db *db, void *ctx) MUST_CHECK;

#endif
