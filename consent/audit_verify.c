/* audit_verify: every event, every leaf, the whole tree (see audit.h). Threads take chunks of 65,536 leaves; the trees
 * of the chunks are put together at the end. */
#include <stdlib.h>

#include "base/json.h"
#include "base/thread.h"
#include "consent/audit_walk.h"
#include "consent/log/leaf.h"

enum { EVENT_ARENA = 256 * 1024, SNAPSHOT_TRIES = 1000 };

static const char SQL_ROWS[] = "SELECT position, class, salt, event, digest FROM ledger_event "
                               "WHERE position >= $1 AND position < $2 ORDER BY position";
static const char SQL_STRAY[] = "SELECT position FROM ledger_event WHERE position < 0 OR position >= $1 "
                                "ORDER BY position";

const char *audit_fault_name(enum audit_fault_kind k)
{
    static const char *const names[] = {"changed", "missing", "extra", "erased", "tile", "checkpoint", "head"};
    return (size_t)k < sizeof names / sizeof *names ? names[k] : "unknown";
}

/* --- faults ----------------------------------------------------------------------------------------------------- */

static bool is_before(const struct audit_fault *a, const struct audit_fault *b)
{
    return a->phase != b->phase ? a->phase < b->phase : a->index < b->index;
}

/* The first ones in order are kept, whoever finds them when. */
static void insert_fault(struct audit_report *r, struct audit_fault f)
{
    size_t n = r->faults < AUDIT_FAULTS_MAX ? (size_t)r->faults : AUDIT_FAULTS_MAX, i = n;
    r->faults++;
    while (i > 0 && is_before(&f, &r->first[i - 1]))
        i--;
    if (i == AUDIT_FAULTS_MAX)
        return;
    size_t kept = n == AUDIT_FAULTS_MAX ? n - 1 : n;
    memmove(&r->first[i + 1], &r->first[i], (kept - i) * sizeof *r->first);
    r->first[i] = f;
}

void audit_note(struct audit_walk *w, enum audit_phase phase, enum audit_fault_kind kind, int64_t index, int64_t many,
                const char *what)
{
    if (many <= 0)
        return;
    pthread_mutex_lock(&w->lock);
    insert_fault(w->report, (struct audit_fault){kind, index, many, what, (int)phase});
    pthread_mutex_unlock(&w->lock);
}

/* --- one row ---------------------------------------------------------------------------------------------------- */

/* What one thread has in hand. */
struct chunk {
    struct audit_walk *w;
    struct db *db;
    struct arena arena;
    int64_t number, expected, end;
    int64_t erased, hashed;
    struct tree tree; /* of whole tiles */
    struct tree tile; /* of the leaves since */
    unsigned n_tiles;
    uint8_t tiles[TILE_WIDTH][TREE_HASH];
    struct audit_tile published;
};

static void set_bit(_Atomic uint8_t *bits, int64_t i)
{
    atomic_fetch_or_explicit(&bits[i / 8], (uint8_t)(1U << (i % 8)), memory_order_relaxed);
}

static bool bit(_Atomic uint8_t *bits, int64_t i)
{
    return atomic_load_explicit(&bits[i / 8], memory_order_relaxed) >> (i % 8) & 1;
}

/* NULL: salt, event, class and digest of a row fit each other. */
static const char *row_fault(const struct row *row, bool rehash)
{
    struct view salt = row_blob(row, 2), event = row_text(row, 3), digest = row_blob(row, 4);
    int64_t class = row_int(row, 1);
    enum ledger_type type;
    uint8_t computed[SHA256_SIZE];
    if (digest.n != SHA256_SIZE)
        return "the digest has the wrong size";
    if (class < LEDGER_REQUESTED || class > LEDGER_TYPE_LAST)
        return "there is no such class";
    if (view_is(salt) != view_is(event))
        return "only one of salt and event is there";
    if (!view_is(event) || !rehash)
        return NULL;
    leaf_digest(computed, salt, event);
    if (!view_equal(VIEW_ARRAY(computed), digest))
        return "salt and event do not fit the digest";
    return leaf_type_of_event(event, &type) && (int64_t)type == class ? NULL : "the class is not the event's type";
}

/* An erased event names leaves before it, each once. */
static void declare(struct chunk *c, int64_t position, const struct json *index)
{
    int64_t i;
    if (!json_int(index, &i) || i < 0 || i >= position)
        audit_note(c->w, PHASE_ROWS, AUDIT_ERASED, position, 1, "the erased event names a leaf that cannot be meant");
    else if (bit(c->w->declared, i))
        audit_note(c->w, PHASE_ROWS, AUDIT_ERASED, i, 1, "two erased events name the leaf");
    else
        set_bit(c->w->declared, i);
}

