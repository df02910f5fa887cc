#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "consent/log/leaf.h"
#include "consent/log/tile_folder.h"
#include "consent/log/tlog_proof.h"
#include "consent/log/witness.h"
#include "consent/proof.h"
#include "consent/publish.h"
#include "rig.h"

#define ORIGIN "id.example.lg.jp/ledger"

static struct rig r;
static struct publish_config config;
static char command[600];

static void open_rig(void)
{
    rig_open(&r);
    config = (struct publish_config){.store = r.store, .origin = VIEW(ORIGIN), .clock = &clock_real};
    config.folder = arena_printf(&r.arena, "%s/ledger", r.folder);
    config.key_path = arena_printf(&r.arena, "%s/ledger.pem", r.folder);
}

static void close_rig(void)
{
    snprintf(command, sizeof command, "rm -rf %s/*", r.folder);
    char folder[64];
    memcpy(folder, r.folder, sizeof folder);
    rig_close(&r);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(publish, .init = open_rig, .fini = close_rig);

static const char *why;

static struct publisher *opened(void)
{
    struct publisher *p;
    config.store = r.store;
    cr_assert_eq(publisher_open(&p, &config, &r.arena, &why), ERR_OK, "%s", why);
    return p;
}

static void append(int n)
{
    for (int i = 0; i < n; i++)
        rig_append(&r, LEDGER_DISCLOSED, i);
}

static enum err publish(struct publisher *p)
{
    struct arena a;
    arena_open(&a, 4 << 20);
    enum err err = publisher_publish(p, &a, &why);
    arena_close(&a);
    return err;
}

static void publish_once(void)
{
    struct publisher *p = opened();
    cr_assert_eq(publish(p), ERR_OK, "%s", why);
    publisher_close(p);
}

/* What a verifier would say of leaf INDEX. */
static bool is_proven(int64_t index)
{
    struct view text;
    struct tlog_proof p;
    struct ledger_leaf leaf;
    struct note_key key;
    uint8_t digest[32], hash[32];
    const char *vkey;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(ledger_leaf_find(&leaf, &r.arena, db, index), ERR_OK);
    store_return(r.store, db);
    if (proof_find(&text, &r.arena, config.folder, index, VIEW("extra")) != ERR_OK)
        return false;
    cr_assert_eq(tlog_proof_read(&p, &r.arena, text), ERR_OK);
    cr_assert_eq(publish_key_text(&vkey, &r.arena, config.key_path, config.origin), ERR_OK);
    cr_assert_eq(note_key_read(&key, &r.arena, view_text(vkey)), ERR_OK);
    leaf_digest(digest, leaf.salt, leaf.event);
    leaf_hash(hash, (unsigned)leaf.type, digest);
    return p.index == index && note_verify(&p.checkpoint.note, &key, NULL) == ERR_OK &&
           tree_includes(&p.path, index, p.checkpoint.size, hash, p.checkpoint.root);
}

Test(publish, proves_every_leaf_also_after_a_restart_and_none_before)
{
    struct publisher *p = opened();
    append(3);
    cr_expect_not(is_proven(0));
    cr_assert_eq(publish(p), ERR_OK, "%s", why);
    cr_expect_eq(publisher_size(p), 3);
    append(1);
    cr_expect(is_proven(2));
    cr_expect_not(is_proven(3));
    publisher_close(p);
    append(300);
    p = opened();
    cr_assert_eq(publish(p), ERR_OK, "%s", why);
    publisher_close(p);
    for (int64_t i = 0; i < 304; i += 7)
        cr_expect(is_proven(i), "%d", (int)i);
    cr_expect(is_proven(303));
}

static void for_each_tile(int64_t size, void (*fn)(int level, int64_t n, unsigned width))
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++)
        for (int64_t n = 0; tile_width(level, n, size) > 0; n++)
            fn(level, n, tile_width(level, n, size));
}

static void must_exist(int level, int64_t n, unsigned width)
{
    char name[TILE_PATH_MAX];
    struct stat st;
    tile_path(name, level, n, width);
    const char *path = arena_printf(&r.arena, "%s/%s", config.folder, name);
    cr_assert_eq(stat(path, &st), 0, "%s", path);
    cr_expect_eq(st.st_size, (off_t)(width * (level == TILE_ENTRIES ? 36U : 32U)), "%s", path);
    cr_expect_eq(st.st_mode & 0777, 0644, "%s", path);
}

