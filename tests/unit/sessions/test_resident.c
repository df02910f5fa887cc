#include <criterion/criterion.h>

#include "sessions/profile.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident hanako, taro;
static struct master *master;

enum { NOW = 1000000 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(master_make(box.folder, 1), ERR_OK);
    cr_assert_eq(master_open(&master, box.folder), ERR_OK);
    cr_assert_eq(resident_mint(&hanako, db, NOW), ERR_OK);
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
}

static void close_box(void)
{
    master_close(master);
    box_close(&box);
}

TestSuite(resident, .init = open_box, .fini = close_box);

static const uint8_t CARD_1[ACCOUNT_KEY_SIZE] = {1}, CARD_2[ACCOUNT_KEY_SIZE] = {2};

Test(resident, a_card_never_seen_is_not_found)
{
    struct ident id;
    cr_assert_eq(resident_find_by_card(&id, db, &box.a, VIEW_ARRAY(CARD_1)), ERR_NOT_FOUND);
}

Test(resident, a_card_belongs_to_one_resident)
{
    struct ident id;
    cr_assert_eq(resident_link_card(db, hanako, VIEW_ARRAY(CARD_1), NOW), ERR_OK);
    cr_assert_eq(resident_link_card(db, taro, VIEW_ARRAY(CARD_1), NOW), ERR_CONFLICT);
    cr_assert_eq(resident_link_card(db, hanako, VIEW_ARRAY(CARD_1), NOW + 1), ERR_OK);
    cr_assert_eq(resident_find_by_card(&id, db, &box.a, VIEW_ARRAY(CARD_1)), ERR_OK);
    cr_assert(ident_equal(id, hanako));
}

Test(resident, an_account_key_of_another_length_is_refused)
{
    cr_assert_eq(resident_link_card(db, hanako, VIEW("short"), NOW), ERR_CONFLICT);
}

Test(resident, a_card_needs_a_resident)
{
    cr_assert_eq(resident_link_card(db, ident_mint(), VIEW_ARRAY(CARD_1), NOW), ERR_CONFLICT);
}

Test(resident, the_first_login_of_a_card_makes_its_resident_and_the_second_finds_her)
{
    struct ident first, second, other;
    bool is_new;
    cr_assert_eq(resident_of_card(&first, &is_new, db, &box.a, VIEW_ARRAY(CARD_1), NOW), ERR_OK);
    cr_assert(is_new);
    cr_assert_eq(resident_of_card(&second, &is_new, db, &box.a, VIEW_ARRAY(CARD_1), NOW), ERR_OK);
    cr_assert(!is_new && ident_equal(first, second));
    cr_assert_eq(resident_of_card(&other, NULL, db, &box.a, VIEW_ARRAY(CARD_2), NOW), ERR_OK);
    cr_assert(!ident_equal(first, other));
}

/* --- leaving -------------------------------------------------------------------------------------------------- */

static void record(struct ident resident, struct view field, struct view json)
{
    struct profile_value v = {.field = field, .json = json, .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-22")};
    cr_assert_eq(profile_record(db, &box.a, master, resident, &v, NOW), ERR_OK);
}

Test(resident, leaving_takes_everything_along)
{
    struct session s = {.id = ident_of(VIEW("s")),
                        .ticket = ident_of(VIEW("s")),
                        .resident = hanako,
                        .browser = ident_of(VIEW("b")),
                        .acr = VIEW("a"),
                        .amr = VIEW("b"),
                        .auth_at = NOW,
                        .created_at = NOW,
                        .seen_at = NOW,
                        .expires_at = NOW + 9};
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(taro, VIEW("name"), VIEW("\"太郎\""));
    cr_assert_eq(resident_link_card(db, hanako, VIEW_ARRAY(CARD_1), NOW), ERR_OK);
    cr_assert_eq(session_mint(db, &s), ERR_OK);
    cr_assert_eq(resident_erase(db, hanako), ERR_OK);
    cr_assert_eq(resident_erase(db, hanako), ERR_NOT_FOUND);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM card"), 0);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM session"), 0);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile"), 2, "others keep theirs: key and name");
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile_history"), 1);
}
