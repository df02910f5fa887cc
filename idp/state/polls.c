#include "idp/state/polls.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "idp/rules/events_poll.h"
#include "sessions/notice.h"
#include "store/store.h"

#define LOOK_MS 1000

struct polls {
    struct store *store;
    pthread_mutex_t lock;
    const struct waiting_poll *waiting[POLLS_IN_ALL]; /* NULL: free */
};

/* When it last looked: only the thread that asks touches it. */
struct look {
    int64_t at_ms;
    uint64_t groups; /* of writes, by then */
};

struct waiting_poll {
    struct polls *polls;
    struct view client;
    size_t place;
    struct look *look;
};

enum err polls_open(struct polls **out, struct store *store)
{
    struct polls *p = calloc(1, sizeof *p);
    *out = p;
    if (!p)
        return ERR_MEMORY;
    p->store = store;
    pthread_mutex_init(&p->lock, NULL);
    return ERR_OK;
}

void polls_close(struct polls *p)
{
    if (!p)
        return;
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static void enter(struct polls *p)
{
    INSIST(pthread_mutex_lock(&p->lock) == 0);
}

static void leave(struct polls *p)
{
    pthread_mutex_unlock(&p->lock);
}

void polls_count(struct polls *p, struct view client, size_t *of_client, size_t *all)
{
    *of_client = *all = 0;
    enter(p);
    for (size_t i = 0; i < POLLS_IN_ALL; i++) {
        *all += p->waiting[i] != NULL;
        *of_client += p->waiting[i] && view_equal(p->waiting[i]->client, client);
    }
    leave(p);
}

static enum err take_place(struct polls *p, struct waiting_poll *w)
{
    enum err e = ERR_LIMIT;
    enter(p);
    for (size_t i = 0; i < POLLS_IN_ALL && e; i++)
        if (!p->waiting[i]) {
            p->waiting[i] = w;
            w->place = i;
            e = ERR_OK;
        }
    leave(p);
    return e;
}

enum err polls_begin(const struct waiting_poll **out, struct polls *p, struct arena *a, struct view client)
{
    struct waiting_poll *w = arena_alloc(a, sizeof *w);
    struct look *look = arena_alloc(a, sizeof *look);
    *out = w;
    if (!w || !look)
        return ERR_MEMORY;
    *w = (struct waiting_poll){.polls = p, .client = arena_copy(a, client), .look = look};
    return view_is(w->client) ? take_place(p, w) : ERR_MEMORY;
}

void polls_end(struct polls *p, const struct waiting_poll *w)
{
    enter(p);
    INSIST(p->waiting[w->place] == w);
    p->waiting[w->place] = NULL;
    leave(p);
}

static bool is_time(const struct waiting_poll *w, uint64_t groups)
{
    return groups != w->look->groups || clock_steady_ms() - w->look->at_ms >= LOOK_MS;
}

/* That we could not look is not "nothing": the poll is answered, and says so. */
bool polls_has_come(const void *waiting_poll)
{
    const struct waiting_poll *w = waiting_poll;
    bool has = false;
    uint64_t groups = store_figures(w->polls->store).groups;
    if (!is_time(w, groups))
        return false;
    *w->look = (struct look){clock_steady_ms(), groups};
    struct db *db = store_borrow(w->polls->store);
    enum err e = notice_poll_has(&has, db, w->client);
    store_return(w->polls->store, db);
    return e || has;
}
