/* Every single byte of a small log, one after the other, is changed: in events, salts, classes and digests, in every
 * tile, every entry bundle and every checkpoint. Each change must be found; put back, nothing may be found. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "consent/audit.h"
#include "consent/publish.h"
#include "rig.h"

static struct rig r;
static struct publish_config config;
static struct audit_scope scope;
static struct note_key key;
static char *files[64];
static size_t n_files;

static void publish_all(void)
{
    struct publisher *p;
    const char *why, *vkey;
    config = (struct publish_config){.store = r.store, .origin = VIEW("id.example/ledger"), .clock = &clock_real};
    config.folder = arena_printf(&r.arena, "%s/ledger", r.folder);
    config.key_path = arena_printf(&r.arena, "%s/ledger.pem", r.folder);
    cr_assert_eq(publisher_open(&p, &config, &r.arena, &why), ERR_OK, "%s", why);
    rig_append(&r, LEDGER_GIVEN, 1);
    cr_assert_eq(publisher_publish(p, &r.arena, &why), ERR_OK); /* leaves partial tiles of width 1 */
    rig_append(&r, LEDGER_DISCLOSED, 2);
    rig_append(&r, LEDGER_WITHDRAWN, 3);
    cr_assert_eq(publisher_publish(p, &r.arena, &why), ERR_OK);
    publisher_close(p);
    cr_assert_eq(publish_key_text(&vkey, &r.arena, config.key_path, config.origin), ERR_OK);
    cr_assert_eq(note_key_read(&key, &r.arena, view_text(vkey)), ERR_OK);
    scope = (struct audit_scope){.folder = config.folder, .key = &key};
    scope.last = arena_printf(&r.arena, "%s.last", config.key_path);
}

static void open_log(void)
{
    rig_open(&r);
    publish_all();
}

static void close_log(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", r.folder);
    rig_close(&r);
    cr_assert_eq(system(command), 0);
}

TestSuite(changed_bytes, .init = open_log, .fini = close_log);

static int64_t faults(void)
{
    struct audit_report report;
    struct db *dbs[] = {store_borrow(r.store), store_borrow(r.store)};
    cr_assert_eq(audit_verify(&report, &scope, dbs, 2), ERR_OK);
    store_return(r.store, dbs[0]);
    store_return(r.store, dbs[1]);
    return report.faults;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static int note_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_F && n_files < 64 && !strstr(path, "verify."))
        files[n_files++] = arena_text(&r.arena, view_text(path));
    return 0;
}

static void flip(int fd, off_t at)
{
    uint8_t byte;
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x01;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
}

static void change_each_byte(const char *path)
{
    int fd = open(path, O_RDWR);
    off_t n = lseek(fd, 0, SEEK_END);
    cr_assert_geq(fd, 0, "%s", path);
    for (off_t at = 0; at < n; at++) {
        flip(fd, at);
        cr_expect_gt(faults(), 0, "%s, byte %d", path, (int)at);
        flip(fd, at);
    }
    close(fd);
    cr_assert_eq(faults(), 0, "%s", path);
}

Test(changed_bytes, of_tiles_entries_and_checkpoints_are_found)
{
    n_files = 0;
    cr_assert_eq(nftw(config.folder, note_file, 8, FTW_PHYS), 0);
    files[n_files++] = arena_text(&r.arena, view_text(scope.last));
    cr_assert_eq(n_files, 6, "two widths of tile and entries, two checkpoints; %zu", n_files);
    for (size_t i = 0; i < n_files; i++)
        change_each_byte(files[i]);
}

