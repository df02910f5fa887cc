#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/trace.h"
#include "store/epoch.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/used.h"

/* A group is cut here: its first job should not wait for a thousand others. */
enum { GROUP_MAX = 256, LOOKS = 200 };

/* One caller of store_write, on that caller's stack. */
struct pending {
    struct pending *next;
    store_job *job; /* NULL: SCRIPT is run instead, outside any transaction, in a group of its own */
    const char *script;
    void *ctx;
    const struct trace *trace; /* whoever runs the job does it for this request */
    bool durable;              /* it is answered when the log is on the disk */
    enum err err;
    _Atomic int told; /* enum told */
    bool sleeps;
    pthread_cond_t wake;
};

/* What one that waits is told; SYNC: bring the log to the disk for this one and those behind it. */
enum told { TOLD_NOTHING, TOLD_LEAD, TOLD_SYNC, TOLD_DONE };

struct store {
    struct db *writer; /* the leader's, one at a time */
    struct store_hooks hooks;
    _Atomic uint64_t groups, jobs, reruns;
    _Atomic int last_fault;

    pthread_mutex_t queue_lock; /* guards the three below */
    struct pending *first, *last;
    bool led;

    char *path, *log_path; /* the database and SQLite's write-ahead log */
    struct ident epoch;
    struct used *used;         /* may be NULL */
    _Atomic uint64_t applied;  /* groups that are in the log, as far as this process is concerned */
    pthread_mutex_t sync_lock; /* guards the rest of this block */
    pthread_cond_t sync_wake;
    uint64_t synced; /* of them, groups that are on the disk */
    int log_fd;
    bool syncing, broken;

    struct reader *readers;
    size_t n_readers;
    _Atomic unsigned waiting;  /* threads that found all of them lent */
    pthread_mutex_t pool_lock; /* they wait with it */
    pthread_cond_t pool_wake;
};

/* A reading connection. Each thread comes back to the one it had: nobody waits for anybody, and statements, pages and
 * memory stay with one processor. */
struct reader {
    struct db *db;
    atomic_bool lent;
    char apart[64]; /* two threads do not write to one line of the cache */
};

const char *store_fault_name(enum store_fault f)
{
    static const char *const NAMES[] = {"fine",    "full",  "locked",   "read-only", "corrupt", "newer",
                                        "foreign", "older", "diverged", "missing",   "i/o",     "sql"};
    INSIST((size_t)f < sizeof NAMES / sizeof NAMES[0]);
    return NAMES[f];
}

const char *store_fault_words(enum store_fault f)
{
    static const char *const WORDS[] = {
        [STORE_FINE] = "not enough memory",
        [STORE_FULL] = "the disk is full",
        [STORE_LOCKED] = "another process has locked it; try again",
        [STORE_READ_ONLY] = "it may not be read or written: whose are file and folder, and is the disk read-only?",
        [STORE_CORRUPT] = "it is no database, or a damaged one: put the backup back",
        [STORE_NEWER] = "a newer Genkan has made it: use that one, or put the backup of before back",
        [STORE_FOREIGN] = "it is the database of another program",
        [STORE_OLDER] = "an older Genkan has made it: the first `genkan serve` brings it up to date",
        [STORE_DIVERGED] =
            ("it was made by a Genkan whose database took another way: use that one, or put a backup back "
             "that is not of it"),
        [STORE_MISSING] = "it is not there, or its folder cannot be opened",
        [STORE_IO] = "the disk reports an error",
        [STORE_SQL] = "it is not as this Genkan expects: put the backup back",
    };
    INSIST((size_t)f < sizeof WORDS / sizeof WORDS[0]);
    return WORDS[f];
}

/* --- opening and closing ---------------------------------------------------------------------------------------- */

/* SQLite would make it readable for all; the log files beside it take over the mode of this one. */
static enum err make_file(const struct store_config *config, enum store_fault *fault)
{
    int flags = config->read_only ? O_RDONLY : config->must_exist ? O_RDWR : O_RDWR | O_CREAT;
    int fd = open(config->path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        return close(fd) == 0 ? ERR_OK : ERR_IO;
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
        *fault = STORE_MISSING;
        return ERR_NOT_FOUND;
    case EROFS:
    case EACCES:
    case EPERM:
        *fault = STORE_READ_ONLY;
        return ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        *fault = STORE_FULL;
        return ERR_STORE;
    default:
        *fault = STORE_IO;
        return ERR_IO;
    }
}

