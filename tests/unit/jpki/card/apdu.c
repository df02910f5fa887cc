#include "jpki/card/apdu.h"

#include <criterion/criterion.h>

static void writes(struct apdu c, const char *hex_bytes, size_t n)
{
    uint8_t out[APDU_COMMAND_MAX];
    size_t got;
    cr_assert(!apdu_write(out, &got, &c));
    cr_assert_eq(got, n, "%zu", got);
    cr_expect(memcmp(out, hex_bytes, n) == 0);
}

Test(apdu, writes_the_four_short_cases)
{
    writes((struct apdu){0x00, 0x20, 0x00, 0x80, VIEW_NONE, APDU_NO_LE}, "\x00\x20\x00\x80", 4);
    writes((struct apdu){0x00, 0x20, 0x00, 0x80, VIEW(""), APDU_NO_LE}, "\x00\x20\x00\x80", 4);
    writes((struct apdu){0x00, 0xB0, 0x01, 0x02, VIEW_NONE, APDU_LE_256}, "\x00\xB0\x01\x02\x00", 5);
    writes((struct apdu){0x00, 0xB0, 0x01, 0x02, VIEW_NONE, 66}, "\x00\xB0\x01\x02\x42", 5);
    writes((struct apdu){0x00, 0xA4, 0x02, 0x0C, VIEW("\x01\x02"), APDU_NO_LE}, "\x00\xA4\x02\x0C\x02\x01\x02", 7);
    writes((struct apdu){0x80, 0x2A, 0x00, 0x80, VIEW("\x01"), APDU_LE_256}, "\x80\x2A\x00\x80\x01\x01\x00", 7);
}

Test(apdu, refuses_what_a_short_command_cannot_carry)
{
    uint8_t out[APDU_COMMAND_MAX], data[256] = {0};
    size_t n;
    const struct apdu full = {0, 0, 0, 0, view_bytes(data, 255), 255};
    cr_expect_eq(apdu_write(out, &n, &full), ERR_OK);
    cr_expect_eq(n, APDU_COMMAND_MAX);
    const struct apdu bad[] = {
        {0, 0, 0, 0, view_bytes(data, 256), APDU_NO_LE}, {0, 0, 0, 0, VIEW_NONE, 256}, {0, 0, 0, 0, VIEW_NONE, -2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(apdu_write(out, &n, &bad[i]), ERR_LIMIT);
}

Test(apdu, reads_data_and_status_word)
{
    struct apdu_answer a;
    cr_assert(!apdu_read(&a, VIEW("\x01\x02\x90\x00")));
    cr_expect(a.sw == 0x9000 && a.data.n == 2);
    cr_assert(!apdu_read(&a, VIEW("\x63\xC2")));
    cr_expect(a.sw == 0x63C2 && a.data.n == 0);
}

Test(apdu, refuses_answers_too_short_or_too_long)
{
    uint8_t big[259] = {0};
    struct apdu_answer a;
    cr_expect_eq(apdu_read(&a, VIEW_NONE), ERR_SYNTAX);
    cr_expect_eq(apdu_read(&a, VIEW("")), ERR_SYNTAX);
    cr_expect_eq(apdu_read(&a, VIEW("\x90")), ERR_SYNTAX);
    cr_expect_eq(apdu_read(&a, view_bytes(big, 258)), ERR_OK);
    cr_expect_eq(apdu_read(&a, view_bytes(big, 259)), ERR_LIMIT);
}

Test(apdu, understands_tries_and_blocked)
{
    int left = -1;
    cr_expect(sw_is_tries(0x63C2, &left) && left == 2);
    cr_expect(sw_is_tries(0x63C0, &left) && left == 0);
    cr_expect(!sw_is_tries(0x6300, &left) && !sw_is_tries(0x9000, &left) && !sw_is_tries(0x63D1, &left));
    cr_expect(sw_is_blocked(0x63C0) && sw_is_blocked(0x6983) && sw_is_blocked(0x6984));
    cr_expect(!sw_is_blocked(0x63C1) && !sw_is_blocked(0x6982) && !sw_is_blocked(0x9000));
}
