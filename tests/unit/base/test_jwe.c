/* JWE: what others encrypted opens, what we encrypt opens, and nothing else does. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/jwe.h"
#include "base/jws.h"

#define VECTORS SOURCE_DIR "/tests/vectors/jose/"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(jwe, .init = open_arena, .fini = close_arena);

static struct view file(const char *name)
{
    struct view v;
    cr_assert_eq(file_read(&a, arena_printf(&a, VECTORS "%s", name), 65536, &v), ERR_OK, "%s", name);
    return v;
}

static struct jwe_key *key_of(const char *name)
{
    struct jwe_key *k;
    cr_assert_eq(jwe_key_read_pem(&k, file(arena_printf(&a, "%s.pem", name))), ERR_OK, "%s", name);
    return k;
}

static enum err open_with(const struct jwe_key *k, struct view text, struct view *plain)
{
    struct jwe j;
    enum err e = jwe_read(&j, &a, text);
    *plain = VIEW_NONE;
    return e ? e : jwe_decrypt(plain, &a, &j, k);
}

Test(jwe, of_others_opens)
{
    static const struct {
        const char *name;
        enum jwe_alg alg;
        enum content_alg enc;
    } rows[] = {{"rfc7520-5.4", JWE_ECDH_ES_A128KW, CONTENT_A128GCM},
                {"rfc7520-5.5", JWE_ECDH_ES, CONTENT_A128CBC_HS256},
                {"x25519", JWE_ECDH_ES, CONTENT_A128GCM},
                {"p-521", JWE_ECDH_ES_A256KW, CONTENT_A256GCM},
                {"rsa-oaep-256", JWE_RSA_OAEP_256, CONTENT_A256CBC_HS512}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct jwe_key *k = key_of(rows[i].name);
        struct view text = file(arena_printf(&a, "%s.jwe", rows[i].name)), plain;
        struct jwe j;
        cr_assert_eq(jwe_read(&j, &a, text), ERR_OK, "%s", rows[i].name);
        cr_expect(j.alg == rows[i].alg && j.enc == rows[i].enc);
        cr_expect_eq(jwe_decrypt(&plain, &a, &j, k), ERR_OK, "%s", rows[i].name);
        cr_expect(view_equal(plain, file("plain")), "%s", rows[i].name);
        jwe_key_close(k);
    }
}

/* RFC 7518 appendix C: the derived key is that of the RFC, the content was encrypted with it. */
Test(jwe, agrees_on_the_key_of_the_rfc)
{
    static const char header[] = "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImFwdSI6IlFXeHBZMlUiLCJhcHYiOiJRbTlpIiwiZ"
                                 "XBrIjp7Imt0eSI6IkVDIiwiY3J2I"
                                 "joiUC0yNTYiLCJ4IjoiZ0kwR0FJTEJkdTdUNTNha3JGbU15R2NzRjNuNWRPN01td05CSEtXNVNWMCIsInkiOi"
                                 "JTTFdfeFNmZnpsUFdySEVWSTMwREh"
                                 "NXzRlZ1Z3dDNOUXFlVUQ3bk1GcHBzIn19";
    struct view key, cipher, plain;
    uint8_t tag[CONTENT_TAG_MAX], iv[12] = {1};
    struct jwe_key *bob = key_of("rfc7518-c");
    cr_assert_eq(base64url_read(&a, VIEW("VqqN6vgjbSBcIijNcacQGg"), &key), ERR_OK);
    cr_assert_eq(content_encrypt(&cipher, tag, &a, CONTENT_A128GCM, key, VIEW_ARRAY(iv), view_text(header), VIEW("hi")),
                 ERR_OK);
    const char *text = arena_printf(&a, "%s..%s.%s.%s", header, base64url_text(&a, VIEW_ARRAY(iv)),
                                    base64url_text(&a, cipher), base64url_text(&a, view_bytes(tag, 16)));
    cr_expect_eq(open_with(bob, view_text(text), &plain), ERR_OK);
    cr_expect(view_equal_text(plain, "hi"));
    jwe_key_close(bob);
}

/* --- ours -------------------------------------------------------------------------------------------------------- */

static const enum jwe_alg algs[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A256KW};
static const enum content_alg encs[] = {CONTENT_A128CBC_HS256, CONTENT_A256CBC_HS512, CONTENT_A128GCM, CONTENT_A256GCM};

