#include "consent/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "consent/birthdate.h"
#include "consent/block.h"
#include "consent/event.h"
#include "consent/field.h"
#include "consent/ledger.h"

enum { BLOCKS_AT_ONCE = 64, WORDS_MAX = 2048, DAY_MS = 86400000, JST_MS = 9 * 3600 * 1000 };

/* --- does an event match? --------------------------------------------------------------------------------------- */

/* The texts a query may name, and the member that each is in. */
static const struct {
    const char *key, *member;
    size_t offset;
} texts[] = {
    {"service", "client", offsetof(struct query, client)},
    {"org", "org", offsetof(struct query, org)},
    {"sector", "sector", offsetof(struct query, sector)},
    {"ground", "ground", offsetof(struct query, ground)},
    {"via", "via", offsetof(struct query, via)},
    {"subject", "subject", offsetof(struct query, subject)},
    {"resident", "resident", offsetof(struct query, resident)},
    {"grant", "grant", offsetof(struct query, grant)},
    {"session", "session", offsetof(struct query, session)},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static struct view *text_of(struct query *q, size_t i)
{
    return (struct view *)(void *)((uint8_t *)q + texts[i].offset);
}

static struct view wanted(const struct query *q, size_t i)
{
    return *(const struct view *)(const void *)((const uint8_t *)q + texts[i].offset);
}

bool query_is_about_content(const struct query *q)
{
    bool any = q->since || q->until || view_is(q->field);
    for (size_t i = 0; i < TEXTS; i++)
        any = any || view_is(wanted(q, i));
    return any;
}

static bool texts_match(const struct query *q, struct view event)
{
    for (size_t i = 0; i < TEXTS; i++) {
        struct view want = wanted(q, i);
        if (view_is(want) && !view_equal(event_text(event, texts[i].member), want))
            return false;
    }
    return true;
}

bool query_matches(const struct query *q, const struct query_event *e)
{
    if (q->type && q->type != e->type)
        return false;
    if (!view_is(e->text))
        return !query_is_about_content(q);
    if (q->since || q->until) {
        int64_t at = event_at(e->text);
        if (at < q->since || (q->until && at >= q->until))
            return false;
    }
    return texts_match(q, e->text) && (!view_is(q->field) || event_has_field(e->text, q->field));
}

/* --- the walk --------------------------------------------------------------------------------------------------- */

static const char SQL_EVENTS[] = "SELECT position, class, event FROM ledger_event WHERE position >= $1 AND "
                                 "position < $2 ORDER BY position";

struct walking {
    struct query_walk *w;
    struct db *db;
    const struct query *q;
    query_fn *fn;
    void *ctx;
    int64_t looked;
    struct block blocks[BLOCKS_AT_ONCE];
};

static bool is_full(const struct query_walk *w)
{
    return w->limit && w->matched >= w->limit;
}

static enum err on_row(void *ctx, const struct row *row)
{
    struct walking *x = ctx;
    struct query_event e = {row_int(row, 0), (enum ledger_type)row_int(row, 1), row_text(row, 2)};
    if (view_is(e.text) && !event_is_sound(e.text))
        return ERR_STORE; /* we wrote it: something else wrote over it */
    if (is_full(x->w)) {  /* the rest of the block belongs to the next page */
        if (x->w->next < 0 && query_matches(x->q, &e))
            x->w->next = e.position;
        return ERR_OK;
    }
    if (!query_matches(x->q, &e))
        return ERR_OK;
    x->w->matched++;
    return x->fn(x->ctx, &e);
}

static enum err look_at(struct walking *x, int64_t from, int64_t to)
{
    int64_t first = from > x->w->from ? from : x->w->from;
    int64_t end = to < x->w->snapshot ? to : x->w->snapshot;
    if (x->w->progress)
        x->w->progress(x->w->progress_ctx, first, x->w->snapshot);
    if (x->w->pauses && x->w->look_max && x->looked >= x->w->look_max) {
        x->w->next = first;
        return ERR_OK;
    }
    x->looked += first < end ? end - first : 0;
    if (!x->w->pauses && x->w->look_max && x->looked > x->w->look_max)
        return ERR_LIMIT;
    return first < end ? db_each(x->db, SQL_EVENTS, VALUES(V_INT(first), V_INT(end)), on_row, x) : ERR_OK;
}

/* By the index, up to END. A page that is full ends at the first match behind it. */
static enum err walk_blocks(struct walking *x, int64_t end)
{
    size_t n = BLOCKS_AT_ONCE;
    int64_t from = x->w->from;
    enum err err = ERR_OK;
    while (!err && n == BLOCKS_AT_ONCE && from < end && from < x->w->snapshot && x->w->next < 0) {
        err = block_find(x->blocks, &n, BLOCKS_AT_ONCE, x->db, x->q, from);
        for (size_t i = 0; i < n && !err && x->w->next < 0; i++)
            if (block_may_match(&x->blocks[i], x->q))
                err = look_at(x, x->blocks[i].first, x->blocks[i].first + BLOCK_EVENTS);
        if (!err && n)
            from = x->blocks[n - 1].first + BLOCK_EVENTS;
    }
    return err;
}

/* What no block covers yet, one block's worth at a time. */
static enum err walk_rest(struct walking *x, int64_t from)
{
    enum err err = ERR_OK;
    for (; from < x->w->snapshot && !err && x->w->next < 0; from += BLOCK_EVENTS)
        err = look_at(x, from, from + BLOCK_EVENTS);
    return err;
}

static enum err take_snapshot(struct query_walk *w, struct db *db)
{
    struct ledger_head head = {.size = w->snapshot};
    enum err err = w->snapshot ? ERR_OK : ledger_head_find(&head, db);
    w->snapshot = head.size;
    return err == ERR_SYNTAX ? ERR_STORE : err;
}

enum err query_each(struct query_walk *w, struct db *db, const struct query *q, query_fn *fn, void *ctx)
{
    struct walking x = {.w = w, .db = db, .q = q, .fn = fn, .ctx = ctx};
    int64_t end = 0;
    w->matched = 0;
    w->next = -1;
    enum err err = take_snapshot(w, db);
    if (!err && !w->every_event)
        err = block_end(&end, db);
    if (!err)
        err = walk_blocks(&x, end);
    if (!err)
        err = walk_rest(&x, w->from > end ? w->from : end);
    if (!err && w->progress)
        w->progress(w->progress_ctx, w->snapshot, w->snapshot);
    return err;
}

/* --- words ------------------------------------------------------------------------------------------------------ */

char *query_cursor(struct arena *a, const struct query_walk *w)
{
    return w->next < 0 ? NULL : arena_printf(a, "%" PRId64 ".%" PRId64, w->next, w->snapshot);
}

bool query_read_cursor(struct query_walk *w, struct view cursor)
{
    struct view rest = cursor, from, snapshot;
    return view_next(&rest, '.', &from) && view_next(&rest, '.', &snapshot) && !view_is(rest) &&
           text_to_int(from, &w->from) && text_to_int(snapshot, &w->snapshot) && w->from < w->snapshot;
}

bool query_read_day(int64_t *ms, struct view day)
{
    struct birthdate d; /* the same strict calendar */
    if (!birthdate_read(&d, day) || d.year < 1970 || !d.month || !d.day)
        return false;
    struct tm tm = {.tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day};
    *ms = (int64_t)timegm(&tm) * 1000 - JST_MS;
    return true;
}

const char *const query_keys[] = {"since",  "until", "service", "org",      "sector", "field",   "event",
                                  "ground", "via",   "subject", "resident", "grant",  "session", NULL};

static enum err fail(const char **rule, const char *text)
{
    *rule = text;
    return ERR_SYNTAX;
}

static enum err set_text(struct query *q, size_t i, struct view value, const char **rule)
{
    if (!value.n || !text_is_visible(value) || value.n > 255 || view_index(value, '"') < value.n ||
        view_index(value, '\\') < value.n)
        return fail(rule, "must be 1 to 255 visible ASCII characters without quotes and backslashes");
    *text_of(q, i) = value;
    return ERR_OK;
}

enum err query_set(struct query *q, struct view key, struct view value, const char **rule)
{
    static const char day_rule[] = "must be a day like 2026-05-01";
    if (view_equal_text(key, "since"))
        return query_read_day(&q->since, value) ? ERR_OK : fail(rule, day_rule);
    if (view_equal_text(key, "until")) {
        bool fine = query_read_day(&q->until, value);
        q->until += DAY_MS; /* to the end of it */
        return fine ? ERR_OK : fail(rule, day_rule);
    }
    if (view_equal_text(key, "event"))
        return ledger_type_of(value, &q->type) ? ERR_OK : fail(rule, "must be the name of an event like disclosed");
    if (view_equal_text(key, "field")) {
        q->field = value;
        return field_find(value) ? ERR_OK : fail(rule, "must be a field like address");
    }
    for (size_t i = 0; i < TEXTS; i++)
        if (view_equal_text(key, texts[i].key))
            return set_text(q, i, value, rule);
    return ERR_NOT_FOUND;
}

static void put_word(struct buf *b, const char *key, struct view value)
{
    if (!view_is(value))
        return;
    buf_put_text(b, b->n ? " " : "");
    buf_put_text(b, key);
    buf_put_text(b, "=");
    buf_put(b, value);
}

static void put_day(struct buf *b, const char *key, int64_t ms)
{
    if (ms)
        put_word(b, key, view_text(clock_jst_date(b->arena, ms / 1000)));
}

char *query_words(struct arena *a, const struct query *q)
{
    struct buf b;
    const char *text;
    buf_open(&b, a, WORDS_MAX + 16 * 256);
    put_day(&b, "since", q->since);
    put_day(&b, "until", q->until ? q->until - DAY_MS : 0);
    if (q->type)
        put_word(&b, "event", view_text(ledger_type_name(q->type)));
    put_word(&b, "field", q->field);
    for (size_t i = 0; i < TEXTS; i++)
        put_word(&b, texts[i].key, wanted(q, i));
    if (b.n == 0)
        buf_put_text(&b, "everything");
    return buf_done_text(&b, &text) ? NULL : arena_text(a, view_text(text));
}
