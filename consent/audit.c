#include "consent/audit.h"

#include <inttypes.h>
#include <time.h>

enum { EVENT_ARENA = 256 * 1024 };

static const char SQL_ALL[] = "SELECT position, class, salt, event, digest FROM ledger_event ORDER BY position";

/* --- list ------------------------------------------------------------------------------------------------------- */

struct listing {
    const struct audit_filter *filter;
    enum audit_format format;
    FILE *out;
    struct arena arena;
    int64_t matched;
};

/* One row as it is shown; texts absent where the event has none, or was erased. */
struct line {
    int64_t position, at;
    enum ledger_type type;
    struct view event, client, org, sector, subject, resident, grant, ground, via, act, fields;
    const struct json *json;
    bool erased;
};

static bool has_field(const struct json *fields, struct view id)
{
    struct view text;
    for (size_t i = 0; i < json_count(fields); i++)
        if (json_text(json_at(fields, i), &text) && view_equal(text, id))
            return true;
    return false;
}

/* An erased leaf is known by position and class only: it fits no filter but the type's. */
static bool matches(const struct audit_filter *f, const struct line *l)
{
    if (f->type && f->type != l->type)
        return false;
    if (l->erased)
        return !f->since && !f->until && !view_is(f->client) && !view_is(f->org) && !view_is(f->field);
    return (!f->since || l->at >= f->since) && (!f->until || l->at < f->until) &&
           (!view_is(f->client) || view_equal(f->client, l->client)) &&
           (!view_is(f->org) || view_equal(f->org, l->org)) &&
           (!view_is(f->field) || has_field(json_member(l->json, "fields"), f->field));
}

/* "name address age_over_65" */
static enum err join_fields(struct view *out, struct arena *a, const struct json *fields)
{
    struct buf b;
    struct view id;
    buf_open(&b, a, EVENT_ARENA);
    for (size_t i = 0; i < json_count(fields); i++) {
        if (i > 0)
            buf_put_byte(&b, ' ');
        if (json_text(json_at(fields, i), &id))
            buf_put(&b, id);
    }
    return buf_done(&b, out);
}

static enum err read_line(struct line *l, struct arena *a, const struct row *row)
{
    struct json *j = NULL;
    *l = (struct line){.position = row_int(row, 0), .type = (enum ledger_type)row_int(row, 1)};
    l->event = row_text(row, 3);
    l->erased = !view_is(l->event);
    if (l->erased)
        return ERR_OK;
    enum err err = json_read(&j, a, l->event, NULL);
    if (err)
        return err == ERR_SYNTAX ? ERR_STORE : err; /* we wrote it: something else wrote over it */
    l->json = j;
    l->at = json_member_int(j, "at", 0);
    l->client = json_member_text(j, "client");
    l->org = json_member_text(j, "org");
    l->sector = json_member_text(j, "sector");
    l->subject = json_member_text(j, "subject");
    l->resident = json_member_text(j, "resident");
    l->grant = json_member_text(j, "grant");
    l->ground = json_member_text(j, "ground");
    l->via = json_member_text(j, "via");
    l->act = json_member_text(j, "act");
    return join_fields(&l->fields, a, json_member(j, "fields"));
}

/* Japan's time, which the people who read this live in; it has no summer time. */
static void jst_text(char *out, size_t size, int64_t at_ms, bool iso)
{
    time_t t = (time_t)(at_ms / 1000 + 9 * 3600);
    struct tm tm;
    if (!gmtime_r(&t, &tm) || strftime(out, size, iso ? "%Y-%m-%dT%H:%M:%S+09:00" : "%Y-%m-%d %H:%M:%S", &tm) == 0)
        out[0] = 0;
}

static void put_cell(FILE *out, struct view v, int width)
{
    fprintf(out, "%-*.*s ", width, (int)v.n, v.n ? (const char *)v.p : "");
}

