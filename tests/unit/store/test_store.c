#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "store/epoch.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/used.h"
#include "tests/lib/box.h"

static struct box box;

static void open_box(void)
{
    box_open(&box);
    cr_assert_eq(db_script(box_db(&box), "CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT"), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(store, .init = open_box, .fini = close_box);

static int64_t things(void)
{
    return box_number(&box, "SELECT count(*) FROM thing");
}

static enum err add(struct db *db, int64_t id)
{
    static const char SQL[] = "INSERT INTO thing (id) VALUES ($1)";
    return db_run(db, SQL, VALUES(V_INT(id)));
}

struct task {
    int64_t id;
    enum err say; /* what the job returns after it has written */
    int runs;
    void (*meanwhile)(void *ctx);
    void *ctx;
};

static enum err do_task(struct db *db, void *ctx)
{
    struct task *t = ctx;
    t->runs++;
    if (t->meanwhile)
        t->meanwhile(t->ctx);
    enum err e = add(db, t->id);
    return e == ERR_OK ? t->say : e;
}

/* --- one job ---------------------------------------------------------------------------------------------------- */

Test(store, a_failing_job_writes_nothing)
{
    struct task t = {.id = 1, .say = ERR_LIMIT};
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_LIMIT);
    cr_assert_eq(things(), 0);
}

Test(store, a_written_row_is_there_for_readers_and_after_reopening)
{
    struct task t = {.id = 1};
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_OK);
    cr_assert_eq(things(), 1);
    box_reopen(&box);
    cr_assert_eq(things(), 1);
}

Test(store, what_is_written_soon_is_there_at_once_and_after_reopening)
{
    struct task t = {.id = 1}, bad = {.id = 2, .say = ERR_LIMIT};
    cr_assert_eq(store_write_soon(box.store, do_task, &bad), ERR_LIMIT);
    cr_assert_eq(store_write_soon(box.store, do_task, &t), ERR_OK);
    cr_assert_eq(things(), 1);
    cr_assert_eq(store_settle(box.store), ERR_OK);
    box_reopen(&box);
    cr_assert_eq(things(), 1);
}

static void *settle_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++) {
        static _Atomic int64_t next = 1000;
        struct task t = {.id = atomic_fetch_add(&next, 1)};
        cr_assert_eq(store_write_soon(box.store, do_task, &t), ERR_OK);
        cr_assert_eq(store_settle(box.store), ERR_OK);
    }
    return NULL;
}

Test(store, everybody_who_waits_for_the_disk_is_woken)
{
    pthread_t t[6];
    for (int i = 0; i < 6; i++)
        pthread_create(&t[i], NULL, settle_many, NULL);
    for (int i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
    cr_assert_eq(things(), 300);
}

/* Where the store has the log open for its flushes is /dev/null from now on, which flushes nothing (EINVAL). SQLite's
 * own, which it opens with O_NOFOLLOW, stays. */
static void take_log_away(void)
{
    char log[128], link[64], where[256];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    snprintf(log, sizeof log, "%s-wal", box.path);
    for (int fd = 3; fd < 256; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, where, sizeof where - 1);
        where[n > 0 ? n : 0] = 0;
        if (strcmp(where, log) == 0 && !(fcntl(fd, F_GETFL) & O_NOFOLLOW))
            cr_assert_eq(dup2(null, fd), fd);
    }
}

Test(store, promises_nothing_any_more_when_the_log_cannot_be_brought_to_the_disk)
{
    struct task t = {.id = 1}, next = {.id = 2};
    take_log_away();
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_STORE);
    cr_assert_eq(store_last_fault(box.store), STORE_IO);
    cr_assert_eq(store_write(box.store, do_task, &next), ERR_STORE);
    cr_assert_eq(next.runs, 0);
    cr_assert_eq(store_write_soon(box.store, do_task, &next), ERR_STORE);
    cr_assert_eq(store_settle(box.store), ERR_STORE);
}

Test(store, readers_cannot_write)
{
    struct db *db = store_borrow(box.store);
    cr_assert_eq(add(db, 1), ERR_STORE);
    cr_assert_eq(db_fault(db), STORE_READ_ONLY);
    store_return(box.store, db);
    cr_assert_eq(things(), 0);
}

static _Atomic(struct db *) lent_to_it;

