#include <criterion/criterion.h>
#include <stdio.h>

#include "sessions/profile.h"
#include "sessions/resident.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident hanako, taro;
static struct master *master;

enum { NOW = 1000000, DAY = 86400 };

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

TestSuite(profile, .init = open_box, .fini = close_box);

static void record(struct ident resident, struct view field, struct view json)
{
    struct profile_value v = {.field = field, .json = json, .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-22")};
    cr_assert_eq(profile_record(db, &box.a, master, resident, &v, NOW), ERR_OK);
}

static enum err find_all(struct master *m, struct ident resident, struct profile_value **out, size_t *n)
{
    return profile_find(out, n, db, &box.a, m, resident, NULL, 0);
}

Test(profile, a_value_does_not_open_with_another_data_key)
{
    static const char SWAP[] = "UPDATE profile SET sealed = (SELECT sealed FROM profile WHERE resident = $2 AND "
                               "field = 'name') WHERE resident = $1 AND field = 'name'";
    struct profile_value *v = NULL;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(taro, VIEW("name"), VIEW("\"太郎\""));
    cr_assert_eq(db_run(db, SWAP, VALUES(V_IDENT(hanako), V_IDENT(taro))), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_MISMATCH);
    cr_assert_null(v);
}

Test(profile, an_outline_says_where_from_and_since_when_and_opens_nothing)
{
    const struct view name = VIEW("name");
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(hanako, VIEW("address"), VIEW("\"大阪市\""));
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'00'"), ERR_OK); /* her key too */
    cr_assert_eq(profile_outline(&v, &n, db, &box.a, master, hanako, &name, 1), ERR_OK);
    cr_assert_eq(n, 1);
    cr_expect(view_equal(v->field, name) && v->source == PROFILE_CARD_READ && v->changed_at == NOW);
    cr_expect(view_equal(v->as_of, VIEW("2026-11-22")) && !view_is(v->json) && !view_is(v->proof.issuer));
}

Test(profile, an_outline_knows_of_each_new_reading_at_once)
{
    struct profile_value *v, again = {.field = VIEW("name"),
                                      .json = VIEW("\"大阪 花子\""),
                                      .source = PROFILE_CARD_SIGNED,
                                      .as_of = VIEW("2026-12-24")};
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(profile_record(db, &box.a, master, hanako, &again, NOW + DAY), ERR_OK); /* the same value */
    cr_assert_eq(profile_outline(&v, &n, db, &box.a, master, hanako, NULL, 0), ERR_OK);
    cr_assert_eq(n, 1);
    cr_expect(v->source == PROFILE_CARD_SIGNED && view_equal(v->as_of, VIEW("2026-12-24")) && v->changed_at == NOW);
    cr_assert_eq(profile_erase(db, hanako, VIEW("name"), NOW + DAY), ERR_OK);
    cr_assert_eq(profile_outline(&v, &n, db, &box.a, master, hanako, NULL, 0), ERR_OK);
    cr_expect_eq(n, 0);
}

/* As before migration 090. */
Test(profile, an_outline_opens_what_was_recorded_without_one)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_script(db, "UPDATE profile SET source = NULL, as_of = NULL"), ERR_OK);
    cr_assert_eq(profile_outline(&v, &n, db, &box.a, master, hanako, NULL, 0), ERR_OK);
    cr_assert_eq(n, 1);
    cr_expect(v->source == PROFILE_CARD_READ && view_equal(v->as_of, VIEW("2026-11-22")) && v->changed_at == NOW);
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'00' WHERE field <> ''"), ERR_OK);
    cr_expect_eq(profile_outline(&v, &n, db, &box.a, master, hanako, NULL, 0), ERR_MISMATCH);
}

/* What goes out is what is sealed, whatever somebody writes beside it. */
Test(profile, what_lies_beside_a_value_says_nothing_of_the_value)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_script(db, "UPDATE profile SET source = 4, as_of = '2020-01-01' WHERE field <> ''"), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_OK);
    cr_expect(v->source == PROFILE_CARD_READ && view_equal(v->as_of, VIEW("2026-11-22")));
}

