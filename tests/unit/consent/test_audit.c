#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "consent/audit.h"
#include "rig.h"

static struct rig r;

enum { EVENTS = 11 };

static void open_rig(void)
{
    rig_open(&r);
    for (int i = 0; i < EVENTS; i++)
        rig_append(&r, i % 2 ? LEDGER_DISCLOSED : LEDGER_GIVEN, RIG_NOW * 1000 + i * INT64_C(86400000));
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(audit, .init = open_rig, .fini = close_rig);

static struct audit_report verify(void)
{
    struct audit_report report;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_verify(&report, &(struct audit_scope){0}, &db, 1), ERR_OK);
    store_return(r.store, db);
    return report;
}

Test(audit, finds_nothing_wrong_with_what_nobody_touched)
{
    struct audit_report report = verify();
    cr_expect_eq(report.faults, 0);
    cr_expect_eq(report.leaves, EVENTS);
    cr_expect_eq(report.erased, 0);
    cr_expect_eq(report.stored.size, EVENTS);
    cr_expect_arr_eq(report.stored.root, report.computed.root, 32);
}

/* Every column of every table of the ledger, the first, a middle and the last row; each must be found, and found where
 * it is. INDEX -1: only the tree as a whole can tell. */
Test(audit, finds_every_change)
{
    static const struct {
        const char *sql;
        enum audit_fault_kind kind;
        int64_t index, many;
    } table[] = {
        {"UPDATE ledger_event SET event = replace(event, 'a-booking', 'b-booking') WHERE position = 0", AUDIT_CHANGED,
         0, 1},
        {"UPDATE ledger_event SET event = event || ' ' WHERE position = 5", AUDIT_CHANGED, 5, 1},
        {"UPDATE ledger_event SET event = '' WHERE position = 10", AUDIT_CHANGED, 10, 1},
        {"UPDATE ledger_event SET salt = zeroblob(32) WHERE position = 3", AUDIT_CHANGED, 3, 1},
        {"UPDATE ledger_event SET digest = zeroblob(32) WHERE position = 4", AUDIT_CHANGED, 4, 1},
        {"UPDATE ledger_event SET class = 6 WHERE position = 6", AUDIT_CHANGED, 6, 1},
        {"UPDATE ledger_event SET class = class + 256 WHERE position = 6", AUDIT_CHANGED, 6, 1},
        {"UPDATE ledger_event SET class = -1 WHERE position = 6", AUDIT_CHANGED, 6, 1},
        {"UPDATE ledger_event SET salt = NULL WHERE position = 2", AUDIT_CHANGED, 2, 1},
        {"UPDATE ledger_event SET event = NULL WHERE position = 2", AUDIT_CHANGED, 2, 1},
        {"UPDATE ledger_event SET salt = NULL, event = NULL WHERE position = 2", AUDIT_ERASED, 2, 1},
        {"UPDATE ledger_event SET position = 100 WHERE position = 5", AUDIT_MISSING, 5, 1},
        {"UPDATE ledger_event SET position = -1 WHERE position = 10", AUDIT_EXTRA, -1, 1},
        {"DELETE FROM ledger_event WHERE position = 0", AUDIT_MISSING, 0, 1},
        {"DELETE FROM ledger_event WHERE position = 5", AUDIT_MISSING, 5, 1},
        {"DELETE FROM ledger_event WHERE position = 10", AUDIT_MISSING, 10, 1},
        {"DELETE FROM ledger_event WHERE position IN (3, 4, 5)", AUDIT_MISSING, 3, 3},
        {"DELETE FROM ledger_event", AUDIT_MISSING, 0, EVENTS},
        {"INSERT INTO ledger_event SELECT 11, class, salt, event, digest FROM ledger_event WHERE position = 1",
         AUDIT_EXTRA, 11, 1},
        {"INSERT INTO ledger_event SELECT 99, class, salt, event, digest FROM ledger_event WHERE position = 1",
         AUDIT_EXTRA, 99, 1},
        /* two rows change places, whole: each fits itself, only the tree knows */
        {"UPDATE ledger_event SET (class, salt, event, digest) = (SELECT class, salt, event, digest FROM ledger_event "
         "o "
         "WHERE o.position = 7 - ledger_event.position) WHERE position IN (3, 4)",
         AUDIT_HEAD, -1, 1},
        /* a row becomes a whole copy of another */
        {"UPDATE ledger_event SET (class, salt, event, digest) = (SELECT class, salt, event, digest FROM ledger_event "
         "o "
         "WHERE o.position = 0) WHERE position = 8",
         AUDIT_HEAD, -1, 1},
        {"UPDATE ledger_head SET size = 10", AUDIT_HEAD, -1, 1},
        {"UPDATE ledger_head SET edge = zeroblob(96)", AUDIT_HEAD, -1, 1},
        {"UPDATE ledger_head SET edge = x''", AUDIT_HEAD, -1, 1},
        {"UPDATE ledger_head SET size = 0, edge = x''", AUDIT_EXTRA, 0, 1},
        {"DELETE FROM ledger_head", AUDIT_HEAD, -1, 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        close_rig();
        open_rig();
        rig_tamper(&r, table[i].sql);
        struct audit_report report = verify();
        cr_assert_gt(report.faults, 0, "%s", table[i].sql);
        cr_expect_eq(report.first[0].kind, table[i].kind, "%s: %s", table[i].sql,
                     audit_fault_name(report.first[0].kind));
        cr_expect_eq(report.first[0].index, table[i].index, "%s", table[i].sql);
        cr_expect_eq(report.first[0].many, table[i].many, "%s", table[i].sql);
        cr_expect(report.first[0].what && *report.first[0].what);
    }
}

Test(audit, counts_more_faults_than_it_lists)
{
    for (int i = EVENTS; i < 100; i++)
        rig_append(&r, LEDGER_DISCLOSED, i);
    rig_tamper(&r, "UPDATE ledger_event SET salt = zeroblob(32)");
    cr_expect_eq(verify().faults, 100);
}

struct erase_job {
    const int64_t *indexes;
    size_t n;
};

static enum err erase(struct db *db, void *ctx)
{
    const struct erase_job *e = ctx;
    return ledger_erase(r.ledger, db, e->indexes, e->n, RIG_NOW * 1000);
}

Test(audit, takes_an_erasure_that_was_written_down_for_one_and_no_other)
{
    static const int64_t indexes[] = {2, 5, 5};
    struct erase_job job = {indexes, 3};
    cr_assert_eq(store_write(r.store, erase, &job), ERR_OK);
    struct audit_report report = verify();
    cr_expect_eq(report.faults, 0);
    cr_expect_eq(report.erased, 2);
    cr_expect_eq(report.leaves, EVENTS + 1);
    rig_tamper(&r, "UPDATE ledger_event SET salt = NULL, event = NULL WHERE position = 7");
    report = verify();
    cr_expect_eq(report.faults, 1);
    cr_expect_eq((int)report.first[0].kind, AUDIT_ERASED);
    cr_expect_eq(report.first[0].index, 7);
}

Test(audit, erasing_nothing_writes_nothing)
{
    static const int64_t indexes[] = {900};
    struct erase_job job = {indexes, 1};
    cr_assert_eq(store_write(r.store, erase, &job), ERR_OK);
    cr_expect_eq(verify().leaves, EVENTS);
}

static void count_calls(void *ctx, int64_t done, int64_t size)
{
    (void)done;
    (void)size;
    ++*(int *)ctx;
}

Test(audit, tells_how_far_it_is)
{
    int calls = 0;
    struct audit_report report;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_verify(&report, &(struct audit_scope){.progress = count_calls, .progress_ctx = &calls}, &db, 1),
                 ERR_OK);
    store_return(r.store, db);
    cr_expect_eq(calls, 0, "eleven leaves are no wait");
}

