/* Whoever publishes the ledger is killed before every single flush and rename. Whatever was left behind, the next one
 * goes on: every leaf is proven, nothing is altered, and what was signed before is a beginning of what is signed after.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "consent/audit.h"
#include "consent/proof.h"
#include "consent/publish.h"
#include "tests/lib/box.h"

static int steps_left; /* 0: nobody is killed */

static void step(void)
{
    if (steps_left > 0 && --steps_left == 0)
        _exit(9);
}

/* --- which folders an outage may still take --------------------------------------------------------------------- */

enum { LOOSE = 4096 };
static char loose[LOOSE][160]; /* folders that were made, and whose name is not on the disk yet; "": none any more */
static size_t n_loose;
static const char *watched; /* below this folder; NULL: nobody looks */
static size_t loose_at_checkpoint, checkpoints, made;
static bool syncs_fail; /* of tiles */

static void folder_is_synced(const char *path)
{
    size_t n = path ? strlen(path) : 0;
    for (size_t i = 0; i < n_loose; i++) {
        const char *slash = strrchr(loose[i], '/');
        if (slash && (!path || ((size_t)(slash - loose[i]) == n && memcmp(loose[i], path, n) == 0)))
            loose[i][0] = 0;
    }
}

static bool is_watched(const char *path)
{
    return watched && strncmp(path, watched, strlen(watched)) == 0;
}

/* PATH gets its name for good; of a checkpoint we want to know what it stands on. */
static void look_at_rename(const char *path)
{
    const char *name = strrchr(path, '/');
    if (!is_watched(path) || !name || strcmp(name, "/checkpoint") != 0)
        return;
    checkpoints++;
    for (size_t i = 0; i < n_loose; i++)
        loose_at_checkpoint += loose[i][0] != 0;
}

int mkdir(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t);
    *(void **)&real = dlsym(RTLD_NEXT, "mkdir");
    int code = real(path, mode);
    if (code == 0 && is_watched(path) && n_loose < LOOSE) {
        snprintf(loose[n_loose++], sizeof loose[0], "%s", path);
        made++;
    }
    return code;
}

int rmdir(const char *path)
{
    int (*real)(const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "rmdir");
    for (size_t i = 0; i < n_loose; i++)
        if (strcmp(loose[i], path) == 0)
            loose[i][0] = 0;
    return real(path);
}

int fsync(int fd)
{
    int (*real)(int);
    char link[64], path[256];
    *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    step();
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = watched ? readlink(link, path, sizeof path - 1) : 0;
    path[n > 0 ? n : 0] = 0;
    if (syncs_fail && is_watched(path) && strstr(path, "/tile")) {
        errno = EIO;
        return -1;
    }
    if (n > 0)
        folder_is_synced(path);
    return real(fd);
}

int syncfs(int fd)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "syncfs");
    step();
    folder_is_synced(NULL);
    return real(fd);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "rename");
    step();
    look_at_rename(to);
    return real(from, to);
}

static struct box box;
static struct ledger *ledger;
static struct publish_config config;

static void open_log(void)
{
    static const uint8_t audit_key[32] = "the audit key of these tests ...";
    struct store_config store = {.readers = 2};
    box_open_empty(&box);
    store.path = box.path;
    cr_assert_eq(store_open(&box.store, &store, NULL), ERR_OK);
    cr_assert_eq(ledger_open(&ledger, box.store, VIEW_ARRAY(audit_key)), ERR_OK);
    config = (struct publish_config){.store = box.store, .origin = VIEW("id.example/ledger"), .clock = &clock_real};
    config.folder = arena_printf(&box.a, "%s/ledger", box.folder);
    config.key_path = arena_printf(&box.a, "%s/ledger.pem", box.folder);
}

static void close_log(void)
{
    box_close(&box);
    ledger_close(ledger);
}

TestSuite(publish_killed, .init = open_log, .fini = close_log);

static enum err append_job(struct db *db, void *ctx)
{
    struct ledger_event e = {.type = LEDGER_OPERATOR, .act = "test", .at = 1};
    enum err err = ERR_OK;
    for (int i = 0; i < *(int *)ctx && !err; i++)
        err = ledger_append(ledger, db, &e, NULL);
    return err;
}

static enum err publish(void)
{
    struct arena a;
    struct publisher *p;
    const char *why = "";
    arena_open(&a, 8 << 20);
    enum err err = publisher_open(&p, &config, &a, &why);
    if (!err) {
        err = publisher_publish(p, &a, &why);
        publisher_close(p);
    }
    if (err)
        fprintf(stderr, "%s: %s\n", err_name(err), why);
    arena_close(&a);
    return err;
}