Test(publish, has_exactly_the_tiles_of_the_specification)
{
    struct publisher *p = opened();
    append(255);
    cr_assert_eq(publish(p), ERR_OK);
    for_each_tile(255, must_exist);
    append(1);
    cr_assert_eq(publisher_integrate(p), ERR_OK);
    must_exist(0, 0, 256);
    must_exist(0, 0, 255); /* until the full one is on the disk */
    cr_assert_eq(publish(p), ERR_OK);
    for_each_tile(256, must_exist);
    cr_expect_neq(access(arena_printf(&r.arena, "%s/tile/0/000.p", config.folder), F_OK), 0, "the partial one is gone");
    append(300);
    cr_assert_eq(publisher_integrate(p), ERR_OK);
    must_exist(0, 1, 256);
    cr_assert_eq(publish(p), ERR_OK);
    for_each_tile(556, must_exist);
    publisher_close(p);
}

static void do_in_folder(const char *what)
{
    snprintf(command, sizeof command, "cd %s && %s", config.folder, what);
    cr_assert_eq(system(command), 0);
}

static void is_whole(struct publisher *p, int64_t size)
{
    cr_assert_eq(publish(p), ERR_OK, "%s", why);
    cr_expect_eq(publisher_size(p), size);
    publisher_close(p);
    for_each_tile(size, must_exist);
    for (int64_t i = 0; i < size; i += 41)
        cr_expect(is_proven(i), "%d", (int)i);
}

static struct publisher *published(int leaves)
{
    struct publisher *p = opened();
    append(leaves);
    cr_assert_eq(publish(p), ERR_OK, "%s", why);
    return p;
}

/* A disk that was full for a while: no leaf is lost, and none comes twice. */
static void fail_and_recover(enum err (*fail)(struct publisher *p))
{
    struct publisher *p = published(300);
    append(500);
    do_in_folder("mv tile/0 aside && touch tile/0");
    cr_expect_neq(fail(p), ERR_OK);
    do_in_folder("rm tile/0 && mv aside tile/0");
    append(500);
    cr_assert_eq(publisher_integrate(p), ERR_OK);
    is_whole(p, 1300);
}

Test(publish, what_fails_while_leaves_go_into_tiles_is_made_good)
{
    fail_and_recover(publisher_integrate);
}

Test(publish, what_fails_at_a_checkpoint_is_made_good)
{
    fail_and_recover(publish);
}

/* After a flush that failed nobody knows what the files hold, whatever the next flush says. */
Test(publish, what_a_disk_lost_at_a_checkpoint_is_written_anew)
{
    struct publisher *p = published(300);
    append(500);
    cr_assert_eq(publisher_integrate(p), ERR_OK);
    do_in_folder("mv tile/entries aside && touch tile/entries");
    cr_expect_neq(publish(p), ERR_OK);
    do_in_folder("rm tile/entries && mv aside tile/entries && : > tile/0/002");
    is_whole(p, 800);
}

static struct timespec written_at(int level, int64_t n, unsigned width)
{
    char name[TILE_PATH_MAX];
    struct stat st;
    tile_path(name, level, n, width);
    cr_assert_eq(stat(arena_printf(&r.arena, "%s/%s", config.folder, name), &st), 0, "%s", name);
    return st.st_ctim;
}

/* An outage in between could take it, and with it what the published checkpoint says. */
Test(publish, a_tile_that_has_not_grown_is_not_written_again)
{
    struct publisher *p = published(300);
    struct timespec before = written_at(1, 0, 1), after;
    append(3);
    usleep(20000);
    cr_assert_eq(publish(p), ERR_OK, "%s", why);
    publisher_close(p);
    after = written_at(1, 0, 1);
    cr_expect(before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec);
    must_exist(0, 1, 47);
}

/* Data tiles are public: 34 bytes a leaf, and no event. */
Test(publish, entry_bundles_hold_leaves_and_no_event)
{
    uint8_t entries[5 * TILE_ENTRY];
    append(5);
    publish_once();
    cr_assert_eq(tile_folder_read_entries(config.folder, 0, 5, entries), ERR_OK);
    for (size_t i = 0; i < 5; i++)
        cr_expect_arr_eq(entries + i * TILE_ENTRY, "\x00\x22\x01\x05", 4);
    snprintf(command, sizeof command, "! grep -rqa 'a-booking\\|pairwise' %s", config.folder);
    cr_expect_eq(system(command), 0);
}

