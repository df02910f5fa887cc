/* GET /audit/events, /audit/counts: the ledger for auditors' programs, with the power of `genkan audit list` and
 * `count`. JSON, or CSV with format=csv. */
#include "base/json.h"
#include "consent/listing.h"
#include "consent/tally.h"
#include "idp/endpoints/auditing.h"
#include "idp/endpoints/download.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"

enum { ANSWER_MAX = 400 * 1024 };

struct answering {
    struct visit *v;
    struct auditor who;
    struct auditing_question question;
    struct tally_by by;
    enum listing_format format;
    struct buf body;
    struct json_out json;
};

/* --- who asks what? ---------------------------------------------------------------------------------------------- */

static enum err read_format(struct answering *x, const char **name, const char **rule)
{
    struct view format = form_get(x->v->request->query, "format");
    x->format = LISTING_JSONL;
    if (!view_is(format) || (listing_format_of(format, &x->format) && x->format != LISTING_TABLE))
        return ERR_OK;
    *name = "format";
    *rule = "must be json or csv";
    return ERR_SYNTAX;
}

static enum err read_groups(struct answering *x, const char **name, const char **rule)
{
    struct view by = form_get(x->v->request->query, "by");
    *name = "by";
    return tally_read(&x->by, view_is(by) ? by : VIEW("service"), rule);
}

static bool open_answer(struct answering *x, struct visit *v, bool counts)
{
    const char *name = "", *rule = "";
    *x = (struct answering){.v = v};
    if (auditing_refuse(v, auditing_find(v, &x->who), "find the auditor"))
        return false;
    enum err e = auditing_read(&x->question, v, &name, &rule);
    if (!e)
        e = read_format(x, &name, &rule);
    if (!e && counts)
        e = read_groups(x, &name, &rule);
    if (e) {
        const char *text = arena_printf(v->arena, "%s %s", name, rule);
        json_answer_error(v, 400, "invalid_request", text ? text : "a parameter is wrong");
        return false;
    }
    buf_open(&x->body, v->arena, ANSWER_MAX);
    json_out_open(&x->json, &x->body);
    return true;
}

static void send(struct answering *x, const char *name)
{
    struct view body;
    if (x->format == LISTING_JSONL)
        json_answer(x->v, &x->body);
    else if (!auditing_refuse(x->v, buf_done(&x->body, &body), "write the answer"))
        download_answer(x->v, "text/csv; charset=utf-8", name, body);
}

/* --- events ------------------------------------------------------------------------------------------------------- */

static enum err put_event(void *ctx, const struct query_event *e)
{
    struct answering *x = ctx;
    struct arena a;
    if (x->format == LISTING_JSONL) {
        struct buf one;
        struct view line;
        buf_open(&one, x->v->arena, 16384);
        listing_put(&one, x->v->arena, x->format, e);
        enum err err = buf_done(&one, &line);
        if (!err)
            json_put_raw(&x->json, view_part(line, 0, line.n - 1));
        return err ? err : x->body.err;
    }
    arena_open(&a, 64 * 1024);
    listing_put(&x->body, &a, x->format, e);
    arena_close(&a);
    return x->body.err;
}

static enum err put_events(struct answering *x)
{
    bool json = x->format == LISTING_JSONL;
    if (json) {
        json_begin(&x->json);
        json_key(&x->json, "events");
        json_begin_array(&x->json);
    } else {
        listing_put_head(&x->body, x->format);
    }
    enum err e = query_each(&x->question.walk, x->v->db, &x->question.query, put_event, x);
    if (json && !e) {
        json_end_array(&x->json);
        json_pair_int(&x->json, "snapshot", x->question.walk.snapshot);
        json_pair_text(&x->json, "next", query_cursor(x->v->arena, &x->question.walk));
        json_end(&x->json);
    }
    return e;
}

void handle_audit_events(struct visit *v)
{
    struct answering x;
    if (!open_answer(&x, v, false))
        return;
    enum err e = auditing_ask(v, &x.who, "query", &x.question);
    if (!e)
        e = put_events(&x);
    if (auditing_refuse(v, e, "answer an auditor"))
        return;
    const char *next = query_cursor(v->arena, &x.question.walk);
    if (next) /* for CSV, which has no place for it */
        answer_header_text(v->answer, "Genkan-Next", next);
    send(&x, "genkan-events.csv");
}

/* --- counts ------------------------------------------------------------------------------------------------------- */

static void put_groups(struct answering *x, const struct tally *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (x->format == LISTING_JSONL) {
            json_begin(&x->json);
            for (size_t k = 0; k < x->by.n; k++)
                json_pair(&x->json, x->by.keys[k], t->groups[i].key[k]);
            json_pair_int(&x->json, "n", t->groups[i].n);
            json_end(&x->json);
            continue;
        }
        for (size_t k = 0; k < x->by.n; k++) {
            listing_put_cell(&x->body, t->groups[i].key[k]);
            buf_put_byte(&x->body, ',');
        }
        buf_put_int(&x->body, t->groups[i].n);
        buf_put_text(&x->body, "\r\n");
    }
}

static void put_tally(struct answering *x, const struct tally *t)
{
    if (x->format == LISTING_JSONL) {
        json_begin(&x->json);
        json_pair_int(&x->json, "events", t->events);
        json_pair_int(&x->json, "snapshot", x->question.walk.snapshot);
        json_key(&x->json, "groups");
        json_begin_array(&x->json);
        put_groups(x, t);
        json_end_array(&x->json);
        json_end(&x->json);
        return;
    }
    buf_put_text(&x->body, "\xEF\xBB\xBF");
    for (size_t k = 0; k < x->by.n; k++)
        buf_printf(&x->body, "%s,", x->by.keys[k]);
    buf_put_text(&x->body, "n\r\n");
    put_groups(x, t);
}

void handle_audit_counts(struct visit *v)
{
    struct answering x;
    struct tally t;
    if (!open_answer(&x, v, true))
        return;
    x.question.walk.limit = 0;
    enum err e = auditing_ask(v, &x.who, "count", &x.question);
    if (!e)
        e = tally_count(&t, v->arena, &x.question.walk, v->db, &x.question.query, &x.by);
    if (!e) {
        put_tally(&x, &t);
        e = x.body.err;
    }
    if (!auditing_refuse(v, e, "answer an auditor"))
        send(&x, "genkan-counts.csv");
}
