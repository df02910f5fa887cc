#include <criterion/criterion.h>
#include <stdio.h>

#include "sessions/sweep.h"
#include "sessions/token.h"
#include "sessions/wish.h"
#include "tests/lib/box.h"

enum { NOW = 10000000 };

static struct box box;

static void open_box(void)
{
    box_open(&box);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(wish, .init = open_box, .fini = close_box);

struct keeping {
    struct wish wish;
    int64_t now;
};

static enum err keep_job(struct db *db, void *ctx)
{
    const struct keeping *k = ctx;

    return wish_keep(db, &k->wish, k->now);
}

static void keep(struct wish w, int64_t now)
{
    struct keeping k = {w, now};

    cr_assert_eq(store_write(box.store, keep_job, &k), ERR_OK);
}

static enum err found(struct wish *out, struct ident id)
{
    struct db *db = store_borrow(box.store);
    enum err e = wish_find(out, db, &box.a, id);

    store_return(box.store, db);
    return e;
}

static bool fresh(struct ident id, int64_t now)
{
    struct db *db = store_borrow(box.store);
    bool is;

    cr_assert_eq(wish_is_fresh(&is, db, &box.a, id, now), ERR_OK);
    store_return(box.store, db);
    return is;
}

static enum err family_job(struct db *db, void *ctx)
{
    struct family f = {.id = token_family_mint(NOW),
                       .client = VIEW("a"),
                       .session = ident_of(VIEW("s")),
                       .scope = VIEW("openid"),
                       .wish = *(const struct ident *)ctx,
                       .minted_at = NOW,
                       .expires_at = NOW + 100 * 24 * 3600};

    return token_record(db, &f);
}

static size_t sweep(int64_t now)
{
    size_t deleted;

    cr_assert_eq(sweep_run(box.store, now, &deleted), ERR_OK);
    return deleted;
}

Test(wish, is_none_where_nothing_is_asked)
{
    cr_expect_not(ident_is(wish_of(VIEW_NONE, VIEW_NONE).id));
}

Test(wish, is_another_one_for_every_other_text)
{
    struct ident a = wish_of(VIEW("x"), VIEW("y")).id;

    cr_expect(ident_equal(a, wish_of(VIEW("x"), VIEW("y")).id));
    cr_expect_not(ident_equal(a, wish_of(VIEW("xy"), VIEW_NONE).id));
    cr_expect_not(ident_equal(a, wish_of(VIEW_NONE, VIEW("xy")).id));
    cr_expect_not(ident_equal(a, wish_of(VIEW("y"), VIEW("x")).id));
    cr_expect_not(ident_equal(wish_of(VIEW("x"), VIEW_NONE).id, wish_of(VIEW_NONE, VIEW("x")).id));
}

Test(wish, is_kept_once_and_written_again_only_the_next_day)
{
    struct wish w = wish_of(VIEW("{\"c\":1}"), VIEW_NONE), out;

    cr_expect_eq(found(&out, w.id), ERR_NOT_FOUND);
    cr_expect_not(fresh(w.id, NOW));
    keep(w, NOW);
    keep(w, NOW);
    cr_assert_eq(found(&out, w.id), ERR_OK);
    cr_expect(view_equal_text(out.claims, "{\"c\":1}"));
    cr_expect_not(view_is(out.details));
    cr_expect(fresh(w.id, NOW + WISH_FRESH_S - 1));
    cr_expect_not(fresh(w.id, NOW + WISH_FRESH_S));
    keep(w, NOW + WISH_FRESH_S);
    cr_expect(fresh(w.id, NOW + WISH_FRESH_S));
}

Test(wish, goes_when_nobody_has_wished_it_for_two_days_and_no_token_hangs_on_it)
{
    struct wish idle = wish_of(VIEW("idle"), VIEW_NONE), used = wish_of(VIEW("used"), VIEW_NONE), out;

    keep(idle, NOW);
    keep(used, NOW);
    cr_assert_eq(store_write(box.store, family_job, &used.id), ERR_OK);
    cr_expect_eq(sweep(NOW + WISH_GRACE_S - 1), 0);
    cr_expect_eq(sweep(NOW + WISH_GRACE_S), 1);
    cr_expect_eq(found(&out, idle.id), ERR_NOT_FOUND);
    cr_expect_eq(found(&out, used.id), ERR_OK);
}

Test(wish, many_are_swept_in_small_steps)
{
    char text[32];

    for (int i = 0; i < 450; i++) {
        snprintf(text, sizeof text, "%d", i);
        struct wish w = wish_of(view_text(text), VIEW_NONE);
        keep(w, NOW);
        if (i % 3 == 0)
            cr_assert_eq(store_write(box.store, family_job, &w.id), ERR_OK);
    }
    cr_expect_eq(sweep(NOW + WISH_GRACE_S), 300);
    cr_expect_eq(sweep(NOW + WISH_GRACE_S), 0);
}
