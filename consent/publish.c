#include "consent/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "consent/log/tile_folder.h"
#include "consent/log/witness.h"

enum {
    ASK_AGAIN_MS = 60000,
    BATCH = 4096 /* rows read at once: short looks, so that the log of the database can be emptied */
};

/* What to do about it. */
#define NEWEST ". Put the newest database back, or begin a new log (another ledger.origin)"

struct published {
    int64_t size; /* -1: nothing yet */
    uint8_t root[TREE_HASH];
};

struct publisher {
    struct publish_config config;
    struct ed25519_key *private_key;
    struct note_key key;
    int lock_fd;
    struct published last;       /* signed last, as it lies beside the key */
    struct published published;  /* in the folder */
    size_t witnesses;            /* of those we may ask, so many cosigned what is published */
    int64_t known[POLICY_NODES]; /* how much each witness has seen; -1: not asked yet */
    int64_t asked_at;            /* milliseconds of the steady clock */
    bool probed;                 /* witnesses were asked whether they know more than was signed last */
    size_t next;                 /* the node to ask first: the last round had no time for it */
    bool refused;
    bool owed; /* a checkpoint was begun that is not out */
    bool lost; /* something failed on the way into the files: TILES must be opened anew */
    struct tile_writer tiles;
};

/* --- files beside the key --------------------------------------------------------------------------------------- */

static enum err make_key(struct ed25519_key **out, const char *path)
{
    struct buf b;
    struct view pem;
    enum err err = ed25519_make(out);
    buf_open(&b, NULL, 4096);
    if (!err)
        err = ed25519_write_pem(&b, *out);
    if (!err)
        err = buf_done(&b, &pem);
    if (!err)
        err = file_write(path, pem, 0600);
    buf_close(&b);
    return err;
}

static enum err read_key(struct ed25519_key **out, struct arena *a, const char *path)
{
    struct view pem;
    *out = NULL;
    enum err err = file_read_secret(a, path, 4096, &pem);
    return err ? err : ed25519_read_pem(out, pem);
}

enum err publish_key_text(const char **out, struct arena *a, const char *key_path, struct view origin)
{
    struct ed25519_key *private_key;
    struct buf b;
    enum err err = read_key(&private_key, a, key_path);
    if (err)
        return err;
    struct note_key k = note_key_of(origin, NOTE_ED25519, private_key);
    buf_open(&b, a, 1024);
    note_key_put(&b, &k);
    ed25519_close(private_key);
    return buf_done_text(&b, out);
}

/* A key without its mark is either new, or somebody took the mark away to sign another history with it. */
static enum err open_key(struct publisher *p, struct arena *a, const char **why)
{
    const char *path = p->config.key_path, *last = arena_printf(a, "%s.last", path);
    *why = "not enough memory";
    if (!last)
        return ERR_MEMORY;
    bool has_last = access(last, F_OK) == 0;
    enum err err = read_key(&p->private_key, a, path);
    if (err == ERR_NOT_FOUND && has_last) {
        *why = arena_printf(
            a, "%s is missing, but %s is there: put the key back, or begin a new log (another ledger.origin)", path,
            last);
        return ERR_CONFLICT;
    }
    if (err == ERR_NOT_FOUND) {
        /* the mark first: a key that is there has one */
        err = file_write(last, VIEW("none\n"), 0600);
        if (!err)
            err = make_key(&p->private_key, path);
    } else if (!err && !has_last) {
        *why =
            arena_printf(a,
                         "%s is missing: nobody can say what %s signed last, and it must not sign again. Put the file "
                         "back, or move the key away and begin a new log (another ledger.origin)",
                         last, path);
        return ERR_CONFLICT;
    }
    if (err)
        *why = arena_printf(a, "%s: cannot be read or made, or others may read it", path);
    else
        p->key = note_key_of(p->config.origin, NOTE_ED25519, p->private_key);
    return err;
}

