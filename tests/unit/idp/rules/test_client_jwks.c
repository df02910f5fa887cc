#include <criterion/criterion.h>

#include "idp/rules/client_jwks.h"

#define A43  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define N    A64 A64 A64 A64 A64 "aaaaaaaaaaaaaaaaaaaaaa" /* 342 letters */
#define P256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A43 "\",\"y\":\"" A43 "\""
#define RSA  "\"kty\":\"RSA\",\"n\":\"" N "\",\"e\":\"AQAB\""

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(client_jwks, .init = open_arena, .fini = close_arena);

static const struct json *set(const char *keys)
{
    struct json *j = NULL;

    cr_assert_eq(json_read(&j, &arena, view_text(arena_printf(&arena, "{\"keys\":%s}", keys)), NULL), ERR_OK, "%s",
                 keys);
    return j;
}

static void expect_fault(const char *keys, const char *word)
{
    const char *fault = client_jwks_fault(set(keys));

    cr_assert_not_null(fault, "%s", keys);
    cr_expect(strstr(fault, word), "%s: %s", keys, fault);
}

Test(client_jwks, a_private_or_secret_key_is_refused)
{
    expect_fault("[{" P256 ",\"d\":\"" A43 "\"}]", "private");
    expect_fault("[{" RSA ",\"p\":\"a\"}]", "private");
    expect_fault("[{" RSA ",\"dq\":\"a\"}]", "private");
    expect_fault("[{\"kty\":\"oct\",\"k\":\"aaaa\"}]", "secret");
    expect_fault("[{\"kty\":\"oct\"}]", "secret");
    expect_fault("[{" P256 "},{" P256 ",\"d\":\"" A43 "\"}]", "private");
}

Test(client_jwks, what_is_no_key_set_is_refused)
{
    struct json *j = NULL;

    expect_fault("[]", "1 to 20");
    expect_fault("{}", "1 to 20");
    expect_fault("[7]", "objects");
    expect_fault("[{\"kty\":\"XYZ\"}]", "not RSA");
    expect_fault("[{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" A43 "\",\"y\":\"" A43 "\"}]", "not RSA");
    cr_assert_eq(json_read(&j, &arena, VIEW("[]"), NULL), ERR_OK);
    cr_expect_not_null(client_jwks_fault(j));
    cr_expect_not_null(client_jwks_fault(NULL));
}

Test(client_jwks, more_than_twenty_keys_are_refused)
{
    const char *keys = "{" RSA "}";

    for (int i = 1; i < CLIENT_JWKS_MAX; i++)
        keys = arena_printf(&arena, "%s,{" P256 "}", keys);
    cr_expect_null(client_jwks_fault(set(arena_printf(&arena, "[%s]", keys))));
    expect_fault(arena_printf(&arena, "[%s,{" P256 "}]", keys), "1 to 20");
}

Test(client_jwks, a_weak_or_broken_key_is_refused)
{
    expect_fault("[{\"kty\":\"RSA\",\"n\":\"" A64 A64 "\",\"e\":\"AQAB\"}]", "2048");
    expect_fault("[{\"kty\":\"RSA\",\"n\":\"" N "\"}]", "n and e");
    expect_fault("[{\"kty\":\"RSA\",\"n\":\"" N "+\",\"e\":\"AQAB\"}]", "n and e");
    expect_fault("[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A43 "\"}]", "coordinates");
    expect_fault("[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A43 "\",\"y\":\"" A64 "\"}]", "coordinates");
    expect_fault("[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"a\"}]", "coordinates");
}

Test(client_jwks, two_keys_of_one_name_are_refused)
{
    expect_fault("[{" P256 ",\"kid\":\"k\"},{" RSA ",\"kid\":\"k\"}]", "same kid");
    cr_expect_null(client_jwks_fault(set("[{" P256 ",\"kid\":\"k\"},{" RSA ",\"kid\":\"l\"}]")));
}

Test(client_jwks, a_key_fits_the_algorithm_of_its_type_curve_use_and_alg)
{
    cr_expect(client_jwks_fits(set("[{" P256 "}]"), JWS_ES256));
    cr_expect_not(client_jwks_fits(set("[{" P256 "}]"), JWS_RS256));
    cr_expect_not(client_jwks_fits(set("[{" P256 "}]"), JWS_ES384));
    cr_expect(client_jwks_fits(set("[{" RSA "}]"), JWS_RS256));
    cr_expect_not(client_jwks_fits(set("[{" RSA ",\"use\":\"enc\"}]"), JWS_RS256));
    cr_expect_not(client_jwks_fits(set("[{" RSA ",\"alg\":\"PS256\"}]"), JWS_RS256));
    cr_expect(client_jwks_fits(set("[{" RSA "},{" P256 "}]"), JWS_ES256));
}

Test(client_jwks, a_key_for_signatures_is_none_to_encrypt_to)
{
    cr_expect(client_jwks_encrypts(set("[{" P256 "}]"), VIEW("ECDH-ES")));
    cr_expect_not(client_jwks_encrypts(set("[{" P256 "}]"), VIEW("RSA-OAEP-256")));
    cr_expect_not(client_jwks_encrypts(set("[{" P256 ",\"use\":\"sig\"}]"), VIEW("ECDH-ES")));
    cr_expect_not(
        client_jwks_encrypts(set("[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" A43 "\"}]"), VIEW("ECDH-ES")));
    cr_expect(client_jwks_encrypts(set("[{" RSA ",\"use\":\"enc\"}]"), VIEW("RSA-OAEP-256")));
}
