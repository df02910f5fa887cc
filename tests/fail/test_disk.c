/* A disk that reports an error at the n-th write or flush, for every n: what was acknowledged is there, what was
 * refused is not, and when the disk works again, so does the store. SQLite's calls go through ours below. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "tests/lib/box.h"

enum operation { DISK_WRITE, DISK_FLUSH, OPERATIONS };

/* Operations of a kind until one fails; 0: none fails. */
static _Atomic int until[OPERATIONS];
static int error_to_report;

static bool fails_now(enum operation o)
{
    int left = atomic_load(&until[o]);
    while (left > 0 && !atomic_compare_exchange_weak(&until[o], &left, left - 1))
        ;
    errno = error_to_report;
    return left == 1;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    if (fails_now(DISK_WRITE))
        return -1;
    ssize_t (*real)(int, const void *, size_t, off64_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    return real(fd, p, n, at);
}

int fdatasync(int fd)
{
    if (fails_now(DISK_FLUSH))
        return -1;
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}

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

TestSuite(disk, .init = open_box, .fini = close_box, .timeout = 300);

enum { ROWS = 5 };

static enum err add_rows(struct db *db, void *ctx)
{
    static const char SQL[] = "INSERT INTO thing (id, body) VALUES ($1, $2)";
    static const uint8_t body[3000];
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
    error_to_report = error;
    atomic_store(&until[o], n);
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
    bool never_came = atomic_exchange(&until[o], 0) > 0;
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
            error_to_report = EIO;
            atomic_store(&until[o], n);
            enum err e = store_checkpoint(box.store);
            never_came = atomic_exchange(&until[o], 0) > 0;
            cr_assert(e == ERR_OK || !never_came);
            cr_assert_eq(things(), before + ROWS);
            box_reopen(&box);
            cr_assert_eq(things(), before + ROWS, "after reopening");
            cr_assert_eq(store_check_integrity(box.store), ERR_OK);
        }
    }
}