static enum err take_lock(struct publisher *p, struct arena *a, const char **why)
{
    const char *path = arena_printf(a, "%s.lock", p->config.key_path);
    enum err err = path ? file_lock(&p->lock_fd, path) : ERR_MEMORY;
    *why = err == ERR_BUSY ? "another process signs with this key"
                           : arena_printf(a, "%s cannot be made", path ? path : "the lock");
    return !err || err == ERR_BUSY ? err : ERR_PERMISSION;
}

/* A checkpoint of ours in a file. ERR_NOT_FOUND: none. ERR_MISMATCH: not ours, or damaged. */
static enum err read_own(struct published *out, const struct publisher *p, struct arena *a, const char *path)
{
    struct view text;
    struct checkpoint *c = arena_alloc(a, sizeof *c);
    *out = (struct published){.size = -1};
    enum err err = c ? file_read(a, path, NOTE_MAX, &text) : ERR_MEMORY;
    if (err || view_equal_text(text, "none\n"))
        return err ? err : ERR_NOT_FOUND;
    if (checkpoint_read(c, a, text) != ERR_OK || !view_equal(c->origin, p->config.origin) ||
        note_verify(&c->note, &p->key, NULL) != ERR_OK)
        return ERR_MISMATCH;
    out->size = c->size;
    memcpy(out->root, c->root, TREE_HASH);
    return ERR_OK;
}

static enum err read_last(struct publisher *p, struct arena *a, const char **why)
{
    const char *path = arena_printf(a, "%s.last", p->config.key_path);
    enum err err = path ? read_own(&p->last, p, a, path) : ERR_MEMORY;
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err == ERR_MISMATCH) {
        *why = arena_printf(a,
                            "%s is not a checkpoint that this key signed for %.*s: put key and file back as they "
                            "belong together, or the ledger.origin as it was",
                            path, (int)p->config.origin.n, (const char *)p->config.origin.p);
        return ERR_CONFLICT;
    }
    *why = "the checkpoint signed last cannot be read";
    return err;
}

/* --- tiles ------------------------------------------------------------------------------------------------------ */

static const char SQL_ROWS[] =
    "SELECT position, class, digest FROM ledger_event WHERE position >= $1 AND position < $2 "
    "ORDER BY position";

static enum err take_row(void *ctx, const struct row *row)
{
    struct publisher *p = ctx;
    struct view digest = row_blob(row, 2);
    if (row_int(row, 0) != p->tiles.size || digest.n != SHA256_SIZE)
        return ERR_MISMATCH;
    return tile_writer_append(&p->tiles, (unsigned)row_int(row, 1) & 0xFF, digest.p);
}

static enum err take_batch(struct publisher *p, int64_t to)
{
    struct db *db = store_borrow(p->config.store);
    int64_t end = to - p->tiles.size > BATCH ? p->tiles.size + BATCH : to;
    enum err err = db_each(db, SQL_ROWS, VALUES(V_INT(p->tiles.size), V_INT(end)), take_row, p);
    store_return(p->config.store, db);
    return err ? err : p->tiles.size == end ? ERR_OK : ERR_MISMATCH;
}

static enum err integrate_to(struct publisher *p, int64_t to)
{
    enum err err = ERR_OK;
    while (p->tiles.size < to && !err)
        err = take_batch(p, to);
    p->lost = p->lost || err;
    return err;
}

static enum err flush(struct publisher *p)
{
    enum err err = tile_writer_flush(&p->tiles);
    p->lost = p->lost || err;
    return err;
}

static enum err find_head(struct ledger_head *out, struct store *store)
{
    struct db *db = store_borrow(store);
    enum err err = ledger_head_find(out, db);
    store_return(store, db);
    return err;
}

enum err publisher_integrate(struct publisher *p)
{
    struct ledger_head head;
    if (p->refused || p->lost) /* the next checkpoint opens the tiles anew */
        return ERR_OK;
    enum err err = find_head(&head, p->config.store);
    return err ? err : integrate_to(p, head.size);
}

