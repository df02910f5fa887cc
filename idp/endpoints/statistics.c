/* GET /statistics, /statistics.csv: for the public, how often which field went to which service, month by month. Small
 * numbers are left out, and no sums are shown from which they could be computed. */
#include <inttypes.h>

#include "consent/block.h"
#include "consent/listing.h"
#include "idp/endpoints/download.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"

enum { MONTHS = 13, CSV_MAX = 400 * 1024, ROWS_MAX = 2000 };

/* What the public is shown: what was given, what went out, what was withdrawn. */
static bool is_shown(const struct month_count *m)
{
    return m->field.n && (m->type == LEDGER_GIVEN || m->type == LEDGER_DISCLOSED || m->type == LEDGER_WITHDRAWN);
}

static struct view number_of(struct visit *v, int64_t n)
{
    return month_is_small(n) ? view_text(v->english ? "fewer than 10" : "10未満")
                             : view_text(arena_printf(v->arena, "%" PRId64, n));
}

static struct view name_of(struct visit *v, struct view id)
{
    const struct client *client = NULL;
    return clients_find(v->op->clients, v->db, id, &client) == ERR_OK && client ? people_text(v, client->name) : id;
}

static struct view title_of(struct visit *v, struct view id)
{
    const struct field *f = field_find(id);
    return f ? view_text(v->english ? f->en : f->ja) : id;
}

static enum page_event event_of(enum ledger_type type)
{
    return type == LEDGER_GIVEN       ? PAGE_EVENT_GIVEN
           : type == LEDGER_DISCLOSED ? PAGE_EVENT_DISCLOSED
                                      : PAGE_EVENT_WITHDRAWN;
}

static enum err fill(struct visit *v, const struct month_count *all, size_t n, struct page_statistics *facts)
{
    struct page_statistics_row *rows = arena_array(v->arena, ROWS_MAX, sizeof *rows);
    const char *month = "";
    int months = 0;
    for (size_t i = 0; i < n && rows && facts->n_rows < ROWS_MAX; i++) {
        if (!is_shown(&all[i]))
            continue;
        if (strcmp(month, all[i].month) != 0 && ++months > MONTHS)
            break; /* a year; the file has all of it */
        month = all[i].month;
        rows[facts->n_rows++] = (struct page_statistics_row){.month = view_text(all[i].month),
                                                             .service = name_of(v, all[i].client),
                                                             .field = title_of(v, all[i].field),
                                                             .event = event_of(all[i].type),
                                                             .number = number_of(v, all[i].n)};
    }
    facts->rows = rows;
    return rows ? ERR_OK : ERR_MEMORY;
}

static void put_csv(struct visit *v, const struct month_count *all, size_t n)
{
    struct buf b;
    struct view body;
    buf_open(&b, v->arena, CSV_MAX);
    buf_put_text(&b, "\xEF\xBB\xBFmonth,service,field,event,n\r\n");
    for (size_t i = 0; i < n; i++) {
        if (!is_shown(&all[i]))
            continue;
        buf_printf(&b, "%s,", all[i].month);
        listing_put_cell(&b, all[i].client);
        buf_put_byte(&b, ',');
        listing_put_cell(&b, all[i].field);
        buf_printf(&b, ",%s,", ledger_type_name(all[i].type));
        if (month_is_small(all[i].n))
            buf_put_text(&b, "<10\r\n");
        else
            buf_printf(&b, "%" PRId64 "\r\n", all[i].n);
    }
    enum err e = buf_done(&b, &body);
    if (e)
        show_failure(v, e, "write the statistics");
    else
        download_answer(v, "text/csv; charset=utf-8", "genkan-statistics.csv", body);
}

void handle_statistics(struct visit *v)
{
    struct month_count *all;
    size_t n;
    struct buf b;
    struct page_statistics facts = {.frame = people_frame(v, VIEW_NONE)};
    enum err e = block_months(&all, &n, v->arena, v->db, v->now_ms);
    if (!e && view_ends(v->request->path, VIEW(".csv"))) {
        put_csv(v, all, n);
        return;
    }
    if (!e)
        e = fill(v, all, n, &facts);
    if (e) {
        show_failure(v, e, "load the statistics");
        return;
    }
    people_open(&b, v);
    page_statistics(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}
