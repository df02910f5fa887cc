/* No leaf, no data. Whenever a byte of a resident's fields goes into a socket, the ledger entry that says so must be on
 * the disk already: not in the log, not in memory, but in what the disk would remember if the lights went out right
 * then. The disk fails at every single write and flush between a request and its answer, and is slow; the writer is
 * killed at every moment, which is the same as looking at the disk at the moment of sending. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "store/store.h"
#include "tests/fail/disk.h"
#include "tests/lib/box.h"
#include "tests/lib/stage.h"

/* --- what goes out ---------------------------------------------------------------------------------------------- */

static const char FIELD[] = "大阪　花子"; /* Hanako's name: a value only /userinfo sends to a service */
static _Atomic bool watching;
static _Atomic int64_t leaves_needed; /* disclosures that must be on the disk before the next field may leave */
static _Atomic int sent, sent_too_early;
static _Atomic int64_t leaves_seen;

/* Disclosures in what the disk remembers. */
static int64_t leaves_on_disk(void)
{
    static const char SQL[] = "SELECT count(*) FROM ledger_event WHERE class = 5";
    struct box after;
    struct row row;
    struct store_config config = {.readers = 1};
    box_open_empty(&after);
    bool restored = disk_restore(after.folder);
    config.path = after.path;
    enum err e = restored ? store_open(&after.store, &config, NULL) : ERR_IO;
    if (e == ERR_OK) {
        struct db *db = store_borrow(after.store);
        e = db_one(db, &after.a, SQL, NO_VALUES, &row);
        store_return(after.store, db);
    }
    int64_t n = e == ERR_OK ? row_int(&row, 0) : -1;
    box_close(&after);
    return n;
}

static void look_at(const void *p, size_t n)
{
    if (!atomic_load(&watching) || !memmem(p, n, FIELD, sizeof FIELD - 1))
        return;
    atomic_fetch_add(&sent, 1);
    disk_spare(true);
    int64_t there = leaves_on_disk();
    disk_spare(false);
    if (there < atomic_load(&leaves_needed)) {
        atomic_fetch_add(&sent_too_early, 1);
        atomic_store(&leaves_seen, there);
    }
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    ssize_t (*real)(int, const void *, size_t, int);
    *(void **)&real = dlsym(RTLD_NEXT, "send");
    look_at(p, n);
    return real(fd, p, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
    for (size_t i = 0; i < m->msg_iovlen; i++)
        look_at(m->msg_iov[i].iov_base, m->msg_iov[i].iov_len);
    return real(fd, m, flags);
}

/* --- the stage -------------------------------------------------------------------------------------------------- */

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city;
static const char *access_token;
static char image[96];

static int64_t leaves(void)
{
    return provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE class = 5");
}

static void watch(void)
{
    snprintf(image, sizeof image, "%s/data/image", genkan->folder);
    mkdir(image, 0700);
    disk_watch(image);
    cr_assert_eq(store_checkpoint(genkan->op->store), ERR_OK); /* the image is complete */
    atomic_store(&watching, true);
}

static void open_stage(void)
{
    static const char *const ticks[] = {"give-age_over_65=yes", NULL};
    stage_open(&stage);
    stage.hanako.ticks = ticks;
    cr_assert(resident_visits(&stage.hanako, a_city));
    struct tokens t = service_redeem(a_city, service_receive(a_city, &stage.hanako.browser, NULL));
    cr_assert_eq(t.status, 200);
    access_token = arena_text(&genkan->a, view_text(t.access));
    watch();
}

static void close_stage(void)
{
    atomic_store(&watching, false);
    disk_watch(NULL);
    stage_close(&stage);
}

TestSuite(no_leaf, .init = open_stage, .fini = close_stage);

/* The answer's status; the test fails if a field came without 200, or with it and without its leaf. */
static int ask(void)
{
    int status = 0;
    atomic_store(&leaves_needed, leaves() + 1);
    int before = atomic_load(&sent);
    const struct json *claims = service_userinfo(a_city, access_token, &status);
    bool got_it = claims && view_equal_text(json_member_text(claims, "name"), FIELD);
    cr_assert_eq(got_it, status == 200, "status %d", status);
    cr_assert_eq(atomic_load(&sent) - before, status == 200, "the watch at the socket saw it, too");
    cr_assert_eq(atomic_load(&sent_too_early), 0, "a field left before its ledger entry was on the disk: %d of %d",
                 (int)atomic_load(&leaves_seen), (int)atomic_load(&leaves_needed));
    return status;
}

/* --- the tests -------------------------------------------------------------------------------------------------- */

Test(no_leaf, is_seen_by_this_test_when_the_disk_is_not_asked)
{
    cr_assert_eq(ask(), 200);
    atomic_store(&leaves_needed, leaves() + 2); /* one more than there will be */
    int status;
    service_userinfo(a_city, access_token, &status);
    cr_assert_eq(atomic_load(&sent_too_early), 1, "the watch works");
    atomic_store(&sent_too_early, 0);
}

/* A failed flush leaves the store broken until it is opened anew, as an operator would. */
static void go_on(void)
{
    provider_restart(genkan);
    browser_move(&a_city->channel, genkan->port);
}

/* How many operations were there to fail? */
static int each_fails_once(enum operation o, int error)
{
    int n = 1;
    for (bool never_came = false; !never_came; n++) {
        disk_fail(o, n, error);
        int status = ask();
        never_came = disk_never_failed(o);
        cr_assert(status == 200 || !never_came, "%d: %d", n, status);
        if (!never_came && status == 200)
            continue; /* it failed where nobody depended on it */
        cr_assert(never_came || (status == 503 && service_may_quote(a_city)), "%d: %d %.*s", n, status,
                  (int)a_city->channel.body.n, (const char *)a_city->channel.body.p);
        if (!never_came)
            go_on();
        cr_assert_eq(ask(), 200, "%d: afterwards all is well", n);
    }
    return n;
}

/* First with a log that begins anew, which SQLite flushes by itself; then in the midst of one, where only we do. */
static void every_one_fails_once(enum operation o, int error, int at_least)
{
    int fresh = each_fails_once(o, error), later = each_fails_once(o, error);
    cr_assert_gt(fresh, at_least, "only %d operations were seen", fresh);
    cr_assert_geq(later, 2, "none was seen in the midst of a log");
    cr_assert(provider_ledger_is_whole(genkan));
}

Test(no_leaf, no_data_when_any_write_fails)
{
    every_one_fails_once(DISK_WRITE, EIO, 2);
}

Test(no_leaf, no_data_when_the_disk_is_full_at_any_write)
{
    every_one_fails_once(DISK_WRITE, ENOSPC, 2);
}

Test(no_leaf, no_data_when_any_flush_fails)
{
    every_one_fails_once(DISK_FLUSH, EIO, 1);
}

Test(no_leaf, no_data_before_a_slow_disk_has_it)
{
    disk_slow(50);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(ask(), 200);
    disk_slow(0);
}
