#include "consent/block.h"

#include "consent/event.h"
#include "consent/ledger.h"

static const char SQL_END[] = "SELECT coalesce(max(first) + 256, 0) FROM ledger_block";
static const char SQL_FIND[] = "SELECT first, at_min, at_max, types, marks FROM ledger_block WHERE first > $1 - 256 "
                               "AND at_max >= $2 AND at_min < $3 ORDER BY first LIMIT $4";
static const char SQL_FIND_ALL[] =
    "SELECT first, at_min, at_max, types, marks FROM ledger_block WHERE first > $1 - 256 "
    "ORDER BY first LIMIT $2";
static const char SQL_ADD[] =
    "INSERT INTO ledger_block (first, at_min, at_max, types, marks) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT DO NOTHING";
static const char SQL_LAST[] = "SELECT 1 FROM ledger_event WHERE position = $1";
static const char SQL_EVENTS[] = "SELECT class, event FROM ledger_event WHERE position >= $1 AND position < $2";
_Static_assert(BLOCK_EVENTS == 256, "the statements above say so");

/* --- marks ------------------------------------------------------------------------------------------------------ */

/* Who a mark is of: its place here keeps equal texts of different members apart. */
static const struct {
    size_t in_event, in_query;
} marked[] = {{offsetof(struct event_parts, client), offsetof(struct query, client)},
              {offsetof(struct event_parts, org), offsetof(struct query, org)},
              {offsetof(struct event_parts, sector), offsetof(struct query, sector)},
              {offsetof(struct event_parts, resident), offsetof(struct query, resident)},
              {offsetof(struct event_parts, session), offsetof(struct query, session)}};
enum { MARKED = sizeof marked / sizeof *marked };

/* FNV-1a, 64 bits: nobody gains by making two of them collide but a longer search. */
static uint64_t mark_of(size_t who, struct view text)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325) ^ who;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ text.p[i]) * UINT64_C(0x100000001B3);
    return h ^ h >> 29;
}

static void set_mark(uint8_t *marks, size_t who, struct view text)
{
    uint64_t h = mark_of(who, text);
    for (int i = 0; view_is(text) && i < 3; i++, h = h >> 12 | h << 52)
        marks[h % (BLOCK_MARKS * 8) / 8] |= (uint8_t)(1U << h % 8);
}

static bool has_mark(const uint8_t *marks, size_t who, struct view text)
{
    uint64_t h = mark_of(who, text);
    bool has = true;
    for (int i = 0; i < 3; i++, h = h >> 12 | h << 52)
        has = has && marks[h % (BLOCK_MARKS * 8) / 8] & 1U << h % 8;
    return has || !view_is(text);
}

static struct view view_at(const void *whole, size_t offset)
{
    return *(const struct view *)(const void *)((const uint8_t *)whole + offset);
}

bool block_may_match(const struct block *b, const struct query *q)
{
    bool may = !q->type || b->types & INT64_C(1) << q->type;
    for (size_t i = 0; i < MARKED && may; i++)
        may = has_mark(b->marks, i, view_at(q, marked[i].in_query));
    return may;
}

/* --- finding ---------------------------------------------------------------------------------------------------- */

struct finding {
    struct block *blocks;
    size_t n, max;
};

static enum err find_row(void *ctx, const struct row *row)
{
    struct finding *f = ctx;
    struct block *b = &f->blocks[f->n];
    struct view marks = row_blob(row, 4);
    if (f->n == f->max || marks.n != BLOCK_MARKS)
        return ERR_STORE;
    *b = (struct block){row_int(row, 0), row_int(row, 1), row_int(row, 2), row_int(row, 3), {0}};
    memcpy(b->marks, marks.p, BLOCK_MARKS);
    f->n++;
    return ERR_OK;
}

enum err block_find(struct block *blocks, size_t *n, size_t max, struct db *db, const struct query *q, int64_t from)
{
    struct finding f = {blocks, 0, max};
    enum err err =
        q->since || q->until
            ? db_each(db, SQL_FIND,
                      VALUES(V_INT(from), V_INT(q->since), V_INT(q->until ? q->until : INT64_MAX), V_INT((int64_t)max)),
                      find_row, &f)
            : db_each(db, SQL_FIND_ALL, VALUES(V_INT(from), V_INT((int64_t)max)), find_row, &f);
    *n = f.n;
    return err;
}

static enum err end_row(void *ctx, const struct row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return ERR_OK;
}

enum err block_end(int64_t *end, struct db *db)
{
    *end = 0;
    return db_each(db, SQL_END, NO_VALUES, end_row, end);
}

/* --- making ----------------------------------------------------------------------------------------------------- */

struct making {
    struct block block;
    struct month_counts counts;
    int64_t rows;
};

