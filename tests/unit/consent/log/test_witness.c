#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "consent/log/tile.h"
#include "consent/log/witness.h"

static struct arena a;
static char folder[64];
static struct ed25519_key *log_key, *other_key;
static struct note_key log_name;
static const struct policy *logs;
static struct witness *w;
static const char *why;

enum { LEAVES = 20 };
static uint8_t leaves[LEAVES][TREE_HASH];

static void start(void)
{
    cr_assert_eq(witness_open(&w, folder, VIEW("w.example/w"), logs, &a, &why), ERR_OK, "%s", why);
}

static void open_all(void)
{
    struct policy *p;
    struct policy_fault fault;
    struct buf b;
    struct view text;
    arena_open(&a, 16 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-witness-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(ed25519_make(&log_key), ERR_OK);
    cr_assert_eq(ed25519_make(&other_key), ERR_OK);
    log_name = note_key_of(VIEW("log.example/l"), NOTE_ED25519, log_key);
    buf_open(&b, &a, 4096);
    buf_put_text(&b, "log ");
    note_key_put(&b, &log_name);
    buf_put_text(&b, "\nquorum none\n");
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    cr_assert_eq(policy_read(&p, &a, text, &fault), ERR_OK);
    logs = p;
    for (uint8_t i = 0; i < LEAVES; i++)
        tree_leaf_hash(leaves[i], view_bytes(&i, 1));
    start();
}

static void close_all(void)
{
    char command[100];
    witness_close(w);
    ed25519_close(log_key);
    ed25519_close(other_key);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
    arena_close(&a);
}

TestSuite(witness, .init = open_all, .fini = close_all);

static enum err read_tile(void *ctx, unsigned level, int64_t n, unsigned width, uint8_t *out)
{
    (void)ctx, (void)n;
    cr_assert_eq(level, 0);
    memcpy(out, leaves, (size_t)width * TREE_HASH);
    return ERR_OK;
}

struct question {
    int64_t old_size, size;
    const char *origin;
    const struct ed25519_key *signer;
    bool other_root, no_proof;
};

static struct view body_of(const struct question *q)
{
    struct tiles t;
    struct witness_request r = {.old_size = q->old_size};
    uint8_t root[TREE_HASH];
    struct buf text, note, body;
    struct view words, out;
    cr_assert_eq(tiles_open(&t, &a, read_tile, NULL, q->size), ERR_OK);
    cr_assert_eq(tiles_root(root, &t, q->size), ERR_OK);
    if (!q->no_proof && q->old_size <= q->size)
        cr_assert_eq(tiles_consistency(&r.proof, &t, q->old_size), ERR_OK);
    root[0] ^= q->other_root;
    buf_open(&text, &a, 4096);
    buf_open(&note, &a, 4096);
    buf_open(&body, &a, 16384);
    checkpoint_put_text(&text, view_text(q->origin ? q->origin : "log.example/l"), q->size, root);
    cr_assert_eq(buf_done(&text, &words), ERR_OK);
    buf_put(&note, words);
    buf_put_byte(&note, '\n');
    cr_assert_eq(note_put_signature(&note, words, &log_name, q->signer ? q->signer : log_key, 0), ERR_OK);
    cr_assert_eq(buf_done(&note, &r.checkpoint_text), ERR_OK);
    witness_request_put(&body, &r);
    cr_assert_eq(buf_done(&body, &out), ERR_OK);
    return out;
}

static struct witness_answer last;

static int ask(struct question q)
{
    cr_assert_eq(witness_add(w, &a, body_of(&q), 1800000000, &last), ERR_OK);
    return last.status;
}

Test(witness, cosigns_a_log_that_grows)
{
    cr_expect_eq(ask((struct question){.old_size = 0, .size = 3}), 200);
    cr_expect_eq(ask((struct question){.old_size = 3, .size = 3}), 200, "the same again");
    cr_expect_eq(ask((struct question){.old_size = 3, .size = 8}), 200);
    cr_expect_eq(ask((struct question){.old_size = 8, .size = 20}), 200);
    struct note n = {.n = 0};
    struct view text = body_of(&(struct question){.old_size = 20, .size = 20});
    struct witness_request r;
    int64_t at;
    cr_assert_eq(witness_request_read(&r, &a, text), ERR_OK);
    n.text = r.checkpoint.note.text;
    cr_assert_eq(note_read_signatures(&n, &a, last.body), ERR_OK);
    cr_expect_eq(note_verify(&n, witness_key(w), &at), ERR_OK);
    cr_expect_eq(at, 1800000000);
}

Test(witness, answers_with_the_statuses_of_the_specification)
{
    cr_expect_eq(ask((struct question){.size = 3, .origin = "unknown.example"}), 404);
    cr_expect_eq(ask((struct question){.size = 3, .signer = other_key}), 403);
    cr_expect_eq(ask((struct question){.old_size = 5, .size = 3}), 400);
    cr_expect_eq(ask((struct question){.old_size = 2, .size = 3}), 409);
    cr_expect_str_eq(last.content_type, "text/x.tlog.size");
    cr_expect(view_equal_text(last.body, "0\n"));
    cr_expect_eq(ask((struct question){.size = 0, .other_root = true}), 422);
    cr_expect_eq(ask((struct question){.size = 0}), 200);
    cr_expect_eq(ask((struct question){.size = 7}), 200);
    cr_expect_eq(ask((struct question){.old_size = 0, .size = 9}), 409);
    cr_expect(view_equal_text(last.body, "7\n"));
    cr_expect_eq(ask((struct question){.old_size = 7, .size = 7, .other_root = true}), 422);
    cr_expect_eq(ask((struct question){.old_size = 7, .size = 9, .other_root = true}), 422);
    cr_expect_eq(ask((struct question){.old_size = 7, .size = 9, .no_proof = true}), 422);
    cr_expect_eq(ask((struct question){.old_size = 7, .size = 9}), 200);
}

Test(witness, never_goes_back_also_after_a_restart)
{
    cr_expect_eq(ask((struct question){.size = 9}), 200);
    witness_close(w);
    start();
    cr_expect_eq(ask((struct question){.size = 3}), 409);
    cr_expect_eq(ask((struct question){.old_size = 9, .size = 12}), 200);
}

Test(witness, that_lost_its_memory_must_not_use_its_key_again)
{
    witness_close(w);
    cr_assert_eq(unlink(arena_printf(&a, "%s/memory", folder)), 0);
    cr_expect_eq(witness_open(&w, folder, VIEW("w.example/w"), logs, &a, &why), ERR_CONFLICT);
    w = NULL;
}

Test(witness, runs_once_in_a_folder)
{
    struct witness *second;
    cr_expect_eq(witness_open(&second, folder, VIEW("w.example/w"), logs, &a, &why), ERR_BUSY);
}

/* An operator gives it to others while it runs, and from a folder he mistyped he must not give them any. */
Test(witness, shows_its_key_while_it_runs_and_makes_nothing)
{
    struct note_key key;
    const char *other = arena_printf(&a, "%s/other", folder);
    cr_assert_eq(witness_key_read(&key, folder, VIEW("w.example/w"), &a, &why), ERR_OK, "%s", why);
    cr_expect_eq(key.id, witness_key(w)->id);
    cr_expect_eq(witness_key_read(&key, other, VIEW("w.example/w"), &a, &why), ERR_NOT_FOUND);
    cr_expect_neq(access(other, F_OK), 0);
    cr_expect_eq(witness_key_read(&key, folder, VIEW("a b"), &a, &why), ERR_CONFIG);
    cr_assert_eq(unlink(arena_printf(&a, "%s/memory", folder)), 0);
    cr_expect_eq(witness_key_read(&key, folder, VIEW("w.example/w"), &a, &why), ERR_CONFLICT);
}

Test(witness, cannot_cosign_what_it_cannot_remember)
{
    uint8_t hash[32];
    sha256(hash, VIEW("log.example/l"));
    const char *path = arena_printf(&a, "%s/%s.checkpoint", folder, hex_text(&a, VIEW_ARRAY(hash)));
    cr_assert_eq(system(arena_printf(&a, "mkdir -p %s/x", path)), 0);
    struct question q = {.size = 3};
    cr_expect_neq(witness_add(w, &a, body_of(&q), 1, &last), ERR_OK);
}

Test(witness, refuses_requests_of_a_wrong_form)
{
    static const char *const bad[] = {"",           "old",          "old \n\n",        "old 01\n\n",
                                      "old -1\n\n", "old 0\n",      "old 0\nAAAA\n\n", "old 0\n\nnot a checkpoint\n",
                                      "new 0\n\n",  "old 0\r\n\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(witness_add(w, &a, view_text(bad[i]), 1, &last), ERR_OK);
        cr_expect_eq(last.status, 400, "%s", bad[i]);
    }
}

Test(witness, shows_what_it_cosigned_last)
{
    uint8_t hash[32];
    struct view text;
    struct checkpoint c;
    sha256(hash, VIEW("log.example/l"));
    struct view name = view_text(hex_text(&a, VIEW_ARRAY(hash)));
    cr_expect_eq(witness_find(w, &a, name, &text), ERR_NOT_FOUND);
    cr_assert_eq(ask((struct question){.size = 5}), 200);
    cr_assert_eq(witness_find(w, &a, name, &text), ERR_OK);
    cr_assert_eq(checkpoint_read(&c, &a, text), ERR_OK);
    cr_expect_eq(c.size, 5);
    cr_expect_eq(note_verify(&c.note, &log_name, NULL), ERR_OK);
    cr_expect_eq(note_verify(&c.note, witness_key(w), NULL), ERR_OK);
    cr_expect_eq(witness_find(w, &a, VIEW("../witness.pem"), &text), ERR_NOT_FOUND);
}
