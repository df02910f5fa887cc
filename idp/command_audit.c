#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hex.h"
#include "consent/audit.h"
#include "consent/birthdate.h"
#include "idp/desk.h"

/* --- list ------------------------------------------------------------------------------------------------------- */

/* Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant's days_from_civil, public domain). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The first millisecond of a day in Japan (UTC+9, no summer time). False: not "YYYY-MM-DD". */
static bool read_day(const char *text, int64_t *ms)
{
    struct birthdate day; /* the same strict calendar */
    if (!birthdate_read(&day, view_text(text)) || day.year < 1970 || !day.month || !day.day)
        return false;
    *ms = (days_from_civil(day.year, day.month, day.day) * 86400 - 9 * 3600) * 1000;
    return true;
}

struct words {
    const char *since, *until, *service, *org, *field, *event, *format;
};

static int read_filter(const struct command *self, const struct words *w, struct audit_filter *f,
                       enum audit_format *format)
{
    static const char *const formats[] = {"table", "csv", "json"};
    *f = (struct audit_filter){.client = view_text(w->service), .org = view_text(w->org)};
    if (w->since && !read_day(w->since, &f->since))
        return command_fail(self, COMMAND_USAGE, "--since must be a day like 2026-05-01, not %s", w->since);
    if (w->until && !read_day(w->until, &f->until))
        return command_fail(self, COMMAND_USAGE, "--until must be a day like 2026-05-31, not %s", w->until);
    f->until += w->until ? INT64_C(86400000) : 0;
    if (w->field && !field_find(view_text(w->field)))
        return command_fail(self, COMMAND_USAGE, "--field: there is no field %s", w->field);
    f->field = view_text(w->field);
    if (w->event && !ledger_type_of(view_text(w->event), &f->type))
        return command_fail(self, COMMAND_USAGE, "--event: there is no event %s", w->event);
    *format = AUDIT_TABLE;
    for (size_t i = 0; w->format && i < 3; i++)
        if (strcmp(w->format, formats[i]) == 0) {
            *format = (enum audit_format)i;
            return -1;
        }
    return w->format ? command_fail(self, COMMAND_USAGE, "--format must be table, csv or json") : -1;
}

int command_audit_list(const struct command *self, int argc, const char *const *argv)
{
    struct words w = {0};
    const struct command_option options[] = {{"--since", &w.since, NULL},     {"--until", &w.until, NULL},
                                             {"--service", &w.service, NULL}, {"--org", &w.org, NULL},
                                             {"--field", &w.field, NULL},     {"--event", &w.event, NULL},
                                             {"--format", &w.format, NULL}};
    const char *config;
    struct audit_filter filter;
    enum audit_format format;
    int code = command_parse(self, argc, argv, options, sizeof options / sizeof *options, &config, NULL, 0);
    if (code == -1)
        code = read_filter(self, &w, &filter, &format);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1) {
        int64_t matched;
        struct db *db = store_borrow(desk.store);
        enum err err = audit_list(db, &filter, format, stdout, &matched);
        store_return(desk.store, db);
        code = err ? command_fail(self, COMMAND_FAILED, "%s; try `genkan audit verify`", err_name(err)) : COMMAND_DONE;
        if (!err && format == AUDIT_TABLE)
            printf("%" PRId64 " events\n", matched);
    }
    desk_close(&desk);
    return code;
}

/* --- verify ----------------------------------------------------------------------------------------------------- */

static void show_progress(void *ctx, int64_t done, int64_t size)
{
    (void)ctx;
    fprintf(stderr, "\r%" PRId64 " of %" PRId64 " leaves", done, size);
    if (done == size)
        fputc('\n', stderr);
}

static const char *root_text(struct arena *a, const struct ledger_head *h)
{
    const char *text = hex_text(a, VIEW_ARRAY(h->root));
    return text ? text : "";
}

static void show_faults(const struct audit_report *r)
{
    int64_t listed = r->faults < AUDIT_FAULTS_MAX ? r->faults : AUDIT_FAULTS_MAX;
    for (int64_t i = 0; i < listed; i++) {
        const struct audit_fault *f = &r->first[i];
        if (f->kind == AUDIT_HEAD)
            printf("head: %s\n", f->what);
        else if (f->many > 1)
            printf("%s %" PRId64 " to %" PRId64 ": %s\n", audit_fault_name(f->kind), f->index, f->index + f->many - 1,
                   f->what);
        else
            printf("%s %" PRId64 ": %s\n", audit_fault_name(f->kind), f->index, f->what);
    }
    if (r->faults > listed)
        printf("and %" PRId64 " more\n", r->faults - listed);
}

static int verify(const struct command *self, struct desk *desk)
{
    struct audit_report r;
    struct db *db = store_borrow(desk->store);
    enum err err = audit_verify(db, isatty(2) ? show_progress : NULL, NULL, &r);
    store_return(desk->store, db);
    if (err)
        return command_fail(self, COMMAND_FAILED, "could not read the ledger: %s", err_name(err));
    printf("leaves: %" PRId64 " (%" PRId64 " erased)\nroot:   %s\n", r.stored.size, r.erased,
           root_text(&desk->arena, &r.stored));
    if (r.faults == 0) {
        puts("nothing was altered: every event fits its leaf, the leaves give the stored tree");
        return COMMAND_DONE;
    }
    show_faults(&r);
    printf("rows give: %s\nALTERED: %" PRId64 " faults\n", root_text(&desk->arena, &r.computed), r.faults);
    return COMMAND_NO;
}

int command_audit_verify(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1)
        code = verify(self, &desk);
    desk_close(&desk);
    return code;
}
