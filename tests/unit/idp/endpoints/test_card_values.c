#include <criterion/criterion.h>

#include "idp/endpoints/card_values.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(card_values, .init = open_arena, .fini = close_arena);

static const struct proof_text hanako = {.name = VIEW("大阪　花子"),
                                         .address = VIEW("大阪府堺市堺区南瓦町３－１"),
                                         .birthdate = VIEW("19580401"),
                                         .gender = VIEW("2")};

static struct view json_of(const struct card_values *t, const char *field)
{
    for (size_t i = 0; i < t->n; i++)
        if (view_equal_text(t->values[i].field, field))
            return t->values[i].json;
    return VIEW_NONE;
}

static bool erases(const struct card_values *t, const char *field)
{
    for (size_t i = 0; i < t->n_erase; i++)
        if (view_equal_text(t->erase[i], field))
            return true;
    return false;
}

Test(card_values, keeps_the_four_items_with_source_and_day)
{
    struct card_values t;
    cr_assert_eq(card_values_of_text(&t, &arena, &hanako, VIEW("2026-11-22")), ERR_OK);
    cr_assert_eq(t.n, 4);
    cr_assert_eq(t.n_erase, 0);
    cr_expect(view_equal_text(json_of(&t, "name"), "\"大阪　花子\""));
    cr_expect(view_equal_text(json_of(&t, "birthdate"), "\"1958-04-01\""));
    cr_expect(view_equal_text(json_of(&t, "gender"), "\"female\""));
    for (size_t i = 0; i < t.n; i++) {
        cr_expect_eq(t.values[i].source, PROFILE_CARD_READ);
        cr_expect(view_equal_text(t.values[i].as_of, "2026-11-22"));
    }
}

Test(card_values, erases_a_sex_that_the_card_does_not_state)
{
    static const char *const unstated[] = {"9", "0"};
    for (size_t i = 0; i < 2; i++) {
        struct card_values t;
        struct proof_text text = hanako;
        text.gender = view_text(unstated[i]);
        cr_assert_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
        cr_expect_not(view_is(json_of(&t, "gender")));
        cr_expect(erases(&t, "gender"));
    }
}

Test(card_values, never_invents_a_birth_day)
{
    struct card_values t;
    struct proof_text text = hanako;
    text.birthdate = VIEW("19400000");
    cr_assert_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
    cr_expect(view_equal_text(json_of(&t, "birthdate"), "\"1940-00-00\""));
    text.birthdate = VIEW("19401345");
    cr_assert_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
    cr_expect_not(view_is(json_of(&t, "birthdate")));
    cr_expect(erases(&t, "birthdate"));
    text.birthdate = VIEW_NONE;
    cr_assert_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
    cr_expect(erases(&t, "birthdate"));
}

Test(card_values, refuses_a_card_without_a_name_or_an_address)
{
    struct card_values t;
    struct proof_text text = hanako;
    text.name = VIEW_NONE;
    cr_expect_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
    text.name = VIEW("");
    cr_expect_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
    text = hanako;
    text.address = VIEW_NONE;
    cr_expect_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
    text.address = VIEW("\x01");
    cr_expect_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
}

/* --- out of a verified certificate ---------------------------------------------------------------------------- */

static const struct person signed_hanako = {.name = VIEW("大阪　花子"),
                                            .address = VIEW("大阪府堺市堺区南瓦町３－１"),
                                            .name_substitutes = VIEW("00100"),
                                            .address_substitutes = VIEW("0000000000000"),
                                            .has_substitutes = true,
                                            .gender = PERSON_FEMALE,
                                            .era = ERA_SHOWA,
                                            .birthdate = "1958-04-01"};

static struct profile_proof proof = {.not_before = 1772290800, .not_after = 1931266799, .at = 1795305600};

static const struct profile_value *value_of(const struct profile_value *values, size_t n, const char *field)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal_text(values[i].field, field))
            return &values[i];
    return NULL;
}

Test(card_values, of_a_certificate_are_signed_and_keep_the_places_of_substitutes)
{
    struct card_values t;
    cr_assert_eq(card_values_of_person(&t, &arena, &signed_hanako, &proof, VIEW("2026-11-22")), ERR_OK);
    cr_assert(t.n == 4 && t.n_erase == 0);
    for (size_t i = 0; i < t.n; i++)
        cr_expect(t.values[i].source == PROFILE_CARD_SIGNED && view_equal_text(t.values[i].as_of, "2026-11-22"));
    cr_expect(view_equal_text(json_of(&t, "birthdate"), "\"1958-04-01\""));
    cr_expect(view_equal_text(json_of(&t, "gender"), "\"female\""));
    cr_expect(view_equal_text(value_of(t.values, t.n, "name")->substitutes, "00100"));
    cr_expect_not(view_is(value_of(t.values, t.n, "address")->substitutes), "marks that mark nothing are not kept");
}

