#include "jpki/card/keypad.h"

#include <criterion/criterion.h>

static struct view block_of(uint8_t out[KEYPAD_MAX], uint8_t min, uint8_t max, bool japanese)
{
    const struct keypad_ask ask = {{0x00, 0x20, 0x00, 0x98}, min, max, japanese};
    size_t n;
    keypad_write(out, &n, &ask);
    return view_bytes(out, n);
}

/* A number of two or four bytes is in the order of this machine. */
static uint32_t number_at(struct view v, size_t at, size_t n)
{
    uint16_t two;
    uint32_t four;
    memcpy(&two, v.p + at, 2);
    memcpy(&four, v.p + at, 4);
    return n == 2 ? two : four;
}

Test(keypad, a_pin_of_four_digits_has_its_room_in_the_command)
{
    static const uint8_t command[] = {0x00, 0x20, 0x00, 0x98, 0x04, 0xFF, 0xFF, 0xFF, 0xFF};
    uint8_t out[KEYPAD_MAX];
    struct view v = block_of(out, 4, 4, true);
    cr_assert_eq(v.n, 19 + sizeof command);
    cr_expect(v.p[2] == 0x82 && v.p[3] == 4 && v.p[4] == 0, "ASCII, a block of four, no length in it");
    cr_expect(number_at(v, 5, 2) == 0x0404 && v.p[7] == 0x02, "exactly four, and only on her word");
    cr_expect_eq(number_at(v, 9, 2), 0x0411);
    cr_expect_eq(number_at(v, 15, 4), sizeof command);
    cr_expect(view_equal(view_from(v, 19), VIEW_ARRAY(command)));
}

Test(keypad, a_password_of_several_lengths_leaves_length_and_pin_to_the_reader)
{
    static const uint8_t command[] = {0x00, 0x20, 0x00, 0x98};
    uint8_t out[KEYPAD_MAX];
    struct view v = block_of(out, 6, 16, false);
    cr_assert_eq(v.n, 19 + sizeof command);
    cr_expect(v.p[2] == 0x82 && v.p[3] == 0);
    cr_expect_eq(number_at(v, 5, 2), 0x0610);
    cr_expect_eq(number_at(v, 9, 2), 0x0409);
    cr_expect_eq(number_at(v, 15, 4), sizeof command);
    cr_expect(view_equal(view_from(v, 19), VIEW_ARRAY(command)),
              "an Lc of 00 would be an empty VERIFY to some readers");
}

Test(keypad, is_found_among_the_features_of_a_reader)
{
    static const struct {
        const char *what;
        struct view features;
        uint32_t code; /* 0: none */
    } table[] = {
        {"alone", VIEW("\x06\x04\x42\x33\x00\x06"), 0x42330006},
        {"behind others", VIEW("\x12\x04\x42\x33\x00\x12\x06\x04\x42\x33\x00\x06"), 0x42330006},
        {"only changing", VIEW("\x07\x04\x42\x33\x00\x07"), 0},
        {"nothing", VIEW(""), 0},
        {"cut", VIEW("\x06\x04\x42\x33\x00"), 0},
        {"another length", VIEW("\x06\x02\x42\x33\x00\x06"), 0},
        {"broken before it", VIEW("\x12\x05\x42\x33\x00\x12\x06\x04\x42\x33\x00\x06"), 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint32_t code = 0;
        bool found = keypad_find(&code, table[i].features);
        cr_expect(found == (table[i].code != 0) && code == table[i].code, "%s", table[i].what);
    }
}
