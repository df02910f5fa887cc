#include <criterion/criterion.h>

#include "base/hex.h"
#include "consent/log/leaf.h"
#include "consent/log/tree.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(tree, .init = open_arena, .fini = close_arena);

static struct view bytes(const char *hex)
{
    struct view v;
    cr_assert_eq(hex_read(&a, view_text(hex), &v), ERR_OK);
    return v;
}

static const char *root_text(const struct tree *t)
{
    uint8_t root[TREE_HASH];
    tree_root(root, t);
    return hex_text(&a, VIEW_ARRAY(root));
}

/* The eight leaves and their roots of the Certificate Transparency reference code (merkletree tests). */
static const struct {
    const char *leaf, *root;
} vectors[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

Test(tree, of_nothing_has_the_hash_of_nothing)
{
    struct tree t;
    tree_open(&t);
    cr_expect_str_eq(root_text(&t), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

Test(tree, has_the_published_roots_after_each_of_eight_leaves)
{
    struct tree t;
    tree_open(&t);
    for (size_t i = 0; i < 8; i++) {
        uint8_t hash[TREE_HASH];
        tree_leaf_hash(hash, bytes(vectors[i].leaf));
        tree_append(&t, hash);
        cr_expect_eq(t.size, i + 1);
        cr_expect_str_eq(root_text(&t), vectors[i].root, "%zu leaves", i + 1);
    }
}

/* RFC 6962 2.1 as it is written: recursion over all leaves, split at the largest power of two below n. */
static void slow_root(uint8_t out[TREE_HASH], uint8_t (*hashes)[TREE_HASH], size_t n)
{
    if (n == 1) {
        memcpy(out, hashes[0], TREE_HASH);
        return;
    }
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    uint8_t node[1 + 2 * TREE_HASH] = {1};
    slow_root(node + 1, hashes, k);
    slow_root(node + 1 + TREE_HASH, hashes + k, n - k);
    sha256(out, VIEW_ARRAY(node));
}

Test(tree, agrees_with_the_definition_at_every_size_up_to_200)
{
    struct tree t;
    uint8_t hashes[200][TREE_HASH], slow[TREE_HASH], fast[TREE_HASH];
    tree_open(&t);
    for (size_t i = 0; i < 200; i++) {
        uint8_t leaf[2] = {(uint8_t)i, (uint8_t)(i * 7)};
        tree_leaf_hash(hashes[i], VIEW_ARRAY(leaf));
        tree_append(&t, hashes[i]);
        tree_root(fast, &t);
        slow_root(slow, hashes, i + 1);
        cr_assert_arr_eq(fast, slow, TREE_HASH, "size %zu", i + 1);
    }
}

Test(tree, goes_on_from_its_stored_edge)
{
    struct tree t, again;
    uint8_t hash[TREE_HASH];
    tree_open(&t);
    for (size_t i = 0; i < 100; i++) {
        struct view edge = arena_copy(&a, tree_edge(&t));
        cr_assert(tree_load(&again, t.size, edge));
        tree_leaf_hash(hash, VIEW_ARRAY(((uint8_t[]){(uint8_t)i})));
        tree_append(&t, hash);
        tree_append(&again, hash);
        cr_assert_str_eq(root_text(&t), root_text(&again));
    }
}

Test(tree, refuses_an_edge_that_does_not_fit_the_size)
{
    struct tree t;
    uint8_t edge[96] = {0};
    cr_expect_not(tree_load(&t, 0, view_bytes(edge, 32)));
    cr_expect_not(tree_load(&t, 1, VIEW("")));
    cr_expect_not(tree_load(&t, 3, view_bytes(edge, 32)));
    cr_expect_not(tree_load(&t, 3, view_bytes(edge, 63)));
    cr_expect_not(tree_load(&t, 3, view_bytes(edge, 96)));
    cr_expect(tree_load(&t, 3, view_bytes(edge, 64)));
    cr_expect_not(tree_load(&t, UINT64_MAX, view_bytes(edge, 96)));
}

Test(leaf, is_version_class_and_digest)
{
    uint8_t digest[32], direct[32], hash[32], by_hand[32];
    arena_open(&a, 1 << 16);
    leaf_digest(digest, VIEW("salt"), VIEW("event"));
    sha256(direct, VIEW("saltevent"));
    cr_expect_arr_eq(digest, direct, 32);
    uint8_t leaf[35] = {0x00, 0x01, 0x05};
    memcpy(leaf + 3, digest, 32);
    sha256(by_hand, VIEW_ARRAY(leaf));
    leaf_hash(hash, 5, digest);
    cr_expect_arr_eq(hash, by_hand, 32);
}