/* *FITS: the tiles in the folder are those of the checkpoint in it. */
static enum err open_published(struct publisher *p, struct arena *a, bool *fits)
{
    struct tree tree;
    uint8_t root[TREE_HASH];
    const char *path = arena_printf(a, "%s/checkpoint", p->config.folder);
    *fits = false;
    if (!path)
        return ERR_MEMORY;
    enum err err = read_own(&p->published, p, a, path);
    if (!err)
        err = tile_writer_open(&p->tiles, p->config.folder, p->published.size);
    if (err)
        return err == ERR_NOT_FOUND || err == ERR_MISMATCH ? ERR_OK : err;
    tile_writer_tree(&tree, &p->tiles);
    tree_root(root, &tree);
    *fits = memcmp(root, p->published.root, TREE_HASH) == 0;
    return ERR_OK;
}

/* Goes on where the published checkpoint is, or makes all tiles anew if they do not fit it. */
static enum err open_tiles(struct publisher *p, struct arena *a)
{
    bool fits;
    enum err err = open_published(p, a, &fits);
    if (err || fits)
        return err;
    p->published.size = -1;
    return tile_writer_open(&p->tiles, p->config.folder, 0);
}

/* --- may this head be signed? ----------------------------------------------------------------------------------- */

static enum err refuse(struct publisher *p, const char **why, const char *text)
{
    p->refused = true;
    *why = text;
    return ERR_CONFLICT;
}

/* Tiles of this tree, those in memory first: what is not a file yet is not in the folder. */
static enum err own_tile(void *ctx, unsigned level, int64_t n, unsigned width, uint8_t *out)
{
    const struct publisher *p = ctx;
    if (n == tile_number((int)level, p->tiles.size) && width <= p->tiles.width[level]) {
        memcpy(out, p->tiles.tile[level], (size_t)width * TREE_HASH);
        return ERR_OK;
    }
    return tile_folder_read((void *)(uintptr_t)p->config.folder, level, n, width, out);
}

static enum err consistency(struct tree_proof *out, struct publisher *p, struct arena *a, int64_t old, int64_t size)
{
    struct tiles t;
    enum err err = tiles_open(&t, a, own_tile, p, size);
    return err ? err : tiles_consistency(out, &t, old);
}

/* The head as the tiles give it: is it the database's, and does it go on from what was signed last? */
static enum err check_head(struct publisher *p, struct arena *a, const struct ledger_head *head, const char **why)
{
    struct tree tree;
    struct tree_proof *proof = arena_alloc(a, sizeof *proof);
    uint8_t root[TREE_HASH];
    if (!proof)
        return ERR_MEMORY;
    tile_writer_tree(&tree, &p->tiles);
    tree_root(root, &tree);
    if (p->tiles.size != head->size || memcmp(root, head->root, TREE_HASH) != 0)
        return refuse(p, why,
                      "the leaves in the database do not give its own head, or not the tiles that were published: "
                      "`genkan audit verify` says which");
    if (p->last.size < 0)
        return ERR_OK;
    if (head->size < p->last.size)
        return refuse(
            p, why,
            "this database has fewer leaves than the checkpoint this key signed last: it is an older copy" NEWEST);
    enum err err = consistency(proof, p, a, p->last.size, head->size);
    if (err)
        return err;
    if (!tree_is_consistent(proof, p->last.size, p->last.root, head->size, head->root))
        return refuse(p, why,
                      "this database is not a continuation of the checkpoint this key signed last: it is another copy "
                      "of the log, or was rewritten. `genkan audit verify` names the leaves; find out which copy is "
                      "the true one");
    return ERR_OK;
}

/* --- witnesses -------------------------------------------------------------------------------------------------- */