/* True: killed before step N. The child has the database open only to look and to note what it seals. */
static bool is_killed_at(int n)
{
    int status;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct store_config store = {.path = box.path, .readers = 2};
        if (store_open(&config.store, &store, NULL) != ERR_OK)
            _exit(7);
        steps_left = n;
        _exit(publish() ? 8 : 0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0), "status %x", status);
    return WEXITSTATUS(status) == 9;
}

static void all_is_well(int64_t leaves)
{
    struct audit_report report;
    struct audit_scope scope = {.folder = config.folder};
    struct arena a;
    struct view text;
    struct db *db = store_borrow(box.store);
    cr_assert_eq(audit_verify(&report, &scope, &db, 1), ERR_OK);
    store_return(box.store, db);
    cr_assert_eq(report.faults, 0, "%s", report.first[0].what);
    cr_assert_eq(report.published, leaves);
    arena_open(&a, 4 << 20);
    cr_assert_eq(proof_find(&text, &a, config.folder, 0, VIEW_NONE), ERR_OK);
    cr_assert_eq(proof_find(&text, &a, config.folder, leaves - 1, VIEW_NONE), ERR_OK);
    arena_close(&a);
}

static void killed_everywhere(int each, int stride)
{
    int n = 1;
    int64_t leaves = 0;
    for (bool killed = true; killed; n += stride) {
        cr_assert_eq(store_write(box.store, append_job, &each), ERR_OK);
        leaves += each;
        killed = is_killed_at(n);
        cr_assert_eq(publish(), ERR_OK, "after being killed before step %d", n);
        all_is_well(leaves);
    }
    cr_assert_gt(n, 10, "only %d steps", n);
}

Test(publish_killed, before_every_step_loses_nothing_and_signs_one_history)
{
    killed_everywhere(3, 1);
}

Test(publish_killed, while_many_tiles_are_made_at_once_loses_nothing)
{
    killed_everywhere(8500, 16);
}

static void append(int n)
{
    cr_assert_eq(store_write(box.store, append_job, &n), ERR_OK);
}

static void nothing_is_loose(size_t n_checkpoints, size_t at_least_made)
{
    cr_expect_eq(checkpoints, n_checkpoints);
    cr_expect_geq(made, at_least_made);
    cr_expect_eq(loose_at_checkpoint, 0, "%zu folders", loose_at_checkpoint);
}

/* Keys lie elsewhere: what is written beside them brings none of the ledger's names to the disk. */
static void watch(void)
{
    const char *keys = arena_printf(&box.a, "%s/keys", box.folder);
    cr_assert_eq(mkdir(keys, 0700), 0);
    config.key_path = arena_printf(&box.a, "%s/ledger.pem", keys);
    watched = config.folder;
}

/* fsync(2): "does not necessarily ensure that the entry in the directory containing the file has also reached disk". */
Test(publish_killed, no_checkpoint_stands_on_a_folder_that_an_outage_may_take)
{
    static const int batches[] = {1, 300, 1, 212, 3000, 20000, 5};
    enum { N = sizeof batches / sizeof *batches };
    watch();
    for (size_t i = 0; i < N; i++) {
        append(batches[i]);
        cr_assert_eq(publish(), ERR_OK);
    }
    nothing_is_loose(N, 10);
}

Test(publish_killed, nor_does_one_of_a_server_that_goes_on)
{
    struct arena a;
    struct publisher *p;
    const char *why = "";
    watch();
    arena_open(&a, 8 << 20);
    cr_assert_eq(publisher_open(&p, &config, &a, &why), ERR_OK, "%s", why);
    for (int i = 0; i < 6; i++) {
        append(100);
        cr_assert_eq(publisher_integrate(p), ERR_OK);
        cr_assert_eq(publisher_publish(p, &a, &why), ERR_OK, "%s", why);
    }
    publisher_close(p);
    arena_close(&a);
    nothing_is_loose(6, 7);
}

/* Whoever made the folders may have ended before they were on the disk: they are there, and nobody makes them again. */
Test(publish_killed, nor_does_one_of_whoever_comes_after)
{
    watch();
    append(300);
    syncs_fail = true;
    cr_expect_neq(publish(), ERR_OK);
    nothing_is_loose(0, 7);
    syncs_fail = false;
    cr_assert_eq(publish(), ERR_OK);
    nothing_is_loose(1, 7);
}