static enum err add_event(void *ctx, const struct row *row)
{
    struct making *m = ctx;
    struct block *b = &m->block;
    const struct event_parts event = event_parts(row_text(row, 1));
    int64_t type = row_int(row, 0);
    m->rows++;
    b->types |= INT64_C(1) << (type & 63);
    if (event.at < 0)
        return ERR_OK;
    b->at_min = event.at < b->at_min ? event.at : b->at_min;
    b->at_max = event.at > b->at_max ? event.at : b->at_max;
    for (size_t i = 0; i < MARKED; i++)
        set_mark(b->marks, i, view_at(&event, marked[i].in_event));
    return month_count(&m->counts, (enum ledger_type)type, &event);
}

/* A block somebody else made meanwhile was counted by him. */
static enum err make_job(struct db *db, void *ctx)
{
    const struct making *m = ctx;
    const struct block *b = &m->block;
    enum err err = db_run(
        db, SQL_ADD,
        VALUES(V_INT(b->first), V_INT(b->at_min), V_INT(b->at_max), V_INT(b->types), V_BLOB(VIEW_ARRAY(b->marks))));
    return err || db_changes(db) == 0 ? err : month_record(db, &m->counts);
}

static enum err note_row(void *ctx, const struct row *row)
{
    (void)row;
    *(bool *)ctx = true;
    return ERR_OK;
}

/* Looked at before the events are: most rounds find a block that is not full yet. */
static enum err read_events(struct making *m, struct db *db, int64_t first)
{
    bool is_full = false;
    enum err err = db_each(db, SQL_LAST, VALUES(V_INT(first + BLOCK_EVENTS - 1)), note_row, &is_full);
    if (err || !is_full)
        return err;
    return db_each(db, SQL_EVENTS, VALUES(V_INT(first), V_INT(first + BLOCK_EVENTS)), add_event, m);
}

static enum err make_block(struct store *store, int64_t first, bool *made)
{
    struct making m = {.block = {.first = first, .at_min = INT64_MAX, .at_max = -1}};
    month_open(&m.counts);
    struct db *db = store_borrow(store);
    enum err err = read_events(&m, db, first);
    store_return(store, db);
    *made = !err && m.rows == BLOCK_EVENTS;
    if (*made)
        err = store_write(store, make_job, &m);
    month_close(&m.counts);
    return err;
}

enum err block_catch_up(size_t *done, struct store *store, size_t max)
{
    int64_t first;
    bool made = true;
    *done = 0;
    struct db *db = store_borrow(store);
    enum err err = block_end(&first, db);
    store_return(store, db);
    while (!err && made && *done < max) {
        err = make_block(store, first, &made);
        *done += !err && made;
        first += BLOCK_EVENTS;
    }
    return err;
}

/* --- what the public sees --------------------------------------------------------------------------------------- */

struct finishing {
    struct month_counts counts;
    int64_t before; /* the month that is running */
};

static enum err add_finished(void *ctx, const struct row *row)
{
    struct finishing *f = ctx;
    const struct event_parts event = event_parts(row_text(row, 1));
    if (event.at < 0 || event.at >= f->before)
        return ERR_OK;
    return month_count(&f->counts, (enum ledger_type)row_int(row, 0), &event);
}

/* Behind the last block there is less than one: what is more will be one within seconds. */
static enum err load_months(struct month_count **out, size_t *n, struct arena *a, struct db *db, struct finishing *f)
{
    int64_t end;
    enum err err = month_list(out, n, a, db);
    if (!err)
        err = block_end(&end, db);
    return err ? err : db_each(db, SQL_EVENTS, VALUES(V_INT(end), V_INT(end + BLOCK_EVENTS)), add_finished, f);
}

static enum err keep_texts(struct month_counts *c, struct arena *a)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < c->n && !err; i++) {
        err = row_keep(&c->items[i].client, a, c->items[i].client);
        if (!err)
            err = row_keep(&c->items[i].field, a, c->items[i].field);
    }
    return err;
}

enum err block_months(struct month_count **out, size_t *n, struct arena *a, struct db *db, int64_t now_ms)
{
    struct finishing f = {.before = month_begin(now_ms)};
    month_open(&f.counts);
    enum err err = db_begin_read(db); /* a block that is made meanwhile is in neither or in one, never in both */
    if (!err) {
        err = load_months(out, n, a, db, &f);
        db_end_read(db);
    }
    if (!err)
        err = keep_texts(&f.counts, a);
    if (!err)
        err = month_merge(out, n, a, &f.counts);
    month_close(&f.counts);
    return err;
}

enum err block_forget(struct db *db)
{
    enum err err = db_run(db, "DELETE FROM ledger_block", NO_VALUES);
    return err ? err : month_forget(db);
}