/* --- list ------------------------------------------------------------------------------------------------------- */

static char *list(const struct audit_filter *filter, enum audit_format format, int64_t *matched)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_list(db, filter, format, f, matched), ERR_OK);
    store_return(r.store, db);
    fclose(f);
    return text;
}

static int64_t matches(struct audit_filter filter)
{
    int64_t n;
    free(list(&filter, AUDIT_JSONL, &n));
    return n;
}

Test(audit, lists_only_what_was_asked_for)
{
    cr_expect_eq(matches((struct audit_filter){0}), EVENTS);
    cr_expect_eq(matches((struct audit_filter){.type = LEDGER_DISCLOSED}), 5);
    cr_expect_eq(matches((struct audit_filter){.type = LEDGER_WITHDRAWN}), 0);
    cr_expect_eq(matches((struct audit_filter){.client = VIEW("a-booking")}), EVENTS);
    cr_expect_eq(matches((struct audit_filter){.client = VIEW("a-book")}), 0);
    cr_expect_eq(matches((struct audit_filter){.org = VIEW("b-city")}), 0);
    cr_expect_eq(matches((struct audit_filter){.field = VIEW("address")}), EVENTS);
    cr_expect_eq(matches((struct audit_filter){.field = VIEW("gender")}), 0);
    int64_t start = RIG_NOW * 1000;
    cr_expect_eq(matches((struct audit_filter){.since = start + 86400000}), EVENTS - 1);
    cr_expect_eq(matches((struct audit_filter){.until = start + 86400000}), 1);
    cr_expect_eq(matches((struct audit_filter){.since = start + 1, .until = start + 86400001}), 1);
}

