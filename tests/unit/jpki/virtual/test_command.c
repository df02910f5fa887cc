#include <criterion/criterion.h>

#include "jpki/virtual/command.h"

static enum err read_n(struct command *c, size_t n, const uint8_t *body)
{
    static uint8_t apdu[70000];
    memset(apdu, 0, sizeof apdu);
    memcpy(apdu, "\x00\xB0\x01\x02", 4);
    if (n > 4)
        memcpy(apdu + 4, body, n - 4 < 3 ? n - 4 : 3);
    return command_read(c, view_bytes(apdu, n));
}

Test(command, refuses_lengths_that_do_not_fit)
{
    static const struct {
        size_t n;
        uint8_t body[3];
    } bad[] = {
        {0, {0}},       {3, {0}},       {6, {0, 0, 0}},  {6, {2, 0, 0}},       {8, {1, 0, 0}}, {7 + 255, {255, 0, 0}},
        {8, {0, 0, 0}}, {8, {0, 0, 2}}, {11, {0, 0, 1}}, {7 + 299, {0, 1, 44}}};
    struct command c;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(read_n(&c, bad[i].n, bad[i].body), ERR_SYNTAX, "case %zu", i);
}

Test(command, tells_the_seven_cases_apart)
{
    static const struct {
        size_t n;
        uint8_t body[3];
        size_t lc, le;
        bool extended;
    } good[] = {{4, {0}, 0, 0, false},
                {5, {0}, 0, 256, false},
                {5, {16}, 0, 16, false},
                {7, {2}, 2, 0, false},
                {8, {2}, 2, 256, false},
                {5 + 255 + 1, {255}, 255, 256, false},
                {7, {0, 0, 0}, 0, 65536, true},
                {7, {0, 1, 0}, 0, 256, true},
                {7 + 300, {0, 1, 44}, 300, 0, true},
                {9 + 300, {0, 1, 44}, 300, 65536, true},
                {7 + 65535, {0, 255, 255}, 65535, 0, true}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct command c;
        cr_expect_eq(read_n(&c, good[i].n, good[i].body), ERR_OK, "case %zu", i);
        cr_expect_eq(c.data.n, good[i].lc, "case %zu", i);
        cr_expect_eq(c.le, good[i].le, "case %zu", i);
        cr_expect_eq(c.has_le, good[i].le > 0, "case %zu", i);
        cr_expect_eq(c.extended, good[i].extended, "case %zu", i);
        cr_expect(c.ins == 0xB0 && c.p1 == 1 && c.p2 == 2);
    }
}