static void *borrow_and_return(void *arg)
{
    (void)arg;
    struct db *db = store_borrow(box.store);
    atomic_store(&lent_to_it, db);
    store_return(box.store, db);
    return NULL;
}

Test(store, a_thread_comes_back_to_its_reader_and_waits_when_all_are_lent)
{
    pthread_t t;
    struct db *first = store_borrow(box.store), *second = store_borrow(box.store);
    cr_assert_neq(first, second);
    pthread_create(&t, NULL, borrow_and_return, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    cr_expect_null(atomic_load(&lent_to_it));
    store_return(box.store, first);
    pthread_join(t, NULL);
    cr_expect_eq(atomic_load(&lent_to_it), first);
    store_return(box.store, second);
    for (int i = 0; i < 3; i++) {
        struct db *again = store_borrow(box.store);
        cr_expect_eq(again, second);
        store_return(box.store, again);
    }
}

static void *borrow_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++)
        store_return(box.store, store_borrow(box.store));
    return NULL;
}

Test(store, nobody_who_waits_for_a_reader_is_forgotten)
{
    pthread_t t[5];
    for (int i = 0; i < 5; i++)
        pthread_create(&t[i], NULL, borrow_often, NULL);
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], NULL);
}

Test(store, a_read_view_stays_as_it_was)
{
    static const char SQL[] = "SELECT count(*) FROM thing";
    struct task t = {.id = 1};
    struct row r;
    struct db *db = store_borrow(box.store);
    cr_assert_eq(db_begin_read(db), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, SQL, NO_VALUES, &r), ERR_OK);
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, SQL, NO_VALUES, &r), ERR_OK);
    cr_assert_eq(row_int(&r, 0), 0);
    db_end_read(db);
    cr_assert_eq(db_one(db, &box.a, SQL, NO_VALUES, &r), ERR_OK);
    cr_assert_eq(row_int(&r, 0), 1);
    store_return(box.store, db);
}

/* --- groups ----------------------------------------------------------------------------------------------------- */

struct crowd {
    struct task task;
    enum err err;
    pthread_t thread;
    pthread_barrier_t *gate;
    _Atomic int *come; /* so many */
};

static void *run_crowd(void *ctx)
{
    struct crowd *c = ctx;
    if (!c->task.meanwhile)
        pthread_barrier_wait(c->gate);
    atomic_fetch_add(c->come, 1);
    c->err = store_write(box.store, do_task, &c->task);
    return NULL;
}

enum { CROWD = 16, ROUNDS = 25 };

/* Inside the job of the first one: the others come while it writes, and so they wait and go together, also where a
 * commit takes less time than waking a thread. */
static void let_others_come(void *ctx)
{
    struct crowd *c = ctx;
    pthread_barrier_wait(c->gate);
    while (atomic_load(c->come) < CROWD)
        usleep(100);
    usleep(1000);
}

static void crowd_of(struct crowd *c, int64_t first)
{
    pthread_barrier_t gate;
    _Atomic int come = 0;
    pthread_barrier_init(&gate, NULL, CROWD);
    for (int i = 0; i < CROWD; i++) {
        c[i].task.id = first + i;
        c[i].gate = &gate;
        c[i].come = &come;
        c[i].task.ctx = c;
        cr_assert_eq(pthread_create(&c[i].thread, NULL, run_crowd, &c[i]), 0);
    }
    for (int i = 0; i < CROWD; i++)
        pthread_join(c[i].thread, NULL);
    pthread_barrier_destroy(&gate);
}

Test(store, a_failing_job_fails_alone)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct crowd c[CROWD] = {{.task.meanwhile = let_others_come}};
        c[3].task.say = ERR_CONFLICT;
        c[9].task.say = ERR_LIMIT;
        crowd_of(c, 1000 * round);
        for (int i = 0; i < CROWD; i++)
            cr_assert_eq(c[i].err, c[i].task.say, "job %d: %s", i, err_name(c[i].err));
    }
    cr_assert_eq(things(), ROUNDS * (CROWD - 2));
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM thing WHERE id % 1000 IN (3, 9)"), 0);
}