static struct json *public_jwk(const struct jwe_key *k)
{
    struct json_out o;
    struct buf b;
    struct view text;
    struct json *j;
    buf_open(&b, &a, 4096);
    json_out_open(&o, &b);
    jwe_key_put_jwk(&o, k);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    cr_assert_eq(json_read(&j, &a, text, NULL), ERR_OK);
    return j;
}

static const struct jwe_key *public_of(const struct jwe_key *k, enum jwe_alg alg)
{
    const struct jwe_key *out;
    cr_assert_eq(jwe_key_read_public(&out, &a, public_jwk(k), alg), ERR_OK);
    return out;
}

static struct view encrypted(const struct jwe_key *k, enum jwe_alg alg, enum content_alg enc, struct view plain)
{
    struct buf b;
    struct view text;
    buf_open(&b, &a, 100000);
    cr_assert_eq(jwe_encrypt(&b, k, alg, enc, &(struct jwe_words){.cty = "JWT"}, plain), ERR_OK);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    return text;
}

Test(jwe, of_ours_opens_only_with_the_key_it_was_made_for)
{
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        struct jwe_key *k, *other;
        cr_assert_eq(jwe_key_make(&k, algs[i]), ERR_OK);
        cr_assert_eq(jwe_key_make(&other, algs[i]), ERR_OK);
        const struct jwe_key *p = public_of(k, algs[i]);
        cr_expect(view_equal(jwe_key_id(k), jwe_key_id(p)));
        for (size_t n = 0; n < sizeof encs / sizeof *encs; n++) {
            struct view text = encrypted(p, algs[i], encs[n], VIEW("{\"a\":1}")), plain;
            struct jwe j;
            cr_assert_eq(jwe_read(&j, &a, text), ERR_OK);
            cr_expect(j.alg == algs[i] && j.enc == encs[n] && view_equal(j.kid, jwe_key_id(k)));
            cr_expect_eq(jwe_decrypt(&plain, &a, &j, k), ERR_OK);
            cr_expect(view_equal_text(plain, "{\"a\":1}"));
            cr_expect_eq(jwe_decrypt(&plain, &a, &j, other), ERR_MISMATCH, "%s", jwe_alg_name(algs[i]));
            cr_expect_not(view_is(plain));
            cr_expect_not(view_equal(text, encrypted(p, algs[i], encs[n], VIEW("{\"a\":1}"))), "never twice the same");
        }
        jwe_key_close(k);
        jwe_key_close(other);
    }
}

Test(jwe, with_any_character_changed_does_not_open)
{
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        struct jwe_key *k;
        struct view plain;
        cr_assert_eq(jwe_key_make(&k, algs[i]), ERR_OK);
        struct view good = encrypted(k, algs[i], encs[i], VIEW("{}"));
        for (size_t c = 0; c < good.n; c += algs[i] == JWE_RSA_OAEP_256 ? 7 : 1) {
            char *copy = arena_text(&a, good);
            copy[c] = copy[c] == 'A' ? 'B' : 'A';
            cr_expect_neq(open_with(k, view_text(copy), &plain), ERR_OK, "%s, character %zu", jwe_alg_name(algs[i]), c);
        }
        jwe_key_close(k);
    }
}

Test(jwe, says_what_is_inside)
{
    struct jwe_key *k;
    struct json *header;
    struct view bytes;
    cr_assert_eq(jwe_key_make(&k, JWE_ECDH_ES), ERR_OK);
    struct view rest = encrypted(k, JWE_ECDH_ES, CONTENT_A128GCM, VIEW("x")), first;
    cr_assert(view_next(&rest, '.', &first));
    cr_assert_eq(base64url_read(&a, first, &bytes), ERR_OK);
    cr_assert_eq(json_read(&header, &a, bytes, NULL), ERR_OK);
    cr_expect(view_equal_text(json_member_text(header, "cty"), "JWT"), "RFC 7519 5.2");
    cr_expect_null(json_member(header, "typ"));
    cr_expect_null(json_member(json_member(header, "epk"), "d"));
    static const char *const known[] = {"crv", "kty", "x", "y", NULL};
    struct view stranger;
    cr_expect(json_only(json_member(header, "epk"), known, &stranger), "RFC 7518 4.6.1.1: the minimum");
    jwe_key_close(k);
}

/* --- what is refused --------------------------------------------------------------------------------------------- */