static enum err open_writer(struct store *s, const struct db_config *base, enum store_fault *fault)
{
    struct db_config c = *base;
    c.mode = DB_WRITER;
    enum err e = db_open(&s->writer, &c, fault);
    return e == ERR_OK ? schema_migrate(s->writer, fault) : e;
}

static enum err open_readers(struct store *s, const struct db_config *base, unsigned n, enum store_fault *fault)
{
    s->readers = calloc(n, sizeof *s->readers);
    if (!s->readers)
        return ERR_MEMORY;
    struct db_config c = *base;
    c.cache_kib = base->cache_kib / 4;
    for (unsigned i = 0; i < n; i++) {
        enum err e = db_open(&s->readers[i].db, &c, fault);
        if (e != ERR_OK)
            return e;
        s->n_readers = i + 1;
    }
    return ERR_OK;
}

/* At the opening, and if it is not there yet, before the first flush. The system tells each opened file once that
 * something could not be written: one that is opened after another process was told would never hear of it. */
static void open_log(struct store *s)
{
    if (s->log_fd < 0)
        s->log_fd = open(s->log_path, O_RDWR | O_CLOEXEC);
}

static enum err sync_log(struct store *s);

/* Not every command needs it. */
static void open_used(struct store *s)
{
    char *path = NULL;
    if (asprintf(&path, "%s-recent", s->path) < 0)
        path = NULL;
    enum err e = path ? used_open(&s->used, path) : ERR_MEMORY;
    if (e)
        log_event(LOG_WARN, "used_codes_not_shared", LOG_STR("file", path ? path : s->path),
                  LOG_STR("why", err_words(e)), LOG_STR("error", err_name(e)));
    else if (used_is_new(s->used)) /* somebody took the one before away: what it knew ends with the epoch */
        epoch_end(s->path);
    db_share(s->writer, s->used);
    free(path);
}

/* A new epoch is on the disk before the first code bears it. */
static enum err begin_epoch(struct store *s, enum store_fault *fault)
{
    bool is_new = false;
    open_log(s);
    enum err e = epoch_open(&s->epoch, &is_new, s->writer, s->path, s->used);
    if (e != ERR_OK)
        *fault = db_fault(s->writer);
    if (e != ERR_OK || !is_new)
        return e;
    e = sync_log(s);
    if (e == ERR_OK)
        epoch_is_written(s->path);
    else
        *fault = STORE_IO;
    return e;
}

struct ident store_epoch(const struct store *s)
{
    return s->epoch;
}

struct used *store_used(struct store *s)
{
    return s->used;
}

static enum err open_all(struct store *s, const struct store_config *config, enum store_fault *fault)
{
    INSIST(config->path && config->readers >= 1);
    const struct db_config base = {
        .path = config->path,
        .mode = config->read_only ? DB_READ_ONLY : DB_READER,
        .busy_ms = config->busy_ms ? config->busy_ms : 5000,
        .cache_kib = config->cache_kib ? config->cache_kib : 2048,
    };
    enum err e = make_file(config, fault);
    s->path = strdup(config->path);
    if (asprintf(&s->log_path, "%s-wal", config->path) < 0)
        s->log_path = NULL;
    if (!s->path || !s->log_path)
        return ERR_MEMORY;
    if (e == ERR_OK && !config->read_only)
        e = open_writer(s, &base, fault);
    if (e == ERR_OK && !config->read_only)
        open_used(s);
    if (e == ERR_OK && !config->read_only)
        e = begin_epoch(s, fault);
    if (e == ERR_OK)
        e = open_readers(s, &base, config->readers, fault);
    if (e == ERR_OK && config->read_only) {
        e = schema_check(s->readers[0].db, fault);
        if (e != ERR_OK && *fault == STORE_FINE)
            *fault = db_fault(s->readers[0].db);
    }
    return e;
}

