/* The published cases of transparency-dev/merkle: good proofs and broken ones. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "consent/log/tree.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 16 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(merkle, .init = open_arena, .fini = close_arena);

/* False: not a hash, so nothing we could even ask about. */
static bool hash_of(uint8_t out[TREE_HASH], const struct json *j)
{
    struct view text, v;
    if (!json_text(j, &text) || base64_read(&a, text, &v) != ERR_OK || v.n != TREE_HASH)
        return false;
    memcpy(out, v.p, TREE_HASH);
    return true;
}

static bool path_of(struct tree_proof *out, const struct json *j)
{
    out->n = 0;
    for (size_t i = 0; i < json_count(j); i++)
        if (out->n == TREE_DEPTH || !hash_of(out->hashes[out->n++], json_at(j, i)))
            return false;
    return true;
}

typedef bool accepts_fn(const struct json *j);

static bool accepts_inclusion(const struct json *j)
{
    struct tree_proof path;
    uint8_t leaf[TREE_HASH], root[TREE_HASH];
    return path_of(&path, json_member(j, "proof")) && hash_of(leaf, json_member(j, "leafHash")) &&
           hash_of(root, json_member(j, "root")) &&
           tree_includes(&path, json_member_int(j, "leafIdx", -1), json_member_int(j, "treeSize", -1), leaf, root);
}

static bool accepts_consistency(const struct json *j)
{
    struct tree_proof path;
    uint8_t old_root[TREE_HASH], root[TREE_HASH];
    return path_of(&path, json_member(j, "proof")) && hash_of(old_root, json_member(j, "root1")) &&
           hash_of(root, json_member(j, "root2")) &&
           tree_is_consistent(&path, json_member_int(j, "size1", -1), old_root, json_member_int(j, "size2", -1), root);
}

static void check(const char *path, accepts_fn *accepts, size_t least)
{
    struct view text, line;
    size_t good = 0, bad = 0;
    cr_assert_eq(file_read(&a, path, 1 << 20, &text), ERR_OK, "%s", path);
    while (view_next(&text, '\n', &line)) {
        struct json *j;
        if (line.n == 0 || json_read(&j, &a, line, NULL) != ERR_OK)
            continue; /* numbers beyond 63 bits: no size of ours */
        uint8_t root[TREE_HASH];
        bool wrong = json_member_bool(j, "wantErr", false);
        if (!wrong && json_member(j, "root1") && !hash_of(root, json_member(j, "root1")))
            continue; /* "don't care" in place of a root: nothing our type could hold */
        cr_expect_neq(accepts(j), wrong, "%.*s", (int)line.n, line.p);
        good += !wrong;
        bad += wrong;
    }
    cr_expect(good >= 5 && bad >= least, "%zu good, %zu bad", good, bad);
}

Test(merkle, inclusion_proofs_are_accepted_and_refused_as_published)
{
    check(SOURCE_DIR "/tests/vectors/merkle/inclusion.jsonl", accepts_inclusion, 50);
}

Test(merkle, consistency_proofs_are_accepted_and_refused_as_published)
{
    check(SOURCE_DIR "/tests/vectors/merkle/consistency.jsonl", accepts_consistency, 50);
}
