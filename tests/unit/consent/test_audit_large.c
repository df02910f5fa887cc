/* A log of several chunks and three levels of tiles: what the small ones cannot show. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "consent/audit.h"
#include "consent/log/tile_folder.h"
#include "consent/proof.h"
#include "consent/publish.h"
#include "rig.h"

enum { LEAVES = 140000, JOB = 5000, EARLY = 70001 };

static struct rig r;
static struct publish_config config;
static struct note_key key;
static struct checkpoint early, late;

static enum err append_many(struct db *db, void *ctx)
{
    struct ledger_event e = {.type = LEDGER_DISCLOSED, .who = rig_who(&r), .via = "userinfo"};
    enum err err = ERR_OK;
    for (int64_t i = 0; i < *(int64_t *)ctx && !err; i++) {
        e.at = i;
        err = ledger_append(r.ledger, db, &e, NULL);
    }
    return err;
}

static void append_up_to(int64_t from, int64_t to)
{
    for (int64_t n; from < to; from += n) {
        n = to - from < JOB ? to - from : JOB;
        cr_assert_eq(store_write_soon(r.store, append_many, &n), ERR_OK);
    }
}

/* Kept as an auditor would. */
static void publish_now(struct checkpoint *out, const char *kept)
{
    struct publisher *p;
    struct view text;
    const char *why;
    cr_assert_eq(publisher_open(&p, &config, &r.arena, &why), ERR_OK, "%s", why);
    cr_assert_eq(publisher_publish(p, &r.arena, &why), ERR_OK, "%s", why);
    publisher_close(p);
    cr_assert_eq(file_read(&r.arena, arena_printf(&r.arena, "%s/checkpoint", config.folder), NOTE_MAX, &text), ERR_OK);
    cr_assert_eq(checkpoint_read(out, &r.arena, text), ERR_OK);
    cr_assert_eq(file_write(arena_printf(&r.arena, "%s/%s", r.folder, kept), text, 0600), ERR_OK);
}

static const char *vkey;

static void open_log(void)
{
    rig_open(&r);
    config = (struct publish_config){.store = r.store, .origin = VIEW("id.example/ledger"), .clock = &clock_real};
    config.folder = arena_printf(&r.arena, "%s/ledger", r.folder);
    config.key_path = arena_printf(&r.arena, "%s/ledger.pem", r.folder);
    append_up_to(0, EARLY);
    publish_now(&early, "early");
    append_up_to(EARLY, LEAVES);
    publish_now(&late, "late");
    cr_assert_eq(publish_key_text(&vkey, &r.arena, config.key_path, config.origin), ERR_OK);
    cr_assert_eq(note_key_read(&key, &r.arena, view_text(vkey)), ERR_OK);
}

static void close_log(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", r.folder);
    rig_close(&r);
    cr_assert_eq(system(command), 0);
}

TestSuite(audit_large, .init = open_log, .fini = close_log);

static struct audit_report verify(const struct checkpoint *from, const struct checkpoint *to, size_t threads)
{
    struct audit_report report;
    struct audit_scope scope = {.folder = config.folder, .key = &key, .from = from, .to = to};
    struct db *dbs[2] = {store_borrow(r.store), store_borrow(r.store)};
    cr_assert_eq(audit_verify(&report, &scope, dbs, threads), ERR_OK);
    store_return(r.store, dbs[0]);
    store_return(r.store, dbs[1]);
    return report;
}