enum err store_open(struct store **out, const struct store_config *config, enum store_fault *fault)
{
    enum store_fault unused;
    fault = fault ? fault : &unused;
    *fault = STORE_FINE;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->log_fd = -1;
    pthread_mutex_init(&s->queue_lock, NULL);
    pthread_mutex_init(&s->sync_lock, NULL);
    pthread_cond_init(&s->sync_wake, NULL);
    pthread_mutex_init(&s->pool_lock, NULL);
    pthread_cond_init(&s->pool_wake, NULL);
    enum err e = open_all(s, config, fault);
    if (e != ERR_OK) {
        store_close(s);
        return e;
    }
    *fault = STORE_FINE;
    *out = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    INSIST(!s->led && !s->first);
    for (size_t i = 0; i < s->n_readers; i++) {
        INSIST(!atomic_load(&s->readers[i].lent));
        db_close(s->readers[i].db);
    }
    free(s->readers);
    db_close(s->writer); /* last: this one moves the log into the file */
    if (s->log_fd >= 0)
        close(s->log_fd);
    used_close(s->used);
    free(s->log_path);
    free(s->path);
    pthread_cond_destroy(&s->sync_wake);
    pthread_mutex_destroy(&s->sync_lock);
    pthread_cond_destroy(&s->pool_wake);
    pthread_mutex_destroy(&s->pool_lock);
    pthread_mutex_destroy(&s->queue_lock);
    free(s);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* Where this thread looks first: at its own, and before it has one not where all others begin. */
static size_t *own_place(void)
{
    static _Atomic size_t next;
    static _Thread_local size_t place = SIZE_MAX;
    if (place == SIZE_MAX)
        place = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    return &place;
}

/* NULL: all are lent. */
static struct db *take_reader(struct store *s)
{
    size_t *place = own_place(), from = *place;
    for (size_t i = 0; i < s->n_readers; i++) {
        struct reader *r = &s->readers[(from + i) % s->n_readers];
        if (!atomic_load(&r->lent) && !atomic_exchange(&r->lent, true)) {
            *place = (size_t)(r - s->readers);
            return r->db;
        }
    }
    return NULL;
}

static struct db *wait_for_reader(struct store *s)
{
    struct db *db;
    pthread_mutex_lock(&s->pool_lock);
    atomic_fetch_add(&s->waiting, 1); /* before it looks again: who returns one either sees this, or is seen */
    while (!(db = take_reader(s)))
        pthread_cond_wait(&s->pool_wake, &s->pool_lock);
    atomic_fetch_sub(&s->waiting, 1);
    pthread_mutex_unlock(&s->pool_lock);
    return db;
}

struct db *store_borrow(struct store *s)
{
    struct db *db = take_reader(s);
    return db ? db : wait_for_reader(s);
}

void store_return(struct store *s, struct db *db)
{
    size_t i = 0;
    INSIST(db_is_idle(db));
    while (i < s->n_readers && s->readers[i].db != db)
        i++;
    INSIST(i < s->n_readers && atomic_exchange(&s->readers[i].lent, false));
    if (!atomic_load(&s->waiting))
        return;
    pthread_mutex_lock(&s->pool_lock);
    pthread_cond_signal(&s->pool_wake);
    pthread_mutex_unlock(&s->pool_lock);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

void store_set_hooks(struct store *s, const struct store_hooks *hooks)
{
    s->hooks = *hooks;
}

static enum err begin_group(struct store *s)
{
    enum err e = db_begin(s->writer);
    if (e == ERR_OK)
        e = db_look_elsewhere(s->writer);
    if (e == ERR_OK && s->hooks.after_begin)
        e = s->hooks.after_begin(s->writer, s->hooks.ctx);
    return e;
}

static enum err commit_group(struct store *s)
{
    enum err e = s->hooks.before_commit ? s->hooks.before_commit(s->writer, s->hooks.ctx) : ERR_OK;
    return e == ERR_OK ? db_commit(s->writer) : e;
}

static void undo_group(struct store *s)
{
    db_rollback(s->writer);
    if (s->hooks.after_rollback)
        s->hooks.after_rollback(s->hooks.ctx);
}

/* False: the job failed after it had written, so the whole transaction must go. One that failed without a trace only
 * takes its error home. */
static bool run_job(struct store *s, struct pending *p)
{
    int64_t before = db_changes_total(s->writer);
    const struct trace *mine = trace_enter(p->trace);
    p->err = p->job(s->writer, p->ctx);
    trace_enter(mine);
    if (db_is_idle(s->writer)) {
        p->err = p->err == ERR_OK ? ERR_STORE : p->err;
        return false;
    }
    return p->err == ERR_OK || db_changes_total(s->writer) == before;
}

/* False: some job or the commit failed and nothing is written; each must try again by itself. *BEGUN is the error of
 * the beginning, which would be the same for each. */
static bool run_together(struct store *s, struct pending *group, enum err *begun)
{
    *begun = begin_group(s);
    bool good = *begun == ERR_OK;
    for (struct pending *p = group; p && good; p = p->next)
        good = run_job(s, p);
    good = good && commit_group(s) == ERR_OK;
    if (!good)
        undo_group(s);
    return good;
}

/* A group of one; its error is in P. Gives back the error of the beginning. */
static enum err run_alone(struct store *s, struct pending *p)
{
    enum err begun = begin_group(s), e = begun;
    bool clean = e == ERR_OK && run_job(s, p);
    if (e == ERR_OK)
        e = clean ? commit_group(s) : p->err;
    if (e == ERR_OK)
        return ERR_OK;
    undo_group(s);
    p->err = e;
    return begun;
}

static void run_one_by_one(struct store *s, struct pending *group, enum err begun)
{
    for (struct pending *p = group; p; p = p->next) {
        if (begun == ERR_OK)
            begun = run_alone(s, p);
        else
            p->err = begun; /* whoever keeps us out has been waited for once; not once for each */
        atomic_fetch_add_explicit(&s->groups, 1, memory_order_relaxed);
    }
}

static void note_fault(struct store *s, const struct pending *group)
{
    bool failed = false;
    for (const struct pending *p = group; p; p = p->next)
        failed |= p->err == ERR_STORE || p->err == ERR_BUSY;
    atomic_store_explicit(&s->last_fault, failed ? (int)db_fault(s->writer) : STORE_FINE, memory_order_relaxed);
}

static void run_group(struct store *s, struct pending *group, unsigned n)
{
    enum err begun = ERR_OK;
    if (!group->job) {
        group->err = db_script(s->writer, group->script);
    } else if (n > 1 && run_together(s, group, &begun)) {
        atomic_fetch_add_explicit(&s->groups, 1, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&s->reruns, n > 1 ? n : 0, memory_order_relaxed);
        run_one_by_one(s, group, begun);
    }
    atomic_fetch_add_explicit(&s->jobs, n, memory_order_relaxed);
    note_fault(s, group);
}

/* The first that wait, at most GROUP_MAX; the queue keeps the rest. A script stays by itself. */
static struct pending *cut_group(struct store *s, unsigned *n)
{
    struct pending *group = s->first, *end = group;
    for (*n = 1; group->job && end->next && end->next->job && *n < GROUP_MAX; ++*n)
        end = end->next;
    s->first = end->next;
    if (!s->first)
        s->last = NULL;
    end->next = NULL;
    return group;
}

/* --- the disk --------------------------------------------------------------------------------------------------- */

/* A log whose fdatasync failed once may have lost pages that the next fdatasync knows nothing of: from then on nothing
 * can be promised until the database is opened anew. */
static enum err sync_log(struct store *s)
{
    open_log(s);
    if (s->log_fd >= 0 && fdatasync(s->log_fd) == 0)
        return ERR_OK;
    atomic_store_explicit(&s->last_fault, STORE_IO, memory_order_relaxed);
    epoch_end(s->path);
    return ERR_STORE;
}

/* Goes to the disk once, for all groups that are in the log by now; meanwhile the next ones go into the log. Held by
 * the caller, as before and after: sync_lock. */
static void sync_once(struct store *s)
{
    s->syncing = true;
    uint64_t reached = atomic_load(&s->applied);
    pthread_mutex_unlock(&s->sync_lock);
    enum err e = sync_log(s);
    pthread_mutex_lock(&s->sync_lock);
    s->syncing = false;
    s->broken = e != ERR_OK;
    s->synced = e == ERR_OK ? reached : s->synced;
    pthread_cond_broadcast(&s->sync_wake);
}

/* Returns when group number UP_TO is on the disk. */
static enum err sync_to(struct store *s, uint64_t up_to)
{
    pthread_mutex_lock(&s->sync_lock);
    while (s->synced < up_to && !s->broken)
        if (s->syncing)
            pthread_cond_wait(&s->sync_wake, &s->sync_lock);
        else
            sync_once(s);
    bool good = s->synced >= up_to;
    pthread_mutex_unlock(&s->sync_lock);
    return good ? ERR_OK : ERR_STORE;
}

static bool is_broken(struct store *s)
{
    pthread_mutex_lock(&s->sync_lock);
    bool broken = s->broken;
    pthread_mutex_unlock(&s->sync_lock);
    return broken;
}

enum err store_settle(struct store *s)
{
    return s->writer ? sync_to(s, atomic_load(&s->applied)) : ERR_OK;
}

/* --- answering -------------------------------------------------------------------------------------------------- */

static enum told told(struct pending *p)
{
    return (enum told)atomic_load_explicit(&p->told, memory_order_acquire);
}

/* Under the lock. Told that it is done, P is gone as soon as its caller looks; one that sleeps cannot look before the
 * lock is free. */
static void tell(struct pending *p, enum told what)
{
    bool sleeps = p->sleeps;
    atomic_store_explicit(&p->told, what, memory_order_release);
    if (sleeps)
        pthread_cond_signal(&p->wake);
}

/* Answers those that wait for no disk (any more); gives the others. */
static struct pending *answer_group(struct pending *group)
{
    struct pending *rest = NULL, **end = &rest;
    for (struct pending *p = group, *next; p; p = next) {
        next = p->next;
        if (!p->durable || p->err != ERR_OK) {
            tell(p, TOLD_DONE);
            continue;
        }
        p->next = NULL;
        *end = p;
        end = &p->next;
    }
    return rest;
}

/* Brings the log to the disk and answers REST, the caller among them. */
static void settle(struct store *s, struct pending *rest)
{
    uint64_t up_to = atomic_load(&s->applied);
    pthread_mutex_unlock(&s->queue_lock);
    enum err e = sync_to(s, up_to);
    pthread_mutex_lock(&s->queue_lock);
    for (struct pending *p = rest, *next; p; p = next) {
        next = p->next;
        p->err = e;
        tell(p, TOLD_DONE);
    }
}

/* The caller runs everybody's jobs; then the next one who waits is the leader of those who came meanwhile, and one of
 * this group whose job is durable goes to the disk for all of it. */
static void lead(struct store *s, struct pending *me)
{
    unsigned n;
    struct pending *group = cut_group(s, &n);
    pthread_mutex_unlock(&s->queue_lock);
    int64_t before = db_changes_total(s->writer);
    run_group(s, group, n);
    if (db_changes_total(s->writer) != before) /* nobody goes to the disk for jobs that only looked */
        atomic_fetch_add(&s->applied, 1);
    pthread_mutex_lock(&s->queue_lock);
    struct pending *rest = answer_group(group);
    s->led = s->first != NULL;
    if (s->first)
        tell(s->first, TOLD_LEAD);
    if (rest && told(me) != TOLD_DONE)
        settle(s, rest);
    else if (rest)
        tell(rest, TOLD_SYNC);
}

static void breathe(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A group takes little longer than falling asleep and being woken. */
static void look_awhile(struct pending *me)
{
    for (int i = 0; i < LOOKS && told(me) == TOLD_NOTHING; i++)
        breathe();
}

static void enqueue(struct store *s, struct pending *me)
{
    if (s->last)
        s->last->next = me;
    else
        s->first = me;
    s->last = me;
    if (!s->led)
        tell(me, TOLD_LEAD);
    s->led = true;
}

static enum err wait_for_turn(struct store *s, struct pending *me)
{
    if (!s->writer)
        return ERR_PERMISSION;
    if (is_broken(s))
        return ERR_STORE;
    me->wake = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&s->queue_lock);
    enqueue(s, me);
    if (told(me) == TOLD_NOTHING) {
        pthread_mutex_unlock(&s->queue_lock);
        look_awhile(me);
        if (told(me) == TOLD_DONE)
            return me->err;
        pthread_mutex_lock(&s->queue_lock);
    }
    me->sleeps = true;
    while (told(me) == TOLD_NOTHING)
        pthread_cond_wait(&me->wake, &s->queue_lock);
    me->sleeps = false;
    if (told(me) == TOLD_LEAD)
        lead(s, me);
    else if (told(me) == TOLD_SYNC)
        settle(s, me);
    pthread_mutex_unlock(&s->queue_lock);
    pthread_cond_destroy(&me->wake);
    return me->err;
}

enum err store_write(struct store *s, store_job *job, void *ctx)
{
    struct pending me = {.job = job, .ctx = ctx, .trace = trace_current(), .durable = true};
    return wait_for_turn(s, &me);
}

enum err store_write_soon(struct store *s, store_job *job, void *ctx)
{
    struct pending me = {.job = job, .ctx = ctx, .trace = trace_current()};
    return wait_for_turn(s, &me);
}

static enum err run_script(struct store *s, const char *script)
{
    struct pending me = {.script = script};
    return wait_for_turn(s, &me);
}

/* --- looking through the connection that writes ------------------------------------------------------------------ */

struct db *store_look(struct store *s, struct db *lent)
{
    if (!s->writer)
        return lent;
    pthread_mutex_lock(&s->queue_lock);
    bool free = !s->led;
    s->led = true; /* as it was, or by us */
    pthread_mutex_unlock(&s->queue_lock);
    return free ? s->writer : lent;
}

void store_look_done(struct store *s, struct db *db)
{
    if (db != s->writer)
        return;
    INSIST(db_is_idle(db));
    pthread_mutex_lock(&s->queue_lock);
    s->led = s->first != NULL;
    if (s->first)
        tell(s->first, TOLD_LEAD);
    pthread_mutex_unlock(&s->queue_lock);
}

/* --- what else may be asked ------------------------------------------------------------------------------------- */

enum store_fault store_last_fault(struct store *s)
{
    return (enum store_fault)atomic_load_explicit(&s->last_fault, memory_order_relaxed);
}

struct store_figures store_figures(struct store *s)
{
    return (struct store_figures){
        .groups = atomic_load(&s->groups), .jobs = atomic_load(&s->jobs), .reruns = atomic_load(&s->reruns)};
}

static enum err touch_nothing(struct db *db, void *ctx)
{
    (void)db;
    (void)ctx;
    return ERR_OK;
}

enum err store_check(struct store *s, enum store_fault *fault)
{
    static const char SQL[] = "SELECT value FROM setting WHERE name = 'client_generation'";
    struct arena a;
    struct row row;
    arena_open(&a, 4096);
    struct db *db = store_borrow(s);
    enum err e = db_one(db, &a, SQL, NO_VALUES, &row);
    enum store_fault why = e == ERR_OK ? STORE_FINE : db_fault(db);
    store_return(s, db);
    arena_close(&a);
    if (e == ERR_OK) {
        e = store_write(s, touch_nothing, NULL);
        why = store_last_fault(s);
    }
    if (fault)
        *fault = why;
    return e == ERR_NOT_FOUND ? ERR_STORE : e;
}

static enum err note_damage(void *ctx, const struct row *row)
{
    if (!view_equal_text(row_text(row, 0), "ok"))
        *(bool *)ctx = true;
    return ERR_OK;
}

enum err store_check_integrity(struct store *s)
{
    static const char SQL[] = "PRAGMA integrity_check", KEYS[] = "PRAGMA foreign_key_check";
    bool damaged = false;
    struct db *db = store_borrow(s);
    enum err e = db_each(db, SQL, NO_VALUES, note_damage, &damaged);
    if (e == ERR_OK)
        e = db_each(db, KEYS, NO_VALUES, note_damage, &damaged);
    store_return(s, db);
    return e == ERR_OK && damaged ? ERR_STORE : e;
}

enum err store_checkpoint(struct store *s)
{
    return run_script(s, "PRAGMA wal_checkpoint(TRUNCATE)");
}

enum err store_limit_pages(struct store *s, int64_t n)
{
    char script[64];
    snprintf(script, sizeof script, "PRAGMA max_page_count=%lld", n ? (long long)n : 4294967294LL);
    return run_script(s, script);
}
