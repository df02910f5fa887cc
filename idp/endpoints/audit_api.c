/* GET /audit/events, /audit/counts: the ledger for auditors' programs, with the power of `genkan audit list` and
 * `count`; GET /audit/export: with that of `genkan audit export`. What is long is made while it is sent, a piece at a
 * time, so that nobody else waits for a worker. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "consent/audit.h"
#include "consent/listing.h"
#include "consent/tally.h"
#include "idp/endpoints/auditing.h"
#include "idp/endpoints/download.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/state/config.h"

enum { ANSWER_MAX = 400 * 1024, LINE_ARENA = 256 * 1024 };

/* A piece takes a few hundredths of a second. */
enum { PART_EVENTS = 500, PART_LOOK = 20000, PART_GROUPS = 1000, PART_LEAVES = 400, COUNTING_MAX = 16 << 20 };

struct answering {
    const struct op *op;
    struct visit *v; /* not in a stream */
    struct auditor who;
    struct auditing_question question;
    struct tally_by by;
    bool json; /* one object; else line by line: */
    enum listing_format format;
    struct buf body;
    struct json_out out;
    struct streaming {
        struct arena arena; /* of the groups */
        struct counting *counting;
        struct tally tally;
        size_t groups; /* sent */
        bool begun, counted;
        struct audit_bundle bundle;
    } stream;
};

/* --- what is asked? ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *word, *type;
    bool json;
    enum listing_format format;
} formats[] = {{"json", "application/json", true, LISTING_JSONL},
               {"jsonl", "application/x-ndjson", false, LISTING_JSONL},
               {"csv", "text/csv", false, LISTING_CSV},
               {"table", "text/plain", false, LISTING_TABLE}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* By "format"; else by the type that is wanted first (RFC 9110 12.5.1), where it is one of ours; else JSON. */
static enum err read_format(struct answering *x, const char **name, const char **rule)
{
    struct view word = form_get(x->v->request->query, "format"), accept = request_header(x->v->request, "Accept");
    size_t i = 0;
    if (view_is(word))
        while (i < FORMATS && !view_equal_text(word, formats[i].word))
            i++;
    else
        for (size_t k = 1; k < FORMATS; k++)
            if (view_starts(accept, view_text(formats[k].type)))
                i = k;
    *name = "format";
    *rule = "must be json, jsonl, csv or table";
    if (i == FORMATS)
        return ERR_SYNTAX;
    x->json = formats[i].json;
    x->format = formats[i].format;
    if (!x->question.all || !x->json)
        return ERR_OK;
    *rule = "must be jsonl, csv or table with limit=all";
    return ERR_SYNTAX;
}

static enum err read_groups(struct answering *x, const char **name, const char **rule)
{
    struct view by = form_get(x->v->request->query, "by");
    *name = "by";
    return tally_read(&x->by, view_is(by) ? by : VIEW("service"), rule);
}

/* A stream outlives the handler: what it needs is in the arena of the request. */
static struct answering *open_answer(struct visit *v, bool counts)
{
    const char *name = "", *rule = "";
    struct answering *x = arena_alloc(v->arena, sizeof *x);
    if (!x) {
        json_answer_failure(v, ERR_MEMORY, "answer an auditor");
        return NULL;
    }
    *x = (struct answering){.op = v->op, .v = v};
    if (auditing_refuse(v, auditing_find(v, &x->who), "find the auditor"))
        return NULL;
    enum err e = auditing_read(&x->question, v, &name, &rule);
    x->question.walk.every_event = view_equal_text(form_get(v->request->query, "every_event"), "yes");
    if (!e)
        e = read_format(x, &name, &rule);
    if (!e && counts)
        e = read_groups(x, &name, &rule);
    if (e) {
        const char *text = arena_printf(v->arena, "%s %s", name, rule);
        json_answer_error(v, 400, "invalid_request", text ? text : "a parameter is wrong");
        return NULL;
    }
    buf_open(&x->body, v->arena, ANSWER_MAX);
    json_out_open(&x->out, &x->body);
    return x;
}

static const char *type_of(enum listing_format format)
{
    return format == LISTING_CSV     ? "text/csv; charset=utf-8"
           : format == LISTING_TABLE ? "text/plain; charset=utf-8"
                                     : "application/x-ndjson";
}

/* "events" becomes "genkan-events.csv". */
static const char *file_of(struct visit *v, const char *what, enum listing_format format)
{
    static const char *const ends[] = {[LISTING_TABLE] = "txt", [LISTING_CSV] = "csv", [LISTING_JSONL] = "jsonl"};
    return arena_printf(v->arena, "genkan-%s.%s", what, ends[format]);
}

static void send(struct answering *x, const char *what)
{
    struct view body;
    if (x->json)
        json_answer(x->v, &x->body);
    else if (!auditing_refuse(x->v, buf_done(&x->body, &body), "write the answer"))
        download_answer(x->v, type_of(x->format), file_of(x->v, what, x->format), body);
}

