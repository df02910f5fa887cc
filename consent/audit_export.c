/* audit_export: a stretch of the ledger as a bundle (consent/log/bundle.h) that verifies elsewhere. */
#include "base/file.h"
#include "consent/audit.h"
#include "consent/log/bundle.h"
#include "consent/log/tile_folder.h"

static const char SQL_LEAVES[] = "SELECT position, class, salt, event, digest FROM ledger_event "
                                 "WHERE position >= $1 AND position < $2 ORDER BY position";

struct exporting {
    FILE *out;
    int64_t expected;
};

static enum err export_row(void *ctx, const struct row *row)
{
    struct exporting *x = ctx;
    struct view digest = row_blob(row, 4);
    if (row_int(row, 0) != x->expected || digest.n != SHA256_SIZE)
        return ERR_MISMATCH;
    x->expected++;
    return bundle_write_leaf(x->out, (unsigned)row_int(row, 1), row_blob(row, 2), row_text(row, 3), digest.p);
}

/* The published tiles give the tree before the first leaf. */
static enum err tree_before(struct tree *out, struct arena *a, const char *folder, int64_t size, int64_t from)
{
    struct tiles t;
    enum err err = tiles_open(&t, a, tile_folder_read, (void *)(uintptr_t)folder, size);
    return err ? err : tiles_tree(out, &t, from);
}

enum err audit_export(FILE *out, struct arena *a, struct db *db, const char *folder, int64_t from, int64_t *size)
{
    struct view text;
    struct tree before;
    struct checkpoint *c = arena_alloc(a, sizeof *c);
    struct exporting x = {out, from};
    const char *path = arena_printf(a, "%s/checkpoint", folder);
    enum err err = c && path ? file_read(a, path, NOTE_MAX, &text) : ERR_MEMORY;
    if (!err)
        err = checkpoint_read(c, a, text) == ERR_OK ? ERR_OK : ERR_MISMATCH;
    if (!err && (from < 0 || from > c->size))
        err = ERR_LIMIT;
    if (!err)
        err = tree_before(&before, a, folder, c->size, from);
    if (!err)
        err = bundle_write_head(out, c->origin, &before);
    if (!err)
        err = db_each(db, SQL_LEAVES, VALUES(V_INT(from), V_INT(c->size)), export_row, &x);
    if (!err && x.expected != c->size)
        err = ERR_MISMATCH;
    if (err)
        return err;
    *size = c->size;
    return bundle_write_end(out, text);
}
