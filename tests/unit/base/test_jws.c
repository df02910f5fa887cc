#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/jws.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(jws, .init = open_arena, .fini = close_arena);

static struct view sign(const struct jws_key *k, const char *payload)
{
    struct buf b;
    struct view v;
    buf_open(&b, &a, 10000);
    cr_assert_eq(jws_sign(&b, k, "test+jwt", view_text(payload)), ERR_OK);
    cr_assert_eq(buf_done(&b, &v), ERR_OK);
    return v;
}

static struct view put_jwk(const struct jws_key *k)
{
    struct buf b;
    struct json_out o;
    struct view v;
    buf_open(&b, &a, 10000);
    json_out_open(&o, &b);
    jws_key_put_jwk(&o, k);
    cr_assert_eq(buf_done(&b, &v), ERR_OK);
    return v;
}

static struct jws_key *public_of(const struct jws_key *k)
{
    struct json *j;
    struct jws_key *p;
    cr_assert_eq(json_read(&j, &a, put_jwk(k), NULL), ERR_OK);
    cr_assert_eq(jws_key_read_jwk(&p, j), ERR_OK);
    return p;
}

static const enum jws_alg algs[] = {JWS_RS256, JWS_ES256, JWS_ES384};

Test(jws, what_a_key_signs_its_public_half_verifies)
{
    for (size_t i = 0; i < 3; i++) {
        struct jws_key *k, *p;
        struct jws j;
        cr_assert_eq(jws_key_make(&k, algs[i]), ERR_OK);
        p = public_of(k);
        cr_expect_str_eq(jws_key_id(k), jws_key_id(p));
        cr_assert_eq(jws_read(&j, &a, sign(k, "{\"a\":1}")), ERR_OK);
        cr_expect_eq(j.alg, algs[i]);
        cr_expect(view_equal_text(j.kid, jws_key_id(k)));
        cr_expect(view_equal_text(j.typ, "test+jwt"));
        cr_expect(view_equal_text(j.payload, "{\"a\":1}"));
        cr_expect_eq(jws_verify(&j, p), ERR_OK);
        jws_key_close(k);
        jws_key_close(p);
    }
}

Test(jws, no_changed_character_verifies)
{
    struct jws_key *k;
    cr_assert_eq(jws_key_make(&k, JWS_ES256), ERR_OK);
    struct view good = sign(k, "{}");
    for (size_t i = 0; i < good.n; i++) {
        struct jws j;
        char *copy = arena_text(&a, good);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        if (jws_read(&j, &a, view_text(copy)) == ERR_OK)
            cr_expect_neq(jws_verify(&j, k), ERR_OK, "character %zu", i);
    }
    jws_key_close(k);
}

Test(jws, the_key_decides_the_algorithm_not_the_header)
{
    struct jws_key *rs, *es;
    struct jws j;
    cr_assert_eq(jws_key_make(&rs, JWS_RS256), ERR_OK);
    cr_assert_eq(jws_key_make(&es, JWS_ES256), ERR_OK);
    cr_assert_eq(jws_read(&j, &a, sign(es, "{}")), ERR_OK);
    cr_expect_eq(jws_verify(&j, rs), ERR_MISMATCH);
    j.alg = JWS_RS256;
    cr_expect_eq(jws_verify(&j, es), ERR_MISMATCH);
    jws_key_close(rs);
    jws_key_close(es);
}

static struct view with_header(const char *header)
{
    return view_text(arena_printf(&a, "%s.e30.AAAA", base64url_text(&a, view_text(header))));
}