Test(store, many_jobs_share_one_commit)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct crowd c[CROWD] = {{.task.meanwhile = let_others_come}};
        crowd_of(c, 1000 * round);
        for (int i = 0; i < CROWD; i++)
            cr_assert_eq(c[i].err, ERR_OK);
    }
    struct store_figures f = store_figures(box.store);
    cr_assert_eq(f.jobs, ROUNDS * CROWD);
    cr_assert_eq(f.reruns, 0);
    cr_assert_lt(f.groups, f.jobs);
    cr_assert_eq(things(), ROUNDS * CROWD);
}

static enum err look_and_refuse(struct db *db, void *ctx)
{
    static const char SQL[] = "SELECT count(*) FROM thing";
    (void)ctx;
    struct arena a;
    struct row r;
    arena_open(&a, 1000);
    enum err e = db_one(db, &a, SQL, NO_VALUES, &r);
    arena_close(&a);
    return e == ERR_OK ? ERR_CONFLICT : e;
}

Test(store, a_refusal_that_wrote_nothing_takes_nobody_down)
{
    struct store_figures before = store_figures(box.store);
    cr_assert_eq(store_write(box.store, look_and_refuse, NULL), ERR_CONFLICT);
    cr_assert_eq(store_figures(box.store).reruns, before.reruns);
}

/* Whoever locks the database is waited for once or twice (the first alone, then those who came meanwhile together), not
 * once for each. */
Test(store, a_crowd_waits_for_a_lock_together)
{
    struct crowd c[CROWD] = {0};
    cr_assert_eq(db_begin(box_db(&box)), ERR_OK);
    int64_t before = clock_steady_ms();
    crowd_of(c, 1);
    cr_assert_lt(clock_steady_ms() - before, CROWD * 200 / 2);
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(c[i].err, ERR_BUSY);
    db_rollback(box_db(&box));
    cr_assert_eq(things(), 0);
}

/* --- hooks ------------------------------------------------------------------------------------------------------ */

struct hooked {
    int begun, committed, undone;
    bool elsewhere;
    enum err commit_says;
};

static enum err after_begin(struct db *db, void *ctx)
{
    struct hooked *h = ctx;
    h->begun++;
    h->elsewhere = db_changed_elsewhere(db);
    return ERR_OK;
}

static enum err before_commit(struct db *db, void *ctx)
{
    struct hooked *h = ctx;
    h->committed++;
    enum err e = add(db, 100000 + h->committed);
    return e == ERR_OK ? h->commit_says : e;
}

static void after_rollback(void *ctx)
{
    ((struct hooked *)ctx)->undone++;
}

static void hook(struct hooked *h)
{
    store_set_hooks(box.store, &(struct store_hooks){after_begin, before_commit, after_rollback, h});
}

Test(store, a_failing_hook_fails_the_group)
{
    struct hooked h = {.commit_says = ERR_LIMIT};
    struct task t = {.id = 1};
    hook(&h);
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_LIMIT);
    cr_assert_eq(things(), 0);
    cr_assert(h.undone == 1 && h.committed == 1);
}

Test(store, a_failing_job_is_told_to_the_hooks)
{
    struct hooked h = {0};
    struct task t = {.id = 1, .say = ERR_LIMIT};
    hook(&h);
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_LIMIT);
    cr_assert(h.begun == 1 && h.committed == 0 && h.undone == 1);
}

Test(store, hooks_write_with_the_group)
{
    struct hooked h = {0};
    struct task t = {.id = 1};
    hook(&h);
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_OK);
    cr_assert_eq(things(), 2);
    cr_assert(h.begun == 1 && h.committed == 1 && h.undone == 0);
}

Test(store, sees_that_another_process_has_written)
{
    struct hooked h = {0};
    struct task t[] = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}};
    hook(&h);
    cr_assert_eq(store_write(box.store, do_task, &t[0]), ERR_OK);
    cr_assert(h.elsewhere, "the first group knows nothing yet");
    cr_assert_eq(store_write(box.store, do_task, &t[1]), ERR_OK);
    cr_assert(!h.elsewhere);
    cr_assert_eq(add(box_db(&box), 50), ERR_OK);
    cr_assert_eq(store_write(box.store, do_task, &t[2]), ERR_OK);
    cr_assert(h.elsewhere);
    cr_assert_eq(store_write(box.store, do_task, &t[3]), ERR_OK);
    cr_assert(!h.elsewhere);
}

/* --- the file --------------------------------------------------------------------------------------------------- */