struct asking {
    struct publisher *p;
    struct arena *a;
    int64_t size;            /* of the checkpoint; the tiles may hold more already */
    int64_t until;           /* steady milliseconds: no witness is waited for beyond */
    struct view signed_text; /* the checkpoint with our signature */
    struct note note;        /* its cosignatures come in here */
    const char **why;
};

static const char *url_of(struct arena *a, const struct policy_node *node)
{
    bool slash = view_ends(node->url, VIEW("/"));
    return arena_printf(a, "%.*s%sadd-checkpoint", (int)node->url.n, (const char *)node->url.p, slash ? "" : "/");
}

static int64_t steady_ms(const struct publisher *p)
{
    return p->config.steady_ms ? p->config.steady_ms() : clock_steady_ms();
}

/* Whatever the witness does, the leaves that came meanwhile do not wait for the next one. *STATUS 0: no answer. */
static enum err send(struct asking *q, const char *url, struct view body, int *status, struct view *answer)
{
    struct publisher *p = q->p;
    int64_t left = q->until - steady_ms(p);
    int timeout = (int)(left < PUBLISH_ANSWER_MS ? left : PUBLISH_ANSWER_MS);
    if (timeout <= 0 || p->config.post(p->config.ctx, q->a, url, body, timeout, status, answer) != ERR_OK)
        *status = 0;
    return publisher_integrate(p);
}

/* One question with what we believe the witness knows. *STATUS 0: it did not answer. */
static enum err ask_once(struct asking *q, size_t i, int *status, struct view *answer)
{
    struct publisher *p = q->p;
    const struct policy_node *node = &p->config.policy->nodes[i];
    struct witness_request *r = arena_alloc(q->a, sizeof *r);
    struct view body;
    struct buf b;
    *status = 0;
    if (!r)
        return ERR_MEMORY;
    *r = (struct witness_request){.old_size = p->known[i], .checkpoint_text = q->signed_text};
    enum err err = consistency(&r->proof, p, q->a, r->old_size, q->size);
    buf_open(&b, q->a, WITNESS_BODY_MAX);
    witness_request_put(&b, r);
    if (!err)
        err = buf_done(&b, &body);
    if (err)
        return err;
    const char *url = url_of(q->a, node);
    if (!url)
        return ERR_MEMORY;
    return send(q, url, body, status, answer);
}

/* "The client MUST ignore any cosignatures from unknown keys." */
static bool take_cosignature(struct asking *q, size_t i, struct view answer)
{
    const struct note_key *key = &q->p->config.policy->nodes[i].key;
    struct note lines = {.text = q->note.text};
    if (note_read_signatures(&lines, q->a, answer) != ERR_OK || note_verify(&lines, key, NULL) != ERR_OK)
        return false;
    for (size_t k = 0; k < lines.n && q->note.n < NOTE_SIGNATURES; k++)
        if (lines.signatures[k].id == key->id && view_equal(lines.signatures[k].name, key->name)) {
            q->note.signatures[q->note.n++] = lines.signatures[k];
            return true;
        }
    return false;
}

/* 409: "the tree size of the latest cosigned checkpoint in decimal, followed by a newline" */
static bool read_size(struct view answer, int64_t *size)
{
    return answer.n > 1 && answer.p[answer.n - 1] == '\n' && text_to_int(view_part(answer, 0, answer.n - 1), size);
}

