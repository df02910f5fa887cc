#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "consent/block.h"
#include "consent/event.h"
#include "consent/listing.h"
#include "consent/month.h"
#include "consent/tally.h"
#include "rig.h"

#define DAY   INT64_C(86400000)
#define START (RIG_NOW * 1000) /* 2026-11-22 09:00 in Japan */

static struct rig r;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(query, .init = open_rig, .fini = close_rig);

/* --- a small history ---------------------------------------------------------------------------------------------- */

struct appending {
    struct ledger_event *events;
    size_t n;
};

static enum err append_job(struct db *db, void *ctx)
{
    const struct appending *x = ctx;
    enum err err = ERR_OK;
    for (size_t i = 0; i < x->n && !err; i++)
        err = ledger_append(r.ledger, db, &x->events[i], NULL);
    return err;
}

static void append(struct ledger_event *events, size_t n)
{
    struct appending x = {events, n};
    cr_assert_eq(store_write(r.store, append_job, &x), ERR_OK);
}

/* N events, one an hour, of three services and eleven residents. */
static void append_history(size_t n)
{
    static const struct view clients[] = {
        {(const uint8_t *)"a-booking", 9}, {(const uint8_t *)"b-booking", 9}, {(const uint8_t *)"c-child", 7}};
    static const struct view orgs[] = {{(const uint8_t *)"a-city", 6}, {(const uint8_t *)"b-city", 6}};
    static const enum ledger_type types[] = {LEDGER_DISCLOSED, LEDGER_DISCLOSED, LEDGER_GIVEN, LEDGER_DISCLOSED,
                                             LEDGER_WITHDRAWN};
    struct ledger_event *events = calloc(n, sizeof *events);
    for (size_t i = 0; i < n; i++) {
        char who[32];
        snprintf(who, sizeof who, "resident %zu", i % 11);
        events[i] = (struct ledger_event){.type = types[i % 5],
                                          .at = START + (int64_t)i * 3600000,
                                          .who = {.resident = ident_of(view_text(who)),
                                                  .client = clients[i % 97 == 0 ? 2 : i % 2],
                                                  .org = orgs[i % 2],
                                                  .sector = VIEW("27999"),
                                                  .subject = VIEW("sub")},
                                          .ground = "consent",
                                          .via = i % 3 ? "userinfo" : "home",
                                          .fields = {field_find(VIEW("name")), field_find(VIEW("address"))},
                                          .n_fields = i % 4 == 0 ? 2 : 1};
    }
    append(events, n);
    free(events);
}

