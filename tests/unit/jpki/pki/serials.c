#include "jpki/pki/serials.h"

#include <criterion/criterion.h>

static struct serials s;

static void open_it(void)
{
    serials_open(&s);
}

static void close_it(void)
{
    serials_close(&s);
}

TestSuite(serials, .init = open_it, .fini = close_it);

static void add(struct view serial, int reason, int64_t at)
{
    const struct serials_entry entry = {reason, at};
    cr_assert_eq(serials_add(&s, serial, &entry), ERR_OK);
}

static bool has(struct view serial)
{
    struct serials_entry entry;
    return serials_find(&entry, &s, serial);
}

Test(serials, finds_nothing_in_nothing)
{
    cr_assert_eq(serials_seal(&s), ERR_OK);
    cr_expect(!has(VIEW("\x01")) && !has(VIEW("\x00")) && !has(VIEW_NONE));
}

Test(serials, refuses_a_number_longer_than_any_certificate_has)
{
    const struct serials_entry entry = {0, 0};
    cr_expect_eq(
        serials_add(&s, VIEW("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10\x11\x12\x13\x14\x15"),
                    &entry),
        ERR_SYNTAX);
    cr_expect_eq(s.n, 0);
}

/* A shorter number is another number, whatever it ends or begins with. */
Test(serials, finds_exactly_what_was_added_whatever_its_length)
{
    add(VIEW("\x7F"), 1, 100);
    add(VIEW("\x01\x7F"), 4, 200);
    add(VIEW("\x11\x22\x33\x44\x55\x66\x77\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D"), -1, 300);
    cr_assert_eq(serials_seal(&s), ERR_OK);
    struct serials_entry e;
    cr_assert(serials_find(&e, &s, VIEW("\x7F")) && e.reason == 1 && e.at == 100);
    cr_assert(serials_find(&e, &s, VIEW("\x00\x7F")) && e.reason == 1, "a leading zero is the same number");
    cr_assert(serials_find(&e, &s, VIEW("\x01\x7F")) && e.reason == 4 && e.at == 200);
    cr_assert(
        serials_find(&e, &s, VIEW("\x11\x22\x33\x44\x55\x66\x77\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D")));
    cr_expect(e.reason == -1 && e.at == 300);
    cr_expect(!has(VIEW("\x7F\x00")) && !has(VIEW("\x01")) && !has(VIEW("\x01\x7E")) && !has(VIEW("\x02\x7F")));
    cr_expect(!has(VIEW("\x22\x33\x44\x55\x66\x77\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D")));
}

Test(serials, the_number_zero_is_a_number)
{
    add(VIEW("\x00"), 0, 1);
    add(VIEW("\x05"), 0, 1);
    cr_assert_eq(serials_seal(&s), ERR_OK);
    cr_expect(has(VIEW("\x00")) && has(VIEW("\x05")) && !has(VIEW("\x04")));
}

Test(serials, of_two_entries_for_one_number_the_first_is_told)
{
    struct serials_entry e;
    add(VIEW("\x05"), 6, 1);
    add(VIEW("\x05"), 8, 2);
    cr_assert_eq(serials_seal(&s), ERR_OK);
    cr_expect(serials_find(&e, &s, VIEW("\x05")) && e.reason == 6);
}

Test(serials, times_beyond_what_fits_stay_at_its_ends)
{
    struct serials_entry e;
    add(VIEW("\x05"), 6, -5);
    add(VIEW("\x06"), 6, INT64_MAX);
    cr_assert_eq(serials_seal(&s), ERR_OK);
    cr_expect(serials_find(&e, &s, VIEW("\x05")) && e.at == 0);
    cr_expect(serials_find(&e, &s, VIEW("\x06")) && e.at == UINT32_MAX);
}

Test(serials, holds_many_in_little_room_and_finds_no_other)
{
    enum { N = 50000 };
    uint8_t number[4];
    for (uint32_t i = 0; i < N; i++) {
        uint32_t x = 2 * i * 2654435761U; /* even numbers */
        memcpy(number, &x, 4);
        number[3] = (uint8_t)i;
        add(VIEW_ARRAY(number), (int)(i % 11), i);
    }
    cr_assert_eq(serials_seal(&s), ERR_OK);
    cr_expect_lt(serials_size(&s), N * (4 + 5 + 6));
    size_t wrong = 0;
    for (uint32_t i = 0; i < N; i++) {
        uint32_t x = 2 * i * 2654435761U;
        memcpy(number, &x, 4);
        number[3] = (uint8_t)i;
        wrong += !has(VIEW_ARRAY(number));
        number[0] |= 1; /* odd ones were never added */
        wrong += has(VIEW_ARRAY(number));
    }
    cr_expect_eq(wrong, 0);
}
