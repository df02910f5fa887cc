#include "consent/log/witness.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/text.h"

/* --- the request ------------------------------------------------------------------------------------------------ */

enum err witness_request_read(struct witness_request *out, struct arena *a, struct view body)
{
    struct view rest = body, line;
    enum err err = ERR_OK;
    out->proof.n = 0;
    if (!view_next(&rest, '\n', &line) || !view_starts(line, VIEW("old ")) ||
        !text_to_int(view_from(line, 4), &out->old_size))
        return ERR_SYNTAX;
    while (!err && view_next(&rest, '\n', &line) && line.n > 0)
        err = tree_proof_read_line(&out->proof, a, line);
    if (err)
        return err;
    if (!view_is(rest))
        return ERR_SYNTAX;
    out->checkpoint_text = rest;
    return checkpoint_read(&out->checkpoint, a, rest);
}

void witness_request_put(struct buf *out, const struct witness_request *r)
{
    buf_put_text(out, "old ");
    buf_put_int(out, r->old_size);
    buf_put_byte(out, '\n');
    for (size_t i = 0; i < r->proof.n; i++) {
        base64_put(out, VIEW_ARRAY(r->proof.hashes[i]));
        buf_put_byte(out, '\n');
    }
    buf_put_byte(out, '\n');
    buf_put(out, r->checkpoint_text);
}

/* --- the decision ----------------------------------------------------------------------------------------------- */

/* tlog-witness, add-checkpoint, in the order of its paragraphs. */
int witness_decide(const struct witness_request *r, const struct witness_facts *facts)
{
    const struct checkpoint *c = &r->checkpoint;
    uint8_t empty[TREE_HASH];
    sha256(empty, VIEW(""));
    if (!facts->known)
        return 404;
    if (facts->is_signed != ERR_OK)
        return 403;
    if (r->old_size > c->size)
        return 400;
    if (r->old_size != facts->size)
        return 409;
    if (c->size == 0 && memcmp(c->root, empty, TREE_HASH) != 0)
        return 422;
    return tree_is_consistent(&r->proof, r->old_size, facts->size ? facts->root : empty, c->size, c->root) ? 200 : 422;
}

/* --- a witness and its memory ----------------------------------------------------------------------------------- */

struct witness {
    const char *folder;
    const struct policy *logs;
    struct ed25519_key *private_key;
    struct note_key key;
    pthread_mutex_t lock; /* one request looks, decides and remembers at a time */
    int lock_fd;
};

static bool is_name(struct view name, const char **why)
{
    if (note_is_name(name))
        return true;
    *why = "the name must have no spaces and no plus sign, like w.example.lg.jp/witness";
    return false;
}

static enum err make_key(struct witness *w, struct arena *a, const char *path)
{
    struct buf b;
    struct view pem;
    enum err err = ed25519_make(&w->private_key);
    buf_open(&b, NULL, 4096);
    if (!err)
        err = ed25519_write_pem(&b, w->private_key);
    if (!err)
        err = buf_done(&b, &pem);
    const char *mark = arena_printf(a, "%s/memory", w->folder);
    if (!err)
        err = mark ? file_write(mark, VIEW("what this witness cosigned; without it its key must not be used again\n"),
                                0600)
                   : ERR_MEMORY;
    if (!err)
        err = file_write(path, pem, 0600);
    buf_close(&b);
    return err;
}

static const char *key_path(const char *folder, struct arena *a)
{
    return arena_printf(a, "%s/witness.pem", folder);
}

/* ERR_NOT_FOUND: there is none yet. */
static enum err read_key(struct ed25519_key **out, const char *folder, struct arena *a, const char **why)
{
    struct view pem;
    const char *path = key_path(folder, a), *mark = arena_printf(a, "%s/memory", folder);
    if (!path || !mark)
        return ERR_MEMORY;
    enum err err = file_read_secret(a, path, 4096, &pem);
    *why = "there is no key: the first start of the witness makes it";
    if (err == ERR_NOT_FOUND)
        return err;
    if (!err && access(mark, F_OK) != 0) {
        *why = "the key is there, but what it cosigned is not: this witness has lost its memory and must get a new key";
        return ERR_CONFLICT;
    }
    *why = "witness.pem cannot be read, or others may read it";
    return err ? err : ed25519_read_pem(out, pem);
}