Test(publish, makes_tiles_anew_when_they_are_lost)
{
    append(600);
    publish_once();
    snprintf(command, sizeof command, "rm -r %s/tile", config.folder);
    cr_assert_eq(system(command), 0);
    publish_once();
    for_each_tile(600, must_exist);
    cr_expect(is_proven(599));
}

Test(publish, one_process_at_a_time_has_the_key)
{
    struct publisher *p = opened(), *second;
    cr_expect_eq(publisher_open(&second, &config, &r.arena, &why), ERR_BUSY);
    publisher_close(p);
    p = opened();
    publisher_close(p);
}

/* --- forks ------------------------------------------------------------------------------------------------------ */

static enum err open_refused(void)
{
    struct publisher *p;
    config.store = r.store;
    enum err err = publisher_open(&p, &config, &r.arena, &why);
    if (!err)
        publisher_close(p);
    return err;
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    cr_assert_eq(system(command), 0, "%s", command);
}

static void close_store(void)
{
    store_close(r.store);
    ledger_close(r.ledger);
    r.store = NULL;
}

/* rig_reopen closes what is open. */
static void reopen_store(void)
{
    static const uint8_t key[32] = "the audit key of these tests ...";
    cr_assert_eq(store_open(&r.store, &(struct store_config){.path = r.path, .readers = 2}, NULL), ERR_OK);
    cr_assert_eq(ledger_open(&r.ledger, r.store, VIEW_ARRAY(key)), ERR_OK);
}

Test(publish, an_older_copy_of_the_database_is_refused_at_the_start)
{
    append(4);
    publish_once();
    close_store();
    shell("cp %s %s.old", r.path, r.path);
    reopen_store();
    append(2);
    publish_once();
    close_store();
    shell("mv %s.old %s; rm -f %s-wal %s-shm", r.path, r.path, r.path, r.path);
    reopen_store();
    cr_expect_eq(open_refused(), ERR_CONFLICT);
    cr_expect(strstr(why, "older copy"), "%s", why);
    append(2); /* as many leaves as were signed, but others */
    cr_expect_eq(open_refused(), ERR_CONFLICT);
    append(5); /* and more */
    cr_expect_eq(open_refused(), ERR_CONFLICT);
    cr_expect(strstr(why, "not a continuation") || strstr(why, "tiles"), "%s", why);
}

Test(publish, two_copies_with_one_key_are_never_both_signed)
{
    append(4);
    publish_once();
    close_store();
    shell("cp %s %s.copy && cp -r %s %s.copy", r.path, r.path, config.folder, config.folder);
    reopen_store();
    append(3);
    publish_once();
    close_store();
    shell("mv %s.copy %s; rm -f %s-wal %s-shm; rm -r %s; mv %s.copy %s", r.path, r.path, r.path, r.path, config.folder,
          config.folder, config.folder);
    reopen_store();
    append(3); /* the copy lived on, too */
    cr_expect_eq(open_refused(), ERR_CONFLICT);
    cr_expect(strstr(why, "not a continuation"), "%s", why);
}

Test(publish, a_rewritten_event_stops_the_signing)
{
    struct publisher *p = opened();
    append(4);
    cr_assert_eq(publish(p), ERR_OK);
    append(1);
    rig_tamper(&r, "UPDATE ledger_event SET digest = zeroblob(32) WHERE position = 4");
    cr_expect_eq(publish(p), ERR_CONFLICT);
    cr_expect_eq(publisher_size(p), 4);
    append(1);
    cr_expect_eq(publish(p), ERR_OK);
    cr_expect_eq(publisher_size(p), 4, "refused for good");
    publisher_close(p);
    cr_expect_eq(open_refused(), ERR_CONFLICT);
}

Test(publish, a_missing_leaf_stops_the_signing)
{
    struct publisher *p = opened();
    append(4);
    rig_tamper(&r, "DELETE FROM ledger_event WHERE position = 2");
    cr_expect_eq(publish(p), ERR_CONFLICT);
    cr_expect_eq(publisher_size(p), -1);
    publisher_close(p);
}

