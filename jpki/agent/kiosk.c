#include "jpki/agent/kiosk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/thread.h"

enum { ISS_SIZE = 288, NAME_SIZE = 256, ROWS_MAX = 16, KEY_SIZE = 32, LOOK_MS = 500, WATCH_MS = 5000 };

/* One issuer that has, or is about to have, a session of the card's holder. */
struct row {
    enum { ROW_FREE, ROW_HELD, ROW_DUE } state;
    char iss[ISS_SIZE];
    uint8_t key[KEY_SIZE];
    int64_t ready_ms; /* not given out before: a login may be on its way */
};

struct kiosk {
    struct kiosk_tools tools;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool has_thread;

    /* under the lock */
    struct row rows[ROWS_MAX];
    char reader[NAME_SIZE]; /* whose card is held */
    bool shut;
    unsigned seen, watchers;
    int64_t watched_ms; /* when the last one left; 0: never */
};

static void lock(struct kiosk *k)
{
    INSIST(pthread_mutex_lock(&k->lock) == 0);
}

static void unlock(struct kiosk *k)
{
    INSIST(pthread_mutex_unlock(&k->lock) == 0);
}

static void tell(struct kiosk *k)
{
    k->seen++;
    pthread_cond_broadcast(&k->changed);
}

/* ---- rows ---- */

static bool has_held(const struct kiosk *k)
{
    for (size_t i = 0; i < ROWS_MAX; i++)
        if (k->rows[i].state == ROW_HELD)
            return true;
    return false;
}

static void make_due(struct kiosk *k, const char *why)
{
    size_t n = 0;
    for (size_t i = 0; i < ROWS_MAX; i++)
        if (k->rows[i].state == ROW_HELD) {
            k->rows[i].state = ROW_DUE;
            n++;
        }
    if (n > 0) {
        log_event(LOG_INFO, "kiosk_logout", LOG_STR("why", why), LOG_INT("sessions", (int64_t)n));
        tell(k);
    }
}

/* The row of ISS that is held, or a free one; NULL: none. */
static struct row *find_row(struct kiosk *k, struct view iss)
{
    struct row *room = NULL;
    for (size_t i = 0; i < ROWS_MAX; i++) {
        struct row *r = &k->rows[i];
        if (r->state == ROW_HELD && view_equal_text(iss, r->iss))
            return r;
        if (r->state == ROW_FREE && !room)
            room = r;
    }
    return room;
}

static enum err hold(struct kiosk *k, struct view iss, const char *name, uint8_t out[SHA256_SIZE])
{
    if (strcmp(k->reader, name) != 0)
        make_due(k, "another reader");
    struct row *r = find_row(k, iss);
    if (!r || k->shut || iss.n >= ISS_SIZE || strlen(name) >= NAME_SIZE)
        return ERR_LIMIT;
    if (r->state == ROW_FREE) {
        snprintf(r->iss, sizeof r->iss, "%.*s", (int)iss.n, (const char *)iss.p);
        chance_bytes(r->key, sizeof r->key);
    }
    snprintf(k->reader, sizeof k->reader, "%s", name);
    r->state = ROW_HELD;
    r->ready_ms = clock_steady_ms() + k->tools.grace_ms;
    sha256(out, VIEW_ARRAY(r->key));
    tell(k);
    return ERR_OK;
}

enum err kiosk_hold(struct kiosk *k, struct view iss, const char *name, uint8_t out[SHA256_SIZE])
{
    lock(k);
    enum err e = hold(k, iss, name, out);
    unlock(k);
    return e;
}

bool kiosk_hand_out(struct kiosk *k, struct view iss)
{
    lock(k);
    struct row *r = find_row(k, iss);
    bool held = r && r->state == ROW_HELD;
    if (held)
        r->ready_ms = clock_steady_ms() + k->tools.grace_ms;
    unlock(k);
    return held;
}

/* ---- the thread: is the card still there? ---- */

static bool goes_on(struct kiosk *k, const char *name)
{
    lock(k);
    bool on = !k->shut && has_held(k) && strcmp(k->reader, name) == 0;
    unlock(k);
    return on;
}

/* Watches reader NAME as long as somebody is held for it. A reader that cannot be watched has no card. */
static void watch(struct kiosk *k, const char *name)
{
    struct reader reader;
    enum reader_state state = READER_NONE;
    if (k->tools.open_reader(k->tools.ctx, name, &reader) == ERR_OK) {
        do
            state = reader.await(reader.ctx, READER_CARD, LOOK_MS);
        while (state == READER_CARD && goes_on(k, name));
        k->tools.close_reader(k->tools.ctx, &reader);
    }
    lock(k);
    if (state != READER_CARD && strcmp(k->reader, name) == 0)
        make_due(k, state == READER_EMPTY ? "card left" : "reader left");
    unlock(k);
}

