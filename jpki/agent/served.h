/* served: the requests (jti) this agent has served, so that none is served twice. Kept until they have expired. */
#ifndef JPKI_AGENT_SERVED_H
#define JPKI_AGENT_SERVED_H

#include "base/err.h"
#include "base/hash.h"

#define SERVED_MAX 1024

struct served {
    struct {
        uint8_t jti[SHA256_SIZE];
        int64_t until; /* unix seconds; 0: free */
    } rows[SERVED_MAX];
};

/* Takes JTI of ISS; it is remembered until UNTIL. ERR_CONFLICT: served before. ERR_LIMIT: too many that are still good
 * (then nothing is served: unknown is never allowed). */
enum err served_take(struct served *s, struct view iss, struct view jti, int64_t until, int64_t now) MUST_CHECK;

#endif