Test(store, is_readable_for_its_owner_only)
{
    struct stat st;
    struct task t = {.id = 1};
    char wal[128];
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_OK);
    snprintf(wal, sizeof wal, "%s-wal", box.path);
    cr_assert(stat(box.path, &st) == 0 && (st.st_mode & 0777) == 0600);
    cr_assert(stat(wal, &st) == 0 && (st.st_mode & 0777) == 0600);
}

Test(store, is_whole_and_ready)
{
    enum store_fault fault;
    cr_assert_eq(store_check(box.store, &fault), ERR_OK);
    cr_assert_eq(fault, STORE_FINE);
    cr_assert_eq(store_check_integrity(box.store), ERR_OK);
    cr_assert_eq(store_checkpoint(box.store), ERR_OK);
}

Test(store, bears_its_mark_and_its_version)
{
    int version;
    int64_t id;
    cr_assert_eq(schema_version(box_db(&box), &version), ERR_OK);
    cr_assert_eq(version, schema_newest());
    cr_assert_eq(db_number(box_db(&box), "PRAGMA application_id", &id), ERR_OK);
    cr_assert_eq(id, SQLITE_APPLICATION_ID);
}

Test(store, every_table_is_strict)
{
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
                                  "AND name NOT LIKE 'sqlite_%' AND strict = 0"),
                 0);
    cr_assert_gt(box_number(&box, "SELECT count(*) FROM pragma_table_list WHERE strict = 1"), 10);
}

/* --- looking through the connection that writes ------------------------------------------------------------------ */

struct look {
    struct db *lent, *got;
    int64_t seen;
};

static enum err look_inside_job(struct db *db, void *ctx)
{
    struct look *l = ctx;
    l->got = store_look(box.store, l->lent);
    store_look_done(box.store, l->got);
    return add(db, 2);
}

static int64_t count_through(struct db *db)
{
    static const char SQL[] = "SELECT count(*) FROM thing";
    struct arena a;
    struct row r;
    arena_open(&a, 4096);
    cr_assert_eq(db_begin_read(db), ERR_OK);
    cr_assert_eq(db_one(db, &a, SQL, NO_VALUES, &r), ERR_OK);
    int64_t n = row_int(&r, 0);
    db_end_read(db);
    arena_close(&a);
    return n;
}

Test(store, looks_through_the_connection_that_writes_while_nobody_writes)
{
    struct task t = {.id = 1};
    struct look look = {.lent = store_borrow(box.store)};
    cr_assert_eq(store_write(box.store, do_task, &t), ERR_OK);
    struct db *db = store_look(box.store, look.lent);
    cr_assert_neq(db, look.lent);
    cr_assert_eq(count_through(db), 1);
    struct db *second = store_look(box.store, look.lent);
    cr_assert_eq(second, look.lent, "one at a time");
    store_look_done(box.store, second);
    store_look_done(box.store, db);
    cr_assert_eq(store_write(box.store, look_inside_job, &look), ERR_OK, "and writing goes on");
    cr_assert_eq(look.got, look.lent, "never into what another has not yet committed");
    cr_assert_eq(count_through(look.lent), 2);
    store_return(box.store, look.lent);
}

static void *write_one(void *ctx)
{
    struct task *t = ctx;
    t->say = store_write(box.store, do_task, t);
    return NULL;
}

Test(store, who_writes_meanwhile_waits_until_the_look_is_done)
{
    struct task t = {.id = 7};
    pthread_t thread;
    struct db *lent = store_borrow(box.store), *db = store_look(box.store, lent);
    cr_assert_eq(pthread_create(&thread, NULL, write_one, &t), 0);
    usleep(50000);
    cr_assert_eq(count_through(db), 0);
    store_look_done(box.store, db);
    pthread_join(thread, NULL);
    cr_assert_eq(t.say, ERR_OK);
    cr_assert_eq(count_through(lent), 1);
    store_return(box.store, lent);
}

/* --- redeemed codes --------------------------------------------------------------------------------------------- */