/* A witness that has seen more than we have, or something else, has seen another log under our name. */
static enum err ask(struct asking *q, size_t i)
{
    struct publisher *p = q->p;
    struct view answer = VIEW_NONE;
    int64_t size = 0;
    int status = 409;
    p->known[i] = p->known[i] < 0 ? (p->last.size > 0 ? p->last.size : 0) : p->known[i];
    for (int try = 0; try < 2 && status == 409; try++) {
        enum err err = ask_once(q, i, &status, &answer);
        if (err)
            return err;
        if (status == 409 && !read_size(answer, &size))
            status = 0;
        if (status == 409 && size > q->size)
            return refuse(p, q->why, "a witness has cosigned a larger log of this name: this is an older copy" NEWEST);
        p->known[i] = status == 409 ? size : p->known[i];
    }
    if (status == 422)
        return refuse(p, q->why,
                      "a witness has cosigned another log of this name: this copy is not its continuation" NEWEST);
    bool good = status == 200 && take_cosignature(q, i, answer);
    p->known[i] = good ? q->size : p->known[i];
    const struct view name = p->config.policy->nodes[i].name;
    if (!good)
        log_event(LOG_WARN, "witness_missing", LOG_TEXT("witness", name), LOG_INT("status", status));
    return ERR_OK;
}

static bool may_ask(const struct publisher *p, size_t i)
{
    return !p->config.policy->nodes[i].is_group && view_is(p->config.policy->nodes[i].url);
}

static size_t askable(const struct publisher *p)
{
    size_t n = 0;
    for (size_t i = 0; p->config.policy && p->config.post && i < p->config.policy->n_nodes; i++)
        n += may_ask(p, i);
    return n;
}

/* Before the first signature after a start: the checkpoint signed last is shown again. Who has cosigned a larger one
 * knows a later copy of this log than this is, and nothing more may be signed here. */
static enum err probe(struct asking *q, size_t i, struct view last_text)
{
    struct publisher *p = q->p;
    struct witness_request *r = arena_alloc(q->a, sizeof *r);
    const char *url = url_of(q->a, &p->config.policy->nodes[i]);
    struct view body, answer = VIEW_NONE;
    struct buf b;
    int64_t size = 0;
    int status = 0;
    if (!r || !url)
        return ERR_MEMORY;
    *r = (struct witness_request){.old_size = p->last.size, .checkpoint_text = last_text};
    buf_open(&b, q->a, WITNESS_BODY_MAX);
    witness_request_put(&b, r);
    enum err err = buf_done(&b, &body);
    if (!err)
        err = send(q, url, body, &status, &answer);
    if (err || status == 0)
        return err;
    if (status == 422 || (status == 409 && read_size(answer, &size) && size > p->last.size))
        return refuse(p, q->why,
                      "a witness has cosigned a later or another log of this name: this is an older copy" NEWEST);
    p->known[i] = status == 200 ? p->last.size : status == 409 ? size : -1;
    return ERR_OK;
}

static enum err probe_all(struct asking *q)
{
    struct publisher *p = q->p;
    struct view last_text;
    if (p->probed || p->last.size < 0 || askable(p) == 0)
        return ERR_OK;
    const char *path = arena_printf(q->a, "%s.last", p->config.key_path);
    enum err err = path ? file_read(q->a, path, NOTE_MAX, &last_text) : ERR_MEMORY;
    for (size_t i = 0; i < p->config.policy->n_nodes && !err; i++)
        if (may_ask(p, i))
            err = probe(q, i, last_text);
    p->probed = !err;
    return err;
}

static enum err ask_all(struct asking *q)
{
    struct publisher *p = q->p;
    enum err err = ERR_OK;
    if (askable(p) == 0)
        return ERR_OK;
    p->asked_at = clock_steady_ms();
    size_t n = p->config.policy->n_nodes, first = p->next;
    for (size_t k = 0; k < n && !err; k++) {
        size_t i = (first + k) % n;
        if (!may_ask(p, i))
            continue;
        p->next = i; /* stays, if there is no time for it */
        if (steady_ms(p) >= q->until)
            break;
        err = ask(q, i);
        p->next = (i + 1) % n;
    }
    return err;
}

/* --- signing ---------------------------------------------------------------------------------------------------- */

/* A write of its own brings everything that was committed before to the disk, also what another process committed. */
static const char SQL_SEAL[] = "INSERT INTO setting (name, value) VALUES ('ledger_sealed', $1) "
                               "ON CONFLICT (name) DO UPDATE SET value = $1";

