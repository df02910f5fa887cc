#include "consent/proof.h"

#include "base/file.h"
#include "consent/log/tile_folder.h"
#include "consent/log/tlog_proof.h"

/* What is damaged and what is missing among published files is one thing for whoever wants a proof. */
static enum err of_folder(enum err err)
{
    return err == ERR_NOT_FOUND || err == ERR_SYNTAX ? ERR_MISMATCH : err;
}

static enum err find_path(struct tlog_proof *p, struct arena *a, const char *folder)
{
    struct tiles t;
    uint8_t leaf[TREE_HASH];
    enum err err = tiles_open(&t, a, tile_folder_read, (void *)(uintptr_t)folder, p->checkpoint.size);
    if (!err)
        err = of_folder(tiles_inclusion(&p->path, &t, p->index));
    if (!err)
        err = of_folder(tiles_leaf(leaf, &t, p->index));
    if (err)
        return err;
    return tree_includes(&p->path, p->index, p->checkpoint.size, leaf, p->checkpoint.root) ? ERR_OK : ERR_MISMATCH;
}

enum err proof_find(struct view *out, struct arena *a, const char *folder, int64_t index, struct view extra)
{
    struct buf b;
    struct tlog_proof *p = arena_alloc(a, sizeof *p);
    const char *path = arena_printf(a, "%s/checkpoint", folder);
    if (!p || !path)
        return ERR_MEMORY;
    p->index = index;
    p->extra = extra;
    enum err err = file_read(a, path, NOTE_MAX, &p->checkpoint_text);
    if (!err)
        err = of_folder(checkpoint_read(&p->checkpoint, a, p->checkpoint_text));
    if (!err && (index < 0 || index >= p->checkpoint.size))
        err = ERR_NOT_FOUND;
    if (!err)
        err = find_path(p, a, folder);
    if (err)
        return err;
    buf_open(&b, a, 2 * NOTE_MAX);
    tlog_proof_put(&b, p);
    return buf_done(&b, out);
}