Test(publish, a_key_without_its_mark_signs_nothing)
{
    append(1);
    publish_once();
    shell("mv %s.last %s.gone", config.key_path, config.key_path);
    cr_expect_eq(open_refused(), ERR_CONFLICT);
    shell("mv %s.gone %s.last && mv %s %s.gone", config.key_path, config.key_path, config.key_path, config.key_path);
    cr_expect_eq(open_refused(), ERR_CONFLICT);
    shell("mv %s.gone %s && chmod 644 %s", config.key_path, config.key_path, config.key_path);
    cr_expect_eq(open_refused(), ERR_PERMISSION);
    shell("chmod 600 %s && sed -i s/ledger/lodger/ %s.last", config.key_path, config.key_path);
    cr_expect_eq(open_refused(), ERR_CONFLICT);
}

/* --- witnesses -------------------------------------------------------------------------------------------------- */

static struct witness *witness;
static int deaf; /* so many requests are not answered */

static enum err post(void *ctx, struct arena *a, const char *url, struct view body, int timeout_ms, int *status,
                     struct view *answer)
{
    struct witness_answer out;
    (void)ctx;
    cr_assert(timeout_ms > 0 && timeout_ms <= PUBLISH_ANSWER_MS);
    cr_assert_str_eq(url, "http://w.example/add-checkpoint");
    if (deaf > 0) {
        deaf--;
        return ERR_TIMEOUT;
    }
    cr_assert_eq(witness_add(witness, a, body, 1800000000, &out), ERR_OK);
    *status = out.status;
    *answer = out.body;
    return ERR_OK;
}

static const struct policy *policy_with(const char *line)
{
    struct policy *p;
    struct policy_fault fault;
    const char *vkey;
    cr_assert_eq(publish_key_text(&vkey, &r.arena, config.key_path, config.origin), ERR_OK);
    const char *text = arena_printf(&r.arena, "log %s\n%s\n", vkey, line);
    cr_assert_eq(policy_read(&p, &r.arena, view_text(text), &fault), ERR_OK, "%d %s", fault.line, fault.rule);
    return p;
}

static void open_witness(void)
{
    struct buf b;
    const char *vkey;
    publish_once(); /* makes the key */
    cr_assert_eq(witness_open(&witness, arena_printf(&r.arena, "%s/witness", r.folder), VIEW("w.example/w1"),
                              policy_with("quorum none"), &r.arena, &why),
                 ERR_OK, "%s", why);
    buf_open(&b, &r.arena, 1024);
    note_key_put(&b, witness_key(witness));
    cr_assert_eq(buf_done_text(&b, &vkey), ERR_OK);
    config.policy = policy_with(arena_printf(&r.arena, "witness w %s http://w.example/\nquorum w", vkey));
    config.post = post;
}

static enum policy_answer answer_of_published(void)
{
    struct view text;
    struct checkpoint c;
    struct policy_verdict v;
    cr_assert_eq(file_read(&r.arena, arena_printf(&r.arena, "%s/checkpoint", config.folder), NOTE_MAX, &text), ERR_OK);
    cr_assert_eq(checkpoint_read(&c, &r.arena, text), ERR_OK);
    cr_assert_eq(policy_decide(&v, config.policy, &c), ERR_OK);
    return v.answer;
}

Test(publish, asks_its_witnesses_and_publishes_their_cosignatures)
{
    open_witness();
    struct publisher *p = opened();
    for (int i = 0; i < 5; i++) {
        append(1 + 100 * i);
        cr_assert_eq(publish(p), ERR_OK, "%s", why);
        cr_expect_eq(publisher_witnesses(p), 1);
        cr_expect_eq((int)answer_of_published(), POLICY_GOOD);
    }
    publisher_close(p);
    append(3);
    publish_once();
    cr_expect_eq((int)answer_of_published(), POLICY_GOOD, "also after a restart");
    witness_close(witness);
}

Test(publish, a_deaf_witness_delays_no_checkpoint_and_is_caught_up)
{
    open_witness();
    struct publisher *p = opened();
    append(1);
    deaf = 2;
    cr_assert_eq(publish(p), ERR_OK);
    cr_expect_eq(publisher_size(p), 1);
    cr_expect_eq((int)answer_of_published(), POLICY_NO_WITNESSES);
    append(70);
    cr_assert_eq(publish(p), ERR_OK);
    cr_expect_eq((int)answer_of_published(), POLICY_GOOD);
    publisher_close(p);
    witness_close(witness);
}

/* Witnesses who never answer: each lets all of its time go by. While one is waited for, the log grows. */
enum { SILENT = 6 };

static struct silence {
    struct publisher *p;
    int64_t now;     /* the clock that only they move */
    int64_t since;   /* when the newest leaf came */
    int64_t longest; /* that a leaf was not in the tiles */
    int64_t leaves;
    char asked[64]; /* whom, in order */
} silence;