static void put_table_line(FILE *out, const struct line *l)
{
    char at[32] = "(erased)";
    if (!l->erased)
        jst_text(at, sizeof at, l->at, false);
    fprintf(out, "%8" PRId64 " %-19s %-9s ", l->position, at, ledger_type_name(l->type));
    put_cell(out, l->client, 16);
    put_cell(out, l->org, 12);
    put_cell(out, l->subject, 22);
    put_cell(out, l->ground, 7);
    put_cell(out, l->via, 12);
    fprintf(out, "%.*s\n", (int)(l->act.n ? l->act.n : l->fields.n),
            (const char *)(l->act.n      ? l->act.p
                           : l->fields.n ? l->fields.p
                                         : (const uint8_t *)""));
}

/* RFC 4180; a cell that a spreadsheet would take for a formula gets a quote mark in front. */
static void put_csv(FILE *out, struct view v, char end)
{
    fputc('"', out);
    if (v.n && strchr("=+-@\t\r", v.p[0]))
        fputc('\'', out);
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"')
            fputc('"', out);
        fputc(v.p[i], out);
    }
    fputc('"', out);
    fputs(end == '\n' ? "\r\n" : ",", out);
}

static void put_csv_line(FILE *out, const struct line *l)
{
    char at[40] = "";
    if (!l->erased)
        jst_text(at, sizeof at, l->at, true);
    fprintf(out, "%" PRId64 ",%s,%s,", l->position, at, ledger_type_name(l->type));
    const struct view cells[] = {l->client, l->org,    l->sector, l->subject, l->resident,
                                 l->grant,  l->ground, l->via,    l->act,     l->fields};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        put_csv(out, cells[i], i + 1 < sizeof cells / sizeof *cells ? ',' : '\n');
}

static void put_jsonl_line(FILE *out, const struct line *l)
{
    if (l->erased)
        fprintf(out, "{\"position\":%" PRId64 ",\"erased\":true,\"type\":\"%s\"}\n", l->position,
                ledger_type_name(l->type));
    else
        fprintf(out, "{\"position\":%" PRId64 ",%.*s\n", l->position, (int)(l->event.n - 1),
                (const char *)l->event.p + 1);
}

static void put_head(FILE *out, enum audit_format format)
{
    if (format == AUDIT_TABLE)
        fprintf(out, "%8s %-19s %-9s %-16s %-12s %-22s %-7s %-12s %s\n", "position", "time (Japan)", "event", "service",
                "organisation", "subject", "ground", "via", "fields");
    if (format == AUDIT_CSV)
        fputs("position,time,event,service,organisation,sector,subject,resident,grant,ground,via,act,fields\r\n", out);
}

/* A look before the event is read: most rows of a large ledger are of another kind or field. Ids of fields need no
 * escapes, so their text is in the event as it is. */
static bool may_match(const struct audit_filter *f, const struct row *row)
{
    struct view event = row_text(row, 3);
    if (f->type && (int64_t)f->type != row_int(row, 1))
        return false;
    return !view_is(f->field) || (event.n && memmem(event.p, event.n, f->field.p, f->field.n));
}

static enum err list_row(void *ctx, const struct row *row)
{
    static void (*const put[])(FILE *, const struct line *) = {put_table_line, put_csv_line, put_jsonl_line};
    struct listing *list = ctx;
    struct line line;
    if (!may_match(list->filter, row))
        return ERR_OK;
    enum err err = read_line(&line, &list->arena, row);
    if (!err && matches(list->filter, &line)) {
        put[list->format](list->out, &line);
        list->matched++;
    }
    arena_reset(&list->arena);
    return err ? err : ferror(list->out) ? ERR_IO : ERR_OK;
}

enum err audit_list(struct db *db, const struct audit_filter *filter, enum audit_format format, FILE *out,
                    int64_t *matched)
{
    struct listing list = {.filter = filter, .format = format, .out = out};
    arena_open(&list.arena, EVENT_ARENA);
    put_head(out, format);
    enum err err = db_each(db, SQL_ALL, NO_VALUES, list_row, &list);
    arena_close(&list.arena);
    *matched = list.matched;
    if (fflush(out) != 0 && !err)
        err = ERR_IO;
    return err;
}