static enum err take_declared(struct chunk *c, const struct row *row)
{
    struct json *j;
    if (row_int(row, 1) != LEDGER_ERASED || row_is_null(row, 3))
        return ERR_OK;
    enum err err = json_read(&j, &c->arena, row_text(row, 3), NULL);
    const struct json *indexes = err ? NULL : json_member(j, "indexes");
    for (size_t i = 0; i < json_count(indexes); i++)
        declare(c, row_int(row, 0), json_at(indexes, i));
    arena_reset(&c->arena);
    return err == ERR_SYNTAX ? ERR_OK : err; /* a broken event is reported as such */
}

/* --- one chunk -------------------------------------------------------------------------------------------------- */

static void note_bounds(struct chunk *c, int64_t size)
{
    for (size_t i = 0; i < BOUNDS; i++)
        if (c->w->bounds[i].size == size) {
            c->w->bounds[i].tail = c->tree;
            tree_join(&c->w->bounds[i].tail, &c->tile);
        }
}

static void add_hash(struct chunk *c, const uint8_t hash[TREE_HASH])
{
    tree_append(&c->tile, hash);
    if (c->tile.size == TILE_WIDTH) {
        tree_root(c->tiles[c->n_tiles], &c->tile);
        tree_append_subtree(&c->tree, TILE_HEIGHT, c->tiles[c->n_tiles++]);
        tree_open(&c->tile);
    }
    c->expected++;
    if (c->expected < c->end) /* whole chunks are the caller's */
        note_bounds(c, c->expected);
}

static void look_at_tile(struct chunk *c, int64_t position)
{
    if (c->w->scope->folder && c->published.n != position / TILE_WIDTH)
        audit_tile_load(c->w, &c->published, position / TILE_WIDTH);
}

/* Leaves without a row: the published hash stands in, so that what comes behind them is still told apart. */
static void skip_to(struct chunk *c, int64_t position)
{
    static const uint8_t nothing[TREE_HASH];
    audit_note(c->w, PHASE_ROWS, AUDIT_MISSING, c->expected, position - c->expected, "no row");
    while (c->expected < position) {
        look_at_tile(c, c->expected);
        unsigned at = (unsigned)(c->expected % TILE_WIDTH);
        add_hash(c, c->published.has_hashes && at < c->published.width ? c->published.hashes[at] : nothing);
    }
}

static enum err take_row(void *ctx, const struct row *row)
{
    struct chunk *c = ctx;
    struct audit_walk *w = c->w;
    int64_t position = row_int(row, 0);
    uint8_t hash[TREE_HASH] = {0};
    skip_to(c, position);
    bool rehash = position >= w->hash_from && position < w->hash_to;
    const char *what = row_fault(row, rehash);
    audit_note(w, PHASE_ROWS, AUDIT_CHANGED, position, what ? 1 : 0, what);
    struct view digest = row_blob(row, 4);
    if (digest.n == SHA256_SIZE)
        leaf_hash(hash, (unsigned)row_int(row, 1) & 0xFF, digest.p);
    look_at_tile(c, position);
    if (w->scope->folder && digest.n == SHA256_SIZE && !what)
        audit_tile_compare(w, &c->published, position, (unsigned)row_int(row, 1), digest.p, hash);
    bool gone = row_is_null(row, 3) && row_is_null(row, 2);
    if (gone)
        set_bit(w->gone, position);
    c->erased += gone;
    c->hashed += rehash && !gone;
    add_hash(c, hash);
    return take_declared(c, row);
}

static void report_chunk(struct chunk *c)
{
    struct audit_walk *w = c->w;
    pthread_mutex_lock(&w->lock);
    w->report->leaves += c->end - c->number * AUDIT_CHUNK;
    w->report->erased += c->erased;
    w->report->hashed += c->hashed;
    if (w->scope->progress && w->size >= AUDIT_CHUNK)
        w->scope->progress(w->scope->progress_ctx, w->report->leaves, w->size);
    pthread_mutex_unlock(&w->lock);
}

