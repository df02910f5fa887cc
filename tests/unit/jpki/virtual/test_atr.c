/* Answers to reset, and how long a card takes. */
#include <criterion/criterion.h>

#include "jpki/virtual/atr.h"
#include "jpki/virtual/pace.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 65536);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(atr, .init = open_arena, .fini = close_arena);

Test(atr, refuses_what_is_neither_a_name_nor_possible)
{
    static const char *const bad[] = {
        "",          "3B",      "3BZZ",   "3B8",
        "contact-9", "Contact", "random", "3B00000000000000000000000000000000000000000000000000000000000000000000"};
    struct view v;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_neq(atr_read(&v, &a, bad[i]), ERR_OK, "%s", bad[i]);
}

/* ISO/IEC 7816-3 8.2.5: the exclusive or of T0 to TCK is zero. */
static void expect_check_byte(struct view atr, const char *name)
{
    uint8_t sum = 0;
    for (size_t i = 1; i < atr.n; i++)
        sum ^= atr.p[i];
    cr_expect_eq(sum, 0, "%s", name);
    cr_expect(atr.n >= 9 && atr.n <= ATR_MAX && atr.p[0] == 0x3B, "%s", name);
}

/* Facts 1.2: what was seen, T=1 offered by each. */
Test(atr, knows_those_that_were_seen_and_which_of_them_a_reader_made_up)
{
    static const struct {
        const char *name;
        bool contactless;
    } table[] = {{"contact", false},      {"contact-2", false},  {"contact-3", false},         {"contact-4", false},
                 {"contact-5", false},    {"contactless", true}, {"contactless-2", true},      {"contactless-3", true},
                 {"contactless-4", true}, {"old-card", true},    {"3BE000FF8131FE4514", false}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct view v;
        cr_assert_eq(atr_read(&v, &a, table[i].name), ERR_OK, "%s", table[i].name);
        expect_check_byte(v, table[i].name);
        cr_expect_eq(atr_is_contactless(v), table[i].contactless, "%s", table[i].name);
        cr_expect(!atr_is_contactless(atr_of_contacts(v)), "%s", table[i].name);
    }
}

Test(atr, is_another_one_at_each_tap)
{
    uint8_t one[ATR_TAP_SIZE], two[ATR_TAP_SIZE];
    atr_make_tap(one);
    atr_make_tap(two);
    expect_check_byte(VIEW_ARRAY(one), "one");
    expect_check_byte(VIEW_ARRAY(two), "two");
    cr_expect(memcmp(one, two, sizeof one) != 0);
    cr_expect_arr_eq(one, "\x3B\x88\x80\x01", 4);
    cr_expect(atr_is_contactless(VIEW_ARRAY(one)));
}

Test(pace, refuses_an_unknown_name)
{
    enum pace p;
    cr_expect_eq(pace_read(&p, VIEW("slow")), ERR_SYNTAX);
    cr_expect_eq(pace_read(&p, VIEW("")), ERR_SYNTAX);
}

#define SIGN_COMMAND VIEW("\x80\x2A\x00\x97\x01x\x00")

Test(pace, makes_a_signature_slow_and_a_refusal_quick)
{
    static uint8_t signature[258] = {[256] = 0x90};
    cr_expect_eq(pace_ms(PACE_NONE, SIGN_COMMAND, VIEW_ARRAY(signature)), 0);
    cr_expect_geq(pace_ms(PACE_CONTACT, SIGN_COMMAND, VIEW_ARRAY(signature)), 300);
    cr_expect_geq(pace_ms(PACE_CONTACTLESS, SIGN_COMMAND, VIEW_ARRAY(signature)), 1500);
    cr_expect_lt(pace_ms(PACE_CONTACTLESS, SIGN_COMMAND, VIEW_ARRAY(signature)), 5000, "within the reader's patience");
    cr_expect_lt(pace_ms(PACE_CONTACTLESS, SIGN_COMMAND, VIEW("\x69\x82")), 50);
}

Test(pace, charges_for_every_byte_on_the_wire)
{
    static uint8_t page[258] = {[256] = 0x90};
    struct view read = VIEW("\x00\xB0\x00\x00\x00");
    cr_expect_gt(pace_ms(PACE_CONTACT, read, VIEW_ARRAY(page)), 70);
    cr_expect_lt(pace_ms(PACE_CONTACT, read, VIEW("\x6B\x00")), 5);
    cr_expect_gt(pace_ms(PACE_CONTACTLESS, read, VIEW_ARRAY(page)), 25);
}
