#include "consent/log/tile.h"

#include <stdio.h>

#include "base/text.h"

/* --- paths ------------------------------------------------------------------------------------------------------ */

/* "1234067 will be encoded as x001/x234/067" */
void tile_path(char out[TILE_PATH_MAX], int level, int64_t n, unsigned width)
{
    int parts[8], count = 0, at;
    do {
        parts[count++] = (int)(n % 1000);
        n /= 1000;
    } while (n > 0 && count < 8);
    at = level == TILE_ENTRIES ? snprintf(out, TILE_PATH_MAX, "tile/entries")
                               : snprintf(out, TILE_PATH_MAX, "tile/%d", level);
    while (count-- > 0)
        at += snprintf(out + at, TILE_PATH_MAX - (size_t)at, count ? "/x%03d" : "/%03d", parts[count]);
    if (width < TILE_WIDTH)
        snprintf(out + at, TILE_PATH_MAX - (size_t)at, ".p/%u", width);
}

static bool read_part(struct view part, int64_t *n)
{
    bool last = part.n == 3;
    size_t from = last ? 0 : 1;
    if (!last && (part.n != 4 || part.p[0] != 'x'))
        return false;
    for (size_t i = from; i < part.n; i++) {
        if (part.p[i] < '0' || part.p[i] > '9' || *n > INT64_MAX / 10 - 9)
            return false;
        *n = *n * 10 + (part.p[i] - '0');
    }
    return true;
}

/* Written back, it must be the same text: that leaves no second way to spell a tile. */
bool tile_path_read(struct view path, int *level, int64_t *n, unsigned *width)
{
    struct view rest = path, part;
    int64_t number;
    char again[TILE_PATH_MAX];
    *n = 0;
    *width = TILE_WIDTH;
    if (path.n >= TILE_PATH_MAX || !view_next(&rest, '/', &part) || !view_equal_text(part, "tile") ||
        !view_next(&rest, '/', &part))
        return false;
    *level = TILE_ENTRIES;
    if (!view_equal_text(part, "entries")) {
        if (!text_to_int(part, &number) || number > 63)
            return false;
        *level = (int)number;
    }
    while (view_next(&rest, '/', &part)) {
        bool partial = view_ends(part, VIEW(".p"));
        if (!read_part(partial ? view_part(part, 0, part.n - 2) : part, n))
            return false;
        if (partial && (!view_is(rest) || !text_to_int(rest, &number) || number < 1 || number >= TILE_WIDTH))
            return false;
        if (partial) {
            *width = (unsigned)number;
            break;
        }
    }
    tile_path(again, *level, *n, *width);
    return view_equal_text(path, again);
}

/* "The partial tile at level l for a tree of size s has floor(s / 256**l) mod 256 entries." */
unsigned tile_width(int level, int64_t n, int64_t size)
{
    unsigned shift = level <= 0 ? 0 : (unsigned)level * TILE_HEIGHT;
    int64_t there = (shift > 62 ? 0 : size >> shift) - n * TILE_WIDTH;
    return there <= 0 ? 0 : there > TILE_WIDTH ? TILE_WIDTH : (unsigned)there;
}

int64_t tile_number(int level, int64_t size)
{
    unsigned shift = TILE_HEIGHT * ((level < 0 ? 0 : (unsigned)level) + 1);
    return shift > 62 ? 0 : size >> shift;
}

int64_t tile_first(int level, int64_t n)
{
    unsigned shift = TILE_HEIGHT * ((level < 0 ? 0 : (unsigned)level) + 1);
    return shift > 62 ? 0 : n << shift;
}

/* --- hashes ----------------------------------------------------------------------------------------------------- */

/* The root of 2^HEIGHT hashes, at most a tile's. */
static void root_of(uint8_t out[TREE_HASH], const uint8_t (*hashes)[TREE_HASH], unsigned height)
{
    struct tree t;
    tree_open(&t);
    for (unsigned i = 0; i < 1U << height; i++)
        tree_append(&t, hashes[i]);
    tree_root(out, &t);
}

void tile_root(uint8_t out[TREE_HASH], const uint8_t (*hashes)[TREE_HASH])
{
    root_of(out, hashes, TILE_HEIGHT);
}

enum err tiles_open(struct tiles *t, struct arena *arena, tile_fn *read, void *ctx, int64_t size)
{
    *t = (struct tiles){.read = read, .ctx = ctx, .size = size};
    t->tile = arena_array(arena, TILE_LEVELS, sizeof *t->tile);
    for (size_t i = 0; i < TILE_LEVELS; i++)
        t->kept[i] = -1;
    return t->tile ? ERR_OK : ERR_MEMORY;
}

