/* tile: the tree as files of 256 hashes (C2SP tlog-tiles), and proofs computed out of them. */
#ifndef CONSENT_LOG_TILE_H
#define CONSENT_LOG_TILE_H

#include "base/arena.h"
#include "consent/log/tree.h"

#define TILE_WIDTH    256
#define TILE_HEIGHT   8
#define TILE_LEVELS   8 /* of hashes: enough for 2^63 leaves */
#define TILE_ENTRIES  (-1)
#define TILE_PATH_MAX 64

/* "tile/0/x001/x234/067", "tile/entries/000.p/17". LEVEL: TILE_ENTRIES or 0 to 63; WIDTH: 1 to 256. */
void tile_path(char out[TILE_PATH_MAX], int level, int64_t n, unsigned width);
/* False: not a path a tile can have. */
bool tile_path_read(struct view path, int *level, int64_t *n, unsigned *width);

/* How wide tile N of LEVEL is in a tree of SIZE leaves; 0: it is not there. */
unsigned tile_width(int level, int64_t n, int64_t size);

/* The number of the tile of LEVEL that the next leaf of a tree of SIZE leaves is below, and the first leaf below tile
 * N. */
int64_t tile_number(int level, int64_t size);
int64_t tile_first(int level, int64_t n);

/* A tree to read: READ gives the first WIDTH hashes of a tile. The last tile of each level is kept. */
typedef enum err tile_fn(void *ctx, unsigned level, int64_t n, unsigned width, uint8_t *out);
struct tiles {
    tile_fn *read;
    void *ctx;
    int64_t size;
    int64_t kept[TILE_LEVELS]; /* number of the tile in `tile`, -1: none */
    uint8_t (*tile)[TILE_WIDTH][TREE_HASH];
    enum err err; /* the first failure of READ sticks */
};

/* ARENA: 64 KiB of it, as long as T lives. */
enum err tiles_open(struct tiles *t, struct arena *arena, tile_fn *read, void *ctx, int64_t size) MUST_CHECK;

/* The root of the first SIZE leaves, at most those of T. READ's error, or ERR_OK. */
enum err tiles_root(uint8_t out[TREE_HASH], struct tiles *t, int64_t size) MUST_CHECK;
/* The right edge of the first SIZE leaves. */
enum err tiles_tree(struct tree *out, struct tiles *t, int64_t size) MUST_CHECK;
/* A leaf's hash. */
enum err tiles_leaf(uint8_t out[TREE_HASH], struct tiles *t, int64_t index) MUST_CHECK;
/* RFC 6962 2.1.1 and 2.1.2. INDEX below the size, OLD at most the size. */
enum err tiles_inclusion(struct tree_proof *out, struct tiles *t, int64_t index) MUST_CHECK;
enum err tiles_consistency(struct tree_proof *out, struct tiles *t, int64_t old) MUST_CHECK;

/* The root of a full tile: of 256 hashes. */
void tile_root(uint8_t out[TREE_HASH], const uint8_t (*hashes)[TREE_HASH]);

#endif