static enum err open_key(struct witness *w, struct arena *a, const char **why)
{
    enum err err = read_key(&w->private_key, w->folder, a, why);
    if (err != ERR_NOT_FOUND)
        return err;
    const char *path = key_path(w->folder, a);
    *why = "the key cannot be made";
    return path ? make_key(w, a, path) : ERR_MEMORY;
}

enum err witness_key_read(struct note_key *out, const char *folder, struct view name, struct arena *a, const char **why)
{
    struct ed25519_key *private_key;
    *why = "not enough memory";
    if (!is_name(name, why))
        return ERR_CONFIG;
    enum err err = read_key(&private_key, folder, a, why);
    if (err)
        return err;
    *out = note_key_of(name, NOTE_COSIGNATURE, private_key);
    ed25519_close(private_key);
    return ERR_OK;
}

/* Two processes with one memory would each roll the other back. */
static enum err take_lock(struct witness *w, struct arena *a, const char **why)
{
    const char *path = arena_printf(a, "%s/lock", w->folder);
    w->lock_fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    *why = "the folder cannot be written";
    if (w->lock_fd < 0)
        return ERR_PERMISSION;
    *why = "a witness is running in this folder";
    return flock(w->lock_fd, LOCK_EX | LOCK_NB) == 0 ? ERR_OK : ERR_BUSY;
}

enum err witness_open(struct witness **out, const char *folder, struct view name, const struct policy *logs,
                      struct arena *a, const char **why)
{
    *out = NULL;
    *why = "not enough memory";
    if (!is_name(name, why))
        return ERR_CONFIG;
    struct witness *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_MEMORY;
    w->folder = folder;
    w->logs = logs;
    pthread_mutex_init(&w->lock, NULL);
    enum err err = file_make_folder(folder, 0700);
    if (err)
        *why = "the folder cannot be made";
    else
        err = take_lock(w, a, why);
    if (!err)
        err = open_key(w, a, why);
    if (err) {
        witness_close(w);
        return err;
    }
    w->key = note_key_of(name, NOTE_COSIGNATURE, w->private_key);
    *out = w;
    return ERR_OK;
}