Test(jws, refuses_headers_it_must_not_follow)
{
    struct jws j;
    static const char *const bad[] = {"{\"alg\":\"none\"}",
                                      "{\"alg\":\"HS256\"}",
                                      "{}",
                                      "[]",
                                      "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}",
                                      "{\"alg\":\"ES256\",\"jwk\":{}}",
                                      "{\"alg\":\"ES256\",\"jku\":\"https://evil.example\"}",
                                      "{\"alg\":\"ES256\",\"x5u\":\"https://evil.example\"}",
                                      "{\"alg\":\"ES256\",\"b64\":false}",
                                      "{\"alg\":\"ES256\",\"alg\":\"ES256\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(jws_read(&j, &a, with_header(bad[i])), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(jws_read(&j, &a, with_header("{\"alg\":\"ES256\"}")), ERR_OK);
    static const char *const shapes[] = {"", "a", "a.b", "..", "a.b.c.d", "e30.e30"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        cr_expect_eq(jws_read(&j, &a, view_text(shapes[i])), ERR_SYNTAX, "%s", shapes[i]);
}

/* RFC 7638 section 3.1 */
Test(jws, the_key_id_is_the_thumbprint_of_the_rfc)
{
    static const char jwk[] =
        "{\"kty\":\"RSA\",\"n\":"
        "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
        "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
        "FDW2QvzqY368QQMicAtaSqzs8KJZ"
        "gnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
        "xBniIqbw0Ls1jF44-csF"
        "Cur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\"}";
    struct json *j;
    struct jws_key *k;
    cr_assert_eq(json_read(&j, &a, view_text(jwk), NULL), ERR_OK);
    cr_assert_eq(jws_key_read_jwk(&k, j), ERR_OK);
    cr_expect_str_eq(jws_key_id(k), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    jws_key_close(k);
}

Test(jws, refuses_keys_that_are_private_weak_or_off_the_curve)
{
    static const char *const bad[] = {
        "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        ("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
        "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"EC\"}",
        "[]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json *j;
        struct jws_key *k;
        cr_assert_eq(json_read(&j, &a, view_text(bad[i]), NULL), ERR_OK);
        cr_expect_neq(jws_key_read_jwk(&k, j), ERR_OK, "%s", bad[i]);
        cr_expect_null(k);
    }
    struct jws_key *k, *other;
    struct json *j;
    cr_assert_eq(jws_key_make(&k, JWS_ES256), ERR_OK);
    struct view good = put_jwk(k);
    char *text = arena_printf(&a, "{\"d\":\"AA\",%.*s", (int)good.n - 1, (const char *)good.p + 1);
    cr_assert_eq(json_read(&j, &a, view_text(text), NULL), ERR_OK);
    cr_expect_eq(jws_key_read_jwk(&other, j), ERR_SYNTAX);
    text = arena_printf(&a, "%.*s", (int)good.n, (const char *)good.p);
    memcpy(strstr(text, "\"use\":\"sig\"") + 7, "enc", 3);
    cr_assert_eq(json_read(&j, &a, view_text(text), NULL), ERR_OK);
    cr_expect_eq(jws_key_read_jwk(&other, j), ERR_SYNTAX);
    jws_key_close(k);
}

Test(jws, a_private_key_survives_pem)
{
    for (size_t i = 0; i < 3; i++) {
        struct jws_key *k, *back;
        struct buf b;
        struct view pem;
        struct jws j;
        cr_assert_eq(jws_key_make(&k, algs[i]), ERR_OK);
        buf_open(&b, &a, 10000);
        cr_assert_eq(jws_key_write_pem(&b, k), ERR_OK);
        cr_assert_eq(buf_done(&b, &pem), ERR_OK);
        cr_assert_eq(jws_key_read_pem(&back, pem), ERR_OK);
        cr_expect_str_eq(jws_key_id(k), jws_key_id(back));
        cr_assert_eq(jws_read(&j, &a, sign(back, "{}")), ERR_OK);
        cr_expect_eq(jws_verify(&j, k), ERR_OK);
        jws_key_close(k);
        jws_key_close(back);
    }
    struct jws_key *none;
    cr_expect_eq(jws_key_read_pem(&none, VIEW("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
                 ERR_SYNTAX);
}