static enum err seal_job(struct db *db, void *ctx)
{
    struct ledger_head *head = ctx;
    char size[32];
    enum err err = ledger_head_find(head, db);
    snprintf(size, sizeof size, "%lld", (long long)head->size);
    return err ? err : db_run(db, SQL_SEAL, VALUES(V_TEXT(view_text(size))));
}

static enum err sign(struct view *out, struct publisher *p, struct arena *a, const struct ledger_head *head)
{
    struct buf text, whole;
    struct view body;
    buf_open(&text, a, 4096);
    buf_open(&whole, a, 8192);
    checkpoint_put_text(&text, p->config.origin, head->size, head->root);
    enum err err = buf_done(&text, &body);
    if (err)
        return err;
    buf_put(&whole, body);
    buf_put_byte(&whole, '\n');
    err = note_put_signature(&whole, body, &p->key, p->private_key, 0);
    return err ? err : buf_done(&whole, out);
}

/* From here on this key has signed it, whatever happens next. */
static enum err remember(struct publisher *p, struct arena *a, struct view text, const struct ledger_head *head)
{
    const char *path = arena_printf(a, "%s.last", p->config.key_path);
    enum err err = path ? file_write(path, text, 0600) : ERR_MEMORY;
    if (err)
        return err;
    p->last.size = head->size;
    memcpy(p->last.root, head->root, TREE_HASH);
    return ERR_OK;
}

static enum err put_out(struct asking *q, const struct ledger_head *head)
{
    struct publisher *p = q->p;
    struct buf b;
    struct view text;
    const char *path = arena_printf(q->a, "%s/checkpoint", p->config.folder);
    buf_open(&b, q->a, NOTE_MAX);
    buf_put(&b, q->signed_text);
    for (size_t i = 1; i < q->note.n; i++)
        buf_put(&b, q->note.signatures[i].line);
    enum err err = buf_done(&b, &text);
    if (!err)
        err = path ? file_write(path, text, 0644) : ERR_MEMORY;
    if (err)
        return err;
    p->published.size = head->size;
    memcpy(p->published.root, head->root, TREE_HASH);
    p->witnesses = q->note.n - 1;
    return ERR_OK;
}

static const char *cannot(struct arena *a, const char *path, const char *behind)
{
    const char *text = arena_printf(a, "%s%s cannot be read or written", path, behind);
    return text ? text : "not enough memory";
}

static enum err publish_head(struct publisher *p, struct arena *a, const struct ledger_head *head, const char **why)
{
    struct asking *q = arena_alloc(a, sizeof *q);
    enum err err = q ? check_head(p, a, head, why) : ERR_MEMORY;
    if (err)
        return err;
    /* The tiles of this size come first: while witnesses are asked, more leaves go into them. */
    *why = cannot(a, p->config.folder, "");
    err = flush(p);
    /* Each is asked what it knows before anything is signed after a start, however long that takes. */
    *q = (struct asking){.p = p, .a = a, .size = head->size, .until = INT64_MAX, .why = why};
    if (!err)
        err = probe_all(q);
    q->until = steady_ms(p) + PUBLISH_WITNESSES_MS;
    if (!err)
        err = sign(&q->signed_text, p, a, head);
    if (!err)
        err = note_read(&q->note, a, q->signed_text);
    if (!err && (err = remember(p, a, q->signed_text, head)))
        *why = cannot(a, p->config.key_path, ".last");
    if (!err)
        err = ask_all(q);
    return err ? err : put_out(q, head);
}

/* Who did not answer is asked again also when the log does not grow, but not all the time. */
static bool is_witness_due(const struct publisher *p)
{
    return p->witnesses < askable(p) && clock_steady_ms() - p->asked_at >= ASK_AGAIN_MS;
}

