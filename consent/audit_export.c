/* audit_export: a stretch of the ledger as a bundle (consent/log/bundle.h) that verifies elsewhere. */
#include "base/file.h"
#include "base/json.h"
#include "consent/audit.h"
#include "consent/log/bundle.h"
#include "consent/log/tile_folder.h"

static const char SQL_LEAVES[] = "SELECT position, class, salt, event, digest FROM ledger_event "
                                 "WHERE position >= $1 AND position < $2 ORDER BY position";

static const char SQL_ERASURES[] = "SELECT event FROM ledger_event WHERE position >= $1 AND class = $2";

enum { PART = 65536, EVENT_ARENA = 1 << 20 };

struct exporting {
    FILE *out;
    int64_t from, expected;
    bool any_gone;
    uint8_t gone[PART / 8]; /* a bit for each leaf of the part */
};

static enum err export_row(void *ctx, const struct row *row)
{
    struct exporting *x = ctx;
    struct view digest = row_blob(row, 4);
    if (row_int(row, 0) != x->expected || digest.n != SHA256_SIZE)
        return ERR_MISMATCH;
    int64_t i = x->expected++ - x->from;
    if (row_is_null(row, 3)) {
        x->any_gone = true;
        x->gone[i / 8] |= (uint8_t)(1U << i % 8);
    }
    return bundle_write_leaf(x->out, (unsigned)row_int(row, 1), row_blob(row, 2), row_text(row, 3), digest.p);
}

static enum err check_erasure(void *ctx, const struct row *row)
{
    struct exporting *x = ctx;
    struct arena a;
    struct json *j;
    int64_t index = 0;
    arena_open(&a, EVENT_ARENA);
    enum err err = json_read(&j, &a, row_text(row, 0), NULL);
    const struct json *indexes = err ? NULL : json_member(j, "indexes");
    for (size_t k = 0; k < json_count(indexes) && !err; k++) {
        int64_t i = json_int(json_at(indexes, k), &index) ? index - x->from : -1;
        if (i >= 0 && i < x->expected - x->from && x->gone[i / 8] & 1U << i % 8)
            err = ERR_CONFLICT;
    }
    arena_close(&a);
    return err == ERR_SYNTAX ? ERR_STORE : err;
}

/* Who erased them is a leaf that the checkpoint does not count yet: with the leaves gone and nobody who owns up to it,
 * the bundle would look like one that was tampered with. */
static enum err check_erasures(struct exporting *x, struct db *db, int64_t size)
{
    return x->any_gone ? db_each(db, SQL_ERASURES, VALUES(V_INT(size), V_INT(LEDGER_ERASED)), check_erasure, x)
                       : ERR_OK;
}

/* The published tiles give the tree before the first leaf. */
static enum err tree_before(struct tree *out, struct arena *a, const char *folder, int64_t size, int64_t from)
{
    struct tiles t;
    enum err err = tiles_open(&t, a, tile_folder_read, (void *)(uintptr_t)folder, size);
    return err ? err : tiles_tree(out, &t, from);
}

enum err audit_bundle_open(struct audit_bundle *b, struct arena *a, const char *folder, int64_t from)
{
    struct checkpoint *c = arena_alloc(a, sizeof *c);
    const char *path = arena_printf(a, "%s/checkpoint", folder);
    *b = (struct audit_bundle){.from = from, .next = from};
    enum err err = c && path ? file_read(a, path, NOTE_MAX, &b->text) : ERR_MEMORY;
    if (!err)
        err = checkpoint_read(c, a, b->text) == ERR_OK ? ERR_OK : ERR_MISMATCH;
    if (!err && (from < 0 || from > c->size))
        err = ERR_LIMIT;
    if (err)
        return err;
    b->origin = c->origin;
    b->size = c->size;
    return tree_before(&b->before, a, folder, c->size, from);
}

enum err audit_bundle_write(struct audit_bundle *b, FILE *out, struct db *db, int64_t many, bool *end)
{
    int64_t part = many < PART ? many : PART, to = b->size - b->next < part ? b->size : b->next + part;
    struct exporting x = {.out = out, .from = b->next, .expected = b->next};
    enum err err = b->next == b->from ? bundle_write_head(out, b->origin, &b->before) : ERR_OK;
    if (!err)
        err = db_each(db, SQL_LEAVES, VALUES(V_INT(b->next), V_INT(to)), export_row, &x);
    if (!err && x.expected != to)
        err = ERR_MISMATCH;
    if (!err)
        err = check_erasures(&x, db, b->size);
    b->next = to;
    *end = to == b->size;
    return err || !*end ? err : bundle_write_end(out, b->text);
}

enum err audit_export(FILE *out, struct arena *a, struct db *db, const char *folder, int64_t from, int64_t *size)
{
    struct audit_bundle b;
    bool end = false;
    enum err err = audit_bundle_open(&b, a, folder, from);
    if (err)
        return err;
    *size = b.size;
    do
        err = audit_bundle_write(&b, out, db, PART, &end);
    while (!err && !end);
    return err;
}
