#include "jpki/agent/errand.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/thread.h"

enum { ARENA_CEILING = 512 * 1024, LAST_SECONDS = 5 };

struct errand {
    struct errand_tools tools;
    pthread_mutex_t lock;
    pthread_cond_t changed;

    /* under the lock */
    enum { IDLE, RUNNING, DONE } state;
    bool has_thread, stopped, window_failed, shut;
    enum stage stage;
    unsigned seen, lookers;
    int64_t looked_ms; /* when the last one left */
    char id[ERRAND_ID_MAX];
    char *url;
    struct choices choices;
    int chosen;       /* -1: none yet */
    unsigned offered; /* the look since which these choices are shown */

    /* the running thread's; read by others only while RUNNING or DONE, when they do not change */
    pthread_t thread;
    struct arena arena;
    struct proof_request request;
    struct proof_issuer issuer; /* of it, what a window shows */
    struct conversation conversation;
    uint8_t kiosk_lock[SHA256_SIZE]; /* of the response, which a kiosk holds */
    bool is_held;
};

static void lock(struct errand *e)
{
    INSIST(pthread_mutex_lock(&e->lock) == 0);
}

static void unlock(struct errand *e)
{
    INSIST(pthread_mutex_unlock(&e->lock) == 0);
}

/* ---- the thread ---- */

static void tell(void *ctx, enum stage stage)
{
    struct errand *e = ctx;
    lock(e);
    if (e->stage != stage) {
        e->stage = stage;
        e->seen++;
        pthread_cond_broadcast(&e->changed);
    }
    unlock(e);
}

static struct timespec in_ms(int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    return until;
}

/* Other choices are news, and no word on them has been said. */
static void offer(struct errand *e, const struct choices *choices)
{
    if (e->choices.n == choices->n && memcmp(e->choices.names, choices->names, sizeof choices->names) == 0)
        return;
    e->choices = *choices;
    e->chosen = -1;
    e->offered = ++e->seen;
    pthread_cond_broadcast(&e->changed);
}

static int choose(void *ctx, const struct choices *choices, int ms)
{
    struct errand *e = ctx;
    const struct timespec until = in_ms(ms);
    lock(e);
    offer(e, choices);
    int timed_out = 0;
    while (!timed_out && e->chosen < 0 && !e->stopped)
        timed_out = pthread_cond_timedwait(&e->changed, &e->lock, &until);
    int chosen = e->chosen;
    e->chosen = -1;
    unlock(e);
    return chosen;
}

static bool is_abandoned(const struct errand *e)
{
    return e->tools.abandoned_ms > 0 && e->lookers == 0 && e->stage != STAGE_PIN && e->stage != STAGE_KEYPAD &&
           e->stage != STAGE_WORK && clock_steady_ms() - e->looked_ms > e->tools.abandoned_ms;
}

static bool is_stopped(void *ctx)
{
    struct errand *e = ctx;
    lock(e);
    bool stopped = e->stopped || is_abandoned(e);
    unlock(e);
    return stopped;
}

/* Where the browser goes with the response; NULL when out of memory. */
static char *url_of(struct errand *e, const struct proof_response *response)
{
    struct buf b;
    const char *text;
    buf_open(&b, &e->arena, 2 * PROOF_RESPONSE_MAX);
    buf_put(&b, e->request.response_uri);
    buf_put_text(&b, "#");
    enum err bad = proof_response_write_fragment(&b, response);
    return bad || buf_done_text(&b, &text) ? NULL : strdup(text);
}

static void log_end(const struct errand *e, const struct proof_response *response, int64_t started)
{
    const struct card *card = &e->conversation.card;
    log_event(response->error ? LOG_WARN : LOG_INFO, "ended", LOG_TEXT("iss", e->request.iss),
              LOG_STR("purpose", proof_purpose_name(e->request.purpose)),
              LOG_STR("result", proof_error_name(response->error)), LOG_STR("step", card->step),
              LOG_INT("apdus", card->apdus), LOG_INT("ms", clock_steady_ms() - started));
}

static void finish(struct errand *e, char *url)
{
    lock(e);
    e->url = url;
    e->window_failed = e->conversation.window_failed;
    e->state = DONE;
    e->seen++;
    pthread_cond_broadcast(&e->changed);
    unlock(e);
}