Test(profile, a_value_without_its_data_key_does_not_open)
{
    struct profile_value *v = NULL;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_script(db, "DELETE FROM profile WHERE field = ''"), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_MISMATCH);
    cr_assert_null(v);
}

Test(profile, a_value_moved_to_another_resident_does_not_open)
{
    static const char MOVE[] = "UPDATE profile SET resident = $1"; /* and its data key with it */
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_run(db, MOVE, VALUES(V_IDENT(taro))), ERR_OK);
    cr_assert_eq(find_all(master, taro, &v, &n), ERR_MISMATCH);
}

Test(profile, a_value_moved_to_another_field_does_not_open)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(db_script(db, "UPDATE profile SET field = 'address' WHERE field = 'name'"), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_MISMATCH);
}

Test(profile, a_changed_or_truncated_value_does_not_open)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    cr_assert_eq(
        db_script(db, "UPDATE profile SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE field = 'name'"),
        ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_MISMATCH);
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'00' WHERE field <> ''"), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_MISMATCH);
}

/* --- what verified a value ---------------------------------------------------------------------------------------- */

static const struct profile_proof *record_proven(struct profile_proof proof)
{
    struct profile_value v = {.field = VIEW("name"),
                              .json = VIEW("\"大阪 花子\""),
                              .source = PROFILE_CARD_SIGNED,
                              .as_of = VIEW("2026-11-22"),
                              .proof = proof};
    struct profile_value *found = NULL;
    size_t n = 0;
    cr_assert_eq(profile_record(db, &box.a, master, hanako, &v, NOW), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &found, &n), ERR_OK);
    cr_assert_eq(n, 1);
    return &found->proof;
}

Test(profile, a_value_keeps_what_verified_it_and_says_nothing_without)
{
    const struct profile_proof *p = record_proven((struct profile_proof){VIEW("O=JPKI,C=JP"), -1, INT64_MAX, NOW});
    cr_expect(view_equal_text(p->issuer, "O=JPKI,C=JP") && p->not_before == -1 && p->not_after == INT64_MAX &&
              p->at == NOW);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM profile WHERE instr(sealed, CAST('JPKI' AS BLOB)) > 0"), 0);
    p = record_proven((struct profile_proof){VIEW_NONE, 1, 2, 3});
    cr_expect(!view_is(p->issuer) && p->at == 0);
}

Test(profile, the_same_value_verified_again_has_the_newer_proof_and_is_no_other_value)
{
    record_proven((struct profile_proof){VIEW("C=JP"), 1, 2, NOW});
    int64_t version = box_number(&box, "SELECT changed_at FROM profile WHERE field = 'name'");
    cr_expect_eq(record_proven((struct profile_proof){VIEW("C=JP"), 1, 2, NOW + 60})->at, NOW + 60);
    cr_expect_eq(box_number(&box, "SELECT changed_at FROM profile WHERE field = 'name'"), version);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM profile_history"), 1);
}

Test(profile, values_do_not_lie_readable_in_the_file)
{
    record(hanako, VIEW("name"), VIEW("\"Hanako Readable\""));
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile WHERE instr(sealed, CAST('Readable' AS BLOB)) > 0"), 0);
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM profile"), 2, "the name and her key");
}

static bool has_values(struct ident resident)
{
    bool has;
    cr_assert_eq(profile_has_values(&has, db, &box.a, resident), ERR_OK);
    return has;
}

Test(profile, a_data_key_alone_is_no_value)
{
    cr_expect_not(has_values(hanako));
    record(hanako, VIEW("name"), VIEW("\"x\""));
    cr_expect(has_values(hanako));
    cr_expect_not(has_values(taro));
    cr_assert_eq(profile_erase(db, hanako, VIEW("name"), NOW), ERR_OK);
    cr_expect_not(has_values(hanako));
}

