#include <criterion/criterion.h>

#include "consent/log/tile.h"

static struct arena a;

/* A tree of small leaves whose tiles are computed from the definition. */
enum { LEAVES = 70000 };
static uint8_t (*leaves)[TREE_HASH];
static size_t reads;

static void open_leaves(void)
{
    arena_open(&a, 64 << 20);
    leaves = arena_array(&a, LEAVES, sizeof *leaves);
    for (uint32_t i = 0; i < LEAVES; i++)
        tree_leaf_hash(leaves[i], view_bytes(&i, sizeof i));
}

static void close_leaves(void)
{
    arena_close(&a);
}

TestSuite(tile, .init = open_leaves, .fini = close_leaves);

static void root_of_leaves(uint8_t out[TREE_HASH], int64_t from, int64_t n)
{
    struct tree t;
    tree_open(&t);
    for (int64_t i = 0; i < n; i++)
        tree_append(&t, leaves[from + i]);
    tree_root(out, &t);
}

/* "MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])" */
static enum err read_tile(void *ctx, unsigned level, int64_t n, unsigned width, uint8_t *out)
{
    int64_t each = INT64_C(1) << (TILE_HEIGHT * level);
    (void)ctx;
    reads++;
    for (unsigned i = 0; i < width; i++)
        root_of_leaves(out + (size_t)i * TREE_HASH, (n * TILE_WIDTH + i) * each, each);
    return ERR_OK;
}

static struct tiles tiles_of(int64_t size)
{
    struct tiles t;
    cr_assert_eq(tiles_open(&t, &a, read_tile, NULL, size), ERR_OK);
    return t;
}

Test(tile, has_the_published_paths)
{
    char path[TILE_PATH_MAX];
    tile_path(path, 0, 1234067, 256);
    cr_expect_str_eq(path, "tile/0/x001/x234/067");
    tile_path(path, 3, 5, 256);
    cr_expect_str_eq(path, "tile/3/005");
    tile_path(path, TILE_ENTRIES, 1234, 17);
    cr_expect_str_eq(path, "tile/entries/x001/234.p/17");
}

Test(tile, path_can_be_spelt_in_one_way_only)
{
    static const char *const good[] = {"tile/0/000", "tile/63/999", "tile/0/x001/x234/067", "tile/entries/000.p/255",
                                       "tile/1/x001/000.p/1"};
    static const char *const bad[] = {"",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/64/000",
                                      "tile/00/000",
                                      "tile/-1/000",
                                      "tile/0/0",
                                      "tile/0/00",
                                      "tile/0/0000",
                                      "tile/0/001/067",
                                      "tile/0/x000/067",
                                      "tile/0/x001",
                                      "tile/0/000.p",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/01",
                                      "tile/0/000.p/1/1",
                                      "tile/0/x001.p/1",
                                      "tile/entry/000",
                                      "tile/0/../000",
                                      "/tile/0/000",
                                      "tile/0/x001/x002/x003/x004/x005/x006/x007/008"};
    int level;
    int64_t n;
    unsigned width;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(tile_path_read(view_text(good[i]), &level, &n, &width), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(tile_path_read(view_text(bad[i]), &level, &n, &width), "%s", bad[i]);
    cr_assert(tile_path_read(VIEW("tile/entries/x001/234.p/17"), &level, &n, &width));
    cr_expect(level == TILE_ENTRIES && n == 1234 && width == 17);
}

/* The example of the specification: 70,000 leaves. */
Test(tile, widths_are_those_of_the_example)
{
    cr_expect_eq(tile_width(0, 272, 70000), 256);
    cr_expect_eq(tile_width(0, 273, 70000), 112);
    cr_expect_eq(tile_width(0, 274, 70000), 0);
    cr_expect_eq(tile_width(1, 0, 70000), 256);
    cr_expect_eq(tile_width(1, 1, 70000), 17);
    cr_expect_eq(tile_width(2, 0, 70000), 1);
    cr_expect_eq(tile_width(3, 0, 70000), 0);
    cr_expect_eq(tile_width(0, 0, 256), 256);
    cr_expect_eq(tile_width(1, 0, 256), 1);
    cr_expect_eq(tile_width(63, 0, INT64_MAX), 0);
}

Test(tile, gives_inclusion_proofs_for_every_leaf_of_small_trees_and_no_other)
{
    struct tree_proof proof;
    uint8_t root[TREE_HASH];
    for (int64_t size = 1; size <= 70; size++) {
        struct tiles t = tiles_of(size);
        cr_assert_eq(tiles_root(root, &t, size), ERR_OK);
        for (int64_t i = 0; i < size; i++) {
            cr_assert_eq(tiles_inclusion(&proof, &t, i), ERR_OK);
            cr_assert(tree_includes(&proof, i, size, leaves[i], root), "%d of %d", (int)i, (int)size);
            cr_assert_not(tree_includes(&proof, i, size, leaves[i + 1], root));
            cr_assert_not(size > 1 && tree_includes(&proof, (i + 1) % size, size, leaves[i], root));
        }
    }
}

Test(tile, gives_consistency_proofs_between_all_small_trees)
{
    struct tree_proof proof;
    uint8_t root[TREE_HASH], old_root[TREE_HASH], wrong[TREE_HASH] = {1};
    for (int64_t size = 1; size <= 70; size++) {
        struct tiles t = tiles_of(size);
        root_of_leaves(root, 0, size);
        for (int64_t old = 0; old <= size; old++) {
            cr_assert_eq(tiles_root(old_root, &t, old), ERR_OK);
            cr_assert_eq(tiles_consistency(&proof, &t, old), ERR_OK);
            cr_assert(tree_is_consistent(&proof, old, old_root, size, root), "%d to %d", (int)old, (int)size);
            cr_assert_not(tree_is_consistent(&proof, old, wrong, size, root));
            cr_assert_not(tree_is_consistent(&proof, old, old_root, size, wrong) && old > 0);
        }
    }
}

Test(tile, reads_few_tiles_for_a_proof_in_a_large_tree)
{
    static const int64_t indexes[] = {0, 255, 256, 65535, 65536, 69887, 69888, 69999};
    struct tree_proof proof;
    uint8_t root[TREE_HASH], leaf[TREE_HASH];
    root_of_leaves(root, 0, LEAVES);
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        struct tiles t = tiles_of(LEAVES);
        reads = 0;
        cr_assert_eq(tiles_inclusion(&proof, &t, indexes[i]), ERR_OK);
        cr_expect_leq(reads, 6, "%zu", reads);
        cr_assert_eq(tiles_leaf(leaf, &t, indexes[i]), ERR_OK);
        cr_expect_arr_eq(leaf, leaves[indexes[i]], TREE_HASH);
        cr_expect(tree_includes(&proof, indexes[i], LEAVES, leaf, root), "%d", (int)indexes[i]);
    }
}

static enum err no_tile(void *ctx, unsigned level, int64_t n, unsigned width, uint8_t *out)
{
    (void)ctx, (void)level, (void)n, (void)width, (void)out;
    return ERR_IO;
}

Test(tile, that_cannot_be_read_gives_no_proof)
{
    struct tiles t;
    struct tree_proof proof;
    uint8_t root[TREE_HASH];
    cr_assert_eq(tiles_open(&t, &a, no_tile, NULL, 1000), ERR_OK);
    cr_expect_eq(tiles_root(root, &t, 1000), ERR_IO);
    cr_expect_eq(tiles_inclusion(&proof, &t, 3), ERR_IO);
    cr_expect_eq(tiles_consistency(&proof, &t, 3), ERR_IO);
}