enum err publisher_publish(struct publisher *p, struct arena *a, const char **why)
{
    struct ledger_head head;
    *why = "the database cannot be read or written";
    if (p->refused)
        return ERR_OK; /* it was said once */
    enum err err = find_head(&head, p->config.store);
    if (err || (head.size == p->published.size && !p->owed && !is_witness_due(p)))
        return err;
    p->owed = true;
    err = store_write(p->config.store, seal_job, &head);
    if (err)
        return err;
    *why = cannot(a, p->config.folder, "");
    if (p->lost && !(err = open_tiles(p, a)))
        p->lost = false;
    if (!err)
        err = integrate_to(p, head.size);
    if (err == ERR_MISMATCH)
        return refuse(p, why, "leaves are missing in the database: `genkan audit verify` says which");
    if (!err)
        err = publish_head(p, a, &head, why);
    p->owed = err != ERR_OK;
    return err;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

/* What is refused later is refused at once: at the start somebody is there to read why. */
static enum err check_start(struct publisher *p, struct arena *a, const char **why)
{
    struct ledger_head head;
    *why = "the ledger cannot be read";
    enum err err = find_head(&head, p->config.store);
    if (err)
        return err;
    if (head.size < p->last.size || p->tiles.size > head.size)
        return refuse(
            p, why,
            "this database has fewer leaves than the checkpoint this key signed last: it is an older copy" NEWEST);
    err = integrate_to(p, head.size);
    if (err == ERR_MISMATCH)
        return refuse(p, why, "leaves are missing in the database: `genkan audit verify` says which");
    return err ? err : check_head(p, a, &head, why);
}

extern const struct embedded consent_pages[];
extern const size_t consent_pages_count;

/* The page that checks receipts lies beside what it checks, whoever serves the folder. */
static enum err put_pages(const struct publisher *p, struct arena *a)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < consent_pages_count && !err; i++) {
        struct view there;
        const char *path = arena_printf(a, "%s/%s", p->config.folder, consent_pages[i].name);
        if (!path)
            return ERR_MEMORY;
        if (file_read(a, path, NOTE_MAX, &there) == ERR_OK && view_equal(there, consent_pages[i].bytes))
            continue;
        err = file_write(path, consent_pages[i].bytes, 0644);
    }
    return err;
}

static enum err open_folder(const struct publisher *p, struct arena *a)
{
    enum err err = file_make_folder(p->config.folder, 0755);
    return err ? err : put_pages(p, a);
}

static enum err open_all(struct publisher *p, struct arena *a, const char **why)
{
    enum err err = take_lock(p, a, why); /* first: without it nothing here is ours to write */
    if (err)
        return err;
    *why = arena_printf(a, "%s cannot be made or written", p->config.folder);
    if (open_folder(p, a) != ERR_OK)
        return ERR_PERMISSION;
    err = open_key(p, a, why);
    if (!err)
        err = read_last(p, a, why);
    if (!err)
        err = open_tiles(p, a);
    return err ? err : check_start(p, a, why);
}

enum err publisher_open(struct publisher **out, const struct publish_config *config, struct arena *a, const char **why)
{
    *out = NULL;
    *why = "not enough memory";
    struct publisher *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_MEMORY;
    p->config = *config;
    p->lock_fd = -1;
    p->last.size = p->published.size = -1;
    for (size_t i = 0; i < POLICY_NODES; i++)
        p->known[i] = -1;
    enum err err = open_all(p, a, why);
    if (err) {
        publisher_close(p);
        return err;
    }
    *out = p;
    return ERR_OK;
}

void publisher_close(struct publisher *p)
{
    if (!p)
        return;
    if (p->lock_fd >= 0)
        close(p->lock_fd);
    ed25519_close(p->private_key);
    free(p);
}

int64_t publisher_size(const struct publisher *p)
{
    return p->published.size;
}

int64_t publisher_integrated(const struct publisher *p)
{
    return p->tiles.size;
}

size_t publisher_witnesses(const struct publisher *p)
{
    return p->witnesses;
}
