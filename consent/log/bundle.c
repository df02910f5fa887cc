#include "consent/log/bundle.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/text.h"

#define FIRST_LINE "genkan-ledger-bundle/1"

enum { LINE_MAX_BYTES = 64 * 1024, LINE_ARENA = 512 * 1024 };

/* --- writing ---------------------------------------------------------------------------------------------------- */

static enum err put_base64(FILE *out, struct view v)
{
    struct arena a;
    arena_open(&a, 4096);
    const char *text = base64_text(&a, v);
    bool ok = text && fputs(text, out) >= 0;
    arena_close(&a);
    return ok ? ERR_OK : ERR_IO;
}

enum err bundle_write_head(FILE *out, struct view origin, const struct tree *before)
{
    fprintf(out, FIRST_LINE "\norigin %.*s\nfrom %" PRIu64 "\n", (int)origin.n, (const char *)origin.p, before->size);
    for (unsigned i = 0; i < before->n; i++) {
        enum err err = put_base64(out, VIEW_ARRAY(before->edge[i]));
        if (err)
            return err;
        fputc('\n', out);
    }
    return fputc('\n', out) == EOF ? ERR_IO : ERR_OK;
}

enum err bundle_write_leaf(FILE *out, unsigned type, struct view salt, struct view event,
                           const uint8_t digest[SHA256_SIZE])
{
    fprintf(out, "%u ", type);
    enum err err = put_base64(out, view_is(event) ? salt : view_bytes(digest, SHA256_SIZE));
    if (!err && view_is(event)) {
        fputc(' ', out);
        fwrite(event.p, 1, event.n, out);
    }
    return !err && fputc('\n', out) == EOF ? ERR_IO : err;
}

