#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

enum { JST = 9 * 3600 };

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    INSIST(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_now(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

const struct clock clock_real = {real_now, NULL};

int64_t clock_ms(const struct clock *c)
{
    return c->now_ms(c->ctx);
}

int64_t clock_s(const struct clock *c)
{
    return clock_ms(c) / 1000;
}

static int64_t fake_now(void *ctx)
{
    struct clock_fake *f = ctx;
    return atomic_load(&f->ms);
}

struct clock clock_of_fake(struct clock_fake *f)
{
    return (struct clock){fake_now, f};
}

void clock_fake_set(struct clock_fake *f, int64_t ms)
{
    atomic_store(&f->ms, ms);
}

void clock_fake_add(struct clock_fake *f, int64_t ms)
{
    atomic_fetch_add(&f->ms, ms);
}

int64_t clock_steady_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t clock_steady_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

char *clock_utc_text(struct arena *a, int64_t unix_s)
{
    struct tm t;
    time_t at = (time_t)unix_s;
    if (!gmtime_r(&at, &t))
        return NULL;
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min, t.tm_sec);
}

static void put_pair(char *to, int v)
{
    to[0] = (char)('0' + v / 10);
    to[1] = (char)('0' + v % 10);
}

/* Without printf: each request that looks at a profile asks what day it is. */
char *clock_jst_date(struct arena *a, int64_t unix_s)
{
    struct tm t;
    time_t at = (time_t)unix_s + JST;
    if (!gmtime_r(&at, &t))
        return NULL;
    int year = t.tm_year + 1900;
    if (year < 0 || year > 9999)
        return arena_printf(a, "%04d-%02d-%02d", year, t.tm_mon + 1, t.tm_mday);
    char *date = arena_text(a, VIEW("0000-00-00"));
    if (!date)
        return NULL;
    put_pair(date, year / 100);
    put_pair(date + 2, year % 100);
    put_pair(date + 5, t.tm_mon + 1);
    put_pair(date + 8, t.tm_mday);
    return date;
}
