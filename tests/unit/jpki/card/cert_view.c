#include "jpki/card/cert_view.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/file.h"

static struct view read_der(struct arena *a, const char *path)
{
    struct view der;
    cr_assert(!file_read(a, path, 65536, &der), "%s", path);
    return der;
}

Test(cert_view, finds_end_dates_and_key_of_todays_and_tomorrows_certificate)
{
    struct arena a;
    struct cert_view c;
    size_t size;
    arena_open(&a, (size_t)1 << 20);
    struct view der = read_der(&a, BUILD_DIR "/testpki/residents/hanako/auth.der");
    cr_assert(!cert_size(view_part(der, 0, 4), 4096, &size));
    cr_expect_eq(size, der.n);
    cr_assert(!cert_view_read(&c, der));
    cr_expect(c.key == CERT_KEY_RSA && c.not_before < c.not_after && c.not_after > 1700000000);
    der = read_der(&a, BUILD_DIR "/testpki/residents/nextgen/auth.der");
    cr_assert(!cert_view_read(&c, der));
    cr_expect_eq(c.key, CERT_KEY_P384);
    arena_close(&a);
}

Test(cert_view, sees_that_a_certificate_has_ended)
{
    struct arena a;
    struct cert_view c;
    arena_open(&a, (size_t)1 << 20);
    struct view made = read_der(&a, BUILD_DIR "/testpki/made-at");
    cr_assert(!cert_view_read(&c, read_der(&a, BUILD_DIR "/testpki/bad/expired/auth.der")));
    cr_expect_lt(c.not_after, strtoll((const char *)made.p, NULL, 10));
    arena_close(&a);
}

Test(cert_view, refuses_every_cut_and_never_reads_behind_it)
{
    struct arena a;
    struct cert_view c;
    arena_open(&a, (size_t)8 << 20);
    struct view der = read_der(&a, BUILD_DIR "/testpki/residents/hanako/auth.der");
    for (size_t n = 0; n < der.n; n += n < 400 ? 1 : 37) {
        uint8_t *exact = malloc(n + 1);
        cr_assert(exact);
        memcpy(exact, der.p, n);
        cr_expect_eq(cert_view_read(&c, view_bytes(exact, n)), ERR_SYNTAX, "%zu", n);
        free(exact);
    }
    arena_close(&a);
}

Test(cert_view, bounds_the_length_that_the_card_claims)
{
    size_t size;
    cr_expect_eq(cert_size(VIEW("\x30\x82\x10\x01"), 4096, &size), ERR_LIMIT);
    cr_expect_eq(cert_size(VIEW("\x30\x82\xFF\xFF"), 4096, &size), ERR_LIMIT);
    cr_expect_eq(cert_size(VIEW("\x30\x82\x0F\xFC"), 4096, &size), ERR_OK);
    cr_expect_eq(cert_size(VIEW("\x30\x81\xF0\x00"), 4096, &size), ERR_SYNTAX);
    cr_expect_eq(cert_size(VIEW("\xFF\xFF\xFF\xFF"), 4096, &size), ERR_SYNTAX, "an empty file");
    cr_expect_eq(cert_size(VIEW("\x30\x82\x01"), 4096, &size), ERR_SYNTAX);
    cr_expect_eq(cert_size(VIEW_NONE, 4096, &size), ERR_SYNTAX);
}

/* SEQUENCE { SEQUENCE { [0], INTEGER, SEQUENCE, SEQUENCE, SEQUENCE { times }, SEQUENCE, SEQUENCE { SEQUENCE } } } */
static enum err read_times(struct cert_view *c, const char *before, const char *after)
{
    uint8_t b[256] = {0x30, 0, 0x30, 0, 0xA0, 0, 0x02, 0, 0x30, 0, 0x30, 0, 0x30, 0};
    size_t n = 14, start = n;
    for (int i = 0; i < 2; i++) {
        const char *t = i ? after : before;
        b[n++] = strlen(t) == 13 ? 0x17 : 0x18;
        b[n++] = (uint8_t)strlen(t);
        memcpy(b + n, t, strlen(t));
        n += strlen(t);
    }
    b[start - 1] = (uint8_t)(n - start);
    static const uint8_t rest[] = {0x30, 0, 0x30, 2, 0x30, 0};
    memcpy(b + n, rest, sizeof rest);
    n += sizeof rest;
    b[1] = (uint8_t)(n - 2);
    b[3] = (uint8_t)(n - 4);
    return cert_view_read(c, view_bytes(b, n));
}

Test(cert_view, reads_both_forms_of_time)
{
    struct cert_view c;
    cr_assert(!read_times(&c, "700101000000Z", "20500101000000Z"));
    cr_expect(c.not_before == 0 && c.not_after == 2524608000);
    cr_assert(!read_times(&c, "000229235959Z", "491231235959Z"));
    cr_expect(c.not_before == 951868799 && c.not_after == 2524607999);
    cr_assert(!read_times(&c, "691231235959Z", "19691231235959Z"));
    cr_expect(c.not_before == -1 && c.not_after == -1);
}

Test(cert_view, refuses_times_that_are_none)
{
    struct cert_view c;
    static const char *const bad[] = {"701301000000Z", "700001000000Z",    "700132000000Z", "700101240000Z",
                                      "700101006000Z", "700101000060Z",    "70010100000AZ", "7001010000000",
                                      "700101000000",  "19700101000000.5Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_times(&c, bad[i], "500101000000Z"), ERR_SYNTAX, "%s", bad[i]);
}