static void make_index(void)
{
    size_t done;
    cr_assert_eq(block_catch_up(&done, r.store, 1000), ERR_OK);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

struct found {
    int64_t n, sum, last;
};

static enum err find(void *ctx, const struct query_event *e)
{
    struct found *f = ctx;
    cr_expect(f->n == 0 || e->position > f->last, "in order");
    f->n++;
    f->last = e->position;
    f->sum += e->position * e->position + 1;
    return ERR_OK;
}

static struct found ask_by(struct query q, struct query_walk *w)
{
    struct found f = {0};
    struct db *db = store_borrow(r.store);
    cr_assert_eq(query_each(w, db, &q, find, &f), ERR_OK);
    store_return(r.store, db);
    cr_expect_eq(f.n, w->matched);
    return f;
}

static int64_t matches(struct query q)
{
    return ask_by(q, &(struct query_walk){0}).n;
}

static void add_standard(void)
{
    for (int i = 0; i < 11; i++)
        rig_append(&r, i % 2 ? LEDGER_DISCLOSED : LEDGER_GIVEN, START + i * DAY);
}

Test(query, every_key_narrows)
{
    char pseudonym[64], session[64];
    uint8_t raw[32];
    add_standard();
    ledger_pseudonym(raw, r.ledger, r.resident);
    snprintf(pseudonym, sizeof pseudonym, "%s", base64url_text(&r.arena, VIEW_ARRAY(raw)));
    ledger_pseudonym(raw, r.ledger, ident_of(VIEW("a login")));
    snprintf(session, sizeof session, "%s", base64url_text(&r.arena, view_bytes(raw, 16)));
    const struct {
        const char *key, *value;
        int64_t n;
    } rows[] = {{"event", "withdrawn", 0},    {"event", "disclosed", 5},
                {"service", "a-booking", 11}, {"service", "a-book", 0},
                {"service", "a-bookings", 0}, {"org", "b-city", 0},
                {"org", "a-city", 11},        {"sector", "27999", 11},
                {"sector", "2799", 0},        {"field", "address", 11},
                {"field", "gender", 0},       {"ground", "consent", 11},
                {"ground", "law", 0},         {"via", "userinfo", 11},
                {"via", "home", 0},           {"subject", "pairwise-sub", 11},
                {"subject", "pairwise", 0},   {"resident", pseudonym, 11},
                {"resident", "AAAA", 0},      {"grant", "AAAA", 0},
                {"session", "AAAA", 0},       {"session", session, 11},
                {"since", "2026-11-23", 10},  {"since", "2026-12-03", 0},
                {"until", "2026-11-22", 1},   {"until", "2026-11-21", 0},
                {"until", "2026-12-02", 11}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct query q = {0};
        const char *rule;
        cr_assert_eq(query_set(&q, view_text(rows[i].key), view_text(rows[i].value), &rule), ERR_OK, "%s", rows[i].key);
        cr_expect_eq(matches(q), rows[i].n, "%s=%s", rows[i].key, rows[i].value);
    }
}

Test(query, refuses_words_that_mean_nothing)
{
    static const char *const rows[][2] = {{"since", "yesterday"},  {"since", "2026-13-01"}, {"since", "2026-05-00"},
                                          {"until", "2026-02-29"}, {"until", ""},           {"event", "danced"},
                                          {"field", "shoe_size"},  {"service", ""},         {"service", "a b"},
                                          {"service", "a\"b"},     {"resident", "x\\y"}};
    struct query q = {0};
    const char *rule = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rule = NULL;
        cr_expect_eq(query_set(&q, view_text(rows[i][0]), view_text(rows[i][1]), &rule), ERR_SYNTAX, "%s=%s",
                     rows[i][0], rows[i][1]);
        cr_expect_not_null(rule);
    }
    char long_one[300];
    memset(long_one, 'x', sizeof long_one);
    cr_expect_eq(query_set(&q, VIEW("service"), view_bytes(long_one, 256), &rule), ERR_SYNTAX);
    cr_expect_eq(query_set(&q, VIEW("colour"), VIEW("red"), &rule), ERR_NOT_FOUND);
}

Test(query, says_itself_in_words)
{
    struct query q = {0};
    const char *rule;
    cr_expect_str_eq(query_words(&r.arena, &q), "everything");
    cr_assert_eq(query_set(&q, VIEW("since"), VIEW("2026-05-01"), &rule), ERR_OK);
    cr_assert_eq(query_set(&q, VIEW("until"), VIEW("2026-05-31"), &rule), ERR_OK);
    cr_assert_eq(query_set(&q, VIEW("event"), VIEW("disclosed"), &rule), ERR_OK);
    cr_assert_eq(query_set(&q, VIEW("service"), VIEW("a-booking"), &rule), ERR_OK);
    cr_expect_str_eq(query_words(&r.arena, &q), "since=2026-05-01 until=2026-05-31 event=disclosed service=a-booking");
}

/* --- the index ---------------------------------------------------------------------------------------------------- */