static enum err read_header(const char *header)
{
    struct jwe j;
    return jwe_read(&j, &a,
                    view_text(arena_printf(&a, "%s.AAAA.AAAA.AAAA.AAAA", base64url_text(&a, view_text(header)))));
}

#define EPK "\"epk\":{\"kty\":\"EC\"}"

Test(jwe, refuses_headers_it_must_not_follow)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"alg\":\"RSA-OAEP-256\"}",
        "{\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"none\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RS256\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A192GCM\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"none\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":7}",
        "{\"alg\":\"RSA-OAEP-256\",\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"kid\":7}",
        /* a small text that grows without end, before anybody has looked whose it is */
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"zip\":\"\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"crit\":[]}",
        /* a password that is tried two billion times */
        "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":2147483647}",
        "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK ",\"apu\":7}",
        "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK ",\"apv\":\"!\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_header(bad[i]), ERR_SYNTAX, "%s", bad[i]);
    char *apu = arena_alloc(&a, 601);
    memset(apu, 'A', 600);
    cr_expect_eq(read_header(arena_printf(&a, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK ",\"apu\":\"%s\"}", apu)),
                 ERR_SYNTAX);
    cr_expect_eq(read_header("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"iss\":\"a\",\"cty\":\"JWT\"}"), ERR_OK);
    cr_expect_eq(read_header("{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A128GCM\"," EPK "}"), ERR_OK);
}

Test(jwe, has_five_parts)
{
    static const char header[] = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4R0NNIn0";
    static const char *const bad[] = {"",
                                      ".",
                                      "....",
                                      "AAAA.AAAA.AAAA.AAAA",
                                      "%s",
                                      "%s.AAAA.AAAA.AAAA",
                                      "%s.AAAA.AAAA.AAAA.AAAA.AAAA",
                                      "%s.AAAA.AAAA.AAAA.AA=A",
                                      "%s.A.AAAA.AAAA.AAAA"};
    struct jwe j;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *at = strstr(bad[i], "%s");
        const char *text = at ? arena_printf(&a, "%s%s", header, at + 2) : bad[i];
        cr_expect_eq(jwe_read(&j, &a, view_text(text)), ERR_SYNTAX, "%s", text);
    }
    cr_expect_eq(jwe_read(&j, &a, VIEW_NONE), ERR_SYNTAX);
    cr_expect_eq(jwe_read(&j, &a, view_text(arena_printf(&a, "%s.AAAA...", header))), ERR_OK);
}

/* The header of a good one with another ephemeral key: never a word about our key (invalid curve attacks). */
Test(jwe, agrees_with_no_point_of_another_curve_and_with_no_point_at_all)
{
    static const char *const epks[] = {
        "{}",
        "7",
        "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":"
        "\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFppt\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"uBo4kHPw6kbjx5l0xowrd_oYzBmaz-GKFZu4xAFFkbYiWgutEK6iuEDsQ6wNdNg3\","
        "\"y\":\"sp3p5SGhZVC2faXumI-e9JU2Mo8KpoYrFDr5yPNVtW4PgEwZOyQTA-JdaY8tb7E0\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
    };
    struct jwe_key *bob = key_of("rfc7518-c"), *x = key_of("x25519");
    struct view plain;
    for (size_t i = 0; i < sizeof epks / sizeof *epks; i++) {
        const char *header = arena_printf(&a, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":%s}", epks[i]);
        const char *text =
            arena_printf(&a, "%s..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", base64url_text(&a, view_text(header)));
        cr_expect_eq(open_with(bob, view_text(text), &plain), ERR_MISMATCH, "%s", epks[i]);
    }
    /* RFC 8037 3.2.1, RFC 7748 6.1: the point that gives zero whatever the key */
    const char *zero = "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
                       "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}";
    const char *text =
        arena_printf(&a, "%s..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", base64url_text(&a, view_text(zero)));
    cr_expect_eq(open_with(x, view_text(text), &plain), ERR_MISMATCH);
    jwe_key_close(bob);
    jwe_key_close(x);
}

