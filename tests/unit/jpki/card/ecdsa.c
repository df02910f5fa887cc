#include "jpki/card/ecdsa.h"

#include <criterion/criterion.h>

/* DER of two integers of N bytes with the first byte FIRST. */
static size_t make(uint8_t *b, size_t n, uint8_t first)
{
    size_t at = 2;
    for (int i = 0; i < 2; i++) {
        b[at++] = 0x02;
        b[at++] = (uint8_t)n;
        memset(b + at, 0x11, n);
        b[at] = first;
        at += n;
    }
    b[0] = 0x30;
    b[1] = (uint8_t)(at - 2);
    return at;
}

Test(ecdsa, takes_both_forms)
{
    uint8_t b[128], out[ECDSA_P384_SIZE], raw[ECDSA_P384_SIZE];
    size_t n = make(b, 48, 0x7F);
    cr_assert(!ecdsa_p384_read(out, view_bytes(b, n)));
    cr_expect(out[0] == 0x7F && out[48] == 0x7F && out[95] == 0x11);
    n = make(b, 49, 0x00);
    b[5] = b[5 + 51] = 0x80;
    cr_assert(!ecdsa_p384_read(out, view_bytes(b, n)));
    cr_expect(out[0] == 0x80 && out[48] == 0x80);
    n = make(b, 3, 0x01);
    cr_assert(!ecdsa_p384_read(out, view_bytes(b, n)));
    cr_expect(out[0] == 0 && out[45] == 0x01 && out[47] == 0x11 && out[93] == 0x01);
    memset(raw, 0xAB, sizeof raw);
    cr_assert(!ecdsa_p384_read(out, VIEW_ARRAY(raw)));
    cr_expect(memcmp(out, raw, sizeof raw) == 0);
}

Test(ecdsa, refuses_everything_else)
{
    uint8_t b[160] = {0}, out[ECDSA_P384_SIZE];
    cr_expect_eq(ecdsa_p384_read(out, VIEW_NONE), ERR_SYNTAX);
    cr_expect_eq(ecdsa_p384_read(out, VIEW("")), ERR_SYNTAX);
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, 95)), ERR_SYNTAX);
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, 97)), ERR_SYNTAX);
    size_t n = make(b, 48, 0x80);
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, n)), ERR_SYNTAX, "negative");
    n = make(b, 48, 0x00);
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, n)), ERR_SYNTAX, "not the shortest form");
    n = make(b, 49, 0x7F);
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, n)), ERR_SYNTAX, "too large");
    n = make(b, 40, 0x01);
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, n - 1)), ERR_SYNTAX, "cut");
    b[1]++;
    cr_expect_eq(ecdsa_p384_read(out, view_bytes(b, n + 1)), ERR_SYNTAX, "something behind it");
}