Test(profile, a_profile_without_values_is_empty)
{
    struct profile_value *v;
    size_t n = 9;
    record(taro, VIEW("name"), VIEW("\"太郎\""));
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_OK);
    cr_assert_eq(n, 0);
}

Test(profile, gives_back_value_source_and_date)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(hanako, VIEW("address"), VIEW("{\"formatted\":\"大阪市\"}"));
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_OK);
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
    cr_assert_eq(profile_record(db, &box.a, master, hanako, &v, now), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &found, &n), ERR_OK);
    cr_assert(n == 1 && view_equal(found->json, json) && view_equal(found->as_of, view_text(as_of)));
    return found->changed_at;
}

Test(profile, two_values_of_one_second_can_be_told_apart)
{
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW);
    cr_expect_eq(recorded(VIEW("2"), "2026-11-22", NOW), NOW + 1);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW + 2, "back to what it was is a change, too");
    cr_expect_eq(recorded(VIEW("3"), "2026-11-22", NOW - 900), NOW + 3, "also when the clock was set back");
    cr_expect_eq(recorded(VIEW("4"), "2026-11-22", NOW + 900), NOW + 900);
}

Test(profile, reading_the_same_value_again_is_no_change_of_it)
{
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW + 60), NOW);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-23", NOW + 86400), NOW);
}

Test(profile, a_value_that_does_not_open_is_replaced_and_counts_as_another)
{
    recorded(VIEW("1"), "2026-11-22", NOW);
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'00' WHERE field <> ''"), ERR_OK);
    cr_expect_eq(recorded(VIEW("1"), "2026-11-22", NOW), NOW + 1);
}

Test(profile, opens_only_the_fields_asked_for)
{
    struct profile_value *v;
    struct view want[] = {VIEW("name"), VIEW("household")};
    size_t n;
    record(hanako, VIEW("name"), VIEW("\"大阪 花子\""));
    record(hanako, VIEW("address"), VIEW("1"));
    cr_assert_eq(profile_find(&v, &n, db, &box.a, master, hanako, want, 2), ERR_OK);
    cr_assert_eq(n, 1);
    cr_assert(view_equal(v[0].field, VIEW("name")));
    cr_assert_eq(profile_find(&v, &n, db, &box.a, master, hanako, want, 0), ERR_OK);
    cr_assert_eq(n, 0);
}

Test(profile, a_value_is_replaced_and_erased)
{
    struct profile_value *v;
    size_t n;
    record(hanako, VIEW("email"), VIEW("\"a@example.jp\""));
    record(hanako, VIEW("email"), VIEW("\"b@example.jp\""));
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_OK);
    cr_assert(n == 1 && view_equal(v[0].json, VIEW("\"b@example.jp\"")));
    cr_assert_eq(profile_erase(db, hanako, VIEW("email"), NOW + 1), ERR_OK);
    cr_assert_eq(profile_erase(db, hanako, VIEW("email"), NOW + 1), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &v, &n), ERR_OK);
    cr_assert_eq(n, 0);
}

Test(profile, who_edited_an_older_version_is_told)
{
    record(hanako, VIEW("email"), VIEW("\"a@example.jp\""));
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("email"), 0), ERR_CONFLICT, "there is one now");
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("email"), NOW), ERR_OK);
    record(hanako, VIEW("email"), VIEW("\"b@example.jp\""));
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("email"), NOW), ERR_CONFLICT, "of the same second");
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("email"), NOW + 1), ERR_OK);
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("phone_number"), 0), ERR_OK);
    cr_expect_eq(profile_check_version(db, &box.a, taro, VIEW("email"), NOW), ERR_CONFLICT, "not hers");
    cr_assert_eq(profile_erase(db, hanako, VIEW("email"), NOW + 5), ERR_OK);
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("email"), NOW + 1), ERR_CONFLICT, "taken away");
    cr_expect_eq(profile_check_version(db, &box.a, hanako, VIEW("email"), 0), ERR_OK);
}