/* Whatever is asked, the index finds what looking at every event finds. */
Test(query, the_index_hides_nothing)
{
    static const char *const words[][3][2] = {{{"service", "c-child"}},
                                              {{"service", "a-booking"}, {"event", "withdrawn"}},
                                              {{"service", "nobody"}},
                                              {{"since", "2026-12-01"}, {"until", "2026-12-03"}},
                                              {{"org", "a-city"}, {"field", "address"}, {"since", "2027-01-01"}},
                                              {{"via", "home"}},
                                              {{"event", "given"}, {"until", "2026-11-30"}},
                                              {{NULL}}};
    append_history(1500);
    rig_tamper(&r, "UPDATE ledger_event SET salt = NULL, event = NULL WHERE position % 7 = 3");
    make_index();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct query q = {0};
        const char *rule;
        for (size_t k = 0; k < 3 && words[i][k][0]; k++)
            cr_assert_eq(query_set(&q, view_text(words[i][k][0]), view_text(words[i][k][1]), &rule), ERR_OK);
        struct query_walk with = {0}, without = {.every_event = true};
        struct found a = ask_by(q, &with), b = ask_by(q, &without);
        cr_expect(a.n == b.n && a.sum == b.sum, "question %zu: %ld and %ld", i, (long)a.n, (long)b.n);
        cr_expect((i == 2) == (a.n == 0), "question %zu", i);
    }
    for (int i = 0; i < 11; i++) {
        char who[32];
        uint8_t raw[32];
        snprintf(who, sizeof who, "resident %d", i);
        ledger_pseudonym(raw, r.ledger, ident_of(view_text(who)));
        struct query q = {.resident = view_text(base64url_text(&r.arena, VIEW_ARRAY(raw)))};
        struct query_walk with = {0}, without = {.every_event = true};
        struct found a = ask_by(q, &with), b = ask_by(q, &without);
        cr_expect(a.n > 0 && a.n == b.n && a.sum == b.sum);
    }
}

Test(query, the_index_says_no_to_whom_it_does_not_know)
{
    struct block blocks[8];
    size_t n, may = 0;
    append_history(1024);
    make_index();
    struct db *db = store_borrow(r.store);
    struct query q = {.client = VIEW("c-child")}, nobody = {.client = VIEW("nobody")};
    cr_assert_eq(block_find(blocks, &n, 8, db, &q, 0), ERR_OK);
    cr_assert_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        cr_expect(block_may_match(&blocks[i], &q));
        may += block_may_match(&blocks[i], &nobody);
    }
    cr_expect_eq(may, 0);
    q = (struct query){.type = LEDGER_EXPIRED};
    cr_expect(!block_may_match(&blocks[0], &q));
    q = (struct query){.since = START + 600 * 3600000LL, .until = START + 700 * 3600000LL};
    cr_assert_eq(block_find(blocks, &n, 8, db, &q, 0), ERR_OK);
    cr_expect_eq(n, 1);
    cr_expect_eq(blocks[0].first, 512);
    store_return(r.store, db);
}

Test(query, a_block_is_made_when_it_is_full_and_once)
{
    size_t done;
    append_history(300);
    cr_assert_eq(block_catch_up(&done, r.store, 1000), ERR_OK);
    cr_expect_eq(done, 1);
    cr_assert_eq(block_catch_up(&done, r.store, 1000), ERR_OK);
    cr_expect_eq(done, 0);
    append_history(212);
    cr_assert_eq(block_catch_up(&done, r.store, 1000), ERR_OK);
    cr_expect_eq(done, 1);
    append_history(2 * 256);
    cr_assert_eq(block_catch_up(&done, r.store, 1), ERR_OK);
    cr_expect_eq(done, 1, "no more than asked for");
}

/* --- pages -------------------------------------------------------------------------------------------------------- */

Test(query, pages_are_of_one_moment_and_leave_nothing_out)
{
    struct query q = {.client = VIEW("b-booking")};
    struct query_walk w = {.limit = 37};
    append_history(700);
    make_index();
    struct found all = ask_by(q, &(struct query_walk){0});
    int64_t n = 0, sum = 0;
    for (int page = 0;; page++) {
        struct found f = ask_by(q, &w);
        n += f.n;
        sum += f.sum;
        if (page == 0)
            append_history(300); /* comes after the first page was read: not of its moment */
        char *cursor = query_cursor(&r.arena, &w);
        if (!cursor)
            break;
        cr_expect_eq(f.n, 37);
        w = (struct query_walk){.limit = 37};
        cr_assert(query_read_cursor(&w, view_text(cursor)));
    }
    cr_expect(n == all.n && sum == all.sum, "%ld of %ld", (long)n, (long)all.n);
}