static enum err walk_chunk(struct chunk *c)
{
    struct audit_walk *w = c->w;
    int64_t from = c->number * AUDIT_CHUNK;
    c->expected = from;
    c->end = from + AUDIT_CHUNK < w->size ? from + AUDIT_CHUNK : w->size;
    c->erased = c->hashed = 0;
    c->n_tiles = 0;
    c->published.n = -1;
    tree_open(&c->tree);
    tree_open(&c->tile);
    enum err err = db_each(c->db, SQL_ROWS, VALUES(V_INT(from), V_INT(c->end)), take_row, c);
    if (err)
        return err;
    skip_to(c, c->end);
    if (w->scope->folder)
        audit_tile_compare_parents(w, c->number, (const uint8_t(*)[TREE_HASH])c->tiles, c->n_tiles);
    if (c->end - from == AUDIT_CHUNK) {
        tree_root(w->roots[c->number], &c->tree);
    } else {
        w->tail = c->tree;
        tree_join(&w->tail, &c->tile);
    }
    report_chunk(c);
    return ERR_OK;
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

/* False: there is nothing more to do. */
static bool next_chunk(struct audit_walk *w, enum err err, int64_t *number)
{
    pthread_mutex_lock(&w->lock);
    if (err && !w->err)
        w->err = err;
    *number = w->next_chunk;
    bool more = !w->err && w->next_chunk < w->n_chunks;
    w->next_chunk += more;
    pthread_mutex_unlock(&w->lock);
    return more;
}

struct worker {
    struct audit_walk *walk;
    struct db *db;
    pthread_t thread;
    bool started;
};

static void *work(void *ctx)
{
    const struct worker *me = ctx;
    struct chunk *c = calloc(1, sizeof *c);
    enum err err = c ? ERR_OK : ERR_MEMORY;
    int64_t number;
    if (c) {
        c->w = me->walk;
        c->db = me->db;
        arena_open(&c->arena, EVENT_ARENA);
    }
    while (next_chunk(me->walk, err, &number)) {
        c->number = number;
        err = walk_chunk(c);
    }
    if (c)
        arena_close(&c->arena);
    free(c);
    return NULL;
}

static enum err work_all(struct audit_walk *w, struct db *const *dbs, size_t n)
{
    struct worker *workers = calloc(n, sizeof *workers);
    if (!workers)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        workers[i] = (struct worker){.walk = w, .db = dbs[i]};
        workers[i].started =
            i > 0 && thread_start_one(&workers[i].thread, "verify", (unsigned)i, work, &workers[i]) == ERR_OK;
    }
    work(&workers[0]);
    for (size_t i = 1; i < n; i++)
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
    free(workers);
    return w->err;
}

static enum err stray_row(void *ctx, const struct row *row)
{
    audit_note(ctx, PHASE_ROWS, AUDIT_EXTRA, row_int(row, 0), 1, "the tree's head does not count this row");
    return ERR_OK;
}

/* --- the whole tree --------------------------------------------------------------------------------------------- */

static void root_at(uint8_t out[TREE_HASH], const struct audit_walk *w, int64_t size, const struct tree *tail)
{
    struct tree t;
    tree_open(&t);
    for (int64_t i = 0; i < size / AUDIT_CHUNK; i++)
        tree_append_subtree(&t, AUDIT_CHUNK_LEVEL, w->roots[i]);
    if (size % AUDIT_CHUNK)
        tree_join(&t, tail);
    tree_root(out, &t);
}

static void compare_head(struct audit_walk *w)
{
    struct audit_report *r = w->report;
    r->computed.size = w->size;
    root_at(r->computed.root, w, w->size, &w->tail);
    if (memcmp(r->computed.root, r->stored.root, TREE_HASH) != 0)
        audit_note(w, PHASE_END, AUDIT_HEAD, -1, 1, "the rows give another tree than the stored head");
    for (size_t i = 0; i < BOUNDS; i++)
        if (w->bounds[i].size >= 0 && w->bounds[i].size <= w->size)
            root_at(w->bounds[i].root, w, w->bounds[i].size,
                    w->bounds[i].size == w->size ? &w->tail : &w->bounds[i].tail);
}

static void compare_erasures(struct audit_walk *w)
{
    for (int64_t byte = 0; byte < (w->size + 7) / 8; byte++) {
        uint8_t gone = atomic_load(&w->gone[byte]), declared = atomic_load(&w->declared[byte]);
        for (unsigned i = 0; gone != declared && i < 8; i++) {
            bool is_gone = gone >> i & 1, is_declared = declared >> i & 1;
            if (is_gone && !is_declared)
                audit_note(w, PHASE_ROWS, AUDIT_ERASED, byte * 8 + i, 1,
                           "salt and event are gone, and no erased event names the leaf");
            if (is_declared && !is_gone)
                audit_note(w, PHASE_ROWS, AUDIT_ERASED, byte * 8 + i, 1,
                           "an erased event names the leaf, but salt and event are there");
        }
    }
}