/* --- history ---------------------------------------------------------------------------------------------------- */

static size_t past(struct profile_past **out)
{
    size_t n;
    cr_assert_eq(profile_history(out, &n, db, &box.a, master, hanako), ERR_OK);
    return n;
}

static int64_t forget(int64_t now)
{
    struct profile_forget f = {.now = now, .limit = 100};
    cr_assert_eq(profile_forget_job(db, &f), ERR_OK);
    return (int64_t)f.done;
}

Test(profile, a_resident_without_values_has_no_history)
{
    struct profile_past *p;
    cr_expect_eq(past(&p), 0);
}

Test(profile, keeps_what_a_value_was_and_from_when)
{
    struct profile_past *p;
    recorded(VIEW("1"), "2026-11-22", NOW);
    recorded(VIEW("1"), "2026-11-22", NOW + 60);
    recorded(VIEW("1"), "2026-11-23", NOW + DAY);
    recorded(VIEW("2"), "2026-11-23", NOW + DAY);
    cr_assert_eq(past(&p), 3, "the same read again on the same day is no news");
    cr_expect(view_equal(p[0].json, VIEW("2")) && p[0].at == NOW + DAY + 1, "newest first");
    cr_expect(view_equal(p[1].json, VIEW("1")) && view_equal(p[1].as_of, VIEW("2026-11-23")));
    cr_expect(view_equal(p[2].json, VIEW("1")) && view_equal(p[2].as_of, VIEW("2026-11-22")) && p[2].at == NOW);
    cr_expect(p[2].source == PROFILE_CARD_READ && !p[2].removed && view_equal(p[2].field, VIEW("address")));
}

Test(profile, keeps_that_a_value_was_taken_away)
{
    struct profile_past *p;
    record(hanako, VIEW("email"), VIEW("\"a@example.jp\""));
    cr_assert_eq(profile_erase(db, hanako, VIEW("email"), NOW), ERR_OK);
    cr_assert_eq(profile_erase(db, hanako, VIEW("email"), NOW + 9), ERR_OK, "nothing more to take away");
    cr_assert_eq(past(&p), 2);
    cr_expect(p[0].removed && p[0].at == NOW + 1 && !view_is(p[0].json));
    cr_expect(!p[1].removed && view_is(p[1].json));
}

Test(profile, forgets_an_older_value_a_year_after_another_took_its_place_and_never_the_present_one)
{
    struct profile_past *p;
    recorded(VIEW("1"), "2026-11-22", NOW);
    recorded(VIEW("2"), "2028-11-22", NOW + 800 * DAY);
    cr_expect_eq(forget(NOW + 800 * DAY), 0, "it was the present one until then");
    cr_expect_eq(forget(NOW + 800 * DAY + PROFILE_HISTORY_S - 1), 0);
    cr_expect_eq(forget(NOW + 800 * DAY + PROFILE_HISTORY_S), 1);
    cr_expect_eq(forget(NOW + 9000 * DAY), 0);
    cr_assert_eq(past(&p), 2);
    cr_expect(view_equal(p[0].json, VIEW("2")));
    cr_expect(!view_is(p[1].json) && p[1].source == PROFILE_CARD_READ && view_is(p[1].as_of), "source and day stay");
}

Test(profile, forgets_a_value_that_was_taken_away)
{
    record(hanako, VIEW("email"), VIEW("\"a@example.jp\""));
    cr_assert_eq(profile_erase(db, hanako, VIEW("email"), NOW), ERR_OK);
    cr_expect_eq(forget(NOW + PROFILE_HISTORY_S), 1);
}

