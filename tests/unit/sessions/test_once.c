#include "sessions/once.h"

#include <criterion/criterion.h>

#include "sessions/sweep.h"
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

TestSuite(once, .init = open_box, .fini = close_box);

static enum err take(enum once_kind kind, const char *who, const char *jti)
{
    struct once o = once_of(kind, view_text(who), view_text(jti), NOW);

    return once_take_job(db, &o);
}

Test(once, what_was_taken_is_not_taken_again)
{
    cr_expect_eq(take(ONCE_ASSERTION, "a", "1"), ERR_OK);
    cr_expect_eq(take(ONCE_ASSERTION, "a", "1"), ERR_CONFLICT, "RFC 7523 3, item 7");
    struct once later = once_of(ONCE_ASSERTION, VIEW("a"), VIEW("1"), NOW + 60);
    cr_expect_eq(once_take_job(db, &later), ERR_CONFLICT, "whatever end it says");
}

Test(once, another_sender_kind_or_name_is_another_thing)
{
    cr_expect_eq(take(ONCE_ASSERTION, "a", "1"), ERR_OK);
    cr_expect_eq(take(ONCE_ASSERTION, "b", "1"), ERR_OK);
    cr_expect_eq(take(ONCE_ASSERTION, "a", "2"), ERR_OK);
    cr_expect_eq(take(ONCE_PROOF, "a", "1"), ERR_OK);
    cr_expect_eq(take(ONCE_ASSERTION, "a1", ""), ERR_OK, "the two are not merely joined");
    cr_expect_eq(take(ONCE_ASSERTION, "", "a1"), ERR_OK);
}

Test(once, is_remembered_until_its_end_and_no_longer)
{
    size_t n = 0;

    cr_expect_eq(take(ONCE_PROOF, "a", "1"), ERR_OK);
    cr_assert_eq(sweep_run(box.store, NOW - 1, &n), ERR_OK);
    cr_expect_eq(take(ONCE_PROOF, "a", "1"), ERR_CONFLICT);
    cr_assert_eq(sweep_run(box.store, NOW, &n), ERR_OK);
    cr_expect_eq(n, 1);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM once"), 0);
}