/* Before the reader is let go, so that there is no moment at which nobody looks at the card. */
static void hold_for_kiosk(struct errand *e, struct reader *reader, struct proof_response *r)
{
    if (!e->tools.kiosk || r->error)
        return;
    const char *name = e->tools.reader_name(e->tools.ctx, reader);
    if (kiosk_hold(e->tools.kiosk, e->request.iss, name, e->kiosk_lock)) {
        *r = (struct proof_response){.txn = e->request.txn, .error = PROOF_BUSY};
        return;
    }
    e->is_held = true;
    r->lock = VIEW_ARRAY(e->kiosk_lock);
}

static void *run(void *ctx)
{
    struct errand *e = ctx;
    struct reader reader;
    struct proof_response response = {.txn = e->request.txn, .error = PROOF_NO_READER};
    int64_t started = clock_steady_ms();
    if (e->tools.open_reader(e->tools.ctx, &reader) == ERR_OK) {
        e->conversation.reader = &reader;
        conversation_run(&e->conversation, &response);
        hold_for_kiosk(e, &reader, &response);
        e->tools.close_reader(e->tools.ctx, &reader);
    }
    log_end(e, &response, started);
    finish(e, url_of(e, &response));
    return NULL;
}

/* ---- start ---- */

static struct view copy(struct errand *e, struct view v, bool *good)
{
    struct view out = arena_copy(&e->arena, v);
    *good = *good && (out.p || !v.p);
    return out;
}

static bool copy_order(struct errand *e, const struct errand_order *order)
{
    bool good = true;
    struct proof_request *r = &e->request;
    *r = *order->request;
    struct view *texts[] = {&r->iss,    &r->txn,     &r->jti,  &r->response_uri, &r->rp.id,   &r->rp.name,
                            &r->rp.org, &r->rp.host, &r->bind, &r->acr,          &r->ui.lang, &r->minver};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = copy(e, *texts[i], &good);
    e->issuer = (struct proof_issuer){.iss = r->iss, .label = copy(e, order->issuer->label, &good)};
    e->conversation = (struct conversation){.request = r,
                                            .issuer = &e->issuer,
                                            .jws = copy(e, order->jws, &good),
                                            .unknown_page = order->unknown_page,
                                            .window = &e->tools.window,
                                            .arena = &e->arena,
                                            .now = order->now,
                                            .busy_patience_ms = e->tools.busy_patience_ms,
                                            .tell = tell,
                                            .choose = choose,
                                            .is_stopped = is_stopped,
                                            .ctx = e};
    return good;
}

/* Until a few seconds before the OP forgets the transaction, so that it still hears why nothing came. Two clocks may
 * differ by a minute: then the whole life is taken. */
static int64_t end_of(const struct errand_order *order)
{
    int64_t life = order->request->exp - order->request->iat, left = order->request->exp - order->now;
    if (left <= 0 || left > life)
        left = life;
    return clock_steady_ms() + (left > 2 * LAST_SECONDS ? left - LAST_SECONDS : left) * 1000;
}

/* The errand before has ended: its thread is joined, its memory wiped. */
static void clear(struct errand *e)
{
    if (e->has_thread)
        pthread_join(e->thread, NULL);
    e->has_thread = false;
    if (e->url)
        wipe(e->url, strlen(e->url));
    free(e->url);
    e->url = NULL;
    arena_close(&e->arena);
    arena_open(&e->arena, ARENA_CEILING);
    e->state = IDLE;
    e->stopped = e->window_failed = e->is_held = false;
    e->stage = STAGE_START;
    e->choices = (struct choices){.n = 0};
    e->chosen = -1;
    e->seen++;
    memset(e->id, 0, sizeof e->id);
}

static enum err start_locked(struct errand *e, const struct errand_order *order, char id[ERRAND_ID_MAX])
{
    if (e->state == RUNNING || e->shut)
        return ERR_BUSY;
    clear(e);
    const char *name = copy_order(e, order) ? chance_ticket(&e->arena) : NULL;
    if (!name)
        return ERR_MEMORY;
    e->conversation.end_ms = end_of(order);
    e->looked_ms = clock_steady_ms();
    if (thread_start(&e->thread, "errand", run, e) != ERR_OK)
        return ERR_UNAVAILABLE;
    e->has_thread = true;
    e->state = RUNNING;
    memcpy(e->id, name, strlen(name) + 1);
    memcpy(id, e->id, ERRAND_ID_MAX);
    return ERR_OK;
}

enum err errand_start(struct errand *e, const struct errand_order *order, char id[ERRAND_ID_MAX])
{
    lock(e);
    enum err bad = start_locked(e, order, id);
    unlock(e);
    return bad;
}

