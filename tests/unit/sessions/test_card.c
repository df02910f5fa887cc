#include "sessions/card.h"

#include <criterion/criterion.h>

#include "sessions/resident.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident hanako, taro;

enum { NOW = 1000000 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(resident_mint(&hanako, db, NOW), ERR_OK);
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(card_of_resident, .init = open_box, .fini = close_box);

static const uint8_t OLD[ACCOUNT_KEY_SIZE] = {9}, NEW[ACCOUNT_KEY_SIZE] = {1}, HIS[ACCOUNT_KEY_SIZE] = {5};

static void link(struct ident resident, const uint8_t key[ACCOUNT_KEY_SIZE], int64_t now)
{
    cr_assert_eq(resident_link_card(db, resident, view_bytes(key, ACCOUNT_KEY_SIZE), now), ERR_OK);
}

static enum err remove_hers(const uint8_t key[ACCOUNT_KEY_SIZE])
{
    return card_remove(db, &box.a, hanako, card_id(view_bytes(key, ACCOUNT_KEY_SIZE)));
}

Test(card_of_resident, the_only_one_is_not_removed)
{
    struct ident id;
    link(hanako, OLD, NOW);
    cr_expect_eq(remove_hers(OLD), ERR_CONFLICT);
    cr_expect_eq(resident_find_by_card(&id, db, &box.a, VIEW_ARRAY(OLD)), ERR_OK);
}

Test(card_of_resident, another_residents_is_not_removed)
{
    struct ident id;
    link(hanako, OLD, NOW);
    link(hanako, NEW, NOW);
    link(taro, HIS, NOW);
    cr_expect_eq(remove_hers(HIS), ERR_NOT_FOUND);
    cr_expect_eq(resident_find_by_card(&id, db, &box.a, VIEW_ARRAY(HIS)), ERR_OK);
}

Test(card_of_resident, one_of_two_is_removed_and_the_other_stays)
{
    struct ident id;
    link(hanako, OLD, NOW);
    link(hanako, NEW, NOW + 1);
    cr_expect_eq(remove_hers(OLD), ERR_OK);
    cr_expect_eq(resident_find_by_card(&id, db, &box.a, VIEW_ARRAY(OLD)), ERR_NOT_FOUND);
    cr_expect_eq(resident_find_by_card(&id, db, &box.a, VIEW_ARRAY(NEW)), ERR_OK);
    cr_expect_eq(remove_hers(OLD), ERR_NOT_FOUND);
    cr_expect_eq(remove_hers(NEW), ERR_CONFLICT);
}

Test(card_of_resident, they_are_listed_oldest_first_without_their_keys)
{
    struct card *cards;
    size_t n;
    link(hanako, OLD, NOW);
    link(hanako, NEW, NOW + 1);
    link(hanako, OLD, NOW + 2); /* used again */
    link(taro, HIS, NOW);
    cr_assert_eq(card_list(&cards, &n, db, &box.a, hanako), ERR_OK);
    cr_assert_eq(n, 2);
    cr_expect(ident_equal(cards[0].id, card_id(VIEW_ARRAY(OLD))));
    cr_expect_eq(cards[0].linked_at, NOW);
    cr_expect_eq(cards[0].used_at, NOW + 2);
    cr_expect(ident_equal(cards[1].id, card_id(VIEW_ARRAY(NEW))));
}

Test(card_of_resident, is_moved_only_from_the_one_who_has_it)
{
    struct card_owner owner;
    link(hanako, NEW, NOW);
    cr_expect_eq(card_move(db, VIEW_ARRAY(NEW), taro, hanako, NOW + 1), ERR_CONFLICT);
    cr_expect_eq(card_move(db, VIEW_ARRAY(OLD), hanako, taro, NOW + 1), ERR_CONFLICT);
    cr_expect_eq(card_move(db, VIEW_ARRAY(NEW), hanako, taro, NOW + 1), ERR_OK);
    cr_assert_eq(card_find(&owner, db, &box.a, VIEW_ARRAY(NEW)), ERR_OK);
    cr_expect(ident_equal(owner.resident, taro));
    cr_expect_eq(owner.linked_at, NOW + 1);
}

Test(card_of_resident, knows_whether_a_service_has_had_its_say)
{
    struct card_owner owner;
    cr_expect_eq(card_find(&owner, db, &box.a, VIEW_ARRAY(OLD)), ERR_NOT_FOUND);
    link(hanako, OLD, NOW);
    link(hanako, NEW, NOW);
    cr_assert_eq(card_record_answered(db, VIEW_ARRAY(OLD), NOW + 5), ERR_OK);
    cr_assert_eq(card_find(&owner, db, &box.a, VIEW_ARRAY(OLD)), ERR_OK);
    cr_expect_eq(owner.answered_at, NOW + 5);
    cr_expect_eq(owner.used_at, NOW);
    cr_assert_eq(card_find(&owner, db, &box.a, VIEW_ARRAY(NEW)), ERR_OK);
    cr_expect_eq(owner.answered_at, 0);
}
