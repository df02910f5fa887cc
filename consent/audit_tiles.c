/* audit_tiles: do the published files say what the database says? (see audit_walk.h) */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "consent/audit_walk.h"

/* --- checkpoints ------------------------------------------------------------------------------------------------ */

static void note_checkpoint(struct audit_walk *w, const char *what)
{
    audit_note(w, PHASE_END, AUDIT_CHECKPOINT, -1, 1, what);
}

static bool is_signed(const struct audit_walk *w, const struct checkpoint *c)
{
    return !w->scope->key ||
           (view_equal(c->origin, w->scope->key->name) && note_verify(&c->note, w->scope->key, NULL) == ERR_OK);
}

/* Witnesses: a wrong cosignature is a fault, a missing one is not. */
static enum err look_at_witnesses(struct audit_walk *w, const struct checkpoint *c)
{
    struct policy_verdict v = {0};
    if (!w->scope->policy)
        return ERR_OK;
    enum err err = policy_decide(&v, w->scope->policy, c);
    w->report->witnesses = v.witnesses;
    if (!err && v.answer == POLICY_BAD_SIGNATURE)
        note_checkpoint(w, "the published checkpoint: a cosignature is wrong");
    return err;
}

/* Reads one of our own files. WHAT: said when it is not well signed. */
static enum err load(struct audit_walk *w, struct arena *a, struct checkpoint *c, const char *path,
                     enum audit_bound_name bound, const char *what)
{
    struct view text;
    enum err err = file_read(a, path, NOTE_MAX, &text);
    if (err == ERR_NOT_FOUND || (!err && bound == BOUND_LAST && view_equal_text(text, "none\n")))
        return ERR_OK;
    if (err)
        return err;
    if (checkpoint_read(c, a, text) != ERR_OK || !is_signed(w, c)) {
        note_checkpoint(w, what);
        return ERR_OK;
    }
    w->bounds[bound].size = c->size;
    memcpy(w->bounds[bound].said, c->root, TREE_HASH);
    return ERR_OK;
}

enum err audit_checkpoints_load(struct audit_walk *w, struct arena *a)
{
    struct checkpoint *c = arena_alloc(a, sizeof *c);
    const char *path = w->scope->folder ? arena_printf(a, "%s/checkpoint", w->scope->folder) : NULL;
    enum err err = c ? ERR_OK : ERR_MEMORY;
    if (!err && path)
        err =
            load(w, a, c, path, BOUND_PUBLISHED, "the published checkpoint is damaged or not signed by the log's key");
    if (!err && w->bounds[BOUND_PUBLISHED].size >= 0)
        err = look_at_witnesses(w, c);
    w->report->published = w->bounds[BOUND_PUBLISHED].size;
    if (!err && w->scope->last)
        err = load(w, a, c, w->scope->last, BOUND_LAST,
                   "the checkpoint signed last is damaged or not signed by the log's key");
    return err;
}

static void compare(struct audit_walk *w, enum audit_bound_name bound, const char *other, const char *small)
{
    const struct audit_bound *b = &w->bounds[bound];
    if (b->size < 0)
        return;
    if (b->size > w->size)
        note_checkpoint(w, small);
    else if (memcmp(b->root, b->said, TREE_HASH) != 0)
        note_checkpoint(w, other);
}

void audit_checkpoints_compare(struct audit_walk *w)
{
    const struct audit_scope *s = w->scope;
    if (s->from && !is_signed(w, s->from))
        note_checkpoint(w, "the older checkpoint kept by the auditor is not signed by this log's key");
    if (s->to && !is_signed(w, s->to))
        note_checkpoint(w, "the newer checkpoint kept by the auditor is not signed by this log's key");
    compare(w, BOUND_FROM, "the log is not a continuation of the older checkpoint: it was rewritten",
            "the log has fewer leaves than the older checkpoint");
    compare(w, BOUND_TO, "the log is not a continuation of the newer checkpoint: it was rewritten",
            "the log has fewer leaves than the newer checkpoint");
    compare(w, BOUND_PUBLISHED, "the log is not the one of the published checkpoint",
            "the log has fewer leaves than the published checkpoint");
    compare(w, BOUND_LAST, "the log is not the one that was signed last",
            "the log has fewer leaves than were signed last");
}

/* --- level 0 ---------------------------------------------------------------------------------------------------- */

static void note_tile(struct audit_walk *w, int64_t index, int64_t many, const char *what)
{
    audit_note(w, PHASE_ROWS, AUDIT_TILE, index, many, what);
}

void audit_tile_load(struct audit_walk *w, struct audit_tile *t, int64_t n)
{
    const char *folder = w->scope->folder;
    t->n = n;
    t->width = w->report->published < 0 ? 0 : tile_width(0, n, w->report->published);
    t->has_hashes = t->has_entries = false;
    if (t->width == 0)
        return;
    t->has_hashes = tile_folder_read((void *)(uintptr_t)folder, 0, n, t->width, &t->hashes[0][0]) == ERR_OK;
    t->has_entries = tile_folder_read_entries(folder, n, t->width, t->entries) == ERR_OK;
    if (!t->has_hashes)
        note_tile(w, n * TILE_WIDTH, t->width,
                  "the tile of these leaves is missing, cannot be read or has a wrong size");
    if (!t->has_entries)
        note_tile(w, n * TILE_WIDTH, t->width, "the entries of these leaves are missing or have a wrong size");
}