enum err bundle_write_end(FILE *out, struct view checkpoint)
{
    fputc('\n', out);
    return fwrite(checkpoint.p, 1, checkpoint.n, out) == checkpoint.n && fflush(out) == 0 ? ERR_OK : ERR_IO;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct reading {
    FILE *in;
    char *line; /* getline's */
    size_t room;
    int64_t number;
    struct arena *a;      /* what stays */
    struct arena scratch; /* of one line */
    struct bundle_report *r;
    struct tree tree;
    uint8_t *gone, *declared; /* a bit for each leaf of the bundle */
    size_t bits;
};

static void note(struct bundle_report *r, int64_t index, const char *what)
{
    if (r->faults < BUNDLE_FAULTS_MAX)
        r->first[r->faults] = (struct bundle_fault){index, what};
    r->faults++;
}

/* The next line without its newline. ERR_SYNTAX: there is none, or it does not end in one. */
static enum err next_line(struct reading *b, struct view *out)
{
    ssize_t n = getline(&b->line, &b->room, b->in);
    b->number++;
    arena_reset(&b->scratch);
    if (n < 0)
        return ferror(b->in) ? ERR_IO : ERR_SYNTAX;
    if (n > LINE_MAX_BYTES || b->line[n - 1] != '\n')
        return ERR_SYNTAX;
    *out = view_bytes(b->line, (size_t)n - 1);
    return ERR_OK;
}

/* A line "WORD rest". */
static enum err read_word(struct reading *b, struct view word, struct view *rest)
{
    struct view line;
    enum err err = next_line(b, &line);
    if (err)
        return err;
    if (!view_starts(line, word))
        return ERR_SYNTAX;
    *rest = view_from(line, word.n);
    return ERR_OK;
}

static enum err read_edge(struct reading *b)
{
    uint8_t edge[TREE_DEPTH][TREE_HASH];
    struct view line, hash;
    size_t n = 0;
    enum err err = next_line(b, &line);
    while (!err && line.n > 0) {
        err = n < TREE_DEPTH ? base64_read(&b->scratch, line, &hash) : ERR_SYNTAX;
        if (!err && hash.n != TREE_HASH)
            err = ERR_SYNTAX;
        if (!err)
            memcpy(edge[n++], hash.p, TREE_HASH);
        if (!err)
            err = next_line(b, &line);
    }
    if (err)
        return err;
    return tree_load(&b->tree, (uint64_t)b->r->from, view_bytes(edge, n * TREE_HASH)) ? ERR_OK : ERR_SYNTAX;
}

static enum err read_head(struct reading *b)
{
    struct view rest;
    enum err err = read_word(b, VIEW(FIRST_LINE), &rest);
    if (!err && rest.n > 0)
        err = ERR_SYNTAX;
    if (!err)
        err = read_word(b, VIEW("origin "), &rest);
    if (err)
        return err;
    b->r->origin = arena_copy(b->a, rest);
    err = read_word(b, VIEW("from "), &rest);
    if (!err && !text_to_int(rest, &b->r->from))
        err = ERR_SYNTAX;
    return err ? err : read_edge(b);
}

/* --- leaves ----------------------------------------------------------------------------------------------------- */

static enum err make_room(struct reading *b, int64_t leaves)
{
    size_t bytes = (size_t)leaves / 8 + 1;
    if (bytes <= b->bits)
        return ERR_OK;
    size_t grown = bytes * 2 < 4096 ? 4096 : bytes * 2;
    uint8_t *gone = realloc(b->gone, grown);
    b->gone = gone ? gone : b->gone;
    uint8_t *declared = realloc(b->declared, grown);
    b->declared = declared ? declared : b->declared;
    if (!gone || !declared)
        return ERR_MEMORY;
    memset(gone + b->bits, 0, grown - b->bits);
    memset(declared + b->bits, 0, grown - b->bits);
    b->bits = grown;
    return ERR_OK;
}

static void set_bit(uint8_t *bits, int64_t i)
{
    bits[i / 8] |= (uint8_t)(1U << (i % 8));
}

/* Leaves erased before the bundle begins are none of its business. */
static enum err take_declared(struct reading *b, struct view event)
{
    struct json *j;
    int64_t i;
    enum err err = json_read(&j, &b->scratch, event, NULL);
    const struct json *indexes = err ? NULL : json_member(j, "indexes");
    for (size_t k = 0; k < json_count(indexes); k++)
        if (json_int(json_at(indexes, k), &i) && i >= b->r->from && i < b->r->size)
            set_bit(b->declared, i - b->r->from);
    return err == ERR_SYNTAX ? ERR_OK : err;
}

static enum err take_event(struct reading *b, int64_t type, struct view salt, struct view event)
{
    enum ledger_type said;
    if (salt.n != LEAF_SALT)
        return ERR_SYNTAX;
    if (!leaf_type_of_event(event, &said) || (int64_t)said != type)
        note(b->r, b->r->size, "the class is not the event's type");
    return type == LEDGER_ERASED ? take_declared(b, event) : ERR_OK;
}

/* "<class> <base64 of the salt> <event>" or, once erased, "<class> <base64 of the digest>" */
static enum err take_leaf(struct reading *b, struct view line)
{
    struct view class, coded, event = line, bytes;
    uint8_t digest[SHA256_SIZE], hash[TREE_HASH];
    int64_t type;
    if (!view_next(&event, ' ', &class) || !view_next(&event, ' ', &coded) || !text_to_int(class, &type) || type < 1 ||
        type > LEDGER_TYPE_LAST)
        return ERR_SYNTAX;
    enum err err = base64_read(&b->scratch, coded, &bytes);
    if (!err)
        err = make_room(b, b->r->size - b->r->from + 1);
    if (!err && !view_is(event) && bytes.n != SHA256_SIZE)
        err = ERR_SYNTAX;
    if (!err && view_is(event))
        err = take_event(b, type, bytes, event);
    if (err)
        return err;
    if (view_is(event)) {
        leaf_digest(digest, bytes, event);
    } else {
        memcpy(digest, bytes.p, SHA256_SIZE);
        set_bit(b->gone, b->r->size - b->r->from);
        b->r->erased++;
    }
    leaf_hash(hash, (unsigned)type, digest);
    tree_append(&b->tree, hash);
    b->r->of_type[type]++;
    b->r->size++;
    return ERR_OK;
}

static enum err read_leaves(struct reading *b)
{
    struct view line;
    enum err err = next_line(b, &line);
    while (!err && line.n > 0) {
        err = take_leaf(b, line);
        if (!err)
            err = next_line(b, &line);
    }
    return err;
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

static enum err read_checkpoint(struct reading *b, struct checkpoint *c)
{
    char *text = arena_alloc(b->a, NOTE_MAX + 1);
    if (!text)
        return ERR_MEMORY;
    size_t n = fread(text, 1, NOTE_MAX + 1, b->in);
    b->number++;
    return ferror(b->in) ? ERR_IO : n > NOTE_MAX ? ERR_SYNTAX : checkpoint_read(c, b->a, view_bytes(text, n));
}

static void compare_earlier(struct bundle_report *r, const uint8_t root[TREE_HASH], const struct checkpoint *earlier)
{
    if (!view_equal(earlier->origin, r->origin))
        note(r, -1, "the checkpoint that was kept is another log's");
    else if (earlier->size != r->from)
        note(r, -1, "the bundle does not begin where the checkpoint that was kept ends");
    else if (memcmp(earlier->root, root, TREE_HASH) != 0)
        note(r, -1, "the log is not a continuation of the checkpoint that was kept: it was rewritten");
}

static void compare_end(struct reading *b, const struct checkpoint *c)
{
    struct bundle_report *r = b->r;
    tree_root(r->root, &b->tree);
    if (!view_equal(c->origin, r->origin))
        note(r, -1, "the checkpoint is another log's");
    if (c->size != r->size)
        note(r, -1, "the checkpoint counts another number of leaves");
    if (memcmp(c->root, r->root, TREE_HASH) != 0)
        note(r, -1, "events, salts or leaves are not those that the checkpoint signs");
    if (r->verdict.answer != POLICY_GOOD)
        note(r, -1, policy_answer_text(r->verdict.answer));
    for (int64_t i = 0; i < r->size - r->from; i++) {
        bool gone = b->gone[i / 8] >> (i % 8) & 1, declared = b->declared[i / 8] >> (i % 8) & 1;
        if (gone && !declared)
            note(r, r->from + i, "salt and event are gone, and no erased event names the leaf");
        if (declared && !gone)
            note(r, r->from + i, "an erased event names the leaf, but salt and event are there");
    }
}

static enum err verify(struct reading *b, const struct policy *policy, const struct checkpoint *earlier)
{
    uint8_t root[TREE_HASH];
    struct checkpoint *c = arena_alloc(b->a, sizeof *c);
    enum err err = c ? read_head(b) : ERR_MEMORY;
    if (err)
        return err;
    b->r->size = b->r->from;
    tree_root(root, &b->tree);
    err = read_leaves(b);
    if (!err)
        err = read_checkpoint(b, c);
    if (!err && earlier)
        err = policy_decide(&b->r->verdict, policy, earlier);
    if (!err && earlier && b->r->verdict.answer != POLICY_GOOD && b->r->verdict.answer != POLICY_NO_WITNESSES)
        note(b->r, -1, "the checkpoint that was kept is not signed by a log of the policy");
    if (!err)
        err = policy_decide(&b->r->verdict, policy, c);
    if (err)
        return err;
    if (earlier)
        compare_earlier(b->r, root, earlier);
    compare_end(b, c);
    return ERR_OK;
}

enum err bundle_verify(struct bundle_report *out, struct arena *a, FILE *in, const struct policy *policy,
                       const struct checkpoint *earlier, int64_t *line)
{
    struct reading b = {.in = in, .a = a, .r = out};
    *out = (struct bundle_report){0};
    arena_open(&b.scratch, LINE_ARENA);
    enum err err = make_room(&b, 1);
    if (!err)
        err = verify(&b, policy, earlier);
    *line = b.number;
    free(b.line);
    free(b.gone);
    free(b.declared);
    arena_close(&b.scratch);
    return err;
}
