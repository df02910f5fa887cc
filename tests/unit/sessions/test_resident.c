#include <criterion/criterion.h>

#include "base/seal.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident hanako, taro;
static uint8_t key_bytes[SEAL_KEY_SIZE] = {7};
static struct view key = {key_bytes, sizeof key_bytes};

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

/* --- profile ---------------------------------------------------------------------------------------------------- */

static void record(struct ident resident, struct view field, struct view json)
{
    struct profile_value v = {.field = field, .json = json, .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-22")};
    cr_assert_eq(profile_record(db, &box.a, key, resident, &v, NOW), ERR_OK);
}

static enum err find_all(struct view k, struct ident resident, struct profile_value **out, size_t *n)
{
    return profile_find(out, n, db, &box.a, k, resident, NULL, 0);
}

Test(resident, a_value_does_not_open_with_another_key)
{
    uint8_t other[SEAL_KEY_SIZE] = {8};
    struct profile_value *v = NULL;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(find_all(VIEW_ARRAY(other), hanako, &v, &n), ERR_MISMATCH);
    cr_assert_null(v);
}

Test(resident, a_value_moved_to_another_resident_does_not_open)
{
    static const char MOVE[] = "UPDATE profile SET resident = $1";
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_run(db, MOVE, VALUES(V_IDENT(taro))), ERR_OK);
    cr_assert_eq(find_all(key, taro, &v, &n), ERR_MISMATCH);
}

Test(resident, a_value_moved_to_another_field_does_not_open)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_script(db, "UPDATE profile SET field = 'address'"), ERR_OK);
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_MISMATCH);
}

Test(resident, a_changed_or_truncated_value_does_not_open)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = substr(sealed, 1, length(sealed) - 1)"), ERR_OK);
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_MISMATCH);
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'00'"), ERR_OK);
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_MISMATCH);
}

Test(resident, values_do_not_lie_readable_in_the_file)
{
    record(hanako, VIEW("name"), VIEW("\"Hanako Readable\""));
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile WHERE instr(sealed, CAST('Readable' AS BLOB)) > 0"), 0);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile"), 1);
}

Test(resident, a_profile_without_values_is_empty)
{
    struct profile_value *v;
    size_t n = 9;
    record(taro, VIEW("name"), VIEW("\"太郎\""));
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_OK);
    cr_assert_eq(n, 0);
}

Test(resident, gives_back_value_source_and_date)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(hanako, VIEW("address"), VIEW("{\"formatted\":\"大阪市\"}"));
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_OK);
    cr_assert_eq(n, 2);
    cr_assert(view_equal(v[0].field, VIEW("address")) && view_equal(v[0].json, VIEW("{\"formatted\":\"大阪市\"}")));
    cr_assert(view_equal(v[1].field, VIEW("name")) && view_equal(v[1].json, VIEW("\"大阪 花子\"")));
    cr_assert(v[1].source == PROFILE_CARD_READ && view_equal(v[1].as_of, VIEW("2026-11-22")) && v[1].changed_at == NOW);
}

static int64_t recorded(struct view json, const char *as_of, int64_t now)
{
    struct profile_value v = {.field = VIEW("address"),
                              .json = json,
                              .source = PROFILE_CARD_READ,
                              .as_of = view_text(as_of)},
                         *found;
    size_t n;
    cr_assert_eq(profile_record(db, &box.a, key, hanako, &v, now), ERR_OK);
    cr_assert_eq(find_all(key, hanako, &found, &n), ERR_OK);
    cr_assert(n == 1 && view_equal(found->json, json) && view_equal(found->as_of, view_text(as_of)));
    return found->changed_at;
}

Test(resident, two_values_of_one_second_can_be_told_apart)
{
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW);
    cr_expect_eq(recorded(VIEW("2"), "2026-11-22", NOW), NOW + 1);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW + 2, "back to what it was is a change, too");
    cr_expect_eq(recorded(VIEW("3"), "2026-11-22", NOW - 900), NOW + 3, "also when the clock was set back");
    cr_expect_eq(recorded(VIEW("4"), "2026-11-22", NOW + 900), NOW + 900);
}

Test(resident, reading_the_same_value_again_is_no_change_of_it)
{
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW + 60), NOW);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-23", NOW + 86400), NOW);
}

Test(resident, a_value_that_does_not_open_is_replaced_and_counts_as_another)
{
    recorded(VIEW("1"), "2026-11-22", NOW);
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'00'"), ERR_OK);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW + 1);
}

Test(resident, opens_only_the_fields_asked_for)
{
    struct profile_value *v;
    struct view want[] = {VIEW("name"), VIEW("household")};
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(hanako, VIEW("address"), VIEW("1"));
    cr_assert_eq(profile_find(&v, &n, db, &box.a, key, hanako, want, 2), ERR_OK);
    cr_assert_eq(n, 1);
    cr_assert(view_equal(v[0].field, VIEW("name")));
    cr_assert_eq(profile_find(&v, &n, db, &box.a, key, hanako, want, 0), ERR_OK);
    cr_assert_eq(n, 0);
}

Test(resident, a_value_is_replaced_and_erased)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("email"), VIEW("\"a@example.jp\""));
    record(hanako, VIEW("email"), VIEW("\"b@example.jp\""));
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_OK);
    cr_assert(n == 1 && view_equal(v[0].json, VIEW("\"b@example.jp\"")));
    cr_assert_eq(profile_erase(db, hanako, VIEW("email")), ERR_OK);
    cr_assert_eq(profile_erase(db, hanako, VIEW("email")), ERR_OK);
    cr_assert_eq(find_all(key, hanako, &v, &n), ERR_OK);
    cr_assert_eq(n, 0);
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
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile"), 1, "others keep theirs");
}

Test(resident, names_the_sources_as_the_product_does)
{
    cr_assert_str_eq(profile_source_name(PROFILE_CARD_SIGNED), "card-signed");
    cr_assert_str_eq(profile_source_name(PROFILE_CARD_READ), "card-read");
    cr_assert_str_eq(profile_source_name(PROFILE_UPSTREAM), "upstream");
    cr_assert_str_eq(profile_source_name(PROFILE_RESIDENT), "resident");
}