/* --- events ------------------------------------------------------------------------------------------------------- */

static enum err put_event(void *ctx, const struct query_event *e)
{
    struct answering *x = ctx;
    struct arena a;
    if (x->json) {
        struct buf one;
        struct view line;
        buf_open(&one, x->v->arena, 16384);
        listing_put(&one, x->v->arena, x->format, e);
        enum err err = buf_done(&one, &line);
        if (!err)
            json_put_raw(&x->out, view_part(line, 0, line.n - 1));
        return err ? err : x->body.err;
    }
    arena_open(&a, LINE_ARENA);
    listing_put(&x->body, &a, x->format, e);
    arena_close(&a);
    return x->body.err;
}

static enum err put_events(struct answering *x)
{
    if (x->json) {
        json_begin(&x->out);
        json_key(&x->out, "events");
        json_begin_array(&x->out);
    } else {
        listing_put_head(&x->body, x->format);
    }
    enum err e = query_each(&x->question.walk, x->v->db, &x->question.query, put_event, x);
    if (x->json && !e) {
        json_end_array(&x->out);
        json_pair_int(&x->out, "snapshot", x->question.walk.snapshot);
        json_pair_text(&x->out, "next", query_cursor(x->v->arena, &x->question.walk));
        json_end(&x->out);
    }
    return e;
}

/* The reading connection for one part of a stream. ERR_PERMISSION: she is no auditor any more, and gets no more. */
static enum err begin_part(struct db **db, const struct answering *x)
{
    struct auditor still;
    struct arena a;
    *db = store_borrow(x->op->store);
    arena_open(&a, 4096);
    enum err e = auditor_find(&still, &a, *db, x->who.resident);
    arena_close(&a);
    return e == ERR_NOT_FOUND || (!e && !ident_equal(still.id, x->who.id)) ? ERR_PERMISSION : e;
}

struct line_writer {
    const struct answering *x;
    struct buf *out;
};

static enum err put_line(void *ctx, const struct query_event *e)
{
    struct line_writer *w = ctx;
    struct arena a;
    arena_open(&a, LINE_ARENA);
    listing_put(w->out, &a, w->x->format, e);
    arena_close(&a);
    return w->out->err;
}

/* Long events fill a part before there are PART_EVENTS of them: then half as many, and so on. */
static enum err put_some(struct answering *x, struct db *db, struct buf *out)
{
    struct query_walk *w = &x->question.walk;
    struct line_writer writer = {x, out};
    struct buf before = *out;
    enum err e;
    w->limit = PART_EVENTS;
    do {
        out->n = before.n;
        out->err = ERR_OK;
        e = query_each(w, db, &x->question.query, put_line, &writer);
        w->limit /= 2;
    } while (e && out->err == ERR_LIMIT && w->limit > 0);
    return e;
}

static enum err next_events(void *ctx, const struct request *request, struct buf *out, bool *end)
{
    struct answering *x = ctx;
    struct query_walk *w = &x->question.walk;
    (void)request;
    if (!x->stream.begun)
        listing_put_head(out, x->format);
    x->stream.begun = true;
    struct db *db;
    enum err e = begin_part(&db, x);
    if (!e)
        e = put_some(x, db, out);
    store_return(x->op->store, db);
    w->from = w->next;
    *end = w->next < 0;
    return e;
}

/* WHAT of everything that matches, at the moment of the question, with no end to look for. */
static void stream(struct answering *x, const char *what, part_fn *part)
{
    struct visit *v = x->v;
    const char *disposition = arena_printf(v->arena, "attachment; filename=\"%s\"", file_of(v, what, x->format));
    x->question.walk.look_max = PART_LOOK;
    x->question.walk.pauses = true;
    x->v = NULL;
    answer_stream(v->answer, 200, type_of(x->format), part, x);
    answer_header_text(v->answer, "Content-Disposition", disposition);
}

void handle_audit_events(struct visit *v)
{
    struct answering *x = open_answer(v, false);
    if (!x)
        return;
    enum err e = auditing_ask(v, &x->who, "query", &x->question);
    if (!e && x->question.all) {
        stream(x, "events", next_events);
        return;
    }
    if (!e)
        e = put_events(x);
    if (auditing_refuse(v, e, "answer an auditor"))
        return;
    const char *next = query_cursor(v->arena, &x->question.walk);
    if (next) /* for those formats that have no place for it */
        answer_header_text(v->answer, "Genkan-Next", next);
    send(x, "events");
}

/* --- counts ------------------------------------------------------------------------------------------------------- */

