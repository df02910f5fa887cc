#include <criterion/criterion.h>

#include "sessions/interaction.h"
#include "sessions/pushed.h"
#include "sessions/sweep.h"
#include "tests/lib/box.h"

enum { NOW = 1000000 };

static struct box box;

static void open_box(void)
{
    box_open(&box);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(pushed, .init = open_box, .fini = close_box);

static struct pushed a_request(void)
{
    return (struct pushed){.id = ident_of(VIEW("ticket")),
                           .client = VIEW("a-city"),
                           .request = VIEW("{\"x\":1}"),
                           .epoch = ident_of(VIEW("epoch")),
                           .expires_at = NOW + PUSHED_LIFE_S};
}

static enum err mint_job(struct db *db, void *ctx)
{
    return pushed_mint(db, ctx);
}

static enum err take_job(struct db *db, void *ctx)
{
    const struct pushed *p = ctx;

    return pushed_take(db, p->id, NOW + 5);
}

static enum pushed_state state_at(const struct pushed *p, int64_t now)
{
    return pushed_check(p, VIEW("a-city"), ident_of(VIEW("epoch")), now);
}

Test(pushed, is_good_for_ninety_seconds_and_no_longer)
{
    struct pushed p = a_request();

    cr_expect_eq(state_at(&p, NOW + 90), PUSHED_EXPIRED);
    cr_expect_eq(state_at(&p, NOW + 89), PUSHED_GOOD);
}

Test(pushed, is_of_one_client_and_tells_others_nothing_else)
{
    struct pushed p = a_request();

    p.used_at = NOW;
    cr_expect_eq(pushed_check(&p, VIEW("b-city"), p.epoch, NOW + 1000), PUSHED_OTHER_CLIENT);
    cr_expect_eq(pushed_check(&p, VIEW_NONE, p.epoch, NOW), PUSHED_OTHER_CLIENT);
}

Test(pushed, does_not_outlive_an_outage_that_may_have_forgotten_its_use)
{
    struct pushed p = a_request();

    cr_expect_eq(pushed_check(&p, VIEW("a-city"), ident_of(VIEW("another epoch")), NOW), PUSHED_EXPIRED);
    cr_expect_eq(pushed_check(&p, VIEW("a-city"), IDENT_NONE, NOW), PUSHED_EXPIRED);
}

Test(pushed, is_answered_once)
{
    struct pushed p = a_request(), found;

    cr_expect_eq(store_write(box.store, take_job, &p), ERR_CONFLICT, "before it is there");
    cr_assert_eq(store_write(box.store, mint_job, &p), ERR_OK);
    cr_expect_eq(store_write(box.store, mint_job, &p), ERR_CONFLICT);
    cr_assert_eq(store_write(box.store, take_job, &p), ERR_OK);
    cr_expect_eq(store_write(box.store, take_job, &p), ERR_CONFLICT);
    struct db *db = store_borrow(box.store);
    cr_assert_eq(pushed_find(&found, db, &box.a, p.id), ERR_OK);
    cr_expect_eq(pushed_find(&p, db, &box.a, ident_of(VIEW("no ticket"))), ERR_NOT_FOUND);
    store_return(box.store, db);
    cr_expect_eq(found.used_at, NOW + 5);
    cr_expect_eq(state_at(&found, NOW + 5), PUSHED_USED);
    cr_expect(view_equal_text(found.request, "{\"x\":1}"));
}

Test(pushed, is_kept_as_long_as_a_login_that_began_with_it_and_swept_then)
{
    struct pushed p = a_request();
    size_t deleted;

    cr_assert_eq(store_write(box.store, mint_job, &p), ERR_OK);
    cr_assert_eq(sweep_run(box.store, p.expires_at + INTERACTION_LIFE_S, &deleted), ERR_OK);
    cr_expect_eq(deleted, 0);
    cr_assert_eq(sweep_run(box.store, p.expires_at + SWEEP_GRACE_S, &deleted), ERR_OK);
    cr_expect_eq(deleted, 1);
}
