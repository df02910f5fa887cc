/* tile_folder: tiles and entry bundles as static files below a folder, to be served by us or any web server. */
#ifndef CONSENT_LOG_TILE_FOLDER_H
#define CONSENT_LOG_TILE_FOLDER_H

#include "consent/log/leaf.h"
#include "consent/log/tile.h"

/* "big-endian uint16 length-prefixed log entries" */
#define TILE_ENTRY (2 + LEAF_SIZE)

/* A tile_fn; CTX is the folder (a C string). A partial tile that is gone is read out of the full one. ERR_NOT_FOUND,
 * ERR_MISMATCH: its size is wrong. */
enum err tile_folder_read(void *folder, unsigned level, int64_t n, unsigned width, uint8_t *out) MUST_CHECK;

/* WIDTH entries of bundle N, TILE_ENTRY bytes each. */
enum err tile_folder_read_entries(const char *folder, int64_t n, unsigned width, uint8_t *out) MUST_CHECK;

/* Grows tiles leaf by leaf. */
struct tile_writer {
    const char *folder;
    int64_t size, written; /* leaves taken; of them, in files that are on the disk */
    bool made_folders;     /* or somebody before us: the names of the folders may not be on the disk */
    unsigned width[TILE_LEVELS];
    uint8_t tile[TILE_LEVELS][TILE_WIDTH][TREE_HASH];
    uint8_t entries[TILE_WIDTH * TILE_ENTRY];
};

/* Goes on at SIZE leaves with the partial tiles in FOLDER; whether they are the right ones shows the root.
 * ERR_NOT_FOUND or ERR_MISMATCH: they are not there. A writer at size 0 needs none. */
enum err tile_writer_open(struct tile_writer *w, const char *folder, int64_t size) MUST_CHECK;

/* The next leaf: a tile that is full becomes a file, which an outage may still take. After an error, here or from
 * tile_writer_flush, nobody knows what the files hold: open a writer anew at what was flushed before. */
enum err tile_writer_append(struct tile_writer *w, unsigned type, const uint8_t digest[SHA256_SIZE]) MUST_CHECK;

/* Partial tiles become files; everything is on the disk afterwards. */
enum err tile_writer_flush(struct tile_writer *w) MUST_CHECK;

/* The tree of what was taken. */
void tile_writer_tree(struct tree *out, const struct tile_writer *w);

#endif