void witness_close(struct witness *w)
{
    if (!w)
        return;
    if (w->lock_fd > 0)
        close(w->lock_fd);
    ed25519_close(w->private_key);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

const struct note_key *witness_key(const struct witness *w)
{
    return &w->key;
}

/* --- one request ------------------------------------------------------------------------------------------------ */

static const char *path_of(const struct witness *w, struct arena *a, struct view origin)
{
    uint8_t hash[SHA256_SIZE];
    sha256(hash, origin);
    const char *hex = hex_text(a, VIEW_ARRAY(hash));
    return hex ? arena_printf(a, "%s/%s.checkpoint", w->folder, hex) : NULL;
}

/* "verify the checkpoint signature against the public key(s) it trusts for the checkpoint origin" */
static void find_signature(struct witness_facts *facts, const struct witness *w, const struct checkpoint *c)
{
    facts->is_signed = ERR_NOT_FOUND;
    for (size_t i = 0; i < w->logs->n_logs; i++) {
        const struct note_key *k = &w->logs->logs[i].key;
        if (!view_equal(k->name, c->origin))
            continue;
        facts->known = true;
        enum err err = note_verify(&c->note, k, NULL);
        if (err != ERR_NOT_FOUND)
            facts->is_signed = err;
        if (err == ERR_MISMATCH)
            return;
    }
}

static enum err load(struct witness_facts *facts, const struct witness *w, struct arena *a, const char *path,
                     const struct checkpoint *c)
{
    struct view text;
    struct checkpoint last;
    find_signature(facts, w, c);
    if (!facts->known)
        return ERR_OK;
    enum err err = file_read(a, path, NOTE_MAX, &text);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (!err)
        err = checkpoint_read(&last, a, text);
    if (err)
        return err;
    facts->size = last.size;
    memcpy(facts->root, last.root, TREE_HASH);
    return ERR_OK;
}

/* What the log signed and what we add, durable before it is told; without signatures of others. */
static enum err remember(struct view *line, const struct witness *w, struct arena *a, const char *path,
                         const struct checkpoint *c, int64_t now)
{
    struct buf b, whole;
    struct view text;
    buf_open(&b, a, 4096);
    buf_open(&whole, a, NOTE_MAX);
    enum err err = note_put_signature(&b, c->note.text, &w->key, w->private_key, now);
    if (!err)
        err = buf_done(&b, line);
    buf_put(&whole, c->note.text);
    buf_put_byte(&whole, '\n');
    for (size_t i = 0; i < c->note.n; i++)
        for (size_t k = 0; k < w->logs->n_logs; k++)
            if (w->logs->logs[k].key.id == c->note.signatures[i].id &&
                view_equal(w->logs->logs[k].key.name, c->note.signatures[i].name))
                buf_put(&whole, c->note.signatures[i].line);
    if (!err) {
        buf_put(&whole, *line);
        err = buf_done(&whole, &text);
    }
    return err ? err : file_write(path, text, 0600);
}

static const char *why_of(int status)
{
    static const struct {
        int status;
        const char *why;
    } rows[] = {{400, "the old size is above the new one"},
                {403, "no good signature of the log"},
                {404, "an unknown log"},
                {409, "the old size is not what was cosigned last"},
                {422, "the proof does not hold: this may be a rewritten log"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].why;
    return "cosigned";
}

static enum err add(struct witness *w, struct arena *a, const struct witness_request *r, int64_t now,
                    struct witness_answer *out)
{
    struct witness_facts facts = {0};
    const char *path = path_of(w, a, r->checkpoint.origin);
    enum err err = path ? load(&facts, w, a, path, &r->checkpoint) : ERR_MEMORY;
    if (err)
        return err;
    out->status = witness_decide(r, &facts);
    out->why = why_of(out->status);
    if (out->status == 200)
        return remember(&out->body, w, a, path, &r->checkpoint, now);
    if (out->status == 409) {
        out->content_type = "text/x.tlog.size";
        out->body = view_text(arena_printf(a, "%lld\n", (long long)facts.size));
    }
    return ERR_OK;
}

enum err witness_add(struct witness *w, struct arena *a, struct view body, int64_t now, struct witness_answer *out)
{
    struct witness_request *r = arena_alloc(a, sizeof *r);
    *out = (struct witness_answer){.status = 400, .content_type = "text/plain; charset=utf-8", .body = VIEW("")};
    if (!r)
        return ERR_MEMORY;
    enum err err = witness_request_read(r, a, body);
    if (err == ERR_SYNTAX || err == ERR_LIMIT) {
        out->why = "not an add-checkpoint request";
        return ERR_OK;
    }
    if (err)
        return err;
    pthread_mutex_lock(&w->lock);
    err = add(w, a, r, now, out);
    pthread_mutex_unlock(&w->lock);
    return err;
}

enum err witness_find(struct witness *w, struct arena *a, struct view origin_hash, struct view *out)
{
    uint8_t bytes[SHA256_SIZE];
    if (hex_read_into(bytes, sizeof bytes, origin_hash) != ERR_OK)
        return ERR_NOT_FOUND;
    const char *path =
        arena_printf(a, "%s/%.*s.checkpoint", w->folder, (int)origin_hash.n, (const char *)origin_hash.p);
    return path ? file_read(a, path, NOTE_MAX, out) : ERR_MEMORY;
}
