/* Whoever publishes the ledger is killed before every single flush and rename, or the lights go out there. Whatever was
 * left behind, the next one goes on: every leaf is proven, nothing is altered, and what was signed before is a
 * beginning of what is signed after. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
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

static struct box box;
static struct ledger *ledger;
static struct publish_config config;

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char command[400];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    cr_assert_eq(system(command), 0, "%s", command);
}

/* --- what the disk remembers ------------------------------------------------------------------------------------ */

/* In "remembered": the names of the published folder as they were flushed last, behind each the bytes its file had when
 * it was flushed last, which "flushed" holds by inode. A file that never was is empty. What is unlinked is gone at
 * once. New folders are taken for remembered with the first name in them that is. */
static bool is_watched;

static const char *in_box(struct arena *a, const char *folder, const char *name)
{
    return arena_printf(a, "%s/%s/%s", box.folder, folder, name);
}

/* NULL: it is not below the published folder. "": it is that one. */
static const char *below_published(const char *path)
{
    size_t n = strlen(config.folder);
    return strncmp(path, config.folder, n) || (path[n] && path[n] != '/') ? NULL : path[n] ? path + n + 1 : "";
}

static void put_file(const char *path, struct view v)
{
    FILE *f = fopen(path, "w");
    cr_assert(f && fwrite(v.p, 1, v.n, f) == v.n && fclose(f) == 0, "%s", path);
}

static const char *flushed_of(struct arena *a, const struct stat *st)
{
    return in_box(a, "flushed", arena_printf(a, "%llu", (unsigned long long)st->st_ino));
}

static void keep_bytes(struct arena *a, const char *path, const struct stat *st)
{
    struct view v;
    cr_assert_eq(file_read(a, path, 1 << 20, &v), ERR_OK, "%s", path);
    put_file(flushed_of(a, st), v);
}

static void keep_name(struct arena *a, const char *path, const struct stat *st)
{
    struct view v;
    const char *to = in_box(a, "remembered", below_published(path));
    if (file_read(a, flushed_of(a, st), 1 << 20, &v) != ERR_OK)
        v = VIEW("");
    if (access(arena_printf(a, "%.*s", (int)(strrchr(to, '/') - to), to), F_OK) != 0)
        shell("mkdir -p %.*s", (int)(strrchr(to, '/') - to), to);
    put_file(to, v);
}

static void keep_names(struct arena *a, const char *folder)
{
    struct stat st;
    DIR *d = opendir(folder);
    cr_assert_not_null(d, "%s", folder);
    for (struct dirent *entry; (entry = readdir(d));) {
        const char *path = arena_printf(a, "%s/%s", folder, entry->d_name);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
            keep_name(a, path, &st);
    }
    closedir(d);
}

static void keep(int fd)
{
    char path[256];
    struct stat st;
    struct arena a;
    arena_open(&a, 16 << 20);
    ssize_t n = readlink(arena_printf(&a, "/proc/self/fd/%d", fd), path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    if (below_published(path) && fstat(fd, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            keep_names(&a, path);
        else
            keep_bytes(&a, path, &st);
    }
    arena_close(&a);
}

static int keep_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    struct arena a;
    (void)ftw;
    arena_open(&a, 4 << 20);
    if (flag == FTW_F) {
        keep_bytes(&a, path, st);
        keep_name(&a, path, st);
    }
    arena_close(&a);
    return 0;
}

static void keep_all(void)
{
    cr_assert_eq(nftw(config.folder, keep_one, 8, FTW_PHYS), 0);
}

/* --- every flush and rename ------------------------------------------------------------------------------------- */

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

static bool is_below(const char *path)
{
    return watched && strncmp(path, watched, strlen(watched)) == 0;
}

/* PATH gets its name for good; of a checkpoint we want to know what it stands on. */
static void look_at_rename(const char *path)
{
    const char *name = strrchr(path, '/');
    if (!is_below(path) || !name || strcmp(name, "/checkpoint") != 0)
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
    if (code == 0 && is_below(path) && n_loose < LOOSE) {
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
    if (syncs_fail && is_below(path) && strstr(path, "/tile")) {
        errno = EIO;
        return -1;
    }
    if (n > 0)
        folder_is_synced(path);
    if (is_watched)
        keep(fd);
    return real(fd);
}

int syncfs(int fd)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "syncfs");
    step();
    if (is_watched) {
        keep_all();
        shell("touch %s/flushed/all", box.folder);
    }
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

int unlink(const char *path)
{
    int (*real)(const char *);
    struct arena a;
    *(void **)&real = dlsym(RTLD_NEXT, "unlink");
    if (is_watched && below_published(path)) {
        arena_open(&a, 4096);
        real(in_box(&a, "remembered", below_published(path)));
        arena_close(&a);
    }
    return real(path);
}

/* --- a log ------------------------------------------------------------------------------------------------------ */

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

/* The size of the checkpoint; all that it names is there, and is what it should be. */
static int64_t published(void)
{
    struct audit_report report;
    struct audit_scope scope = {.folder = config.folder};
    struct db *db = store_borrow(box.store);
    cr_assert_eq(audit_verify(&report, &scope, &db, 1), ERR_OK);
    store_return(box.store, db);
    cr_assert_eq(report.faults, 0, "%s", report.first[0].what);
    return report.published;
}

static void all_is_well(int64_t leaves)
{
    struct arena a;
    struct view text;
    cr_assert_eq(published(), leaves);
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

/* --- the lights go out ------------------------------------------------------------------------------------------- */

enum { BEFORE = 300 };

static void append(int n)
{
    cr_assert_eq(store_write(box.store, append_job, &n), ERR_OK);
}

static void open_before(int more)
{
    append(BEFORE);
    cr_assert_eq(publish(), ERR_OK);
    shell("cp -a %s %s/before", config.folder, box.folder);
    append(more);
}

/* Before step N of publishing MORE leaves. False: there was no such step. */
static bool lights_out_at(int n)
{
    shell("cd %s && rm -rf ledger flushed remembered && cp -a before ledger && mkdir flushed remembered", box.folder);
    is_watched = true;
    keep_all();
    bool killed = is_killed_at(n);
    is_watched = false;
    shell("cd %s && rm -rf ledger && mv remembered ledger", box.folder);
    return killed;
}

/* The last round is that in which everything is done, and the lights go out afterwards. */
static void lights_out_everywhere(int first, int more)
{
    int n = first;
    open_before(more);
    for (; lights_out_at(n); n++) {
        int64_t size = published();
        cr_assert(size == BEFORE || size == BEFORE + more, "%d, before step %d", (int)size, n);
    }
    all_is_well(BEFORE + more);
    cr_assert_gt(n, first + 5, "only %d steps", n);
    append(1);
    cr_assert_eq(publish(), ERR_OK);
    all_is_well(BEFORE + more + 1);
}

static bool whole_disk_was_flushed(void)
{
    struct arena a;
    arena_open(&a, 4096);
    bool was = access(in_box(&a, "flushed", "all"), F_OK) == 0;
    arena_close(&a);
    return was;
}

Test(publish_killed, a_checkpoint_that_the_disk_remembers_has_all_its_tiles)
{
    lights_out_everywhere(1, 700);
    cr_expect_not(whole_disk_was_flushed(), "a few files are flushed one by one");
}

/* More than 64 files. The first steps give full tiles their names. */
Test(publish_killed, a_checkpoint_of_many_tiles_at_once_has_all_of_them)
{
    lights_out_everywhere(60, 8500);
    cr_expect(whole_disk_was_flushed());
}

/* --- the names of folders ---------------------------------------------------------------------------------------- */

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