Test(card_values, of_a_certificate_say_who_issued_it_and_not_its_number)
{
    static const uint8_t name[] = "\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x06\x13\x02JP";
    const struct cert sign = {.issuer_der = view_bytes(name, sizeof name - 1),
                              .serial = VIEW("\x01\x02\x03\x04"),
                              .not_before = 7,
                              .not_after = 9};
    struct profile_proof p;
    struct card_values t;
    cr_assert_eq(card_values_proof(&p, &arena, &sign, 8), ERR_OK);
    cr_assert_eq(card_values_of_person(&t, &arena, &signed_hanako, &p, VIEW("2026-11-22")), ERR_OK);
    for (size_t i = 0; i < t.n; i++)
        cr_expect(view_equal_text(t.values[i].proof.issuer, "C=JP") && t.values[i].proof.not_before == 7 &&
                  t.values[i].proof.not_after == 9 && t.values[i].proof.at == 8);
    cr_assert_eq(card_values_of_text(&t, &arena, &hanako, VIEW("2026-11-22")), ERR_OK);
    for (size_t i = 0; i < t.n; i++)
        cr_expect_not(view_is(t.values[i].proof.issuer), "what was read is proven by nothing");
}

Test(card_values, of_a_certificate_invent_nothing_either)
{
    struct card_values t;
    struct person p = signed_hanako;
    p.gender = PERSON_GENDER_NONE;
    memcpy(p.birthdate, "", 1);
    cr_assert_eq(card_values_of_person(&t, &arena, &p, &proof, VIEW("2026-11-22")), ERR_OK);
    cr_expect(t.n == 2 && erases(&t, "gender") && erases(&t, "birthdate"));
    memcpy(p.birthdate, "1940-00-00", 11);
    cr_assert_eq(card_values_of_person(&t, &arena, &p, &proof, VIEW("2026-11-22")), ERR_OK);
    cr_expect(view_equal_text(json_of(&t, "birthdate"), "\"1940-00-00\""));
}

/* --- what may be written down --------------------------------------------------------------------------------- */

static struct profile_value stored_as(const char *field, const char *json, enum profile_source source)
{
    return (struct profile_value){
        .field = view_text(field), .json = view_text(json), .source = source, .as_of = VIEW("2026-11-22")};
}

Test(card_values, a_reading_changes_no_verified_value_by_itself)
{
    static const struct {
        const char *what, *stored;
        enum profile_source source, read_as;
        bool recorded, held;
    } cases[] = {
        {"another verified value", "\"大阪　はな\"", PROFILE_CARD_SIGNED, PROFILE_CARD_READ, false, true},
        {"the same verified value", "\"大阪　花子\"", PROFILE_CARD_SIGNED, PROFILE_CARD_READ, false, false},
        {"another value that was read", "\"大阪　はな\"", PROFILE_CARD_READ, PROFILE_CARD_READ, true, false},
        {"another value from upstream", "\"大阪　はな\"", PROFILE_UPSTREAM, PROFILE_CARD_READ, true, false},
        {"verified again, another", "\"大阪　はな\"", PROFILE_CARD_SIGNED, PROFILE_CARD_SIGNED, true, false},
        {"verified now, read before", "\"大阪　花子\"", PROFILE_CARD_READ, PROFILE_CARD_SIGNED, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct card_values t;
        const struct profile_value stored[] = {stored_as("name", cases[i].stored, cases[i].source)};
        enum err e = cases[i].read_as == PROFILE_CARD_READ
                         ? card_values_of_text(&t, &arena, &hanako, VIEW("2026-11-23"))
                         : card_values_of_person(&t, &arena, &signed_hanako, &proof, VIEW("2026-11-23"));
        cr_assert_eq(e, ERR_OK);
        card_values_decide(&t, stored, 1);
        cr_expect_eq(value_of(t.values, t.n, "name") != NULL, cases[i].recorded, "%s", cases[i].what);
        cr_expect_eq(value_of(t.held, t.n_held, "name") != NULL, cases[i].held, "%s", cases[i].what);
        cr_expect_not_null(value_of(t.values, t.n, "address"), "%s: the others are not touched by it", cases[i].what);
    }
}

Test(card_values, a_reading_erases_no_verified_value)
{
    struct card_values t;
    struct proof_text text = hanako;
    struct profile_value stored[] = {stored_as("gender", "\"female\"", PROFILE_CARD_SIGNED)};
    text.gender = VIEW("9");
    cr_assert_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-23")), ERR_OK);
    card_values_decide(&t, stored, 1);
    cr_expect_not(erases(&t, "gender"));
    stored[0].source = PROFILE_CARD_READ;
    cr_assert_eq(card_values_of_text(&t, &arena, &text, VIEW("2026-11-23")), ERR_OK);
    card_values_decide(&t, stored, 1);
    cr_expect(erases(&t, "gender"));
}
