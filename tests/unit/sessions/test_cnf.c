#include "sessions/cnf.h"

#include <criterion/criterion.h>

#define THUMBPRINT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const char *put(struct arena *a, const struct cnf *c)
{
    const char *out;
    struct json_out o;
    struct buf b;

    buf_open(&b, a, 256);
    json_out_open(&o, &b);
    json_begin(&o);
    cnf_put(&o, c);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &out), ERR_OK);
    return out;
}

Test(cnf, is_no_key_when_it_is_no_thumbprint)
{
    static const char *const bad[] = {"", "AAEC", THUMBPRINT "A", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+",
                                      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9"};
    struct cnf c;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(cnf_read(&c, CNF_JKT, view_text(bad[i])), "%s", bad[i]);
        cr_expect_eq(c.kind, CNF_NONE);
    }
    cr_expect_not(cnf_read(&c, CNF_JKT, VIEW_NONE));
}

Test(cnf, bytes_that_are_damaged_are_not_no_key)
{
    uint8_t bytes[33] = {CNF_X5T + 1};
    struct cnf c;

    cr_expect_not(cnf_of_bytes(&c, VIEW_ARRAY(bytes)), "another kind");
    bytes[0] = CNF_NONE;
    cr_expect_not(cnf_of_bytes(&c, VIEW_ARRAY(bytes)));
    bytes[0] = CNF_X5T;
    cr_expect_not(cnf_of_bytes(&c, view_bytes(bytes, 32)));
    cr_expect_not(cnf_of_bytes(&c, VIEW("")));
    cr_expect(cnf_of_bytes(&c, VIEW_ARRAY(bytes)));
    cr_expect(cnf_of_bytes(&c, VIEW_NONE) && c.kind == CNF_NONE);
}

Test(cnf, keys_of_another_kind_or_digest_differ)
{
    struct cnf a, b, none = {.kind = CNF_NONE};

    cr_assert(cnf_read(&a, CNF_JKT, VIEW(THUMBPRINT)) && cnf_read(&b, CNF_X5T, VIEW(THUMBPRINT)));
    cr_expect_not(cnf_equal(&a, &b));
    cr_expect_not(cnf_equal(&a, &none));
    b = a;
    cr_expect(cnf_equal(&a, &b));
    b.thumbprint[31] ^= 1;
    cr_expect_not(cnf_equal(&a, &b));
    cr_expect(cnf_equal(&none, &none));
}

Test(cnf, is_told_by_the_name_of_its_kind)
{
    struct cnf c = {.kind = CNF_NONE};
    struct arena a;

    arena_open(&a, 4096);
    cr_expect_str_eq(put(&a, &c), "{}");
    cr_assert(cnf_read(&c, CNF_JKT, VIEW(THUMBPRINT)));
    cr_expect_str_eq(put(&a, &c), "{\"cnf\":{\"jkt\":\"" THUMBPRINT "\"}}", "RFC 9449 6.1");
    cr_assert(cnf_read(&c, CNF_X5T, VIEW(THUMBPRINT)));
    cr_expect_str_eq(put(&a, &c), "{\"cnf\":{\"x5t#S256\":\"" THUMBPRINT "\"}}", "RFC 8705 3.1");
    arena_close(&a);
}
