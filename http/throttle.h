/* throttle: a token bucket for each key (an address, a client id) in a table of fixed size. Safe between threads. */
#ifndef HTTP_THROTTLE_H
#define HTTP_THROTTLE_H

#include "base/err.h"
#include "base/view.h"

struct throttle;

struct throttle_config {
    uint32_t burst;      /* tokens a bucket holds */
    uint32_t per_minute; /* tokens that come back in a minute, or in MINUTES of them */
    size_t keys_max;     /* buckets kept; the one idle longest in its set makes room */
    uint32_t minutes;    /* 0: 1; at most a day */
};

enum err throttle_open(struct throttle **out, const struct throttle_config *config) MUST_CHECK;
void throttle_close(struct throttle *t);

/* Takes one token of KEY at NOW_MS (any steady clock). False: none left; *retry_s (if given) says in how many seconds.
 */
bool throttle_take(struct throttle *t, struct view key, int64_t now_ms, int64_t *retry_s);

/* Would throttle_take give one? Takes none: for what is only counted when it fails. */
bool throttle_has(struct throttle *t, struct view key, int64_t now_ms, int64_t *retry_s);

#endif