static void put_tally(struct answering *x, const struct tally *t)
{
    if (!x->json) {
        tally_put_head(&x->body, &x->by, x->format);
        for (size_t i = 0; i < t->n; i++)
            tally_put_group(&x->body, &x->by, x->format, &t->groups[i]);
        return;
    }
    json_begin(&x->out);
    json_pair_int(&x->out, "events", t->events);
    json_pair_int(&x->out, "snapshot", x->question.walk.snapshot);
    json_key(&x->out, "groups");
    json_begin_array(&x->out);
    for (size_t i = 0; i < t->n; i++) {
        json_begin(&x->out);
        for (size_t k = 0; k < x->by.n; k++)
            json_pair(&x->out, x->by.keys[k], t->groups[i].key[k]);
        json_pair_int(&x->out, "n", t->groups[i].n);
        json_end(&x->out);
    }
    json_end_array(&x->out);
    json_end(&x->out);
}

static enum err count_on(struct answering *x)
{
    struct query_walk *w = &x->question.walk;
    struct db *db;
    enum err e = begin_part(&db, x);
    if (!e)
        e = tally_add(x->stream.counting, w, db, &x->question.query);
    store_return(x->op->store, db);
    w->from = w->next;
    x->stream.counted = w->next < 0;
    if (!e && x->stream.counted)
        tally_end(&x->stream.tally, x->stream.counting);
    return e;
}

/* Nothing is sent before everything is counted. */
static enum err next_groups(void *ctx, const struct request *request, struct buf *out, bool *end)
{
    struct answering *x = ctx;
    struct streaming *s = &x->stream;
    (void)request;
    if (!s->counted)
        return count_on(x);
    if (!s->begun)
        tally_put_head(out, &x->by, x->format);
    s->begun = true;
    for (size_t to = s->groups + PART_GROUPS; s->groups < to && s->groups < s->tally.n; s->groups++)
        tally_put_group(out, &x->by, x->format, &s->tally.groups[s->groups]);
    *end = s->groups == s->tally.n;
    return ERR_OK;
}

static void close_arena(void *arena)
{
    arena_close(arena);
}

static void stream_counts(struct answering *x)
{
    struct visit *v = x->v;
    arena_open(&x->stream.arena, COUNTING_MAX);
    enum err e = arena_on_close(v->arena, close_arena, &x->stream.arena)
                     ? tally_begin(&x->stream.counting, &x->stream.arena, &x->by)
                     : ERR_MEMORY;
    if (!auditing_refuse(v, e, "count for an auditor"))
        stream(x, "counts", next_groups);
}

void handle_audit_counts(struct visit *v)
{
    struct answering *x = open_answer(v, true);
    struct tally t;
    if (!x)
        return;
    x->question.walk.limit = 0;
    enum err e = auditing_ask(v, &x->who, "count", &x->question);
    if (!e && x->question.all) {
        stream_counts(x);
        return;
    }
    if (!e)
        e = tally_count(&t, v->arena, &x->question.walk, v->db, &x->question.query, &x->by);
    if (!e) {
        put_tally(x, &t);
        e = x->body.err;
    }
    if (!auditing_refuse(v, e, "answer an auditor"))
        send(x, "counts");
}

/* --- export ------------------------------------------------------------------------------------------------------- */

static enum err next_leaves(void *ctx, const struct request *request, struct buf *out, bool *end)
{
    struct answering *x = ctx;
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    (void)request;
    if (!file)
        return ERR_MEMORY;
    struct db *db;
    enum err e = begin_part(&db, x);
    if (!e)
        e = audit_bundle_write(&x->stream.bundle, file, db, PART_LEAVES, end);
    store_return(x->op->store, db);
    if (fclose(file) != 0 && !e)
        e = ERR_MEMORY;
    buf_put(out, view_bytes(text, n));
    if (text)
        wipe(text, n);
    free(text);
    return e;
}

static enum err open_bundle(struct answering *x, struct visit *v)
{
    struct view word = form_get(v->request->query, "from");
    int64_t from = 0;
    if (view_is(word) && !text_to_int(word, &from))
        return ERR_SYNTAX;
    enum err e = audit_bundle_open(&x->stream.bundle, v->arena, v->op->config->ledger.folder, from);
    const char *act = arena_printf(v->arena, "export from=%" PRId64, from);
    return e ? e : auditing_note(v, &x->who, act, NULL);
}

void handle_audit_export(struct visit *v)
{
    struct answering *x = arena_alloc(v->arena, sizeof *x);
    if (!x) {
        json_answer_failure(v, ERR_MEMORY, "export the ledger");
        return;
    }
    *x = (struct answering){.op = v->op};
    if (auditing_refuse(v, auditing_find(v, &x->who), "find the auditor"))
        return;
    enum err e = open_bundle(x, v);
    if (e == ERR_SYNTAX || e == ERR_LIMIT)
        json_answer_error(v, 400, "invalid_request",
                          "from must be the size of a checkpoint, at most of the published one");
    else if (e == ERR_NOT_FOUND)
        json_answer_error(v, 404, "not_found", "nothing is published yet");
    else if (e)
        json_answer_failure(v, e, "export the ledger");
    else {
        answer_stream(v->answer, 200, "text/plain; charset=utf-8", next_leaves, x);
        answer_header_text(v->answer, "Content-Disposition", "attachment; filename=\"genkan-ledger.bundle\"");
    }
}
