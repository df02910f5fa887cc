#include "consent/listing.h"

#include <inttypes.h>
#include <time.h>

#include "consent/event.h"

bool listing_format_of(struct view name, enum listing_format *out)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal_text(name, names[i])) {
            *out = (enum listing_format)i;
            return true;
        }
    return false;
}

/* Members of an event in the order of the columns; a column is wide in the table, or is not there (0). */
static const struct {
    const char *title, *member;
    int width;
} columns[] = {{"service", "client", 16},  {"organisation", "org", 12}, {"sector", "sector", 0},
               {"subject", "subject", 22}, {"resident", "resident", 0}, {"session", "session", 0},
               {"grant", "grant", 0},      {"ground", "ground", 7},     {"via", "via", 12},
               {"act", "act", 0}};
enum { COLUMNS = sizeof columns / sizeof *columns, LINE_MAX_BYTES = 64 * 1024, LINE_ARENA = 256 * 1024 };

void listing_put_head(struct buf *out, enum listing_format format)
{
    if (format == LISTING_CSV) {
        buf_put_text(out, "\xEF\xBB\xBFposition,time,event");
        for (size_t i = 0; i < COLUMNS; i++)
            buf_printf(out, ",%s", columns[i].title);
        buf_put_text(out, ",fields\r\n");
    }
    if (format != LISTING_TABLE)
        return;
    buf_printf(out, "%8s %-19s %-9s ", "position", "time (Japan)", "event");
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].width)
            buf_printf(out, "%-*s ", columns[i].width, columns[i].title);
    buf_put_text(out, "fields\n");
}

/* Japan's time, which the people who read this live in; it has no summer time. */
static void put_time(struct buf *out, const struct query_event *e, bool iso)
{
    char text[40] = "";
    int64_t at = event_at(e->text);
    time_t t = (time_t)(at / 1000 + 9 * 3600);
    struct tm tm;
    if (at >= 0 && gmtime_r(&t, &tm))
        (void)strftime(text, sizeof text, iso ? "%Y-%m-%dT%H:%M:%S+09:00" : "%Y-%m-%d %H:%M:%S", &tm);
    buf_put_text(out, text);
}

/* "name address age_over_65" */
static struct view joined_fields(struct arena *a, struct view event)
{
    struct view rest = event_fields(event), field, all = VIEW_NONE;
    struct buf b;
    buf_open(&b, a, event.n + 1);
    while (event_next_field(&rest, &field)) {
        if (b.n)
            buf_put_byte(&b, ' ');
        buf_put(&b, field);
    }
    return buf_done(&b, &all) ? VIEW_NONE : all;
}

static void put_table_line(struct buf *out, struct arena *a, const struct query_event *e)
{
    struct view act = event_plain(a, e->text, "act");
    buf_printf(out, "%8" PRId64 " ", e->position);
    if (view_is(e->text))
        put_time(out, e, false);
    else
        buf_put_text(out, "(erased)           ");
    buf_printf(out, " %-9s ", ledger_type_name(e->type));
    for (size_t i = 0; i < COLUMNS; i++) {
        struct view v = columns[i].width ? event_plain(a, e->text, columns[i].member) : VIEW_NONE;
        if (columns[i].width)
            buf_printf(out, "%-*.*s ", columns[i].width, (int)v.n, v.n ? (const char *)v.p : "");
    }
    buf_put(out, view_is(act) ? act : joined_fields(a, e->text));
    buf_put_byte(out, '\n');
}

void listing_put_cell(struct buf *out, struct view v)
{
    buf_put_byte(out, '"');
    if (v.n && strchr("=+-@\t\r", v.p[0]))
        buf_put_byte(out, '\'');
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"')
            buf_put_byte(out, '"');
        buf_put_byte(out, v.p[i]);
    }
    buf_put_byte(out, '"');
}

static void put_csv_line(struct buf *out, struct arena *a, const struct query_event *e)
{
    buf_printf(out, "%" PRId64 ",", e->position);
    put_time(out, e, true);
    buf_printf(out, ",%s,", ledger_type_name(e->type));
    for (size_t i = 0; i < COLUMNS; i++) {
        listing_put_cell(out, event_plain(a, e->text, columns[i].member));
        buf_put_byte(out, ',');
    }
    listing_put_cell(out, joined_fields(a, e->text));
    buf_put_text(out, "\r\n");
}

static void put_json_line(struct buf *out, const struct query_event *e)
{
    buf_printf(out, "{\"position\":%" PRId64 ",", e->position);
    if (view_is(e->text))
        buf_put(out, view_from(e->text, 1));
    else
        buf_printf(out, "\"erased\":true,\"type\":\"%s\"}", ledger_type_name(e->type));
    buf_put_byte(out, '\n');
}

void listing_put(struct buf *out, struct arena *a, enum listing_format format, const struct query_event *e)
{
    if (format == LISTING_TABLE)
        put_table_line(out, a, e);
    else if (format == LISTING_CSV)
        put_csv_line(out, a, e);
    else
        put_json_line(out, e);
}

struct writing {
    enum listing_format format;
    FILE *out;
    struct buf line;
    struct arena arena;
};

static enum err write_line(struct writing *w)
{
    struct view line;
    enum err err = buf_done(&w->line, &line);
    if (!err && fwrite(line.p, 1, line.n, w->out) != line.n)
        err = ERR_IO;
    w->line.n = 0;
    return err;
}

static enum err write_event(void *ctx, const struct query_event *e)
{
    struct writing *w = ctx;
    listing_put(&w->line, &w->arena, w->format, e);
    arena_reset(&w->arena);
    return write_line(w);
}

enum err listing_write(struct query_walk *walk, struct db *db, const struct query *q, enum listing_format format,
                       FILE *out)
{
    struct writing w = {.format = format, .out = out};
    arena_open(&w.arena, LINE_ARENA);
    buf_open(&w.line, NULL, LINE_MAX_BYTES);
    listing_put_head(&w.line, format);
    enum err err = write_line(&w);
    if (!err)
        err = query_each(walk, db, q, write_event, &w);
    if (fflush(out) != 0 && !err)
        err = ERR_IO;
    buf_close(&w.line);
    arena_close(&w.arena);
    return err;
}
