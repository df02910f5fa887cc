#include "jpki/pki/der.h"

#include <criterion/criterion.h>

#include "base/arena.h"

#define V(LITERAL) VIEW(LITERAL)

Test(der, refuses_what_is_ber_but_not_der)
{
    static const struct {
        struct view bytes;
        const char *why;
    } rows[] = {
        {{(const uint8_t *)"", 0}, "nothing"},
        {{(const uint8_t *)"\x30", 1}, "no length"},
        {{(const uint8_t *)"\x30\x80\x00\x00", 4}, "indefinite length"},
        {{(const uint8_t *)"\x30\x81\x02\x05\x00", 5}, "length in more octets than needed"},
        {{(const uint8_t *)"\x30\x82\x00\x80", 4}, "length with a leading zero"},
        {{(const uint8_t *)"\x30\x84\x00\x00\x00\x00", 6}, "four length octets"},
        {{(const uint8_t *)"\x30\x03\x05\x00", 4}, "shorter than it says"},
        {{(const uint8_t *)"\x30\x02\x05\x00\x00", 5}, "something behind it"},
        {{(const uint8_t *)"\x30\x03\x01\x01\x01", 5}, "BOOLEAN that is neither 00 nor FF"},
        {{(const uint8_t *)"\x30\x04\x02\x02\x00\x01", 6}, "INTEGER with a superfluous 00"},
        {{(const uint8_t *)"\x30\x04\x02\x02\xFF\x80", 6}, "INTEGER with a superfluous FF"},
        {{(const uint8_t *)"\x30\x02\x02\x00", 4}, "empty INTEGER"},
        {{(const uint8_t *)"\x30\x04\x03\x02\x08\x00", 6}, "eight unused bits"},
        {{(const uint8_t *)"\x30\x04\x03\x02\x01\x01", 6}, "unused bits that are set"},
        {{(const uint8_t *)"\x30\x03\x05\x01\x00", 5}, "NULL with contents"},
        {{(const uint8_t *)"\x30\x02\x06\x00", 4}, "empty OBJECT IDENTIFIER"},
        {{(const uint8_t *)"\x30\x04\x06\x02\x2A\x81", 6}, "OBJECT IDENTIFIER that is cut off"},
        {{(const uint8_t *)"\x30\x05\x06\x03\x2A\x80\x01", 7}, "OBJECT IDENTIFIER with a superfluous 80"},
        {{(const uint8_t *)"\x30\x04\x24\x02\x04\x00", 6}, "constructed OCTET STRING"},
        {{(const uint8_t *)"\x10\x00", 2}, "primitive SEQUENCE"},
        {{(const uint8_t *)"\x1F\x81\x01\x00", 4}, "high tag number"},
        {{(const uint8_t *)"\x00\x00", 2}, "end of contents"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(!der_is_strict(rows[i].bytes), "%s", rows[i].why);
}

Test(der, refuses_nesting_without_end)
{
    uint8_t deep[2 * 40];
    for (size_t i = 0; i < sizeof deep; i += 2) {
        deep[i] = 0x30;
        deep[i + 1] = (uint8_t)(sizeof deep - 2 - i);
    }
    cr_expect(!der_is_strict(VIEW_ARRAY(deep)));
    cr_expect(der_is_strict(view_bytes(deep + 20, sizeof deep - 20)), "30 are fine");
}

Test(der, accepts_der)
{
    cr_expect(der_is_strict(V("\x30\x00")));
    cr_expect(der_is_strict(V("\x02\x01\x00")));
    cr_expect(der_is_strict(V("\x02\x02\x00\x80")));
    cr_expect(der_is_strict(V("\x30\x08\x01\x01\xFF\x03\x03\x05\xA0\xE0")));
    cr_expect(der_is_strict(V("\xA0\x03\x02\x01\x02")));
}

Test(der, reads_a_list_value_by_value)
{
    struct view rest = V("\x02\x01\x05\x04\x02hi");
    struct der d;
    cr_assert_eq(der_next(&d, &rest), ERR_OK);
    cr_expect(d.tag == 0x02 && view_equal(d.body, V("\x05")) && d.all.n == 3);
    cr_assert_eq(der_next(&d, &rest), ERR_OK);
    cr_expect(d.tag == 0x04 && view_equal(d.body, V("hi")));
    cr_expect_eq(der_next(&d, &rest), ERR_NOT_FOUND);
}

Test(der, refuses_times_that_are_not_on_the_calendar_or_not_in_utc)
{
    static const char *const generalized[] = {
        "20260229000000Z",   "20261301000000Z", "20260001000000Z", "20260100000000Z", "20260132000000Z",
        "20260101240000Z",   "20260101006000Z", "20260101000060Z", "20260101000000",  "20260101000000+0900",
        "20260101000000.5Z", "2026010100000Z",  "20260101 00000Z", "2026010100000-Z", ""};
    static const char *const utc[] = {"260229000000Z", "2601010000Z", "20260101000000Z", "260101000000+0900"};
    int64_t t;
    for (size_t i = 0; i < sizeof generalized / sizeof *generalized; i++)
        cr_expect(!der_time(&t, DER_GENERALIZED_TIME, view_text(generalized[i])), "%s", generalized[i]);
    for (size_t i = 0; i < sizeof utc / sizeof *utc; i++)
        cr_expect(!der_time(&t, DER_UTC_TIME, view_text(utc[i])), "%s", utc[i]);
    cr_expect(!der_time(&t, 0x0C, V("20260101000000Z")));
}

Test(der, reads_times_of_both_centuries)
{
    int64_t t = 0;
    cr_expect(der_time(&t, DER_UTC_TIME, V("700101000000Z")) && t == 0);
    cr_expect(der_time(&t, DER_UTC_TIME, V("491231235959Z")) && t == 2524607999);
    cr_expect(der_time(&t, DER_UTC_TIME, V("500101000000Z")) && t == -631152000);
    cr_expect(der_time(&t, DER_GENERALIZED_TIME, V("20240229120000Z")) && t == 1709208000);
    cr_expect(der_time(&t, DER_GENERALIZED_TIME, V("20500101000000Z")) && t == 2524608000);
}
