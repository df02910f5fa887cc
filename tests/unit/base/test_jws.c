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

static const enum jws_alg algs[] = {JWS_RS256, JWS_ES256, JWS_ES384, JWS_PS256, JWS_EDDSA};
#define ALGS (sizeof algs / sizeof *algs)

static struct json *json_of(struct view text)
{
    struct json *j;
    cr_assert_eq(json_read(&j, &a, text, NULL), ERR_OK);
    return j;
}

Test(jws, what_a_key_signs_its_public_half_verifies)
{
    for (size_t i = 0; i < ALGS; i++) {
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

/* The header of a JWT is written once; it must be the one that would be written anew, and its own key's. */
Test(jws, every_token_has_the_header_of_its_key_and_its_type)
{
    static const char *const types[] = {"JWT", "jwt", "JW", "JWT+", "at+jwt", "JWT"};
    for (size_t i = 0; i < 2 * ALGS; i++) {
        struct jws_key *k;
        cr_assert_eq(jws_key_make(&k, algs[i % ALGS]), ERR_OK);
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            struct buf b;
            struct view text, header, wanted;
            struct jws j;
            buf_open(&b, &a, 10000);
            buf_put_text(&b, "before");
            cr_assert_eq(jws_sign(&b, k, types[t], VIEW("{\"a\":1}")), ERR_OK);
            cr_assert_eq(buf_done(&b, &text), ERR_OK);
            text = view_from(text, 6);
            cr_assert_eq(base64url_read(&a, jws_header(text), &header), ERR_OK);
            wanted = view_text(arena_printf(&a, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}",
                                            jws_alg_name(algs[i % ALGS]), jws_key_id(k), types[t]));
            cr_expect(view_equal(header, wanted), "%s", types[t]);
            cr_assert_eq(jws_read(&j, &a, text), ERR_OK);
            cr_expect_eq(jws_verify(&j, k), ERR_OK);
        }
        jws_key_close(k);
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
                                      "{\"alg\":\"ES256\",\"kid\":7}",
                                      "{\"alg\":\"ES256\",\"typ\":{}}",
                                      "{\"alg\":\"ES256\",\"alg\":\"ES256\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(jws_read(&j, &a, with_header(bad[i])), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(jws_read(&j, &a, with_header("{\"alg\":\"ES256\"}")), ERR_OK);
    /* RFC 7515 4: not understood, passed over */
    cr_expect_eq(jws_read(&j, &a, with_header("{\"alg\":\"ES256\",\"x5t\":\"AAAA\",\"cty\":\"x\",\"z\":1}")), ERR_OK);
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
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
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
    for (size_t i = 0; i < ALGS; i++) {
        struct jws_key *k, *back;
        struct buf b;
        struct view pem;
        struct jws j;
        cr_assert_eq(jws_key_make(&k, algs[i]), ERR_OK);
        buf_open(&b, &a, 10000);
        cr_assert_eq(jws_key_write_pem(&b, k), ERR_OK);
        cr_assert_eq(buf_done(&b, &pem), ERR_OK);
        cr_assert_eq(jws_key_read_pem(&back, pem, algs[i]), ERR_OK);
        cr_expect_str_eq(jws_key_id(k), jws_key_id(back));
        cr_assert_eq(jws_read(&j, &a, sign(back, "{}")), ERR_OK);
        cr_expect_eq(jws_verify(&j, k), ERR_OK);
        jws_key_close(k);
        jws_key_close(back);
    }
    struct jws_key *none;
    cr_expect_eq(
        jws_key_read_pem(&none, VIEW("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), JWS_NONE_GIVEN),
        ERR_SYNTAX);
}

Test(jws, a_private_key_serves_only_an_algorithm_of_its_type)
{
    struct jws_key *k, *back;
    struct buf b;
    struct view pem;
    cr_assert_eq(jws_key_make(&k, JWS_PS256), ERR_OK);
    buf_open(&b, &a, 10000);
    cr_assert_eq(jws_key_write_pem(&b, k), ERR_OK);
    cr_assert_eq(buf_done(&b, &pem), ERR_OK);
    cr_expect_eq(jws_key_read_pem(&back, pem, JWS_ES256), ERR_SYNTAX);
    cr_expect_eq(jws_key_read_pem(&back, pem, JWS_EDDSA), ERR_SYNTAX);
    cr_assert_eq(jws_key_read_pem(&back, pem, JWS_NONE_GIVEN), ERR_OK);
    cr_expect_eq(jws_key_alg(back), JWS_RS256);
    jws_key_close(k);
    jws_key_close(back);
}

/* RFC 8725 3.1 */
Test(jws, a_rsa_key_verifies_only_what_it_was_read_for)
{
    struct jws_key *ps;
    const struct jws_key *as_ps, *as_rs;
    struct jws j;
    cr_assert_eq(jws_key_make(&ps, JWS_PS256), ERR_OK);
    struct view said = put_jwk(ps);
    char *silent = arena_printf(&a, "{%.*s", (int)said.n - 15, (const char *)said.p + 15);
    cr_assert(strncmp(silent, "{\"e\"", 4) == 0, "%s", silent);
    const struct json *jwk = json_of(view_text(silent));
    cr_assert_eq(jws_key_read_public(&as_ps, &a, jwk, JWS_PS256), ERR_OK);
    cr_assert_eq(jws_key_read_public(&as_rs, &a, jwk, JWS_RS256), ERR_OK);
    cr_assert_eq(jws_read(&j, &a, sign(ps, "{}")), ERR_OK);
    cr_expect_eq(jws_verify(&j, as_ps), ERR_OK);
    cr_expect_eq(jws_verify(&j, as_rs), ERR_MISMATCH);
    j.alg = JWS_RS256; /* the header's word changed: still no RS256 signature */
    cr_expect_eq(jws_verify(&j, as_rs), ERR_MISMATCH);
    cr_expect_eq(jws_verify(&j, as_ps), ERR_MISMATCH);
    jws_key_close(ps);
}

/* Made by another implementation; the second has a salt of 20 bytes (RFC 7518 3.5 wants 32). */
Test(jws, reads_ps256_of_others_with_a_salt_as_long_as_the_hash)
{
    static const char jwk[] =
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
        "\"9j5jiE3dtAcnrJGM1yR2gGNp1ggmY9uMNqsgLO6xl1vuX5KGfM95AAFOT63YyngF8EqMyljGnyfs5VsgRERYThz1He2FvQwjAFPCJi-5eZ-"
        "6bmbSXNbWjqBDBFhe8EyECqSNlQqkTCI_0AHzkQ_x82u0ipTP0X0zIl0H6ouZ-LTjCxWWk5dWUj1MJ1tjLVYp9jKgvE1lNlhI_"
        "t4WsCha8x4jcSIrRRotsH-j348WkFwKf5fT-"
        "Grb0VPgN-HiBwwDwmiNM86JxYIxzKzDG6Tcy4YETTY65k3SSsAiPUy5x-g3NiEm_TuCeMaABdgXWllqvu7sv2UtkXGadnoobUK2eQ\"}";
    static const char good[] =
        "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJ0YXJvIn0."
        "L5VUT20MGIwVwvleTDjhlobAW0OfNJQV1AOPSDOIg-qLTgnRitqfEoyl5TAfQNV1hpGj01UR_"
        "GYcNHBCXO8pLryuwJKmr47ozCfFvm89M0ga_v0fZzmU_2DamuZlmbxafC7LxincW9kSyuLZitltXZEiYG_"
        "zodL7lesU8yIh25WaJXJzHIcicdQSHvIMk-C7ymBZzDcQHR58H1-5H2hzSrPN7Yxd_"
        "IOnKno7sI_"
        "M3Yz5Z8hvdrpdQnErr11bukQlHCh4dFCuYKhUGDRDZDoMQ9qY2YvmcaUN1YO4GP95Ty7TXBDIp3YZc2WuVypio4sWDhiOvZEh3TsctUV"
        "UGEk7FA";
    static const char short_salt[] =
        "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJ0YXJvIn0.6rPl-RtAjYZ7o4pLbGxiC5ue5rG6i7c7YQ0ll3IEgyYKcG-5--hVFfo9Btxp3u-"
        "uYBKxvJ9ufWe1LspAI6Cz3Dvvbr2cnGZPe5wb9FgPU7WNdncuA376CNmRIUobDy22cZ-"
        "aNZ4oJMpAsv0V4QyJp2euAUsFjQP58PSJKt-0paMp0INkXeDg0mz1BLmY1a2bGOEibMJu--90zKoUsvCca8RZdq8mF0FAPFCWy-"
        "uf6xT93kNzLYMtsob4gIx5U3Df3JAyNLdpfUZ94UN1id-"
        "PlESQhQV0OQuMUZTDPAD3xTTTnRtaDnlw0BiOPlyA5K8Bm3JyjWKTWBiBlBgC40RXtg";
    const struct jws_key *k;
    struct jws j;
    cr_assert_eq(jws_key_read_public(&k, &a, json_of(view_text(jwk)), JWS_PS256), ERR_OK);
    cr_assert_eq(jws_read(&j, &a, view_text(good)), ERR_OK);
    cr_expect_eq(jws_verify(&j, k), ERR_OK);
    cr_assert_eq(jws_read(&j, &a, view_text(short_salt)), ERR_OK);
    cr_expect_eq(jws_verify(&j, k), ERR_MISMATCH);
}

/* RFC 8037 A.3 and A.4 */
Test(jws, eddsa_is_the_one_of_the_rfc)
{
    static const char jwk[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    static const char text[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
                               "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const struct jws_key *k;
    struct jws j;
    cr_assert_eq(jws_key_read_public(&k, &a, json_of(view_text(jwk)), JWS_EDDSA), ERR_OK);
    cr_expect_str_eq(jws_key_thumbprint(k), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    cr_assert_eq(jws_read(&j, &a, view_text(text)), ERR_OK);
    cr_expect(view_equal_text(j.payload, "Example of Ed25519 signing"));
    cr_expect_eq(jws_verify(&j, k), ERR_OK);
    j.signed_part.n--;
    cr_expect_eq(jws_verify(&j, k), ERR_MISMATCH);
}

/* RFC 9864 2.2 */
Test(jws, eddsa_has_a_second_name_that_says_its_curve)
{
    cr_expect_eq(jws_alg_of(VIEW("EdDSA")), JWS_EDDSA);
    cr_expect_eq(jws_alg_of(VIEW("Ed25519")), JWS_EDDSA);
    cr_expect_eq(jws_alg_of(VIEW("Ed448")), JWS_NONE_GIVEN);
    cr_expect_eq(jws_alg_of(VIEW("ed25519")), JWS_NONE_GIVEN);
    cr_expect_str_eq(jws_alg_name(JWS_EDDSA), "EdDSA", "we write the name that everybody knows");
}

/* RFC 7517 4.2 to 4.4 */
Test(jws, a_key_of_others_is_used_only_for_what_it_says)
{
    static const struct {
        const char *members;
        enum err es256;
    } rows[] = {
        {"\"use\":\"enc\"", ERR_SYNTAX},
        {"\"use\":1", ERR_SYNTAX},
        {"\"key_ops\":[\"sign\"]", ERR_SYNTAX},
        {"\"key_ops\":[]", ERR_SYNTAX},
        {"\"key_ops\":\"verify\"", ERR_SYNTAX},
        {"\"alg\":\"ES384\"", ERR_SYNTAX},
        {"\"alg\":\"ECDH-ES\"", ERR_SYNTAX},
        {"\"alg\":7", ERR_SYNTAX},
        {"\"d\":\"AA\"", ERR_SYNTAX},
        {"\"p\":\"AA\"", ERR_SYNTAX},
        {"\"use\":\"sig\",\"key_ops\":[\"x\",\"verify\"],\"alg\":\"ES256\"", ERR_OK},
        {"\"kid\":\"a name that is much longer than any thumbprint would be\"", ERR_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* the point of RFC 7517 A.1 */
        const struct json *jwk =
            json_of(view_text(arena_printf(&a,
                                           "{\"kty\":\"EC\",\"crv\":\"P-256\","
                                           "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
                                           "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",%s}",
                                           rows[i].members)));
        const struct jws_key *k;
        cr_expect_eq(jws_key_read_public(&k, &a, jwk, JWS_ES256), rows[i].es256, "%s", rows[i].members);
        cr_expect_eq(k == NULL, rows[i].es256 != ERR_OK);
        cr_expect_eq(jws_key_read_public(&k, &a, jwk, JWS_RS256), ERR_SYNTAX);
        cr_expect_eq(jws_key_read_public(&k, &a, jwk, JWS_EDDSA), ERR_SYNTAX);
    }
}

/* A proof that brings its key, by hand: jws_sign never writes one. */
static struct view self_signed(const struct jws_key *k, const char *alg, struct view jwk)
{
    struct view plain = sign(k, "{\"htm\":\"POST\"}");
    return view_text(arena_printf(&a, "%s.%.*s",
                                  base64url_text(&a, view_text(arena_printf(&a, "{\"alg\":\"%s\",\"jwk\":%.*s}", alg,
                                                                            (int)jwk.n, (const char *)jwk.p))),
                                  (int)(plain.n - view_index(plain, '.') - 1),
                                  (const char *)plain.p + view_index(plain, '.') + 1));
}

Test(jws, a_proof_that_brings_its_key_is_read_only_by_who_asks_for_it)
{
    struct jws_key *k;
    struct jws j;
    for (size_t i = 0; i < ALGS; i++) {
        cr_assert_eq(jws_key_make(&k, algs[i]), ERR_OK);
        struct view text = self_signed(k, jws_alg_name(algs[i]), put_jwk(k));
        cr_expect_eq(jws_read(&j, &a, text), ERR_SYNTAX);
        cr_expect_null(j.key);
        cr_assert_eq(jws_read_with_key(&j, &a, text), ERR_OK);
        cr_expect_str_eq(jws_key_thumbprint(j.key), jws_key_thumbprint(k));
        cr_expect_eq(jws_key_alg(j.key), algs[i]);
        /* the signature was over another header */
        cr_expect_eq(jws_verify(&j, j.key), ERR_MISMATCH);
        cr_expect_eq(jws_read_with_key(&j, &a, sign(k, "{}")), ERR_SYNTAX, "without a key");
        jws_key_close(k);
    }
    cr_assert_eq(jws_key_make(&k, JWS_ES256), ERR_OK);
    struct view jwk = put_jwk(k);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "none", jwk)), ERR_SYNTAX);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "HS256", jwk)), ERR_SYNTAX);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "ES384", jwk)), ERR_SYNTAX);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "RS256", jwk)), ERR_SYNTAX);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "ES256", VIEW("{}"))), ERR_SYNTAX);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "ES256", VIEW("\"key\""))), ERR_SYNTAX);
    char *private = arena_printf(&a, "{\"d\":\"AA\",%.*s", (int)jwk.n - 1, (const char *)jwk.p + 1);
    cr_expect_eq(jws_read_with_key(&j, &a, self_signed(k, "ES256", view_text(private))), ERR_SYNTAX);
    jws_key_close(k);
}

/* Of another implementation: RFC 9449 section 4.1, figure 2. */
Test(jws, reads_the_dpop_proof_of_the_rfc)
{
    static const char text[] =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscE"
        "JoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
        ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia"
        "WF0IjoxNTYyMjYyNjE2fQ."
        "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    struct jws j;
    cr_assert_eq(jws_read_with_key(&j, &a, view_text(text)), ERR_OK);
    cr_expect(view_equal_text(j.typ, "dpop+jwt") && j.alg == JWS_ES256);
    cr_expect_eq(jws_verify(&j, j.key), ERR_OK);
    /* RFC 9449 6.1 has this key's name */
    cr_expect_str_eq(jws_key_thumbprint(j.key), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    j.signed_part.n--;
    cr_expect_eq(jws_verify(&j, j.key), ERR_MISMATCH);
}
