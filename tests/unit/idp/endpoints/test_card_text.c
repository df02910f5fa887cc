#include <criterion/criterion.h>

#include "idp/endpoints/card_text.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(card_text, .init = open_arena, .fini = close_arena);

static const struct proof_text hanako = {.name = VIEW("大阪　花子"),
                                         .address = VIEW("大阪府堺市堺区南瓦町３－１"),
                                         .birthdate = VIEW("19580401"),
                                         .gender = VIEW("2")};

static struct view json_of(const struct card_text *t, const char *field)
{
    for (size_t i = 0; i < t->n; i++)
        if (view_equal_text(t->values[i].field, field))
            return t->values[i].json;
    return VIEW_NONE;
}

static bool erases(const struct card_text *t, const char *field)
{
    for (size_t i = 0; i < t->n_erase; i++)
        if (view_equal_text(t->erase[i], field))
            return true;
    return false;
}

Test(card_text, keeps_the_four_items_with_source_and_day)
{
    struct card_text t;
    cr_assert_eq(card_text_read(&t, &arena, &hanako, VIEW("2026-11-22")), ERR_OK);
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

Test(card_text, erases_a_sex_that_the_card_does_not_state)
{
    static const char *const unstated[] = {"9", "0"};
    for (size_t i = 0; i < 2; i++) {
        struct card_text t;
        struct proof_text text = hanako;
        text.gender = view_text(unstated[i]);
        cr_assert_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
        cr_expect_not(view_is(json_of(&t, "gender")));
        cr_expect(erases(&t, "gender"));
    }
}

Test(card_text, never_invents_a_birth_day)
{
    struct card_text t;
    struct proof_text text = hanako;
    text.birthdate = VIEW("19400000");
    cr_assert_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
    cr_expect(view_equal_text(json_of(&t, "birthdate"), "\"1940-00-00\""));
    text.birthdate = VIEW("19401345");
    cr_assert_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
    cr_expect_not(view_is(json_of(&t, "birthdate")));
    cr_expect(erases(&t, "birthdate"));
    text.birthdate = VIEW_NONE;
    cr_assert_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_OK);
    cr_expect(erases(&t, "birthdate"));
}

Test(card_text, refuses_a_card_without_a_name_or_an_address)
{
    struct card_text t;
    struct proof_text text = hanako;
    text.name = VIEW_NONE;
    cr_expect_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
    text.name = VIEW("");
    cr_expect_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
    text = hanako;
    text.address = VIEW_NONE;
    cr_expect_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
    text.address = VIEW("\x01");
    cr_expect_eq(card_text_read(&t, &arena, &text, VIEW("2026-11-22")), ERR_SYNTAX);
}