static int64_t silent_clock(void)
{
    return silence.now;
}

static enum err stay_silent(void *ctx, struct arena *a, const char *url, struct view body, int timeout_ms, int *status,
                            struct view *answer)
{
    (void)ctx, (void)a, (void)body, (void)status, (void)answer;
    size_t n = strlen(silence.asked);
    cr_assert_eq(publisher_integrated(silence.p), silence.leaves, "what came while the last one was waited for");
    if (silence.now - silence.since > silence.longest)
        silence.longest = silence.now - silence.since;
    silence.asked[n] = url[strlen("http://w")];
    append(1);
    silence.leaves++;
    silence.since = silence.now;
    silence.now += timeout_ms;
    return ERR_TIMEOUT;
}

static void open_silence(void)
{
    const char *lines = "", *group = "", *vkey;
    publish_once(); /* makes the key */
    for (int i = 0; i < SILENT; i++) {
        struct buf b;
        struct witness *w;
        const char *name = arena_printf(&r.arena, "w%d.example/w", i);
        cr_assert_eq(witness_open(&w, arena_printf(&r.arena, "%s/w%d", r.folder, i), view_text(name),
                                  policy_with("quorum none"), &r.arena, &why),
                     ERR_OK, "%s", why);
        buf_open(&b, &r.arena, 1024);
        note_key_put(&b, witness_key(w));
        cr_assert_eq(buf_done_text(&b, &vkey), ERR_OK);
        witness_close(w);
        lines = arena_printf(&r.arena, "%switness w%d %s http://w%d.example/\n", lines, i, vkey, i);
        group = arena_printf(&r.arena, "%s w%d", group, i);
    }
    config.policy = policy_with(arena_printf(&r.arena, "%sgroup all any%s\nquorum all", lines, group));
    config.post = stay_silent;
    config.steady_ms = silent_clock;
}

Test(publish, witnesses_who_are_silent_delay_a_checkpoint_by_three_seconds_at_most)
{
    open_silence();
    append(1);
    silence = (struct silence){.p = opened(), .now = 1000000, .since = 1000000, .leaves = 1};
    cr_assert_eq(publish(silence.p), ERR_OK, "%s", why);
    cr_expect_str_eq(silence.asked, "0123450123", "after a start each is asked what it knows, whatever it takes");
    memset(silence.asked, 0, sizeof silence.asked);
    for (int round = 0; round < 3; round++) {
        int64_t begun = silence.now, before = silence.leaves;
        cr_assert_eq(publish(silence.p), ERR_OK, "%s", why);
        cr_expect_leq(silence.now - begun, PUBLISH_WITNESSES_MS);
        cr_expect_eq(publisher_size(silence.p), before, "what there was when it began is published");
        cr_expect_eq(publisher_integrated(silence.p), silence.leaves, "and what came meanwhile is in the tiles");
    }
    cr_expect_leq(silence.longest, PUBLISH_ANSWER_MS);
    cr_expect_str_eq(silence.asked, "450123450123", "who was not asked for lack of time is first next time: %s",
                     silence.asked);
    publisher_close(silence.p);
}

/* Database, tiles, key and mark were all put back: only others can know. */
Test(publish, a_witness_stops_a_copy_that_was_put_back_with_everything)
{
    open_witness();
    append(2);
    publish_once();
    close_store();
    shell("mkdir %s/old && cp -r %s %s %s %s.last %s/old/", r.folder, r.path, config.folder, config.key_path,
          config.key_path, r.folder);
    reopen_store();
    append(3);
    publish_once();
    close_store();
    shell("rm -rf %s %s* && cp -r %s/old/* %s/", config.folder, r.path, r.folder, r.folder);
    reopen_store();
    append(1);
    struct publisher *p = opened();
    struct view before, after;
    const char *last = arena_printf(&r.arena, "%s.last", config.key_path);
    cr_assert_eq(file_read(&r.arena, last, NOTE_MAX, &before), ERR_OK);
    cr_expect_eq(publish(p), ERR_CONFLICT);
    cr_expect(strstr(why, "older copy"), "%s", why);
    cr_assert_eq(file_read(&r.arena, last, NOTE_MAX, &after), ERR_OK);
    cr_expect(view_equal(before, after), "nothing was signed");
    publisher_close(p);
    witness_close(witness);
}