Test(changed_bytes, of_a_tile_are_found_also_when_one_is_missing_or_has_one_too_many)
{
    struct view all;
    const char *tile = arena_printf(&r.arena, "%s/tile/0/000.p/3", config.folder);
    cr_assert_eq(file_read(&r.arena, tile, 1024, &all), ERR_OK);
    cr_assert_eq(file_write(tile, view_part(all, 0, all.n - 1), 0644), ERR_OK);
    cr_expect_gt(faults(), 0);
    char *more = arena_printf(&r.arena, "%*s", (int)all.n + 1, "");
    memcpy(more, all.p, all.n);
    cr_assert_eq(file_write(tile, view_bytes(more, all.n + 1), 0644), ERR_OK);
    cr_expect_gt(faults(), 0);
    cr_assert_eq(unlink(tile), 0);
    cr_expect_gt(faults(), 0);
    cr_assert_eq(file_write(tile, all, 0644), ERR_OK);
    cr_expect_eq(faults(), 0);
}

/* --- the database ----------------------------------------------------------------------------------------------- */

/* One column of one row. */
struct cell {
    const char *read, *write;
    bool is_text;
    int64_t position;
    uint8_t bytes[1024];
    size_t n;
};

static const struct {
    const char *read, *write;
    bool is_text;
} columns[] = {
    {"SELECT event FROM ledger_event WHERE position = $1", "UPDATE ledger_event SET event = $2 WHERE position = $1",
     true},
    {"SELECT salt FROM ledger_event WHERE position = $1", "UPDATE ledger_event SET salt = $2 WHERE position = $1",
     false},
    {"SELECT digest FROM ledger_event WHERE position = $1", "UPDATE ledger_event SET digest = $2 WHERE position = $1",
     false},
    {"SELECT edge FROM ledger_head WHERE one = 1 AND $1 >= 0", "UPDATE ledger_head SET edge = $2 WHERE $1 >= 0", false},
};

static void read_cell(struct cell *c)
{
    struct row row;
    struct arena a;
    arena_open(&a, 64 * 1024);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(db_one(db, &a, c->read, VALUES(V_INT(c->position)), &row), ERR_OK);
    store_return(r.store, db);
    struct view v = c->is_text ? row_text(&row, 0) : row_blob(&row, 0);
    cr_assert(v.n > 0 && v.n <= sizeof c->bytes);
    memcpy(c->bytes, v.p, v.n);
    c->n = v.n;
    arena_close(&a);
}

static enum err write_cell(struct db *db, void *ctx)
{
    const struct cell *c = ctx;
    struct view v = view_bytes(c->bytes, c->n);
    return db_run(db, c->write, VALUES(V_INT(c->position), c->is_text ? V_TEXT(v) : V_BLOB(v)));
}

static void change_cell(struct cell *c)
{
    read_cell(c);
    for (size_t i = 0; i < c->n; i++) {
        c->bytes[i] ^= 0x01;
        cr_assert_eq(store_write_soon(r.store, write_cell, c), ERR_OK);
        cr_expect_gt(faults(), 0, "%s, leaf %d, byte %zu", c->read, (int)c->position, i);
        c->bytes[i] ^= 0x01;
    }
    cr_assert_eq(store_write_soon(r.store, write_cell, c), ERR_OK);
    cr_assert_eq(faults(), 0);
}

Test(changed_bytes, of_events_salts_leaves_and_the_head_are_found)
{
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        for (int64_t position = 0; position < 3; position++)
            change_cell(&(struct cell){columns[i].read, columns[i].write, columns[i].is_text, position, {0}, 0});
}

/* Somebody who owns the database makes a leaf that fits itself, and the tree and the head with it: only what was
 * published knows better, and it knows which leaf. */
Test(changed_bytes, that_fit_each_other_are_found_by_index_through_the_tiles)
{
    rig_tamper(&r, "UPDATE ledger_event SET (class, salt, event, digest) = "
                   "(SELECT class, salt, event, digest FROM ledger_event o WHERE o.position = 0) WHERE position = 1");
    struct audit_report report;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_verify(&report, &scope, &db, 1), ERR_OK);
    store_return(r.store, db);
    cr_assert_gt(report.faults, 0);
    cr_expect_eq((int)report.first[0].kind, AUDIT_TILE);
    cr_expect_eq(report.first[0].index, 1);
}