static bool await_work(struct kiosk *k, char name[NAME_SIZE])
{
    lock(k);
    while (!k->shut && !has_held(k))
        pthread_cond_wait(&k->changed, &k->lock);
    memcpy(name, k->reader, NAME_SIZE);
    bool more = !k->shut;
    unlock(k);
    return more;
}

static void *run(void *ctx)
{
    struct kiosk *k = ctx;
    char name[NAME_SIZE];
    while (await_work(k, name))
        watch(k, name);
    return NULL;
}

/* ---- looking on ---- */

/* How long to wait: at most MS, and no longer than until a log-out may be given out. */
static int64_t wait_of(const struct kiosk *k, int64_t ms)
{
    int64_t now = clock_steady_ms();
    for (size_t i = 0; i < ROWS_MAX; i++)
        if (k->rows[i].state == ROW_DUE && k->rows[i].ready_ms - now < ms)
            ms = k->rows[i].ready_ms > now ? k->rows[i].ready_ms - now : 0;
    return ms;
}

static void wait_news(struct kiosk *k, unsigned seen, int ms)
{
    int64_t until_ms = clock_steady_ms() + wait_of(k, ms);
    const struct timespec until = {until_ms / 1000, (until_ms % 1000) * 1000000L};
    int timed_out = 0;
    while (!timed_out && k->seen == seen && !k->shut)
        timed_out = pthread_cond_timedwait(&k->changed, &k->lock, &until);
}

static char *url_of(const struct row *r, struct arena *arena)
{
    const char *key = base64url_text(arena, VIEW_ARRAY(r->key));
    return key ? arena_printf(arena, "%s" KIOSK_LOGOUT_PATH "?key=%s", r->iss, key) : NULL;
}

static enum err give_out(struct kiosk *k, struct arena *arena, struct kiosk_view *out)
{
    for (size_t i = 0; i < ROWS_MAX; i++) {
        struct row *r = &k->rows[i];
        if (r->state != ROW_DUE || (r->ready_ms > clock_steady_ms() && !k->shut))
            continue;
        out->url = url_of(r, arena);
        if (!out->url)
            return ERR_MEMORY;
        wipe(r, sizeof *r);
        return ERR_OK;
    }
    return ERR_OK;
}

enum err kiosk_look(struct kiosk *k, unsigned seen, int ms, struct arena *arena, struct kiosk_view *out)
{
    lock(k);
    k->watchers++;
    wait_news(k, seen, ms);
    k->watchers--;
    k->watched_ms = clock_steady_ms();
    *out = (struct kiosk_view){.seen = k->seen, .held = has_held(k)};
    enum err e = give_out(k, arena, out);
    unlock(k);
    return e;
}

bool kiosk_is_watched(struct kiosk *k)
{
    lock(k);
    bool watched = k->watchers > 0 || (k->watched_ms && clock_steady_ms() - k->watched_ms < WATCH_MS);
    unlock(k);
    return watched;
}

/* ---- open and close ---- */

enum err kiosk_open(struct kiosk **out, const struct kiosk_tools *tools)
{
    pthread_condattr_t attr;
    struct kiosk *k = *out = calloc(1, sizeof *k);
    if (!k)
        return ERR_MEMORY;
    k->tools = *tools;
    k->seen = 1; /* 0 is older than anything: the first look is answered at once */
    INSIST(pthread_mutex_init(&k->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0);
    INSIST(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&k->changed, &attr) == 0);
    pthread_condattr_destroy(&attr);
    k->has_thread = thread_start(&k->thread, "kiosk", run, k) == ERR_OK;
    if (k->has_thread)
        return ERR_OK;
    kiosk_close(k);
    *out = NULL;
    return ERR_UNAVAILABLE;
}

void kiosk_shut(struct kiosk *k)
{
    lock(k);
    k->shut = true;
    make_due(k, "agent ends");
    pthread_cond_broadcast(&k->changed);
    unlock(k);
}

void kiosk_close(struct kiosk *k)
{
    if (!k)
        return;
    kiosk_shut(k);
    if (k->has_thread)
        pthread_join(k->thread, NULL);
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
    wipe(k->rows, sizeof k->rows);
    free(k);
}