bool errand_is_busy(struct errand *e)
{
    lock(e);
    bool busy = e->state == RUNNING;
    unlock(e);
    return busy;
}

/* ---- looking on ---- */

static bool is_it(const struct errand *e, struct view id)
{
    return e->state != IDLE && secret_equal(id, view_text(e->id));
}

static bool has_news(const struct errand *e, unsigned seen)
{
    return e->seen != seen || e->state == DONE;
}

static void wait_news(struct errand *e, struct view id, unsigned seen, int ms)
{
    const struct timespec until = in_ms(ms);
    int timed_out = 0;
    while (!timed_out && is_it(e, id) && !e->stopped && !has_news(e, seen))
        timed_out = pthread_cond_timedwait(&e->changed, &e->lock, &until);
}

/* A proof whose card has left the kiosk already opens nothing. */
static void check_kiosk(struct errand *e)
{
    const struct proof_response gone = {.txn = e->request.txn, .error = PROOF_CARD_REMOVED};
    if (!e->is_held || kiosk_hand_out(e->tools.kiosk, e->request.iss))
        return;
    if (e->url)
        wipe(e->url, strlen(e->url));
    free(e->url);
    e->url = url_of(e, &gone);
}

/* The answer is handed out once; then nobody can ask for this errand any more, and nothing of it stays in memory. */
static void give_out(struct errand *e, struct arena *arena, struct errand_view *out)
{
    check_kiosk(e);
    out->done = true;
    out->window_failed = e->window_failed;
    out->url = e->url ? arena_text(arena, view_text(e->url)) : NULL;
    clear(e);
}

static const struct choices *keep_choices(const struct errand *e, struct arena *arena)
{
    struct choices *kept = arena_alloc(arena, sizeof *kept);
    if (kept)
        *kept = e->choices;
    return kept;
}

static enum err look_locked(struct errand *e, struct view id, struct arena *arena, struct errand_view *out)
{
    if (!is_it(e, id))
        return ERR_NOT_FOUND;
    *out = (struct errand_view){.stage = e->stage,
                                .seen = e->seen,
                                .lang = words_lang(e->request.ui.lang),
                                .large = e->request.ui.large,
                                .service = arena_copy(arena, e->request.rp.name),
                                .bind = arena_copy(arena, e->request.bind)};
    if (e->stage == STAGE_CHOICE && e->choices.n > 0)
        out->choices = keep_choices(e, arena);
    if (e->state == DONE)
        give_out(e, arena, out);
    return ERR_OK;
}

enum err errand_look(struct errand *e, struct view id, unsigned seen, int ms, struct arena *arena,
                     struct errand_view *out)
{
    lock(e);
    e->lookers++;
    wait_news(e, id, seen, ms);
    e->lookers--;
    e->looked_ms = clock_steady_ms();
    enum err bad = look_locked(e, id, arena, out);
    unlock(e);
    return bad;
}

void errand_choose(struct errand *e, struct view id, unsigned seen, unsigned nth)
{
    lock(e);
    if (is_it(e, id) && e->state == RUNNING && e->stage == STAGE_CHOICE && seen >= e->offered && nth < e->choices.n) {
        e->chosen = (int)nth;
        pthread_cond_broadcast(&e->changed);
    }
    unlock(e);
}

void errand_stop(struct errand *e, struct view id)
{
    lock(e);
    if (is_it(e, id)) {
        e->stopped = true;
        pthread_cond_broadcast(&e->changed);
    }
    unlock(e);
}

/* ---- open and close ---- */

enum err errand_open(struct errand **out, const struct errand_tools *tools)
{
    pthread_condattr_t attr;
    struct errand *e = calloc(1, sizeof *e);
    *out = e;
    if (!e)
        return ERR_MEMORY;
    e->tools = *tools;
    arena_open(&e->arena, ARENA_CEILING);
    INSIST(pthread_mutex_init(&e->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0);
    INSIST(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&e->changed, &attr) == 0);
    pthread_condattr_destroy(&attr);
    return ERR_OK;
}

void errand_shut(struct errand *e)
{
    lock(e);
    e->stopped = e->shut = true;
    pthread_cond_broadcast(&e->changed);
    unlock(e);
}

void errand_close(struct errand *e)
{
    if (!e)
        return;
    errand_shut(e);
    clear(e);
    arena_close(&e->arena);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    free(e);
}
