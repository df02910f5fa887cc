#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

#include "base/hash.h"
#include "consent/audit.h"
#include "rig.h"

static struct rig r;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(ledger, .init = open_rig, .fini = close_rig);

static struct ledger_head head(void)
{
    struct ledger_head h;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(ledger_head_find(&h, db), ERR_OK);
    store_return(r.store, db);
    return h;
}

static int64_t faults(void)
{
    struct audit_report report;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_verify(&report, &(struct audit_scope){0}, &db, 1), ERR_OK);
    store_return(r.store, db);
    return report.faults;
}

Test(ledger, is_empty_at_first)
{
    cr_expect_eq(head().size, 0);
    cr_expect_eq(faults(), 0);
}

Test(ledger, event_is_canonical_json)
{
    rig_append(&r, LEDGER_DISCLOSED, 1234567890123);
    const char *line = rig_events(&r);
    const char *event = strstr(line, "\"at\"") - 1;
    struct json *j;
    struct buf b;
    const char *canonical;
    char copy[2048];
    snprintf(copy, sizeof copy, "{%.*s", (int)(strchr(event + 1, '\n') - event - 1), event + 1);
    cr_assert_eq(json_read(&j, &r.arena, view_text(copy), NULL), ERR_OK);
    buf_open(&b, &r.arena, 4096);
    json_put_canonical(&b, j);
    cr_assert_eq(buf_done_text(&b, &canonical), ERR_OK);
    cr_expect_str_eq(copy, canonical);
}

Test(ledger, goes_on_after_a_restart_where_it_stopped)
{
    for (int i = 0; i < 7; i++)
        rig_append(&r, LEDGER_GIVEN, i);
    struct ledger_head before = head();
    rig_reopen(&r);
    struct ledger_head after = head();
    cr_expect_eq(before.size, 7);
    cr_expect_eq(after.size, 7);
    cr_expect_arr_eq(before.root, after.root, 32);
    rig_append(&r, LEDGER_DISCLOSED, 8);
    cr_expect_eq(head().size, 8);
    cr_expect_eq(faults(), 0);
}

Test(ledger, takes_events_of_two_processes_in_turn)
{
    struct rig other = r;
    for (int i = 0; i < 5; i++) {
        rig_append(&r, LEDGER_GIVEN, i);
        static const uint8_t key[32] = "the audit key of these tests ...";
        cr_assert_eq(store_open(&other.store, &(struct store_config){.path = r.path, .readers = 1}, NULL), ERR_OK);
        cr_assert_eq(ledger_open(&other.ledger, other.store, VIEW_ARRAY(key)), ERR_OK);
        rig_append(&other, LEDGER_OPERATOR, i);
        store_close(other.store);
        ledger_close(other.ledger);
    }
    cr_expect_eq(head().size, 10);
    cr_expect_eq(faults(), 0);
}

static enum err append_and_fail(struct db *db, void *ctx)
{
    (void)ctx;
    struct ledger_event e = {.type = LEDGER_GIVEN, .at = 1, .who = rig_who(&r)};
    enum err err = ledger_append(r.ledger, db, &e, NULL);
    return err ? err : ERR_CONFLICT;
}

Test(ledger, forgets_what_was_rolled_back)
{
    rig_append(&r, LEDGER_GIVEN, 1);
    cr_expect_eq(store_write(r.store, append_and_fail, NULL), ERR_CONFLICT);
    cr_expect_eq(head().size, 1);
    rig_append(&r, LEDGER_DISCLOSED, 2);
    cr_expect_eq(head().size, 2);
    cr_expect_eq(faults(), 0);
}

enum { THREADS = 8, EACH = 50 };

static void *append_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++) {
        rig_append(&r, LEDGER_DISCLOSED, i);
        if (i % 10 == 0 && store_write(r.store, append_and_fail, NULL) != ERR_CONFLICT)
            cr_assert_fail("a failing job must fail");
    }
    return NULL;
}

Test(ledger, counts_right_under_many_threads_and_failing_groups)
{
    pthread_t thread[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, append_many, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    cr_expect_eq(head().size, THREADS * EACH);
    cr_expect_eq(faults(), 0);
}

Test(ledger, refuses_to_append_to_a_damaged_head)
{
    static const char *const damage[] = {"UPDATE ledger_head SET edge = x'00'", "UPDATE ledger_head SET size = 3",
                                         "UPDATE ledger_head SET size = -1", "DELETE FROM ledger_head"};
    rig_append(&r, LEDGER_GIVEN, 1);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        rig_tamper(&r, damage[i]);
        cr_expect_eq(store_write(r.store, append_and_fail, NULL), ERR_STORE, "%s", damage[i]);
    }
}

static enum err append_big(struct db *db, void *ctx)
{
    struct ledger_event e = {.type = LEDGER_GIVEN, .at = 1, .who = rig_who(&r)};
    e.who.client = view_text(ctx);
    return ledger_append(r.ledger, db, &e, NULL);
}

Test(ledger, refuses_an_event_that_is_too_large_and_goes_on)
{
    char *big = arena_alloc(&r.arena, 20000);
    memset(big, 'x', 19999);
    cr_expect_eq(store_write(r.store, append_big, big), ERR_LIMIT);
    rig_append(&r, LEDGER_GIVEN, 1);
    cr_expect_eq(head().size, 1);
    cr_expect_eq(faults(), 0);
}

Test(ledger, pseudonym_is_keyed_and_one_for_each_resident)
{
    uint8_t a[32], b[32], again[32], unkeyed[32];
    struct ident hanako = ident_of(VIEW("hanako")), taro = ident_of(VIEW("taro"));
    ledger_pseudonym(a, r.ledger, hanako);
    ledger_pseudonym(again, r.ledger, hanako);
    ledger_pseudonym(b, r.ledger, taro);
    sha256(unkeyed, ident_view(&hanako));
    cr_expect_arr_eq(a, again, 32);
    cr_expect_neq(memcmp(a, b, 32), 0);
    cr_expect_neq(memcmp(a, unkeyed, 32), 0);
}

Test(ledger, type_names_go_both_ways_and_there_are_no_others)
{
    enum ledger_type t;
    for (int i = LEDGER_REQUESTED; i <= LEDGER_TYPE_LAST; i++) {
        cr_assert(ledger_type_of(view_text(ledger_type_name((enum ledger_type)i)), &t));
        cr_expect_eq((int)t, i);
    }
    cr_expect_not(ledger_type_of(VIEW(""), &t));
    cr_expect_not(ledger_type_of(VIEW("deleted"), &t));
}
