/* The card's conversation, command by command, with the virtual card behind it. */
#include "jpki/card/card.h"

#include <criterion/criterion.h>

#include "jpki/card/text_ap.h"
#include "tests/lib/scripted_card.h"

static struct scripted_card *card_in;
static struct reader reader;
static struct card card;
static struct arena arena;

static const struct scripted_options plastic = {
    .folder = BUILD_DIR "/testpki/residents/hanako", .chip = BUILD_DIR "/testpki/chip.pem", .first = READER_CARD};

static void put_in(const struct scripted_options *o)
{
    arena_open(&arena, (size_t)1 << 20);
    cr_assert(!scripted_card_open(&card_in, o));
    reader = scripted_card_reader(card_in);
}

static void take_out(void)
{
    card_log_out(&card);
    cr_expect(scripted_card_is_off(card_in) && !scripted_card_left_open(card_in) && !scripted_card_alarmed(card_in));
    scripted_card_close(card_in);
    arena_close(&arena);
}

static void open_plastic(void)
{
    put_in(&plastic);
    cr_assert_eq(card_connect(&card, &reader), CARD_OK);
}

Test(card, finds_out_what_it_is_in_two_commands)
{
    open_plastic();
    cr_expect_str_eq(card.kind->name, "my_number_card");
    cr_expect_eq(card.apdus, 2);
    take_out();
}

Test(card, tells_the_tries_left_without_spending_one)
{
    int tries = -1;
    open_plastic();
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
        cr_expect_eq(tries, 3);
    }
    cr_expect_eq(scripted_card_tries(card_in, false), 3);
    take_out();
}

Test(card, makes_the_card_forget_what_another_program_has_shown)
{
    int tries = -1;
    open_plastic();
    scripted_card_fault(card_in, 1, CARD_FAULT_SW, 0x9000); /* "verified already" */
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    cr_expect_eq(tries, 3);
    cr_expect_eq(card.apdus, 2 + 4, "tries, another application, back, tries");
    take_out();
}

Test(card, does_not_believe_a_card_that_never_forgets)
{
    struct scripted_options o = plastic;
    int tries = -1;
    o.always_verified = true;
    put_in(&o);
    cr_assert_eq(card_connect(&card, &reader), CARD_OK);
    cr_expect_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_UNSUPPORTED);
    take_out();
}

Test(card, never_sends_a_pin_of_the_wrong_form)
{
    static const char *const bad[] = {"", "1", "123", "12345", "abcd", "12 4"};
    int tries;
    open_plastic();
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    unsigned sent = card.apdus;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(card_verify(&card, CARD_PIN_AUTH, view_text(bad[i]), &tries), CARD_PIN_FORMAT);
    cr_expect_eq(card_verify(&card, CARD_PIN_AUTH, VIEW_NONE, &tries), CARD_PIN_FORMAT);
    cr_expect_eq(card.apdus, sent);
    take_out();
}

Test(card, counts_down_and_blocks)
{
    int tries;
    open_plastic();
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    cr_expect_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("9999"), &tries), CARD_PIN_WRONG);
    cr_expect_eq(tries, 2);
    cr_expect_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("9999"), &tries), CARD_PIN_WRONG);
    cr_expect_eq(tries, 1);
    cr_expect_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("9999"), &tries), CARD_PIN_BLOCKED);
    cr_expect_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_PIN_BLOCKED);
    cr_expect_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("1234"), &tries), CARD_PIN_BLOCKED);
    take_out();
}

Test(card, signs_only_after_the_pin)
{
    struct view sig;
    int tries;
    open_plastic();
    cr_expect_eq(card_sign(&card, CARD_KEY_AUTH, CARD_RSA_SHA256, VIEW("m"), &arena, &sig), CARD_UNSUPPORTED);
    take_out();
    open_plastic();
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    cr_assert_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("1234"), &tries), CARD_OK);
    cr_assert_eq(card_sign(&card, CARD_KEY_AUTH, CARD_RSA_SHA256, VIEW("m"), &arena, &sig), CARD_OK);
    cr_expect_eq(sig.n, 256);
    take_out();
}

Test(card, reads_a_certificate_to_its_own_end)
{
    struct view der;
    open_plastic();
    cr_assert_eq(card_read_certificate(&card, CARD_KEY_AUTH, &arena, &der), CARD_OK);
    cr_expect_eq(der.n, (size_t)(4 + (der.p[2] << 8 | der.p[3])));
    cr_expect_neq(card_read_certificate(&card, CARD_KEY_SIGN, &arena, &der), CARD_OK, "it needs the other PIN");
    take_out();
}

Test(card, needs_the_text_pin_for_the_text)
{
    struct card_text text;
    int tries;
    open_plastic();
    cr_expect_eq(card_read_text(&card, &arena, &text), CARD_FAILED, "the application is not selected");
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_TEXT, &tries), CARD_OK);
    cr_expect_eq(card_read_text(&card, &arena, &text), CARD_UNSUPPORTED, "the PIN was not shown");
    take_out();
    open_plastic();
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_TEXT, &tries), CARD_OK);
    cr_assert_eq(card_verify(&card, CARD_PIN_TEXT, VIEW("1234"), &tries), CARD_OK);
    cr_assert_eq(card_read_text(&card, &arena, &text), CARD_OK);
    cr_expect(text.name.p && text.address.p && text.birthdate.n == 8 && text.gender.n == 1);
    take_out();
}

Test(card, asking_for_the_text_pin_forgets_the_other)
{
    struct view sig;
    int tries;
    open_plastic();
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    cr_assert_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("1234"), &tries), CARD_OK);
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_TEXT, &tries), CARD_OK);
    cr_expect_eq(card_sign(&card, CARD_KEY_AUTH, CARD_RSA_SHA256, VIEW("m"), &arena, &sig), CARD_FAILED);
    take_out();
}

Test(card, falls_back_to_select_on_cards_without_short_ids)
{
    struct scripted_options o = plastic;
    struct view der, sig;
    int tries;
    o.no_short_ids = true;
    put_in(&o);
    cr_assert_eq(card_connect(&card, &reader), CARD_OK);
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    cr_assert_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("1234"), &tries), CARD_OK);
    cr_assert_eq(card_read_certificate(&card, CARD_KEY_AUTH, &arena, &der), CARD_OK);
    cr_assert_eq(card_sign(&card, CARD_KEY_AUTH, CARD_RSA_SHA256, VIEW("m"), &arena, &sig), CARD_OK);
    cr_expect(!card.short_ids);
    take_out();
}

Test(card, log_out_is_harmless_twice_and_before_anything)
{
    put_in(&plastic);
    card = (struct card){.reader = &reader, .app = CARD_APP_COUNT};
    card_log_out(&card);
    cr_assert_eq(card_connect(&card, &reader), CARD_OK);
    card_log_out(&card);
    take_out();
}

Test(card, leaves_by_another_application_when_there_is_no_security_domain)
{
    int tries;
    open_plastic();
    cr_assert_eq(card_pin_tries(&card, CARD_PIN_AUTH, &tries), CARD_OK);
    cr_assert_eq(card_verify(&card, CARD_PIN_AUTH, VIEW("1234"), &tries), CARD_OK);
    scripted_card_fault(card_in, 1, CARD_FAULT_SW, 0x6A82);
    take_out();
}