Test(profile, the_history_of_a_field_has_an_end)
{
    struct profile_past *p;
    char json[16];
    for (int i = 0; i < PROFILE_HISTORY_MAX + 7; i++) {
        snprintf(json, sizeof json, "%d", i);
        recorded(view_text(json), "2026-11-22", NOW + i);
    }
    cr_assert_eq(past(&p), PROFILE_HISTORY_MAX);
    cr_expect(view_equal_text(p[0].json, json));
}

Test(profile, an_older_value_moved_to_another_time_does_not_open)
{
    struct profile_past *p;
    size_t n;
    recorded(VIEW("1"), "2026-11-22", NOW);
    cr_assert_eq(db_script(db, "UPDATE profile_history SET at = at - 1"), ERR_OK);
    cr_expect_eq(profile_history(&p, &n, db, &box.a, master, hanako), ERR_MISMATCH);
}

Test(profile, names_the_sources_as_the_product_does)
{
    cr_assert_str_eq(profile_source_name(PROFILE_CARD_SIGNED), "card-signed");
    cr_assert_str_eq(profile_source_name(PROFILE_CARD_READ), "card-read");
    cr_assert_str_eq(profile_source_name(PROFILE_UPSTREAM), "upstream");
    cr_assert_str_eq(profile_source_name(PROFILE_RESIDENT), "resident");
}

/* --- values together: what waits for her word ------------------------------------------------------------------ */

static enum err open_together(struct ident whose, struct ident where, struct view sealed)
{
    struct profile_value *v;
    size_t n;
    return profile_unseal(&v, &n, db, &box.a, master, whose, where, sealed);
}

Test(profile, values_together_open_for_their_resident_and_place_only)
{
    const struct profile_value values[] = {{.field = VIEW("name"),
                                            .json = VIEW("\"大阪 花子\""),
                                            .source = PROFILE_CARD_READ,
                                            .as_of = VIEW("2026-11-22"),
                                            .substitutes = VIEW("0100")},
                                           {.field = VIEW("address"), .json = VIEW("{}"), .source = PROFILE_CARD_READ}};
    struct ident here = ident_mint(), there = ident_mint();
    struct profile_value *v;
    struct view sealed;
    size_t n;
    cr_assert_eq(profile_seal(&sealed, db, &box.a, master, hanako, here, values, 2), ERR_OK);
    cr_assert_eq(profile_unseal(&v, &n, db, &box.a, master, hanako, here, sealed), ERR_OK);
    cr_assert(n == 2 && view_equal(v[0].json, values[0].json) && view_equal(v[1].field, values[1].field));
    cr_expect(view_equal(v[0].substitutes, VIEW("0100")) && v[0].source == PROFILE_CARD_READ && !view_is(v[1].as_of));
    cr_expect_eq(open_together(taro, here, sealed), ERR_NOT_FOUND, "she has no data key yet");
    record(taro, VIEW("name"), VIEW("\"太郎\""));
    cr_expect_eq(open_together(taro, here, sealed), ERR_MISMATCH);
    cr_expect_eq(open_together(hanako, there, sealed), ERR_MISMATCH);
    cr_expect_eq(open_together(hanako, here, view_part(sealed, 0, sealed.n - 1)), ERR_MISMATCH);
    cr_expect_eq(open_together(hanako, here, VIEW("")), ERR_MISMATCH);
}

Test(profile, other_marks_are_another_value)
{
    struct profile_value v = {
        .field = VIEW("name"), .json = VIEW("\"辻\""), .source = PROFILE_CARD_SIGNED, .as_of = VIEW("2026-11-22")};
    struct profile_value *found;
    size_t n;
    cr_assert_eq(profile_record(db, &box.a, master, hanako, &v, NOW), ERR_OK);
    v.substitutes = VIEW("1");
    cr_assert_eq(profile_record(db, &box.a, master, hanako, &v, NOW), ERR_OK);
    cr_assert_eq(find_all(master, hanako, &found, &n), ERR_OK);
    cr_expect(found->changed_at == NOW + 1 && view_equal(found->substitutes, VIEW("1")));
}