/* --- the beginning ---------------------------------------------------------------------------------------------- */

/* A head that cannot be read is the first fault; the rows are then extra, all of them. */
static enum err load_head(struct audit_walk *w, struct db *db)
{
    enum err err = ledger_head_find(&w->report->stored, db);
    if (err == ERR_SYNTAX) {
        audit_note(w, PHASE_HEAD, AUDIT_HEAD, -1, 1, "the head row is missing or damaged");
        w->report->stored = (struct ledger_head){0};
        sha256(w->report->stored.root, VIEW(""));
        err = ERR_OK;
    }
    w->size = w->report->stored.size;
    return err;
}

/* All connections see the same moment, while the server goes on. */
static enum err begin_together(struct audit_walk *w, struct db *const *dbs, size_t n)
{
    for (int try = 0; try < SNAPSHOT_TRIES; try++) {
        struct ledger_head head;
        bool same = true;
        enum err err = ERR_OK;
        for (size_t i = 0; i < n && !err; i++) {
            err = db_begin_read(dbs[i]);
            enum err found = err ? err : ledger_head_find(&head, dbs[i]);
            if (i == 0)
                w->size = found ? -1 : head.size;
            same = same && (found ? -1 : head.size) == w->size;
            err = found == ERR_SYNTAX ? ERR_OK : found;
        }
        if (err || same)
            return err;
        for (size_t i = 0; i < n; i++)
            db_end_read(dbs[i]);
    }
    return ERR_BUSY;
}

static enum err make_room(struct audit_walk *w)
{
    w->n_chunks = (w->size + AUDIT_CHUNK - 1) / AUDIT_CHUNK;
    w->roots = calloc((size_t)w->n_chunks + 1, sizeof *w->roots);
    w->gone = calloc((size_t)w->size / 8 + 1, 1);
    w->declared = calloc((size_t)w->size / 8 + 1, 1);
    return w->roots && w->gone && w->declared ? ERR_OK : ERR_MEMORY;
}

static void set_bound(struct audit_bound *b, const struct checkpoint *c)
{
    b->size = c->size;
    memcpy(b->said, c->root, TREE_HASH);
}

static void set_range(struct audit_walk *w)
{
    const struct audit_scope *s = w->scope;
    w->hash_from = s->from ? s->from->size : 0;
    w->hash_to = s->to ? s->to->size : INT64_MAX;
    for (size_t i = 0; i < BOUNDS; i++)
        w->bounds[i].size = -1;
    if (s->from)
        set_bound(&w->bounds[BOUND_FROM], s->from);
    if (s->to)
        set_bound(&w->bounds[BOUND_TO], s->to);
}

static enum err verify(struct audit_walk *w, struct arena *a, struct db *const *dbs, size_t n)
{
    enum err err = load_head(w, dbs[0]);
    if (!err)
        err = make_room(w);
    if (!err)
        err = audit_checkpoints_load(w, a);
    if (!err)
        err = db_each(dbs[0], SQL_STRAY, VALUES(V_INT(w->size)), stray_row, w);
    if (!err)
        err = work_all(w, dbs, n);
    if (err)
        return err;
    compare_head(w);
    compare_erasures(w);
    audit_checkpoints_compare(w);
    if (w->scope->folder)
        audit_tiles_above(w);
    return ERR_OK;
}

enum err audit_verify(struct audit_report *out, const struct audit_scope *scope, struct db *const *dbs, size_t n)
{
    struct audit_walk w = {.scope = scope, .report = out};
    struct arena a;
    INSIST(n > 0);
    *out = (struct audit_report){.published = -1};
    pthread_mutex_init(&w.lock, NULL);
    arena_open(&a, 1 << 20);
    set_range(&w);
    enum err err = begin_together(&w, dbs, n);
    if (!err)
        err = verify(&w, &a, dbs, n);
    for (size_t i = 0; i < n; i++)
        db_end_read(dbs[i]);
    arena_close(&a);
    free(w.roots);
    free((void *)(uintptr_t)w.gone);
    free((void *)(uintptr_t)w.declared);
    pthread_mutex_destroy(&w.lock);
    return err;
}