static const struct ident CODE = {.b = {0x6a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static struct store *open_other(bool read_only)
{
    struct store *s = NULL;
    struct store_config config = {.path = box.path, .readers = 1, .must_exist = true, .read_only = read_only};
    cr_assert_eq(store_open(&s, &config, NULL), ERR_OK);
    return s;
}

Test(store, all_who_have_it_open_know_which_codes_were_redeemed)
{
    struct store *other = open_other(false), *reader = open_other(true);
    cr_expect_null(store_used(reader));
    cr_assert(store_used(box.store) && store_used(other));
    cr_expect_eq(used_take(store_used(box.store), CODE), USED_NEW);
    cr_expect_eq(used_take(store_used(other), CODE), USED_BEFORE);
    store_close(reader);
    store_close(other);
    box_reopen(&box);
    cr_expect_eq(used_take(store_used(box.store), CODE), USED_BEFORE);
}

/* --- ends, and when the machine starts anew ---------------------------------------------------------------------- */

enum { ENDS = 8192, DAY_MS = 86400000 };

static struct ident of_place(unsigned place)
{
    return (struct ident){.b = {[4] = (uint8_t)(place >> 8), [5] = (uint8_t)place, [15] = 1}};
}

/* By a clock that has run for a day longer than this one. */
static void note_everywhere(void)
{
    for (unsigned i = 0; i < ENDS; i++)
        used_note_end(store_used(box.store), of_place(i), clock_steady_ms() + DAY_MS);
}

/* In how many places something may have ended. */
static unsigned noted(struct store *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ENDS; i++)
        n += used_may_have_ended(store_used(s), of_place(i), clock_steady_ms());
    return n;
}

static bool is_epoch(struct ident before)
{
    struct ident now = store_epoch(box.store);
    return ident_equal(before, now);
}

/* What a boot changes is /proc/sys/kernel/random/boot_id, with which the epoch's name begins. */
static void boot(void)
{
    static const char SQL[] = "UPDATE setting SET value = 'another' || substr(value, 8) WHERE name = 'epoch'";
    static const char LEFT[] = "SELECT count(*) FROM setting WHERE name = 'epoch' AND value LIKE 'another%'";
    cr_assert_eq(box_write(&box, SQL), ERR_OK);
    box_reopen(&box);
    cr_expect_eq(box_number(&box, LEFT), 0, "an epoch is written that is this boot's");
}

Test(store, forgets_what_ended_before_the_machine_started_anew_and_ends_the_epoch)
{
    struct ident before = store_epoch(box.store);
    note_everywhere();
    cr_assert_eq(used_take(store_used(box.store), CODE), USED_NEW);
    boot();
    cr_expect_eq(noted(box.store), 0, "they are times of a clock that is no more");
    cr_expect_not(is_epoch(before));
    cr_expect_eq(used_take(store_used(box.store), CODE), USED_BEFORE, "of codes nothing");
}

Test(store, whoever_opens_it_later_forgets_nothing_of_this_boot)
{
    boot();
    struct ident before = store_epoch(box.store);
    note_everywhere();
    struct store *other = open_other(false);
    cr_expect_eq(noted(other), ENDS);
    store_close(other);
    box_reopen(&box);
    cr_expect_eq(noted(box.store), ENDS);
    cr_expect(is_epoch(before));
}

/* The machine goes on, and with it its clock and the processes that have noted them. */
Test(store, an_epoch_that_ends_with_a_flush_that_failed_leaves_what_ended)
{
    struct ident before = store_epoch(box.store);
    note_everywhere();
    epoch_end(box.path);
    box_reopen(&box);
    cr_expect_not(is_epoch(before));
    cr_expect_eq(noted(box.store), ENDS);
}

Test(store, opens_without_the_redeemed_codes_and_says_so)
{
    char used[112], log[112];
    struct view text;
    snprintf(used, sizeof used, "%s-recent", box.path);
    snprintf(log, sizeof log, "%s/log", box.folder);
    cr_assert(unlink(used) == 0 && mkdir(used, 0700) == 0);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_set_fd(fd);
    box_reopen(&box);
    log_set_fd(2);
    close(fd);
    cr_expect_null(store_used(box.store));
    struct task t = {.id = 1};
    cr_expect_eq(store_write(box.store, do_task, &t), ERR_OK);
    cr_assert_eq(file_read(&box.a, log, 4096, &text), ERR_OK);
    const char *line = arena_text(&box.a, text);
    cr_expect(strstr(line, "\"used_codes_not_shared\"") && strstr(line, used) && strstr(line, "ERR_CONFLICT"), "%s",
              line);
}
