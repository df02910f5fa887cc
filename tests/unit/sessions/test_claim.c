#include "sessions/claim.h"

#include <criterion/criterion.h>

#include "sessions/resident.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident before, hanako, taro;

enum { NOW = 1000000, DUE = NOW + 604800 };

static const uint8_t OLD[ACCOUNT_KEY_SIZE] = {9}, NEW[ACCOUNT_KEY_SIZE] = {1};
static const uint8_t HERS[LIKENESS_SIZE] = {3}, HIS[LIKENESS_SIZE] = {4};

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(resident_mint(&before, db, NOW - 1000), ERR_OK);
    cr_assert_eq(resident_mint(&hanako, db, NOW), ERR_OK);
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
    cr_assert_eq(resident_link_card(db, before, VIEW_ARRAY(OLD), NOW - 1000), ERR_OK);
    cr_assert_eq(resident_link_card(db, hanako, VIEW_ARRAY(NEW), NOW), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(claim, .init = open_box, .fini = close_box);

static struct claim hers(void)
{
    return (struct claim){.account_key = VIEW_ARRAY(NEW),
                          .claimant = hanako,
                          .account = before,
                          .digest = VIEW_ARRAY(HERS),
                          .created_at = NOW,
                          .due_at = DUE};
}

static size_t on_account(void)
{
    struct claim *claims;
    size_t n;
    cr_assert_eq(claim_list(&claims, &n, db, &box.a, before), ERR_OK);
    return n;
}

static struct likeness_others others_of(struct ident resident)
{
    struct likeness_others o;
    cr_assert_eq(likeness_others(&o, db, resident, VIEW_ARRAY(HERS)), ERR_OK);
    return o;
}

/* --- likeness --------------------------------------------------------------------------------------------------- */

Test(claim, who_is_not_verified_is_like_nobody)
{
    struct view digest;
    cr_assert_eq(likeness_record(db, hanako, VIEW_ARRAY(HERS)), ERR_OK);
    cr_assert_eq(likeness_record(db, taro, VIEW_ARRAY(HIS)), ERR_OK);
    cr_expect_eq(others_of(hanako).n, 0, "she herself does not count");
    cr_assert_eq(likeness_record(db, before, VIEW_ARRAY(HERS)), ERR_OK);
    cr_expect_eq(others_of(hanako).n, 1);
    cr_assert_eq(likeness_record(db, before, VIEW_NONE), ERR_OK);
    cr_expect_eq(others_of(hanako).n, 0, "not verified any more");
    cr_expect_eq(likeness_find(&digest, db, &box.a, before), ERR_NOT_FOUND);
}

Test(claim, the_one_other_is_found_and_which_was_there_before)
{
    cr_assert_eq(likeness_record(db, hanako, VIEW_ARRAY(HERS)), ERR_OK);
    cr_assert_eq(likeness_record(db, before, VIEW_ARRAY(HERS)), ERR_OK);
    struct likeness_others o = others_of(hanako);
    cr_expect(o.n == 1 && o.older && ident_equal(o.one, before));
    o = others_of(before);
    cr_expect(o.n == 1 && !o.older && ident_equal(o.one, hanako));
    cr_assert_eq(likeness_record(db, taro, VIEW_ARRAY(HERS)), ERR_OK);
    cr_expect_eq(others_of(hanako).n, 2);
    cr_expect_not(others_of(taro).older && others_of(taro).n == 1);
}

/* --- claim ------------------------------------------------------------------------------------------------------ */

Test(claim, a_refused_card_claims_nothing_again)
{
    struct claim c = hers(), found;
    cr_assert_eq(claim_record(db, &c), ERR_OK);
    cr_expect_eq(on_account(), 1);
    cr_expect_eq(claim_refuse(db, VIEW_ARRAY(NEW), taro, NOW), ERR_NOT_FOUND, "not on him");
    cr_expect_eq(claim_refuse(db, VIEW_ARRAY(NEW), before, NOW + 1), ERR_OK);
    cr_expect_eq(claim_refuse(db, VIEW_ARRAY(NEW), before, NOW + 2), ERR_NOT_FOUND, "once");
    cr_expect_eq(on_account(), 0);
    cr_expect_eq(claim_record(db, &c), ERR_CONFLICT);
    cr_assert_eq(claim_find(&found, db, &box.a, VIEW_ARRAY(NEW)), ERR_OK);
    cr_expect_eq(found.refused_at, NOW + 1);
}

Test(claim, a_refusal_outlives_the_claimant_and_goes_with_the_account)
{
    struct claim c = hers(), found;
    cr_assert_eq(claim_record(db, &c), ERR_OK);
    cr_assert_eq(claim_refuse(db, VIEW_ARRAY(NEW), before, NOW), ERR_OK);
    cr_assert_eq(resident_erase(db, hanako), ERR_OK);
    cr_expect_eq(claim_find(&found, db, &box.a, VIEW_ARRAY(NEW)), ERR_OK);
    cr_assert_eq(resident_erase(db, before), ERR_OK);
    cr_expect_eq(claim_find(&found, db, &box.a, VIEW_ARRAY(NEW)), ERR_NOT_FOUND);
}

Test(claim, one_that_waits_goes_with_either)
{
    struct claim c = hers(), found;
    cr_assert_eq(claim_record(db, &c), ERR_OK);
    cr_assert_eq(resident_erase(db, hanako), ERR_OK);
    cr_expect_eq(claim_find(&found, db, &box.a, VIEW_ARRAY(NEW)), ERR_NOT_FOUND);
    cr_expect_eq(on_account(), 0);
}

Test(claim, settles_only_while_the_card_is_the_claimants)
{
    struct claim c = hers(), found;
    struct ident owner;
    cr_assert_eq(claim_record(db, &c), ERR_OK);
    c.claimant = taro;
    cr_expect_eq(claim_settle(db, &c, DUE), ERR_CONFLICT);
    c.claimant = hanako;
    cr_expect_eq(claim_settle(db, &c, DUE), ERR_OK);
    cr_assert_eq(resident_find_by_card(&owner, db, &box.a, VIEW_ARRAY(NEW)), ERR_OK);
    cr_expect(ident_equal(owner, before));
    cr_expect_eq(claim_find(&found, db, &box.a, VIEW_ARRAY(NEW)), ERR_NOT_FOUND);
}

Test(claim, names_the_only_card_and_none_of_two)
{
    static const uint8_t more[ACCOUNT_KEY_SIZE] = {7};
    struct view key;
    size_t n;
    cr_assert_eq(claim_card(&key, &n, db, &box.a, hanako), ERR_OK);
    cr_expect(n == 1 && view_equal(key, VIEW_ARRAY(NEW)));
    cr_assert_eq(resident_link_card(db, hanako, VIEW_ARRAY(more), NOW), ERR_OK);
    cr_assert_eq(claim_card(&key, &n, db, &box.a, hanako), ERR_OK);
    cr_expect(n == 2 && !view_is(key));
    cr_assert_eq(claim_card(&key, &n, db, &box.a, taro), ERR_OK);
    cr_expect(n == 0 && !view_is(key));
}