Test(audit, lists_an_erased_leaf_by_position_and_event_only)
{
    static const int64_t indexes[] = {1};
    struct erase_job job = {indexes, 1};
    int64_t n;
    cr_assert_eq(store_write(r.store, erase, &job), ERR_OK);
    cr_expect_eq(matches((struct audit_filter){.client = VIEW("a-booking")}), EVENTS - 1);
    char *text = list(&(struct audit_filter){0}, AUDIT_JSONL, &n);
    cr_expect(strstr(text, "{\"position\":1,\"erased\":true,\"type\":\"disclosed\"}\n"));
    free(text);
    text = list(&(struct audit_filter){0}, AUDIT_CSV, &n);
    cr_expect(strstr(text, "\r\n1,,disclosed,\"\""));
    free(text);
}

Test(audit, csv_has_a_head_and_quotes_what_a_spreadsheet_would_run)
{
    int64_t n;
    char *text = list(&(struct audit_filter){0}, AUDIT_CSV, &n);
    cr_expect(strncmp(text, "position,time,event,service,", 28) == 0);
    cr_expect(
        strstr(text, "\r\n0,2026-11-22T09:00:00+09:00,given,\"a-booking\",\"a-city\",\"27999\",\"pairwise-sub\","));
    cr_expect(strstr(text, "\"name address\"\r\n"));
    free(text);
}

static enum err append_formula(struct db *db, void *ctx)
{
    (void)ctx;
    struct ledger_event e = {.type = LEDGER_OPERATOR, .at = 1, .act = "=cmd|'/c calc'!A1 \"x\""};
    return ledger_append(r.ledger, db, &e, NULL);
}

Test(audit, csv_cell_is_never_a_formula)
{
    int64_t n;
    cr_assert_eq(store_write(r.store, append_formula, NULL), ERR_OK);
    char *text = list(&(struct audit_filter){0}, AUDIT_CSV, &n);
    cr_expect(strstr(text, "\"'=cmd|'/c calc'!A1 \"\"x\"\"\""));
    free(text);
}

Test(audit, table_is_one_line_an_event_under_a_head)
{
    int64_t n;
    size_t lines = 0;
    char *text = list(&(struct audit_filter){0}, AUDIT_TABLE, &n);
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    cr_expect_eq(lines, EVENTS + 1);
    cr_expect(strstr(text, "2026-11-22 09:00:00 given"));
    free(text);
}

Test(audit, list_over_an_unreadable_event_is_an_error)
{
    int64_t n;
    rig_tamper(&r, "UPDATE ledger_event SET event = '{' WHERE position = 5");
    FILE *f = fopen("/dev/null", "w");
    struct db *db = store_borrow(r.store);
    cr_expect_eq(audit_list(db, &(struct audit_filter){0}, AUDIT_TABLE, f, &n), ERR_STORE);
    store_return(r.store, db);
    fclose(f);
}

Test(audit, list_into_a_full_disk_is_an_error)
{
    int64_t n;
    FILE *f = fopen("/dev/full", "w");
    struct db *db = store_borrow(r.store);
    cr_expect_eq(audit_list(db, &(struct audit_filter){0}, AUDIT_TABLE, f, &n), ERR_IO);
    store_return(r.store, db);
    fclose(f);
}