/* RFC 7516 5.2, 10: with ECDH-ES there is no encrypted key. */
Test(jwe, with_direct_agreement_has_no_encrypted_key)
{
    struct jwe_key *k = key_of("rfc7520-5.5");
    struct view good = file("rfc7520-5.5.jwe"), plain;
    size_t dot = view_index(good, '.');
    const char *text = arena_printf(&a, "%.*s.AAAA%.*s", (int)dot, (const char *)good.p, (int)(good.n - dot - 1),
                                    (const char *)good.p + dot + 1);
    cr_expect_eq(open_with(k, view_text(text), &plain), ERR_MISMATCH);
    jwe_key_close(k);
}

Test(jwe, opens_with_no_key_of_another_type)
{
    struct jwe_key *ec = key_of("rfc7520-5.5"), *rsa = key_of("rsa-oaep-256");
    struct view plain;
    cr_expect_eq(open_with(ec, file("rsa-oaep-256.jwe"), &plain), ERR_MISMATCH);
    cr_expect_eq(open_with(rsa, file("rfc7520-5.5.jwe"), &plain), ERR_MISMATCH);
    jwe_key_close(ec);
    jwe_key_close(rsa);
}

/* RFC 7517 4.2 to 4.4 */
Test(jwe, a_key_of_others_is_used_only_for_what_it_says)
{
    static const struct {
        const char *members;
        enum jwe_alg alg;
        enum err err;
    } rows[] = {
        {"\"use\":\"sig\"", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"use\":7", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"key_ops\":[]", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"key_ops\":[\"verify\"]", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"key_ops\":[\"wrapKey\"]", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"alg\":\"ES256\"", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"alg\":\"ECDH-ES\"", JWE_ECDH_ES_A128KW, ERR_SYNTAX},
        {"\"alg\":7", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"d\":\"AA\"", JWE_ECDH_ES, ERR_SYNTAX},
        {"\"kid\":\"1\"", JWE_RSA_OAEP_256, ERR_SYNTAX},
        {"\"kid\":\"1\"", JWE_ECDH_ES_A256KW, ERR_OK},
        {"\"use\":\"enc\",\"alg\":\"ECDH-ES\",\"key_ops\":[\"deriveBits\"]", JWE_ECDH_ES, ERR_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json *j;
        const struct jwe_key *k;
        const char *jwk = arena_printf(&a,
                                       "{\"kty\":\"EC\",\"crv\":\"P-256\","
                                       "\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
                                       "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\",%s}",
                                       rows[i].members);
        cr_assert_eq(json_read(&j, &a, view_text(jwk), NULL), ERR_OK);
        cr_expect_eq(jwe_key_read_public(&k, &a, j, rows[i].alg), rows[i].err, "%s", rows[i].members);
        cr_expect_eq(k == NULL, rows[i].err != ERR_OK);
    }
}

Test(jwe, keys_for_signatures_and_for_encryption_are_not_taken_for_each_other)
{
    struct jws_key *sig;
    struct jwe_key *enc, *none;
    struct buf b;
    struct view pem;
    const struct jws_key *no;
    cr_assert_eq(jws_key_make(&sig, JWS_EDDSA), ERR_OK);
    buf_open(&b, &a, 4096);
    cr_assert_eq(jws_key_write_pem(&b, sig), ERR_OK);
    cr_assert_eq(buf_done(&b, &pem), ERR_OK);
    cr_expect_eq(jwe_key_read_pem(&none, pem), ERR_SYNTAX);
    cr_assert_eq(jwe_key_make(&enc, JWE_ECDH_ES), ERR_OK);
    cr_expect_eq(jws_key_read_public(&no, &a, public_jwk(enc), JWS_ES256), ERR_SYNTAX, "use is enc");
    jws_key_close(sig);
    jwe_key_close(enc);
}

Test(jwe, a_private_key_survives_pem)
{
    for (size_t i = 0; i < 2; i++) {
        struct jwe_key *k, *back;
        struct buf b;
        struct view pem, plain;
        cr_assert_eq(jwe_key_make(&k, algs[i]), ERR_OK);
        buf_open(&b, &a, 10000);
        cr_assert_eq(jwe_key_write_pem(&b, k), ERR_OK);
        cr_assert_eq(buf_done(&b, &pem), ERR_OK);
        cr_assert_eq(jwe_key_read_pem(&back, pem), ERR_OK);
        cr_expect(view_equal(jwe_key_id(k), jwe_key_id(back)));
        cr_expect_eq(open_with(back, encrypted(k, algs[i], CONTENT_A256GCM, VIEW("x")), &plain), ERR_OK);
        jwe_key_close(k);
        jwe_key_close(back);
    }
}
