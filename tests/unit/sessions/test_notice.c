#include <criterion/criterion.h>

#include "sessions/notice.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;

enum { NOW = 1000000 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(notice, .init = open_box, .fini = close_box);

static void add(const char *client, int64_t at)
{
    struct notice n = {.channel = NOTICE_LOGOUT,
                       .client = view_text(client),
                       .sub = VIEW("sub"),
                       .sid = VIEW("sid"),
                       .created_at = at};
    cr_assert_eq(notice_add(db, &n), ERR_OK);
}

static struct notice *due;

static size_t take(size_t max, int64_t now)
{
    size_t n;
    cr_assert_eq(notice_take_due(&due, &n, db, &box.a, max, now), ERR_OK);
    return n;
}

Test(notice, nothing_is_due_before_its_time)
{
    int64_t next;
    cr_assert_eq(take(10, NOW), 0);
    cr_assert_eq(notice_next(&next, db, &box.a), ERR_NOT_FOUND);
    add("a-city", NOW);
    cr_assert_eq(take(10, NOW - 1), 0);
    cr_assert_eq(notice_next(&next, db, &box.a), ERR_OK);
    cr_assert_eq(next, NOW);
}

Test(notice, is_not_given_to_two_at_once)
{
    add("a-city", NOW);
    cr_assert_eq(take(10, NOW), 1);
    cr_assert_eq(take(10, NOW), 0);
}

Test(notice, comes_again_later_and_later_until_it_is_done)
{
    int64_t now = NOW;
    add("a-city", NOW);
    for (int tries = 1; notice_wait_s(tries); tries++) {
        cr_assert_eq(take(10, now), 1, "try %d", tries);
        cr_assert_eq(due[0].tries, tries);
        cr_assert_eq(due[0].due_at, now + notice_wait_s(tries));
        now = due[0].due_at;
        cr_assert_eq(take(10, now - 1), 0);
    }
    cr_assert_gt(now - NOW, 20 * 3600, "about a day in all");
    cr_assert_eq(take(10, now), 1, "the last one too is there until somebody says done");
    cr_assert_eq(notice_wait_s(due[0].tries), 0);
    cr_assert_eq(notice_done(db, due[0].id), ERR_OK);
    cr_assert_eq(take(10, now + 1000000), 0);
}

Test(notice, oldest_first_and_no_more_than_asked)
{
    add("b-city", NOW + 2);
    add("a-city", NOW + 1);
    add("c-city", NOW + 3);
    cr_assert_eq(take(2, NOW + 10), 2);
    cr_assert(view_equal(due[0].client, VIEW("a-city")) && view_equal(due[1].client, VIEW("b-city")));
    cr_assert(view_equal(due[0].sub, VIEW("sub")) && view_equal(due[0].sid, VIEW("sid")));
    cr_assert_eq(due[0].created_at, NOW + 1);
    cr_assert_eq(take(2, NOW + 10), 1);
}

Test(notice, survives_a_restart)
{
    add("a-city", NOW);
    box_reopen(&box);
    cr_assert_eq(take(1, NOW), 1);
}

/* --- a service that does not answer ------------------------------------------------------------------------------- */

static int64_t next_due(void)
{
    int64_t at = 0;
    cr_assert_eq(notice_next(&at, db, &box.a), ERR_OK);
    return at;
}

static void put_off(const char *client, int64_t now)
{
    cr_assert_eq(notice_put_off(db, &box.a, NOTICE_LOGOUT, view_text(client), now), ERR_OK);
}

Test(notice, all_of_a_service_that_does_not_answer_wait_with_the_one_that_was_tried)
{
    add("a-city", NOW);
    add("a-city", NOW);
    add("a-city", NOW);
    cr_assert_eq(take(1, NOW), 1);
    put_off("a-city", NOW);
    cr_expect_eq(next_due(), NOW + notice_wait_s(1));
    cr_assert_eq(take(1, NOW + 5), 1);
    put_off("a-city", NOW + 5);
    cr_expect_eq(next_due(), NOW + 5 + notice_wait_s(due[0].tries), "the most tried one says how long");
    add("a-city", NOW + 6);
    cr_assert_eq(take(10, NOW + 6), 1, "a new one is tried at once");
    put_off("a-city", NOW + 6);
    cr_expect_eq(next_due(), NOW + 6 + notice_wait_s(2), "and then waits with the others");
}

Test(notice, another_service_waits_for_nobody)
{
    add("a-city", NOW);
    add("b-city", NOW);
    cr_assert_eq(take(1, NOW), 1);
    put_off("a-city", NOW);
    cr_assert_eq(take(10, NOW), 1);
    cr_expect(view_equal(due[0].client, VIEW("b-city")));
}

Test(notice, putting_off_brings_nothing_forward)
{
    add("a-city", NOW);
    cr_assert_eq(db_script(db, "UPDATE notice SET due_at = 9000000"), ERR_OK);
    put_off("a-city", NOW);
    cr_expect_eq(next_due(), 9000000);
}

Test(notice, what_is_too_old_goes_when_the_service_fails_again)
{
    add("a-city", NOW);
    add("a-city", NOW + 1);
    add("b-city", NOW);
    put_off("a-city", NOW + NOTICE_LIFE_S);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM notice WHERE client = 'a-city' AND given_up_at IS NULL"), 1);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM notice WHERE client = 'b-city'"), 1);
    put_off("a-city", NOW + NOTICE_LIFE_S + 1);
    put_off("a-city", NOW + NOTICE_LIFE_S + 2);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM notice WHERE client = 'a-city' AND given_up_at IS NULL"), 0);
}

Test(notice, an_event_comes_back_as_it_was_and_waits_for_its_own_address_only)
{
    const struct notice event = {.channel = NOTICE_EVENT,
                                 .client = VIEW("a-city"),
                                 .sub = VIEW("sub"),
                                 .event = VIEW("{\"jti\":\"x\"}"),
                                 .created_at = NOW};
    cr_assert_eq(notice_add(db, &event), ERR_OK);
    add("a-city", NOW);
    cr_assert_eq(take(10, NOW), 2);
    cr_expect_eq(due[0].channel, NOTICE_EVENT);
    cr_expect(view_equal(due[0].event, event.event));
    cr_expect_not(view_is(due[0].sid));
    cr_expect_eq(due[1].channel, NOTICE_LOGOUT);
    cr_expect_not(view_is(due[1].event));
    cr_assert_eq(db_script(db, "UPDATE notice SET due_at = 1, tries = 3"), ERR_OK);
    cr_assert_eq(notice_put_off(db, &box.a, NOTICE_EVENT, VIEW("a-city"), NOW), ERR_OK);
    cr_assert_eq(take(10, NOW), 1);
    cr_expect_eq(due[0].channel, NOTICE_LOGOUT, "log-outs do not wait for the address of events");
}