static void flip(const char *name, off_t at)
{
    uint8_t byte;
    int fd = open(arena_printf(&r.arena, "%s/%s", config.folder, name), O_RDWR);
    cr_assert_geq(fd, 0, "%s", name);
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void expect_tile(const char *name, off_t at, int64_t index)
{
    flip(name, at);
    struct audit_report report = verify(NULL, NULL, 2);
    cr_expect_gt(report.faults, 0, "%s", name);
    cr_expect_eq((int)report.first[0].kind, AUDIT_TILE, "%s", name);
    cr_expect_eq(report.first[0].index, index, "%s: %d", name, (int)report.first[0].index);
    flip(name, at);
}

Test(audit_large, of_several_chunks_is_whole_and_every_level_of_tiles_is_looked_at)
{
    struct audit_report report = verify(NULL, NULL, 2);
    cr_assert_eq(report.faults, 0, "%s", report.first[0].what);
    cr_expect_eq(report.leaves, LEAVES);
    cr_expect_eq(report.hashed, LEAVES);
    cr_expect_eq(report.published, LEAVES);
    cr_expect_arr_eq(report.computed.root, late.root, TREE_HASH);
    expect_tile("tile/0/300", 5 * 32, 300 * 256 + 5);
    expect_tile("tile/entries/546.p/224", 3 * 36 + 10, 546 * 256 + 3);
    expect_tile("tile/1/001", 7, 65536);
    expect_tile("tile/1/002.p/34", 7, 2 * 65536);
    expect_tile("tile/2/000.p/2", 40, 0);
    expect_tile("tile/2/000.p/1", 3, 0); /* of the earlier checkpoint */
    cr_expect_eq(verify(NULL, NULL, 1).faults, 0);
}

/* What a program that is not ours (tests/foreign/reader.go) says of the folder; its exit status. */
static int ask_foreigner(const char *older, char *said, size_t size)
{
    const char *command =
        arena_printf(&r.arena, BUILD_DIR "/tests/foreign/reader %s '%s' %s/%s", config.folder, vkey, r.folder, older);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    size_t n = fread(said, 1, size - 1, f);
    said[n] = '\0';
    return pclose(f);
}

Test(audit_large, is_read_by_software_of_others)
{
    char said[500];
    cr_expect_eq(ask_foreigner("early", said, sizeof said), 0, "%s", said);
    cr_expect_str_eq(said, "140000 leaves, 141 of them looked up, 70001 before\n");
    cr_expect_eq(ask_foreigner("late", said, sizeof said), 0, "%s", said);
    static const struct {
        const char *name;
        off_t at;
    } bytes[] = {{"tile/0/000", 3}, {"tile/1/001", 7}, {"tile/2/000.p/2", 40}, {"checkpoint", 25}, {"checkpoint", 60}};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        flip(bytes[i].name, bytes[i].at);
        cr_expect_neq(ask_foreigner("early", said, sizeof said), 0, "%s is another: %s", bytes[i].name, said);
        flip(bytes[i].name, bytes[i].at);
    }
    cr_expect_eq(ask_foreigner("early", said, sizeof said), 0, "and all is as it was: %s", said);
}

Test(audit_large, between_two_kept_checkpoints_only_their_events_are_hashed_and_both_are_gone_on_from)
{
    struct audit_report report = verify(&early, NULL, 2);
    cr_expect_eq(report.faults, 0, "%s", report.first[0].what);
    cr_expect_eq(report.hashed, LEAVES - EARLY);
    report = verify(NULL, &early, 2);
    cr_expect_eq(report.faults, 0);
    cr_expect_eq(report.hashed, EARLY);
    struct checkpoint other = early, larger = late;
    other.root[0] ^= 1;
    report = verify(&other, NULL, 2);
    cr_expect_eq((int)report.first[0].kind, AUDIT_CHECKPOINT);
    larger.size = LEAVES + 1;
    report = verify(NULL, &larger, 2);
    cr_expect_eq((int)report.first[0].kind, AUDIT_CHECKPOINT);
    other = early;
    other.note.n = 0;
    report = verify(&other, NULL, 2);
    cr_expect_eq((int)report.first[0].kind, AUDIT_CHECKPOINT, "not signed");
}

Test(audit_large, names_what_is_wrong_in_any_chunk)
{
    rig_tamper(&r, "UPDATE ledger_event SET salt = zeroblob(32) WHERE position IN (5, 65536, 139999)");
    rig_tamper(&r, "DELETE FROM ledger_event WHERE position BETWEEN 65530 AND 65540");
    struct audit_report report = verify(NULL, NULL, 2);
    static const int64_t where[] = {5, 65530, 65536, 139999};
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(report.first[i].index, where[i], "%d", (int)report.first[i].index);
    cr_expect_eq((int)report.first[1].kind, AUDIT_MISSING);
    cr_expect_eq(report.first[1].many, 6);
    cr_expect_eq(report.first[2].many, 5);
    cr_expect_eq((int)report.first[3].kind, AUDIT_CHANGED);
}

Test(audit_large, proves_leaves_of_every_chunk)
{
    static const int64_t indexes[] = {0, 65535, 65536, 131071, 131072, LEAVES - 1};
    struct view text;
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        cr_expect_eq(proof_find(&text, &r.arena, config.folder, indexes[i], VIEW_NONE), ERR_OK, "%d", (int)indexes[i]);
    flip("tile/0/300", 0);
    cr_expect_eq(proof_find(&text, &r.arena, config.folder, 300 * 256, VIEW_NONE), ERR_MISMATCH, "never a bad proof");
}