void audit_tile_compare(struct audit_walk *w, const struct audit_tile *t, int64_t index, unsigned type,
                        const uint8_t digest[SHA256_SIZE], const uint8_t hash[TREE_HASH])
{
    unsigned at = (unsigned)(index % TILE_WIDTH);
    uint8_t entry[TILE_ENTRY] = {0, LEAF_SIZE};
    if (at >= t->width)
        return;
    leaf_write(entry + 2, type, digest);
    if (t->has_hashes && memcmp(t->hashes[at], hash, TREE_HASH) != 0)
        note_tile(w, index, 1, "the leaf is not the one that was published");
    if (t->has_entries && memcmp(t->entries + (size_t)at * TILE_ENTRY, entry, TILE_ENTRY) != 0)
        note_tile(w, index, 1, "the published entry is not this leaf");
}

/* --- above ------------------------------------------------------------------------------------------------------ */

/* HASHES are what tile N of LEVEL should begin with; COUNT of them are known. */
static void compare_tile(struct audit_walk *w, unsigned level, int64_t n, const uint8_t (*hashes)[TREE_HASH],
                         unsigned count)
{
    uint8_t tile[TILE_WIDTH][TREE_HASH];
    unsigned width = w->report->published < 0 ? 0 : tile_width((int)level, n, w->report->published);
    int64_t first = tile_first((int)level, n), many;
    width = width < count ? width : count;
    if (width == 0)
        return;
    many = width * (tile_first((int)level, 1) / TILE_WIDTH); /* a tile of level 7 is never there */
    unsigned whole = tile_width((int)level, n, w->report->published);
    if (tile_folder_read((void *)(uintptr_t)w->scope->folder, level, n, whole, &tile[0][0]) != ERR_OK)
        note_tile(w, first, many, "a tile above these leaves is missing or has a wrong size");
    else if (memcmp(tile, hashes, (size_t)width * TREE_HASH) != 0)
        note_tile(w, first, many, "a tile above these leaves is not the tree's");
}

void audit_tile_compare_parents(struct audit_walk *w, int64_t chunk, const uint8_t (*hashes)[TREE_HASH], unsigned n)
{
    compare_tile(w, 1, chunk, hashes, n);
}

/* Levels 2 and up, out of the roots of chunks, which are the hashes of level 2. */
static void compare_upper(struct audit_walk *w)
{
    int64_t count = w->size / AUDIT_CHUNK;
    uint8_t(*hashes)[TREE_HASH] = calloc((size_t)count + 1, sizeof *hashes);
    if (!hashes) {
        w->err = ERR_MEMORY;
        return;
    }
    memcpy(hashes, w->roots, (size_t)count * TREE_HASH);
    for (unsigned level = 2; level < TILE_LEVELS && count > 0; level++) {
        for (int64_t n = 0; n * TILE_WIDTH < count; n++) {
            int64_t left = count - n * TILE_WIDTH;
            compare_tile(w, level, n, (const uint8_t(*)[TREE_HASH])hashes + n * TILE_WIDTH,
                         left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH);
        }
        count /= TILE_WIDTH;
        for (int64_t n = 0; n < count; n++)
            tile_root(hashes[n], (const uint8_t(*)[TREE_HASH])hashes + n * TILE_WIDTH);
    }
    free(hashes);
}

/* A partial tile of an older checkpoint is a beginning of the newest one. */
static void compare_partial(struct audit_walk *w, const char *path, int level, int64_t n, unsigned width, size_t each)
{
    uint8_t whole[TILE_WIDTH * TILE_ENTRY];
    struct arena a;
    struct view bytes;
    unsigned now = tile_width(level, n, w->report->published);
    int64_t first = tile_first(level, n);
    if (width > now) /* written, but the checkpoint that counts it was not published yet */
        return;
    enum err err = level == TILE_ENTRIES
                       ? tile_folder_read_entries(w->scope->folder, n, now, whole)
                       : tile_folder_read((void *)(uintptr_t)w->scope->folder, (unsigned)level, n, now, whole);
    arena_open(&a, 64 * 1024);
    if (!err && (file_read(&a, path, sizeof whole, &bytes) != ERR_OK || bytes.n != width * each ||
                 memcmp(bytes.p, whole, bytes.n) != 0))
        note_tile(w, first, 1, "a partial tile of an older checkpoint is not a beginning of the newer one");
    arena_close(&a);
}

static void compare_partials(struct audit_walk *w, int level)
{
    char name[TILE_PATH_MAX], path[4200];
    int64_t n = tile_number(level, w->report->published), width;
    struct arena a;
    char **files;
    size_t count;
    tile_path(name, level, n, 1);
    *strrchr(name, '/') = 0;
    snprintf(path, sizeof path, "%s/%s", w->scope->folder, name);
    arena_open(&a, 256 * 1024);
    enum err err = file_list(&a, path, "", &files, &count);
    for (size_t i = 0; !err && i < count; i++) {
        if (strchr(files[i], '.')) /* what a write left behind that was cut off: no name that is served */
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", w->scope->folder, name, files[i]);
        if (text_to_int(view_text(files[i]), &width) && width > 0 && width < TILE_WIDTH)
            compare_partial(w, path, level, n, (unsigned)width, level == TILE_ENTRIES ? TILE_ENTRY : TREE_HASH);
        else
            audit_note(w, PHASE_END, AUDIT_EXTRA, n, 1, "a file among the partial tiles that is none");
    }
    arena_close(&a);
}

void audit_tiles_above(struct audit_walk *w)
{
    compare_upper(w);
    for (int level = TILE_ENTRIES; w->report->published >= 0 && level < TILE_LEVELS; level++)
        compare_partials(w, level);
}
