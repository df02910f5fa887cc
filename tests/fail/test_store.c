/* What the store does when the world around it fails. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;

static void open_box(void)
{
    box_open(&box);
    cr_assert_eq(db_script(box_db(&box), "CREATE TABLE thing (id INTEGER PRIMARY KEY, body BLOB) STRICT"), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(store_failures, .init = open_box, .fini = close_box);

struct task {
    int64_t first, n; /* rows FIRST .. FIRST + N - 1 */
    size_t size;      /* of each body */
};

static enum err add_rows(struct db *db, void *ctx)
{
    static const char SQL[] = "INSERT INTO thing (id, body) VALUES ($1, $2)";
    static uint8_t body[100000];
    const struct task *t = ctx;
    enum err e = ERR_OK;
    for (int64_t i = 0; i < t->n && e == ERR_OK; i++)
        e = db_run(db, SQL, VALUES(V_INT(t->first + i), V_BLOB(view_bytes(body, t->size))));
    return e;
}

static int64_t things(void)
{
    return box_number(&box, "SELECT count(*) FROM thing");
}

static enum err reopen(enum store_fault *fault, bool read_only)
{
    struct store_config config = {.path = box.path, .readers = 1, .busy_ms = 100, .read_only = read_only};
    store_close(box.store);
    db_close(box.db);
    box.store = NULL;
    box.db = NULL;
    return store_open(&box.store, &config, fault);
}

/* --- full ------------------------------------------------------------------------------------------------------- */

Test(store_failures, a_full_database_says_so_and_nothing_is_half_written)
{
    struct task small = {.first = 1, .n = 3, .size = 10}, big = {.first = 100, .n = 50, .size = 100000};
    cr_assert_eq(store_write(box.store, add_rows, &small), ERR_OK);
    cr_assert_eq(store_limit_pages(box.store, box_number(&box, "PRAGMA page_count") + 20), ERR_OK);
    cr_assert_eq(store_write(box.store, add_rows, &big), ERR_STORE);
    cr_assert_eq(store_last_fault(box.store), STORE_FULL);
    cr_assert_eq(things(), 3);
    struct task after = {.first = 10, .n = 1, .size = 10};
    cr_assert_eq(store_write(box.store, add_rows, &after), ERR_OK, "what still fits is written");
    cr_assert_eq(store_last_fault(box.store), STORE_FINE);
    cr_assert_eq(store_limit_pages(box.store, 0), ERR_OK);
    cr_assert_eq(store_write(box.store, add_rows, &big), ERR_OK, "and when there is room again, all of it");
    cr_assert_eq(store_check_integrity(box.store), ERR_OK);
}

