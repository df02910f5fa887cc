/* clock: what time it is, as a value that can be handed in. Rules never ask a clock, they are told. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct clock {
    int64_t (*now_ms)(void *ctx); /* milliseconds since 1970-01-01T00:00:00Z */
    void *ctx;
};

extern const struct clock clock_real;

int64_t clock_ms(const struct clock *c);
int64_t clock_s(const struct clock *c);

/* A clock for tests: stands still until told. Safe between threads. */
struct clock_fake {
    _Atomic int64_t ms;
};
struct clock clock_of_fake(struct clock_fake *f);
void clock_fake_set(struct clock_fake *f, int64_t ms);
void clock_fake_add(struct clock_fake *f, int64_t ms);

/* Milliseconds of a clock that never jumps, for time-outs and measuring. */
int64_t clock_steady_ms(void);
int64_t clock_steady_ns(void);

/* "2026-11-22T04:05:06Z" / "2026-11-22" (in Japan's time, UTC+9, which has no summer time) in the arena. */
char *clock_utc_text(struct arena *a, int64_t unix_s);
char *clock_jst_date(struct arena *a, int64_t unix_s);

#endif
