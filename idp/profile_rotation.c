#include "idp/profile_rotation.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "consent/ledger.h"
#include "sessions/data_key.h"
#include "store/store.h"

/* A batch is one short transaction, and the server writes between two of them. The old key goes when nobody can still
 * be reading what it wraps: a request lives for less than the grace. */
enum { BATCH = 200, PAUSE_MS = 5, GRACE_MS = 3000, BATCH_MEMORY = 4 << 20 };

struct rotation {
    struct desk *desk;
    const char *folder;
    struct master *master;
    int64_t number, waiting; /* the current master key; data keys that an older one wraps */
    const char *act;
};

static void wait_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static enum err look(struct rotation *r)
{
    struct db *db = store_borrow(r->desk->store);
    enum err e = data_key_current(&r->number, db, &r->desk->arena);
    if (!e)
        e = data_key_waiting(&r->waiting, db, &r->desk->arena);
    store_return(r->desk->store, db);
    return e;
}

static bool is_interrupted(const struct rotation *r)
{
    return r->waiting > 0 || master_is_there(r->folder, r->number - 1);
}

/* --- beginning --------------------------------------------------------------------------------------------------- */

static enum err event_job(struct db *db, void *ctx)
{
    const struct rotation *r = ctx;
    const struct ledger_event e = {
        .type = LEDGER_OPERATOR, .at = clock_ms(&clock_real), .via = "command", .act = r->act};
    return ledger_append(r->desk->ledger, db, &e, NULL);
}

/* The file is there, durable, before the database names it: a server that reads the name finds the key. */
static enum err begin(struct rotation *r)
{
    struct data_key_turn turn = {&r->desk->arena, r->number + 1};
    r->act = "key rotate profile";
    enum err e = store_write(r->desk->store, event_job, r);
    if (!e)
        e = master_make(r->folder, turn.number);
    if (!e)
        e = store_write(r->desk->store, data_key_turn_job, &turn);
    if (!e)
        r->number = turn.number;
    return e;
}

/* --- wrapping anew ----------------------------------------------------------------------------------------------- */

static enum err rewrap_all(struct rotation *r, int64_t *done)
{
    struct arena batch;
    struct data_key_rewrap job = {.master = r->master, .a = &batch, .batch = BATCH};
    enum err e;
    *done = 0;
    do {
        arena_open(&batch, BATCH_MEMORY);
        e = store_write(r->desk->store, data_key_rewrap_job, &job);
        arena_close(&batch);
        *done += e ? 0 : (int64_t)job.done;
        if (!e && job.done)
            wait_ms(PAUSE_MS);
    } while (!e && job.done);
    return e;
}

static enum err destroy_older(struct rotation *r)
{
    enum err e = ERR_OK;
    wait_ms(GRACE_MS);
    for (int64_t n = r->number - 1; !e && n > 0 && master_is_there(r->folder, n); n--)
        e = master_destroy(r->folder, n);
    return e;
}

static int run(const struct command *self, struct rotation *r)
{
    int64_t done = 0;
    bool resumed = false;
    enum err e = look(r);
    if (!e && !(resumed = is_interrupted(r)))
        e = begin(r);
    if (e == ERR_CONFLICT)
        return command_fail(self, COMMAND_NO, "profile: another rotation has just begun");
    if (e)
        return command_fail(self, COMMAND_FAILED, "profile: the new master key in %s: %s", r->folder, err_words(e));
    if (resumed)
        puts("profile: an earlier rotation was interrupted; it is finished now");
    if ((e = rewrap_all(r, &done)))
        return command_fail(self, COMMAND_FAILED,
                            "profile: %lld data keys were wrapped anew, then: %s; nothing is lost, run it again",
                            (long long)done, err_words(e));
    if ((e = destroy_older(r)))
        return command_fail(self, COMMAND_FAILED, "profile: the older master key in %s cannot be destroyed: %s",
                            r->folder, err_words(e));
    printf("profile: master key %lld wraps from now on; %lld data keys were wrapped anew; the older one is destroyed\n",
           (long long)r->number, (long long)done);
    return COMMAND_DONE;
}

int profile_rotation_run(const struct command *self, struct desk *desk)
{
    struct rotation r = {.desk = desk, .folder = desk->config->profile.keys};
    enum err e = master_open(&r.master, r.folder);
    int code = e ? command_fail(self, COMMAND_FAILED, "%s: %s", r.folder, err_words(e)) : run(self, &r);
    master_close(r.master);
    return code;
}