Test(query, the_last_page_has_no_cursor_even_when_it_is_full)
{
    struct query_walk w = {.limit = 11};
    add_standard();
    cr_expect_eq(ask_by((struct query){0}, &w).n, 11);
    cr_expect_null(query_cursor(&r.arena, &w));
}

Test(query, refuses_a_cursor_that_is_none)
{
    static const char *const bad[] = {"",    "1",     "1.",  ".1",   "1.1",
                                      "2.1", "1.2.3", "a.b", "-1.4", "1.99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!query_read_cursor(&(struct query_walk){0}, view_text(bad[i])), "%s", bad[i]);
    struct query_walk w = {0};
    cr_expect(query_read_cursor(&w, VIEW("7.12")) && w.from == 7 && w.snapshot == 12);
}

Test(query, an_event_that_cannot_be_one_is_an_error)
{
    add_standard();
    rig_tamper(&r, "UPDATE ledger_event SET event = '{' WHERE position = 5");
    struct found f = {0};
    struct query_walk w = {0};
    struct db *db = store_borrow(r.store);
    cr_expect_eq(query_each(&w, db, &(struct query){0}, find, &f), ERR_STORE);
    store_return(r.store, db);
}

/* --- listing ------------------------------------------------------------------------------------------------------ */

static char *list(const struct query *q, enum listing_format format)
{
    char *text = NULL;
    size_t n = 0;
    struct query_walk w = {0};
    FILE *f = open_memstream(&text, &n);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(listing_write(&w, db, q, format, f), ERR_OK);
    store_return(r.store, db);
    fclose(f);
    return text;
}

Test(query, an_erased_event_is_known_by_type_only)
{
    add_standard();
    rig_tamper(&r, "UPDATE ledger_event SET salt = NULL, event = NULL WHERE position = 1");
    cr_expect_eq(matches((struct query){0}), 11);
    cr_expect_eq(matches((struct query){.type = LEDGER_DISCLOSED}), 5);
    cr_expect_eq(matches((struct query){.client = VIEW("a-booking")}), 10);
    cr_expect_eq(matches((struct query){.since = 1}), 10);
    char *text = list(&(struct query){0}, LISTING_JSONL);
    cr_expect(strstr(text, "{\"position\":1,\"erased\":true,\"type\":\"disclosed\"}\n"));
    free(text);
    text = list(&(struct query){0}, LISTING_CSV);
    cr_expect(strstr(text, "\r\n1,,disclosed,\"\","));
    free(text);
}

Test(query, csv_is_for_spreadsheets)
{
    add_standard();
    char *text = list(&(struct query){0}, LISTING_CSV);
    cr_expect(strncmp(text, "\xEF\xBB\xBFposition,time,event,service,", 31) == 0, "%s", text);
    cr_expect(
        strstr(text, "\r\n0,2026-11-22T09:00:00+09:00,given,\"a-booking\",\"a-city\",\"27999\",\"pairwise-sub\","));
    cr_expect(strstr(text, "\"name address\"\r\n"));
    free(text);
}

Test(query, csv_cell_is_never_a_formula)
{
    struct ledger_event e = {.type = LEDGER_OPERATOR, .at = 1, .act = "=cmd|'/c calc'!A1 \"x\" \\ 監査"};
    append(&e, 1);
    char *text = list(&(struct query){0}, LISTING_CSV);
    cr_expect(strstr(text, "\"'=cmd|'/c calc'!A1 \"\"x\"\" \\ 監査\""), "%s", text);
    free(text);
}

Test(query, table_is_one_line_an_event_under_a_head)
{
    size_t lines = 0;
    add_standard();
    char *text = list(&(struct query){0}, LISTING_TABLE);
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    cr_expect_eq(lines, 12);
    cr_expect(strstr(text, "2026-11-22 09:00:00 given"));
    free(text);
}

Test(query, a_full_disk_is_an_error)
{
    struct query_walk w = {0};
    add_standard();
    FILE *f = fopen("/dev/full", "w");
    struct db *db = store_borrow(r.store);
    cr_expect_eq(listing_write(&w, db, &(struct query){0}, LISTING_TABLE, f), ERR_IO);
    store_return(r.store, db);
    fclose(f);
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

static struct tally count(struct query q, const char *words)
{
    struct tally t;
    struct tally_by by;
    const char *rule;
    struct query_walk w = {0};
    cr_assert_eq(tally_read(&by, view_text(words), &rule), ERR_OK);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(tally_count(&t, &r.arena, &w, db, &q, &by), ERR_OK);
    store_return(r.store, db);
    return t;
}

Test(query, counts_addresses_by_service)
{
    append_history(600);
    make_index();
    struct query q = {.type = LEDGER_DISCLOSED, .field = VIEW("address")};
    struct tally t = count(q, "service,month");
    int64_t sum = 0;
    for (size_t i = 0; i < t.n; i++) {
        cr_expect(i == 0 || memcmp(t.groups[i - 1].key[0].p, t.groups[i].key[0].p, 1) <= 0, "sorted");
        sum += t.groups[i].n;
    }
    cr_expect(t.n > 2 && sum == matches(q) && sum == t.events);
    cr_expect(view_equal(t.groups[0].key[0], VIEW("a-booking")) && view_equal(t.groups[0].key[1], VIEW("2026-11")));
}

Test(query, counts_an_event_once_for_each_of_its_fields)
{
    add_standard();
    struct tally t = count((struct query){.type = LEDGER_DISCLOSED}, "field");
    cr_assert_eq(t.n, 2);
    cr_expect(view_equal(t.groups[0].key[0], VIEW("address")) && t.groups[0].n == 5);
    cr_expect(view_equal(t.groups[1].key[0], VIEW("name")) && t.groups[1].n == 5);
    cr_expect_eq(t.events, 5);
}

Test(query, counts_erased_events_by_type)
{
    add_standard();
    rig_tamper(&r, "UPDATE ledger_event SET salt = NULL, event = NULL WHERE position = 1");
    struct tally t = count((struct query){0}, "event,day");
    int64_t sum = 0;
    for (size_t i = 0; i < t.n; i++)
        sum += t.groups[i].n;
    cr_expect_eq(sum, 11);
    cr_expect(view_equal(t.groups[0].key[0], VIEW("disclosed")) && view_equal(t.groups[0].key[1], VIEW("0000-00-00")));
}

Test(query, refuses_groups_that_are_none)
{
    static const char *const bad[] = {"",    "colour", "service,", "service,service", "service,org,sector,field,event",
                                      ",org"};
    struct tally_by by;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *rule = NULL;
        cr_expect_eq(tally_read(&by, view_text(bad[i]), &rule), ERR_SYNTAX, "%s", bad[i]);
        cr_expect_not_null(rule);
    }
}

Test(query, counting_in_steps_is_counting)
{
    append_history(700);
    make_index();
    struct tally whole = count((struct query){.type = LEDGER_DISCLOSED}, "service,field"), steps;
    struct counting *c;
    struct tally_by by;
    const char *rule;
    struct query q = {.type = LEDGER_DISCLOSED};
    struct query_walk w = {.look_max = 256, .pauses = true};
    int n = 0;
    cr_assert_eq(tally_read(&by, VIEW("service,field"), &rule), ERR_OK);
    cr_assert_eq(tally_begin(&c, &r.arena, &by), ERR_OK);
    struct db *db = store_borrow(r.store);
    do {
        cr_assert_eq(tally_add(c, &w, db, &q), ERR_OK);
        w.from = w.next;
    } while (w.next >= 0 && ++n < 20);
    store_return(r.store, db);
    tally_end(&steps, c);
    cr_expect_geq(n, 2, "%d steps", n);
    cr_assert(steps.n == whole.n && steps.events == whole.events);
    for (size_t i = 0; i < steps.n; i++)
        cr_expect(steps.groups[i].n == whole.groups[i].n && view_equal(steps.groups[i].key[0], whole.groups[i].key[0]));
}

Test(query, a_walk_that_pauses_finds_everything_once)
{
    append_history(1000);
    make_index();
    append_history(100);
    struct found f = {0};
    struct query q = {.type = LEDGER_DISCLOSED};
    struct query_walk w = {.look_max = 300, .pauses = true, .limit = 7};
    int64_t n = 0;
    struct db *db = store_borrow(r.store);
    do {
        cr_assert_eq(query_each(&w, db, &q, find, &f), ERR_OK);
        w.from = w.next;
    } while (w.next >= 0 && ++n < 1000);
    store_return(r.store, db);
    cr_expect_eq(f.n, 660, "three of five: %ld", (long)f.n);
    cr_expect_geq(n, 94, "in pages of at most seven");
}

/* --- monthly counts ----------------------------------------------------------------------------------------------- */

Test(query, months_agree_with_counting_everything)
{
    struct month_count *months;
    size_t n;
    int64_t stored = 0;
    append_history(1024);
    make_index();
    struct db *db = store_borrow(r.store);
    cr_assert_eq(month_list(&months, &n, &r.arena, db), ERR_OK);
    store_return(r.store, db);
    struct tally t = count((struct query){0}, "month,service,event,field");
    cr_expect_eq(n, t.n);
    for (size_t i = 0; i < n; i++)
        stored += months[i].n;
    for (size_t i = 0; i < t.n; i++)
        stored -= t.groups[i].n;
    cr_expect_eq(stored, 0);
    cr_expect(n && strcmp(months[0].month, "2027-01") == 0, "newest first: %s", months[0].month);
}

Test(query, months_stay_when_events_are_erased_and_are_not_counted_twice)
{
    struct month_count *before, *after;
    size_t n_before, n_after, done;
    append_history(256);
    make_index();
    struct db *db = store_borrow(r.store);
    cr_assert_eq(month_list(&before, &n_before, &r.arena, db), ERR_OK);
    rig_tamper(&r, "UPDATE ledger_event SET salt = NULL, event = NULL");
    cr_assert_eq(block_catch_up(&done, r.store, 10), ERR_OK);
    cr_assert_eq(month_list(&after, &n_after, &r.arena, db), ERR_OK);
    store_return(r.store, db);
    cr_assert_eq(n_after, n_before);
    for (size_t i = 0; i < n_after; i++)
        cr_expect_eq(after[i].n, before[i].n);
}

static int64_t months_at(int64_t now_ms, const char *month)
{
    struct month_count *months;
    size_t n;
    int64_t all = 0;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(block_months(&months, &n, &r.arena, db, now_ms), ERR_OK);
    store_return(r.store, db);
    for (size_t i = 0; i < n; i++) {
        cr_expect(i == 0 || strcmp(months[i - 1].month, months[i].month) >= 0, "newest first");
        all += strcmp(months[i].month, month) == 0 ? months[i].n : 0;
    }
    return all;
}

static int64_t counted(int64_t since, int64_t until)
{
    struct tally t = count((struct query){.since = since, .until = until}, "month,service,event,field");
    int64_t all = 0;
    for (size_t i = 0; i < t.n; i++)
        all += t.groups[i].n;
    return all;
}

/* One event an hour from 09:00 on 22 November on: the last nine are of December, and no block is full. */
Test(query, a_month_that_is_over_is_counted_to_its_last_event_and_the_running_one_by_blocks)
{
    int64_t december;
    cr_assert(query_read_day(&december, VIEW("2026-12-01")));
    append_history(216);
    make_index();
    cr_expect_eq(months_at(december - 1, "2026-11"), 0, "it is not over");
    cr_expect_gt(counted(0, december), 207);
    cr_expect_eq(months_at(december, "2026-11"), counted(0, december));
    cr_expect_eq(months_at(december, "2026-12"), 0);
    append_history(40); /* the block is full */
    make_index();
    cr_expect_eq(months_at(december, "2026-11"), counted(0, december), "nothing twice");
    cr_expect_eq(months_at(december, "2026-12"), counted(december, 0));
    append_history(1);
    cr_expect_eq(months_at(december, "2026-11"), counted(0, december), "added to what the blocks say");
}

Test(query, small_numbers_are_one_to_nine)
{
    cr_expect(!month_is_small(0) && month_is_small(1) && month_is_small(9) && !month_is_small(10));
}

/* --- events as text ----------------------------------------------------------------------------------------------- */

Test(query, a_member_is_never_found_inside_a_text)
{
    struct ledger_event e = {.type = LEDGER_OPERATOR,
                             .at = 12,
                             .act = "say \"client\":\"x\" and \"at\":99",
                             .who = {.client = VIEW("real")}};
    append(&e, 1);
    struct ledger_leaf leaf;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(ledger_leaf_find(&leaf, &r.arena, db, 0), ERR_OK);
    store_return(r.store, db);
    const struct event_parts parts = event_parts(leaf.event);
    cr_expect(view_equal(parts.client, VIEW("real")) && parts.at == 12);
    cr_expect(!view_is(parts.org) && !view_is(parts.resident) && !view_is(parts.session) && !view_is(parts.fields));
    cr_expect(view_equal(event_text(leaf.event, "client"), VIEW("real")));
    cr_expect_eq(event_at(leaf.event), 12);
    cr_expect(view_equal(event_plain(&r.arena, leaf.event, "act"), view_text(e.act)));
    cr_expect(!view_is(event_text(leaf.event, "org")) && !view_is(event_fields(leaf.event)));
}

/* Every kind of member that an event can have stands before those that indexes ask for. */
Test(query, all_parts_of_an_event_are_found_in_one_walk)
{
    static const uint8_t terms[32] = {1};
    static const int64_t indexes[] = {7, 8};
    struct ledger_event e = {.type = LEDGER_DISCLOSED,
                             .at = 1764000000123,
                             .act = "x\\\"",
                             .who = {.resident = {{1}},
                                     .client = VIEW("c"),
                                     .org = VIEW("o"),
                                     .sector = VIEW("s"),
                                     .subject = VIEW("sub"),
                                     .session = {{2}}},
                             .grant = {.b = {3}},
                             .ground = "consent",
                             .terms = VIEW_ARRAY(terms),
                             .via = "userinfo",
                             .fields = {field_find(VIEW("name")), field_find(VIEW("address"))},
                             .n_fields = 2,
                             .details = {{VIEW("a]\",\"org\":\"no"), VIEW("{\"type\":\"a\"}")}},
                             .n_details = 1,
                             .indexes = indexes,
                             .n_indexes = 2};
    append(&e, 1);
    struct ledger_leaf leaf;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(ledger_leaf_find(&leaf, &r.arena, db, 0), ERR_OK);
    store_return(r.store, db);
    const struct event_parts p = event_parts(leaf.event);
    cr_expect(view_equal(p.client, VIEW("c")) && view_equal(p.org, VIEW("o")) && view_equal(p.sector, VIEW("s")));
    cr_expect(view_is(p.resident) && view_equal(p.resident, event_text(leaf.event, "resident")));
    cr_expect(view_is(p.session) && view_equal(p.session, event_text(leaf.event, "session")));
    cr_expect(view_equal(p.fields, VIEW("\"name\",\"address\"")) && p.at == e.at);
}

Test(query, looking_into_broken_events_finds_nothing)
{
    static const char *const broken[] = {"",
                                         "{",
                                         "{\"client\":",
                                         "{\"client\":\"",
                                         "{\"client\":\"x\\",
                                         "{\"fields\":[",
                                         "{\"fields\":[\"a",
                                         "{\"at\":}",
                                         "{\"at\":99999999999999999999}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct view v = view_text(broken[i]), field, rest = event_fields(v);
        const struct event_parts parts = event_parts(v);
        cr_expect(!view_is(event_text(v, "client")) && event_at(v) == -1 && !event_is_sound(v), "%s", broken[i]);
        cr_expect(!view_is(parts.client) && parts.at == -1, "%s", broken[i]);
        cr_expect(!event_next_field(&rest, &field) && !event_has_field(v, VIEW("a")), "%s", broken[i]);
    }
}