/* Number I of the complete subtrees of 2^LEVEL leaves. */
static void subtree(uint8_t out[TREE_HASH], struct tiles *t, unsigned level, int64_t i)
{
    unsigned tile_level = level / TILE_HEIGHT, height = level % TILE_HEIGHT;
    int64_t first = i << height, n = first / TILE_WIDTH;
    memset(out, 0, TREE_HASH);
    if (t->err)
        return;
    INSIST(tile_level < TILE_LEVELS);
    uint8_t(*tile)[TREE_HASH] = t->tile[tile_level];
    if (t->kept[tile_level] != n) {
        t->err = t->read(t->ctx, tile_level, n, tile_width((int)tile_level, n, t->size), &tile[0][0]);
        t->kept[tile_level] = t->err ? -1 : n;
    }
    if (!t->err)
        root_of(out, (const uint8_t(*)[TREE_HASH]) & tile[first % TILE_WIDTH], height);
}

static unsigned log2_floor(int64_t n)
{
    return 63 - (unsigned)__builtin_clzll((unsigned long long)n);
}

/* The tree of the N leaves from FROM on; FROM is a multiple of a power of two that is not below N. */
static void range_tree(struct tree *out, struct tiles *t, int64_t from, int64_t n)
{
    uint8_t hash[TREE_HASH];
    tree_open(out);
    while (n > 0) {
        unsigned level = log2_floor(n);
        subtree(hash, t, level, from >> level);
        tree_append_subtree(out, level, hash);
        from += INT64_C(1) << level;
        n -= INT64_C(1) << level;
    }
}

static void range(uint8_t out[TREE_HASH], struct tiles *t, int64_t from, int64_t n)
{
    struct tree tree;
    range_tree(&tree, t, from, n);
    tree_root(out, &tree);
}

enum err tiles_root(uint8_t out[TREE_HASH], struct tiles *t, int64_t size)
{
    INSIST(size >= 0 && size <= t->size);
    range(out, t, 0, size);
    return t->err;
}

enum err tiles_tree(struct tree *out, struct tiles *t, int64_t size)
{
    INSIST(size >= 0 && size <= t->size);
    range_tree(out, t, 0, size);
    return t->err;
}

enum err tiles_leaf(uint8_t out[TREE_HASH], struct tiles *t, int64_t index)
{
    INSIST(index >= 0 && index < t->size);
    subtree(out, t, 0, index);
    return t->err;
}

/* --- proofs ----------------------------------------------------------------------------------------------------- */

/* RFC 6962 2.1: "k is the largest power of two smaller than n" */
static int64_t split(int64_t n)
{
    return INT64_C(1) << log2_floor(n - 1);
}

static void push(struct tree_proof *p, struct tiles *t, int64_t from, int64_t n)
{
    INSIST(p->n < TREE_DEPTH);
    range(p->hashes[p->n++], t, from, n);
}

/* The walk goes from the root down, the proof from the leaf up. */
static void turn(struct tree_proof *p)
{
    uint8_t hash[TREE_HASH];
    for (size_t i = 0; i < p->n / 2; i++) {
        memcpy(hash, p->hashes[i], TREE_HASH);
        memcpy(p->hashes[i], p->hashes[p->n - 1 - i], TREE_HASH);
        memcpy(p->hashes[p->n - 1 - i], hash, TREE_HASH);
    }
}

/* RFC 6962 2.1.1: PATH(m, D[n]) */
enum err tiles_inclusion(struct tree_proof *out, struct tiles *t, int64_t index)
{
    INSIST(index >= 0 && index < t->size);
    int64_t from = 0, n = t->size;
    out->n = 0;
    while (n > 1) {
        int64_t k = split(n);
        if (index < from + k) {
            push(out, t, from + k, n - k);
            n = k;
        } else {
            push(out, t, from, k);
            from += k;
            n -= k;
        }
    }
    turn(out);
    return t->err;
}

/* RFC 6962 2.1.2: SUBPROOF(m, D[n], b); the old tree itself is left out where it is a whole subtree. */
enum err tiles_consistency(struct tree_proof *out, struct tiles *t, int64_t old)
{
    INSIST(old >= 0 && old <= t->size);
    int64_t from = 0, n = t->size, m = old;
    out->n = 0;
    if (old == 0 || old == t->size)
        return ERR_OK;
    while (m != n) {
        int64_t k = split(n);
        if (m <= k) {
            push(out, t, from + k, n - k);
            n = k;
        } else {
            push(out, t, from, k);
            from += k;
            n -= k;
            m -= k;
        }
    }
    if (from > 0)
        push(out, t, from, n);
    turn(out);
    return t->err;
}