Test(store_failures, a_file_that_may_not_grow_is_a_full_store)
{
    struct task small = {.first = 1, .n = 3, .size = 10}, big = {.first = 100, .n = 50, .size = 100000};
    struct rlimit old, tight = {.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(store_write(box.store, add_rows, &small), ERR_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    tight.rlim_max = old.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum err e = store_write(box.store, add_rows, &big);
    enum store_fault fault = store_last_fault(box.store);
    setrlimit(RLIMIT_FSIZE, &old);
    cr_assert_eq(e, ERR_STORE);
    cr_assert_eq(fault, STORE_FULL, "%s", store_fault_name(fault));
    cr_assert_eq(things(), 3);
    cr_assert_eq(store_write(box.store, add_rows, &big), ERR_OK);
    cr_assert_eq(store_check_integrity(box.store), ERR_OK);
}

/* --- locked ----------------------------------------------------------------------------------------------------- */

Test(store_failures, a_database_locked_by_another_is_busy_after_the_time_out)
{
    struct task t = {.first = 1, .n = 1, .size = 10};
    cr_assert_eq(db_begin(box_db(&box)), ERR_OK);
    int64_t before = clock_steady_ms();
    cr_assert_eq(store_write(box.store, add_rows, &t), ERR_BUSY);
    cr_assert_geq(clock_steady_ms() - before, 150);
    cr_assert_eq(store_last_fault(box.store), STORE_LOCKED);
    enum store_fault fault;
    cr_assert_eq(store_check(box.store, &fault), ERR_BUSY);
    cr_assert_eq(fault, STORE_LOCKED);
    cr_assert_eq(things(), 0, "reading goes on");
    db_rollback(box_db(&box));
    cr_assert_eq(store_write(box.store, add_rows, &t), ERR_OK);
    cr_assert_eq(things(), 1);
}

Test(store_failures, opening_a_locked_database_is_busy)
{
    struct store_config config = {.path = box.path, .readers = 1, .busy_ms = 100};
    struct store *second = NULL;
    enum store_fault fault;
    cr_assert_eq(db_begin(box_db(&box)), ERR_OK);
    cr_assert_eq(store_open(&second, &config, &fault), ERR_BUSY);
    cr_assert_eq(fault, STORE_LOCKED);
    db_rollback(box_db(&box));
}

/* --- read-only, missing, foreign, newer, corrupt ---------------------------------------------------------------- */

Test(store_failures, a_missing_folder_is_not_found)
{
    struct store_config config = {.path = "/nonexistent/folder/genkan.db", .readers = 1};
    struct store *s = NULL;
    enum store_fault fault;
    cr_assert_eq(store_open(&s, &config, &fault), ERR_NOT_FOUND);
    cr_assert_eq(fault, STORE_MISSING);
}

Test(store_failures, a_missing_file_is_not_made_when_it_must_exist)
{
    char path[128];
    snprintf(path, sizeof path, "%s/other.db", box.folder);
    struct store_config config = {.path = path, .readers = 1, .must_exist = true};
    struct store *s = NULL;
    enum store_fault fault;
    cr_assert_eq(store_open(&s, &config, &fault), ERR_NOT_FOUND);
    cr_assert_eq(fault, STORE_MISSING);
    cr_assert_neq(access(path, F_OK), 0);
}

Test(store_failures, a_read_only_store_refuses_to_write)
{
    enum store_fault fault;
    struct task t = {.first = 1, .n = 1, .size = 10};
    cr_assert_eq(reopen(&fault, true), ERR_OK);
    cr_assert_eq(store_write(box.store, add_rows, &t), ERR_PERMISSION);
    cr_assert_eq(things(), 0);
}

/* Root may write to anything: as somebody else, in a child process. */
Test(store_failures, a_file_one_may_not_write_is_read_only)
{
    enum store_fault fault;
    cr_assert_eq(reopen(&fault, false), ERR_OK);
    store_close(box.store);
    box.store = NULL;
    cr_assert_eq(chmod(box.folder, 0755), 0);
    cr_assert_eq(chmod(box.path, 0444), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store_config config = {.path = box.path, .readers = 1, .busy_ms = 100};
        struct store *s = NULL;
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(3);
        enum err e = store_open(&s, &config, &fault);
        _exit(e == ERR_PERMISSION && fault == STORE_READ_ONLY ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(store_failures, another_programs_database_is_left_alone)
{
    enum store_fault fault;
    cr_assert_eq(db_script(box_db(&box), "PRAGMA application_id=12345"), ERR_OK);
    cr_assert_eq(reopen(&fault, false), ERR_CONFIG);
    cr_assert_eq(fault, STORE_FOREIGN);
}

Test(store_failures, a_newer_schema_is_refused)
{
    enum store_fault fault;
    cr_assert_eq(db_script(box_db(&box), "INSERT INTO schema_version (version, name, at) VALUES (999, 'x', 0)"),
                 ERR_OK);
    cr_assert_eq(reopen(&fault, false), ERR_CONFIG);
    cr_assert_eq(fault, STORE_NEWER);
    cr_assert_eq(reopen(&fault, true), ERR_CONFIG);
    cr_assert_eq(fault, STORE_NEWER);
}

Test(store_failures, an_older_schema_cannot_be_read_without_migration)
{
    enum store_fault fault;
    cr_assert_eq(db_script(box_db(&box), "DELETE FROM schema_version"), ERR_OK);
    cr_assert_eq(reopen(&fault, true), ERR_CONFIG);
    cr_assert_eq(fault, STORE_OLDER);
}

static void overwrite(const char *path, off_t at, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
    close(fd);
}

Test(store_failures, what_is_no_database_is_corrupt)
{
    enum store_fault fault;
    store_close(box.store);
    db_close(box.db);
    box.store = NULL;
    box.db = NULL;
    overwrite(box.path, 0, "this is no database at all, but a letter of some length");
    cr_assert_eq(reopen(&fault, false), ERR_STORE);
    cr_assert_eq(fault, STORE_CORRUPT);
}

Test(store_failures, a_damaged_page_is_corrupt)
{
    struct task t = {.first = 1, .n = 2000, .size = 100};
    enum store_fault fault;
    cr_assert_eq(store_write(box.store, add_rows, &t), ERR_OK);
    int64_t root = box_number(&box, "SELECT rootpage FROM sqlite_schema WHERE name = 'thing'");
    store_close(box.store);
    db_close(box.db);
    box.store = NULL;
    box.db = NULL;
    overwrite(box.path, (root - 1) * 4096, "damaged damaged damaged damaged damaged damaged damaged damaged damaged");
    cr_assert_eq(reopen(&fault, false), ERR_OK, "only one table is hurt");
    struct task one = {.first = 5000, .n = 1, .size = 10};
    cr_assert_eq(store_write(box.store, add_rows, &one), ERR_STORE);
    cr_assert_eq(store_last_fault(box.store), STORE_CORRUPT);
    cr_assert_eq(store_check_integrity(box.store), ERR_STORE);
}

/* --- killed ----------------------------------------------------------------------------------------------------- */

enum { WRITERS = 4, JOB_ROWS = 3, ACKNOWLEDGED_MAX = 100000 };

struct writer {
    struct store *store;
    _Atomic int64_t *next;
    int report;
};

/* Writes job after job and reports the first row of each that was acknowledged. */
static void *write_for_ever(void *ctx)
{
    const struct writer *w = ctx;
    for (;;) {
        struct task t = {.first = atomic_fetch_add(w->next, JOB_ROWS), .n = JOB_ROWS, .size = 700};
        if (store_write(w->store, add_rows, &t) != ERR_OK)
            _exit(4);
        if (write(w->report, &t.first, sizeof t.first) != sizeof t.first)
            _exit(5);
    }
}

/* The child: several writers, so that groups are cut off in the middle as well. FIRST: a row number not used yet. */
_Noreturn static void write_in_crowds(int report, int64_t first)
{
    struct store_config config = {.path = box.path, .readers = 1, .busy_ms = 2000};
    struct store *s = NULL;
    _Atomic int64_t next = first;
    if (store_open(&s, &config, NULL) != ERR_OK)
        _exit(2);
    struct writer w = {s, &next, report};
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        if (pthread_create(&threads[i], NULL, write_for_ever, &w) != 0)
            _exit(3);
    pthread_join(threads[0], NULL);
    _exit(6);
}

static int64_t acknowledged[ACKNOWLEDGED_MAX];
static size_t n_acknowledged;

static void run_and_kill(int64_t first, int64_t after_us)
{
    int report[2];
    int64_t got;
    cr_assert_eq(pipe(report), 0);
    pid_t child = fork();
    if (child == 0)
        write_in_crowds(report[1], first);
    close(report[1]);
    usleep((useconds_t)after_us);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status), "the child left by itself: %d", WEXITSTATUS(status));
    while (read(report[0], &got, sizeof got) == sizeof got) {
        cr_assert_lt(n_acknowledged, ACKNOWLEDGED_MAX);
        acknowledged[n_acknowledged++] = got;
    }
    close(report[0]);
}

static enum err note_row(void *ctx, const struct row *row)
{
    bool *there = ctx;
    int64_t id = row_int(row, 0);
    if (id < ACKNOWLEDGED_MAX * JOB_ROWS)
        there[id] = true;
    return ERR_OK;
}

/* Every acknowledged job is there with all its rows, and no job in part. Gives back a row number beyond all. */
static int64_t all_is_there(int kill)
{
    static const char ROWS[] = "SELECT id FROM thing";
    static const char PARTS[] =
        "SELECT count(*) FROM (SELECT count(*) AS n FROM thing GROUP BY (id - 1) / 3) WHERE n <> 3";
    static bool there[ACKNOWLEDGED_MAX * JOB_ROWS];
    struct db *db = store_borrow(box.store);
    cr_assert_eq(db_each(db, ROWS, NO_VALUES, note_row, there), ERR_OK);
    store_return(box.store, db);
    for (size_t i = 0; i < n_acknowledged; i++)
        for (int64_t id = acknowledged[i]; id < acknowledged[i] + JOB_ROWS; id++)
            cr_assert(there[id], "kill %d: row %ld was acknowledged and is gone", kill, (long)id);
    cr_assert_eq(box_number(&box, PARTS), 0, "kill %d: a job was half written", kill);
    return (box_number(&box, "SELECT coalesce(max(id), 0) FROM thing") + JOB_ROWS - 1) / JOB_ROWS * JOB_ROWS + 1;
}

Test(store_failures, killed_at_any_moment_keeps_all_that_was_acknowledged)
{
    enum { KILLS = 100 };
    int64_t first = 1;
    store_close(box.store);
    db_close(box.db);
    box.store = NULL;
    box.db = NULL;
    for (int i = 0; i < KILLS; i++) {
        enum store_fault fault;
        run_and_kill(first, 1500 + 977 * (i * 7 % 41));
        cr_assert_eq(reopen(&fault, false), ERR_OK, "kill %d: %s", i, store_fault_name(fault));
        cr_assert_eq(store_check_integrity(box.store), ERR_OK, "kill %d", i);
        first = all_is_there(i);
        store_close(box.store);
        box.store = NULL;
    }
    cr_assert_gt(n_acknowledged, KILLS, "the child hardly got to write");
}
