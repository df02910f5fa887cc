#include <criterion/criterion.h>
#include <stdio.h>

#include "sessions/card_txn.h"
#include "sessions/interaction.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "sessions/sweep.h"
#include "sessions/token.h"
#include "tests/lib/box.h"

static struct box box;

enum { NOW = 1000000, ROWS = 450 };

static void open_box(void)
{
    box_open(&box);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(sweep, .init = open_box, .fini = close_box);

struct filling {
    struct ident resident;
    int64_t expires_at;
    bool offline;
};

static struct ident numbered(const char *what, int64_t i, int64_t expires_at)
{
    char name[64];
    snprintf(name, sizeof name, "%s %lld %lld", what, (long long)i, (long long)expires_at);
    return ident_of(view_text(name));
}

static enum err fill_one(struct db *db, const struct filling *f, int64_t i)
{
    struct interaction in = {.id = numbered("i", i, f->expires_at),
                             .browser = ident_of(VIEW("b")),
                             .client = VIEW("a"),
                             .request = VIEW("{}"),
                             .created_at = NOW,
                             .expires_at = f->expires_at};
    struct card_txn txn = {.id = numbered("t", i, f->expires_at),
                           .cookie = in.browser,
                           .interaction = in.id,
                           .request = VIEW("a"),
                           .bind = VIEW("b"),
                           .created_at = NOW,
                           .expires_at = f->expires_at};
    struct session s = {.id = numbered("s", i, f->expires_at),
                        .ticket = numbered("s", i, f->expires_at),
                        .resident = f->resident,
                        .browser = in.browser,
                        .acr = VIEW("a"),
                        .amr = VIEW("b"),
                        .auth_at = NOW,
                        .created_at = NOW,
                        .seen_at = NOW,
                        .expires_at = f->expires_at};
    struct family fam = {.id = numbered("f", i, f->expires_at),
                         .client = VIEW("a"),
                         .resident = f->resident,
                         .session = s.id,
                         .scope = VIEW("openid"),
                         .minted_at = NOW,
                         .expires_at = f->expires_at,
                         .offline = f->offline,
                         .refreshable = f->offline};
    char code[40];
    enum redeem_verdict v;
    snprintf(code, sizeof code, "code %lld %lld", (long long)i, (long long)f->expires_at);
    fam.id = token_family_id(view_text(code), NOW);
    enum err e = interaction_mint(db, &in);
    if (e == ERR_OK)
        e = card_txn_mint(db, &txn);
    if (e == ERR_OK)
        e = session_mint(db, &s);
    if (e == ERR_OK)
        e = session_add_service(db, s.id, VIEW("a"), NOW);
    return e == ERR_OK ? token_redeem(&v, db, &fam, NOW) : e;
}

static enum err fill(struct db *db, void *ctx)
{
    struct filling *f = ctx;
    enum err e = resident_mint(&f->resident, db, NOW);
    for (int64_t i = 0; i < ROWS && e == ERR_OK; i++)
        e = fill_one(db, f, i);
    return e;
}

static const char *const COUNTS[] = {"SELECT count(*) FROM interaction", "SELECT count(*) FROM card_txn",
                                     "SELECT count(*) FROM session", "SELECT count(*) FROM session_service",
                                     "SELECT count(*) FROM family"};

static void all_are(int64_t n)
{
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++)
        cr_assert_eq(box_number(&box, COUNTS[i]), n, "%s: %lld", COUNTS[i], (long long)box_number(&box, COUNTS[i]));
}

Test(sweep, leaves_what_has_not_expired_and_what_did_a_moment_ago)
{
    struct filling f = {.expires_at = NOW + 100};
    size_t n;
    cr_assert_eq(store_write(box.store, fill, &f), ERR_OK);
    cr_assert_eq(sweep_run(box.store, NOW + 99, &n), ERR_OK);
    cr_assert_eq(n, 0);
    all_are(ROWS);
    cr_assert_eq(sweep_run(box.store, NOW + 99 + SWEEP_GRACE_S, &n), ERR_OK);
    cr_assert_eq(n, ROWS);
    for (size_t i = 1; i < sizeof COUNTS / sizeof COUNTS[0]; i++)
        cr_assert_eq(box_number(&box, COUNTS[i]), ROWS, "%s", COUNTS[i]);
}

Test(sweep, deletes_logins_that_nobody_finished_as_soon_as_they_are_over)
{
    struct filling f = {.expires_at = NOW + 100};
    size_t n;
    cr_assert_eq(store_write(box.store, fill, &f), ERR_OK);
    cr_assert_eq(sweep_run(box.store, NOW + 100, &n), ERR_OK);
    cr_assert_eq(n, ROWS);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM interaction"), 0);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM card_txn"), ROWS, "whose end is told on a page of its own");
}

Test(sweep, deletes_everything_that_is_due_in_small_batches)
{
    struct filling old = {.expires_at = NOW + 100}, fresh = {.expires_at = NOW + 100000, .offline = true};
    cr_assert_eq(store_write(box.store, fill, &old), ERR_OK);
    cr_assert_eq(store_write(box.store, fill, &fresh), ERR_OK);
    size_t n;
    uint64_t jobs = store_figures(box.store).jobs;
    cr_assert_eq(sweep_run(box.store, NOW + 100 + SWEEP_GRACE_S, &n), ERR_OK);
    cr_assert_eq(n, 4 * ROWS);
    cr_assert_geq(store_figures(box.store).jobs - jobs, ROWS / 200);
    all_are(ROWS);
    cr_assert_eq(store_check_integrity(box.store), ERR_OK);
}

Test(sweep, finds_families_behind_long_lived_ones)
{
    struct filling fresh = {.expires_at = NOW + 100000, .offline = true}, old = {.expires_at = NOW + 100};
    cr_assert_eq(store_write(box.store, fill, &fresh), ERR_OK);
    cr_assert_eq(store_write(box.store, fill, &old), ERR_OK);
    cr_assert_eq(sweep_run(box.store, NOW + 100 + SWEEP_GRACE_S, NULL), ERR_OK);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM family WHERE expires_at = 1000100"), 0);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM family"), ROWS);
}
