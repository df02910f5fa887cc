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
