/* A disk that reports an error at the n-th write or flush, for every n: what was acknowledged is there, what was
 * refused is not, and when the disk works again, so does the store. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/sqlite.h"
#include "tests/fail/disk.h"
#include "tests/lib/box.h"

/* --- the tests ------------------------------------------------------------------------------------------------------
 */

static struct box box;

static void open_box(void)
{
    box_open(&box);
    cr_assert_eq(db_script(box_db(&box), "CREATE TABLE thing (id INTEGER PRIMARY KEY, body BLOB) STRICT"), ERR_OK);
    db_close(box.db);
    box.db = NULL;
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(disk, .init = open_box, .fini = close_box);

enum { ROWS = 5 };

static enum err add_rows(struct db *db, void *ctx)
{
    static const char SQL[] = "INSERT INTO thing (id, body) VALUES ($1, $2)";
    static const uint8_t body[60000]; /* more pages than are written together (store/frames.c): several writes */
    const int64_t *first = ctx;
    enum err e = ERR_OK;
    for (int64_t i = 0; i < ROWS && e == ERR_OK; i++)
        e = db_run(db, SQL, VALUES(V_INT(*first + i), V_BLOB(VIEW_ARRAY(body))));
    return e;
}

static int64_t things(void)
{
    return box_number(&box, "SELECT count(*) FROM thing");
}

static enum err write_with_failure(enum operation o, int n, int error, int64_t *first)
{
    disk_fail(o, n, error);
    enum err e = store_write(box.store, add_rows, first);
    *first += ROWS;
    return e;
}

/* A write that failed has left nothing, and the next one works. */
static void goes_on(int64_t before, int64_t *first)
{
    cr_assert_eq(things(), before);
    cr_assert_eq(store_write(box.store, add_rows, first), ERR_OK);
    *first += ROWS;
}

/* After a failed flush nobody knows what is on the disk: nothing more is promised until the store is opened anew. */
static void promises_nothing(int64_t before, int64_t *first)
{
    enum store_fault fault;
    cr_assert(things() == before || things() == before + ROWS, "whole jobs");
    cr_assert_eq(store_write(box.store, add_rows, first), ERR_STORE);
    *first += ROWS;
    cr_assert_eq(store_check(box.store, &fault), ERR_STORE);
    cr_assert_eq(fault, STORE_IO);
}

/* True: the N-th operation never came. */
static bool survives(enum operation o, int n, int error, int64_t *first)
{
    int64_t before = things();
    enum err e = write_with_failure(o, n, error, first);
    bool never_came = disk_never_failed((enum operation)o);
    enum store_fault wanted = error == ENOSPC ? STORE_FULL : STORE_IO;
    cr_assert(never_came ? e == ERR_OK : e == ERR_STORE, "%d: %s", n, err_name(e));
    if (never_came)
        return true;
    cr_assert_eq(store_last_fault(box.store), wanted, "%d: %s", n, store_fault_name(store_last_fault(box.store)));
    if (o == DISK_FLUSH)
        promises_nothing(before, first);
    else
        goes_on(before, first);
    int64_t now = things();
    box_reopen(&box);
    cr_assert_eq(things(), now, "%d: after reopening", n);
    cr_assert_eq(store_check_integrity(box.store), ERR_OK, "%d", n);
    goes_on(now, first);
    return false;
}

static void every_one_fails_once(enum operation o, int error, int at_least)
{
    int64_t first = 1;
    int n = 1;
    while (!survives(o, n, error, &first))
        n++;
    cr_assert_geq(n, at_least, "only %d operations were seen", n);
}

Test(disk, every_write_may_fail)
{
    every_one_fails_once(DISK_WRITE, EIO, 5);
}

Test(disk, every_write_may_find_it_full)
{
    every_one_fails_once(DISK_WRITE, ENOSPC, 5);
}

Test(disk, every_flush_may_fail)
{
    every_one_fails_once(DISK_FLUSH, EIO, 2);
}

Test(disk, moving_the_log_into_the_file_may_fail_anywhere)
{
    int64_t first = 1;
    for (int o = 0; o < OPERATIONS; o++) {
        bool never_came = false;
        for (int n = 1; !never_came; n++) {
            int64_t before = things();
            cr_assert_eq(store_write(box.store, add_rows, &first), ERR_OK);
            first += ROWS;
            disk_fail((enum operation)o, n, EIO);
            enum err e = store_checkpoint(box.store);
            never_came = disk_never_failed((enum operation)o);
            cr_assert(e == ERR_OK || !never_came);
            cr_assert_eq(things(), before + ROWS);
            box_reopen(&box);
            cr_assert_eq(things(), before + ROWS, "after reopening");
            cr_assert_eq(store_check_integrity(box.store), ERR_OK);
        }
    }
}

/* --- the lights go out ----------------------------------------------------------------------------------------------
 */

enum { CALLERS = 6, JOBS = 40, OUTAGES = 200 };

static enum err add_one(struct db *db, void *ctx)
{
    static const char SQL[] = "INSERT INTO thing (id) VALUES ($1)";
    const int64_t *id = ctx;
    return db_run(db, SQL, VALUES(V_INT(*id)));
}

/* What the disk remembers now, as a folder of its own that a store can be opened in. */
static void restore_image(struct box *after)
{
    box_open_empty(after);
    cr_assert(disk_restore(after->folder));
}

static void is_remembered(int64_t id)
{
    static const char SQL[] = "SELECT 1 FROM thing WHERE id = $1";
    struct store_config config = {.readers = 1};
    struct box after;
    struct row r;
    restore_image(&after);
    config.path = after.path;
    cr_assert_eq(store_open(&after.store, &config, NULL), ERR_OK);
    struct db *db = store_borrow(after.store);
    enum err e = db_one(db, &after.a, SQL, VALUES(V_INT(id)), &r);
    store_return(after.store, db);
    cr_assert_eq(store_check_integrity(after.store), ERR_OK);
    box_close(&after);
    cr_assert_eq(e, ERR_OK, "row %ld was acknowledged, and after the lights went out it is gone", (long)id);
}

static enum err write_and_settle(int64_t *id)
{
    enum err e = store_write_soon(box.store, add_one, id);
    return e == ERR_OK ? store_settle(box.store) : e;
}

static _Atomic int outages;

static void *call(void *ctx)
{
    int64_t first = *(const int64_t *)ctx;
    for (int64_t id = first; id < first + JOBS; id++) {
        enum err e = id % 3 == 0 ? store_write(box.store, add_one, &id) : write_and_settle(&id);
        cr_assert_eq(e, ERR_OK);
        if (id % 2 == 0 && atomic_fetch_add(&outages, 1) < OUTAGES)
            is_remembered(id);
        if (id % 16 == 0)
            cr_assert_eq(store_checkpoint(box.store), ERR_OK);
    }
    return NULL;
}

Test(disk, what_was_acknowledged_is_on_it_when_the_lights_go_out)
{
    pthread_t threads[CALLERS];
    int64_t first[CALLERS];
    char image[96];
    snprintf(image, sizeof image, "%s/image", box.folder);
    cr_assert_eq(mkdir(image, 0700), 0);
    disk_watch(image);
    cr_assert_eq(store_checkpoint(box.store), ERR_OK); /* everything so far is flushed, so the image is complete */
    for (int i = 0; i < CALLERS; i++) {
        first[i] = 1 + i * 1000;
        cr_assert_eq(pthread_create(&threads[i], NULL, call, &first[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    disk_watch(NULL);
    cr_assert_eq(things(), CALLERS * JOBS);
}
