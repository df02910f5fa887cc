#include "consent/month.h"

#include <stdlib.h>
#include <time.h>

enum { ARENA_MAX = 256 * 1024, LIST_MAX = 100000 };

void month_open(struct month_counts *c)
{
    *c = (struct month_counts){.n = 0};
    arena_open(&c->arena, ARENA_MAX);
}

void month_close(struct month_counts *c)
{
    arena_close(&c->arena);
}

static void month_of(char out[8], int64_t at_ms)
{
    time_t t = (time_t)(at_ms / 1000 + 9 * 3600); /* Japan has no summer time */
    struct tm tm;
    if (!gmtime_r(&t, &tm) || strftime(out, 8, "%Y-%m", &tm) == 0)
        out[0] = 0;
}

int64_t month_begin(int64_t at_ms)
{
    time_t t = (time_t)(at_ms / 1000 + 9 * 3600);
    struct tm tm;
    if (!gmtime_r(&t, &tm))
        return 0;
    struct tm first = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = 1};
    return ((int64_t)timegm(&first) - 9 * 3600) * 1000;
}

static struct month_count *find(struct month_count *items, size_t n, const struct month_count *key)
{
    for (size_t i = 0; i < n; i++) {
        struct month_count *m = &items[i];
        if (m->type == key->type && strcmp(m->month, key->month) == 0 && view_equal(m->client, key->client) &&
            view_equal(m->field, key->field))
            return m;
    }
    return NULL;
}

static enum err grow(struct month_counts *c)
{
    size_t size = c->size ? 2 * c->size : 16;
    struct month_count *items = arena_array(&c->arena, size, sizeof *items);
    if (!items)
        return ERR_LIMIT;
    if (c->n)
        memcpy(items, c->items, c->n * sizeof *items);
    c->items = items;
    c->size = size;
    return ERR_OK;
}

static enum err add(struct month_counts *c, const struct month_count *key)
{
    struct month_count *m = find(c->items, c->n, key);
    if (m) {
        m->n++;
        return ERR_OK;
    }
    enum err err = c->n == c->size ? grow(c) : ERR_OK;
    if (err)
        return err;
    m = &c->items[c->n];
    *m = *key;
    m->client = arena_copy(&c->arena, key->client);
    m->field = arena_copy(&c->arena, key->field);
    m->n = 1;
    if (!m->client.p || !m->field.p)
        return ERR_LIMIT;
    c->n++;
    return ERR_OK;
}

enum err month_count(struct month_counts *c, enum ledger_type type, const struct event_parts *event)
{
    struct month_count key = {.client = event->client, .field = VIEW(""), .type = type};
    struct view rest = event->fields, field;
    enum err err = ERR_OK;
    bool any = false;
    if (!view_is(key.client))
        return ERR_OK;
    month_of(key.month, event->at);
    while (!err && event_next_field(&rest, &field)) {
        key.field = field;
        err = add(c, &key);
        any = true;
    }
    return err || any ? err : add(c, &key);
}

enum err month_record(struct db *db, const struct month_counts *c)
{
    static const char SQL[] = "INSERT INTO ledger_month (month, client, type, field, n) VALUES ($1, $2, $3, $4, $5) "
                              "ON CONFLICT (month, client, type, field) DO UPDATE SET n = ledger_month.n + excluded.n";
    enum err err = ERR_OK;
    for (size_t i = 0; i < c->n && !err; i++) {
        const struct month_count *m = &c->items[i];
        err = db_run(
            db, SQL,
            VALUES(V_TEXT(view_text(m->month)), V_TEXT(m->client), V_INT(m->type), V_TEXT(m->field), V_INT(m->n)));
    }
    return err;
}

enum err month_forget(struct db *db)
{
    return db_run(db, "DELETE FROM ledger_month", NO_VALUES);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct listing {
    struct arena *a;
    struct month_count *items;
    size_t n, size;
};

static enum err list_row(void *ctx, const struct row *row)
{
    struct listing *l = ctx;
    struct view month = row_text(row, 0);
    if (l->n == l->size)
        return ERR_LIMIT;
    struct month_count *m = &l->items[l->n];
    *m = (struct month_count){.type = (enum ledger_type)row_int(row, 2), .n = row_int(row, 4)};
    memcpy(m->month, month.p, month.n < sizeof m->month ? month.n : sizeof m->month - 1);
    enum err err = row_keep(&m->client, l->a, row_text(row, 1));
    if (!err)
        err = row_keep(&m->field, l->a, row_text(row, 3));
    l->n += !err;
    return err;
}

enum err month_list(struct month_count **out, size_t *n, struct arena *a, struct db *db)
{
    static const char COUNT[] = "SELECT count(*) FROM ledger_month";
    static const char SQL[] =
        "SELECT month, client, type, field, n FROM ledger_month ORDER BY month DESC, client, type, field LIMIT $1";
    struct row row;
    enum err err = db_one(db, a, COUNT, NO_VALUES, &row);
    if (err)
        return err;
    int64_t rows = row_int(&row, 0) < LIST_MAX ? row_int(&row, 0) : LIST_MAX;
    struct listing l = {.a = a, .size = (size_t)rows, .items = arena_array(a, (size_t)rows, sizeof *l.items)};
    if (!l.items)
        return ERR_LIMIT;
    err = db_each(db, SQL, VALUES(V_INT(rows)), list_row, &l);
    *out = l.items;
    *n = l.n;
    return err;
}

static int compare_texts(struct view a, struct view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_counts(const void *x, const void *y)
{
    const struct month_count *a = x, *b = y;
    int order = strcmp(b->month, a->month);
    if (!order)
        order = compare_texts(a->client, b->client);
    if (!order)
        order = (a->type > b->type) - (a->type < b->type);
    return order ? order : compare_texts(a->field, b->field);
}

enum err month_merge(struct month_count **out, size_t *n, struct arena *a, const struct month_counts *c)
{
    struct month_count *all = arena_array(a, *n + c->n, sizeof *all);
    size_t stored = *n;
    if (!all)
        return ERR_LIMIT;
    if (stored)
        memcpy(all, *out, stored * sizeof *all);
    for (size_t i = 0; i < c->n; i++) {
        struct month_count *m = find(all, stored, &c->items[i]);
        if (m)
            m->n += c->items[i].n;
        else
            all[(*n)++] = c->items[i];
    }
    qsort(all, *n, sizeof *all, compare_counts);
    *out = all;
    return ERR_OK;
}

bool month_is_small(int64_t n)
{
    return n > 0 && n < MONTH_SMALL;
}
