/* audit_walk: what the parts of a verification share; only for audit_*.c. */
#ifndef CONSENT_AUDIT_WALK_H
#define CONSENT_AUDIT_WALK_H

#include <pthread.h>
#include <stdatomic.h>

#include "consent/audit.h"
#include "consent/log/tile_folder.h"

/* Leaves one thread takes at a time: a whole tile of level 1, so that trees of chunks can be put together. */
#define AUDIT_CHUNK_LEVEL 16
#define AUDIT_CHUNK       (INT64_C(1) << AUDIT_CHUNK_LEVEL)

enum audit_phase { PHASE_HEAD, PHASE_ROWS, PHASE_END };

/* A size at which the root is wanted: of a checkpoint. */
struct audit_bound {
    int64_t size;
    struct tree tail;        /* its leaves behind the last whole chunk */
    uint8_t said[TREE_HASH]; /* by the checkpoint */
    uint8_t root[TREE_HASH]; /* of the rows */
};
enum audit_bound_name { BOUND_FROM, BOUND_TO, BOUND_PUBLISHED, BOUND_LAST, BOUNDS };

struct audit_walk {
    const struct audit_scope *scope;
    struct audit_report *report;
    int64_t size;               /* of the stored head */
    int64_t hash_from, hash_to; /* events of these leaves are hashed again */
    int64_t n_chunks;
    uint8_t (*roots)[TREE_HASH]; /* of whole chunks */
    struct tree tail;            /* of the last one, if it is not whole */
    struct audit_bound bounds[BOUNDS];
    _Atomic uint8_t *gone, *declared; /* a bit for each leaf: has no event / an erased event says so */
    pthread_mutex_t lock;             /* guards the rest */
    int64_t next_chunk;
    enum err err;
};

/* Any thread. MANY 0: nothing is noted. */
void audit_note(struct audit_walk *w, enum audit_phase phase, enum audit_fault_kind kind, int64_t index, int64_t many,
                const char *what);

/* The published tiles of level 0 for leaves N*256...: hashes and entries, so far as they are published. */
struct audit_tile {
    int64_t n; /* -1: none is loaded */
    unsigned width;
    bool has_hashes, has_entries;
    uint8_t hashes[TILE_WIDTH][TREE_HASH];
    uint8_t entries[TILE_WIDTH * TILE_ENTRY];
};
void audit_tile_load(struct audit_walk *w, struct audit_tile *t, int64_t n);
void audit_tile_compare(struct audit_walk *w, const struct audit_tile *t, int64_t index, unsigned type,
                        const uint8_t digest[SHA256_SIZE], const uint8_t hash[TREE_HASH]);
/* The tile of level 1 above a chunk: its first N hashes are those of whole tiles of level 0. */
void audit_tile_compare_parents(struct audit_walk *w, int64_t chunk, const uint8_t (*hashes)[TREE_HASH], unsigned n);
/* Everything above the chunks, and partial tiles of older checkpoints. */
void audit_tiles_above(struct audit_walk *w);

/* Reads the published checkpoint and the one signed last; their sizes become bounds. */
enum err audit_checkpoints_load(struct audit_walk *w, struct arena *a);
/* After the walk: do the roots fit? */
void audit_checkpoints_compare(struct audit_walk *w);

#endif
