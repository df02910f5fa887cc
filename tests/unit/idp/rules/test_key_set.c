/* Which keys of a service's set are read (RFC 7517), and which are asked about a signature. */
#include <criterion/criterion.h>

#include "idp/rules/key_set.h"

static struct arena a;
static struct key_set set;
static const char *why;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(key_set, .init = open_arena, .fini = close_arena);

/* RFC 7517 A.1, RFC 7638 3.1, RFC 8037 A.2 */
#define EC                                                                                                             \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","                          \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define RSA                                                                                                            \
    "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7a"   \
    "PFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2"     \
    "QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr"     \
    "3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\""
#define ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static void read(const char *keys)
{
    cr_assert_eq(key_set_read(&set, &a, view_text(arena_printf(&a, "{\"keys\":[%s]}", keys)), &why), ERR_OK, "%s: %s",
                 keys, why);
}

static size_t asks(enum jws_alg alg, const char *kid)
{
    const struct jws_key *keys[KEY_SET_TRIES];
    const struct jws j = {.alg = alg, .kid = view_text(kid)};
    size_t n = key_set_candidates(keys, &set, &j);

    for (size_t i = 0; i < n; i++)
        cr_expect_eq(jws_key_alg(keys[i]), alg, "RFC 8725 3.1");
    return n;
}

Test(key_set, is_an_object_with_keys)
{
    static const char *const bad[] = {
        "", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[]}x", "{\"keys\":[],\"keys\":[]}"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(key_set_read(&set, &a, view_text(bad[i]), &why), ERR_SYNTAX, "%s", bad[i]);
    read("");
    cr_expect_eq(asks(JWS_ES256, NULL), 0);
}

Test(key_set, with_a_private_key_in_it_is_refused)
{
    static const char *const bad[] = {
        "{\"keys\":[{" EC ",\"d\":\"AA\"}]}", "{\"keys\":[{" EC "},{" RSA ",\"d\":\"AA\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}", "{\"keys\":[{\"kty\":\"new\",\"d\":\"AA\"}]}"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(key_set_read(&set, &a, view_text(bad[i]), &why), ERR_SYNTAX, "%s", bad[i]);
        cr_expect(strstr(why, "private"), "%s", why);
    }
}

Test(key_set, has_at_most_32_keys)
{
    struct buf b;
    const char *text;

    buf_open(&b, &a, 100000);
    buf_put_text(&b, "{\"keys\":[{" ED "}");
    for (int i = 1; i < KEY_SET_MAX; i++)
        buf_put_text(&b, ",{" ED "}");
    struct buf more = b;
    buf_put_text(&b, "]}");
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    cr_expect_eq(key_set_read(&set, &a, view_text(text), &why), ERR_OK);
    cr_expect_eq(asks(JWS_EDDSA, NULL), KEY_SET_TRIES, "and no more signatures are computed");
    buf_put_text(&more, ",{" ED "}]}");
    cr_assert_eq(buf_done_text(&more, &text), ERR_OK);
    cr_expect_eq(key_set_read(&set, &a, view_text(text), &why), ERR_LIMIT);
}

/* RFC 7517 4.2 to 4.4 and 5: passed over, and the others are used. */
Test(key_set, passes_over_what_is_not_for_signatures_or_not_known)
{
    static const char *const useless[] = {
        "{" EC ",\"use\":\"enc\"}",
        "{" EC ",\"key_ops\":[\"deriveKey\"]}",
        "{" EC ",\"alg\":\"ECDH-ES\"}",
        "{" RSA ",\"alg\":\"RSA-OAEP-256\"}",
        "{" RSA ",\"alg\":\"RS512\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"}",
        "{\"kty\":\"new\"}",
        "{}",
        "7",
    };

    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        read(useless[i]);
        cr_expect_eq(set.n, 0, "%s", useless[i]);
        read(arena_printf(&a, "%s,{" ED "}", useless[i]));
        cr_expect_eq(asks(JWS_EDDSA, NULL), 1, "%s", useless[i]);
    }
}

/* Keys, then what comes in, then how many are asked. */
Test(key_set, asks_the_keys_that_fit)
{
    static const struct {
        const char *keys;
        enum jws_alg alg;
        const char *kid;
        size_t asked;
    } rows[] = {
        {"{" EC ",\"kid\":\"1\"}", JWS_ES384, NULL, 0},
        {"{" EC ",\"kid\":\"1\"}", JWS_ES256, "2", 0},
        {"{" EC ",\"kid\":\"1\"}", JWS_ES256, "", 0},
        {"{" EC ",\"kid\":\"1\"}", JWS_RS256, "1", 0},
        {"{" RSA ",\"alg\":\"PS256\"}", JWS_RS256, NULL, 0},
        {"{" RSA ",\"alg\":\"RS256\"}", JWS_PS256, NULL, 0},
        {"{" EC ",\"kid\":\"1\"},{" EC ",\"kid\":\"2\"}", JWS_ES256, "3", 0},
        {"{" EC ",\"kid\":7}", JWS_ES256, NULL, 1}, /* its name is none */
        {"{" EC ",\"kid\":\"1\"}", JWS_ES256, "1", 1},
        {"{" EC ",\"kid\":\"1\"}", JWS_ES256, NULL, 1},
        {"{" EC "}", JWS_ES256, "1", 1}, /* a key without a name */
        {"{" EC ",\"kid\":\"1\"},{" EC "}", JWS_ES256, "1", 1},
        {"{" EC ",\"kid\":\"1\"},{" EC ",\"kid\":\"2\"}", JWS_ES256, "2", 1},
        {"{" EC ",\"kid\":\"1\"},{" EC ",\"kid\":\"2\"}", JWS_ES256, NULL, 2},
        {"{" EC ",\"kid\":\"1\"},{" RSA ",\"kid\":\"1\"}", JWS_RS256, "1", 1}, /* RFC 7517 4.5: one name, two types */
        {"{" RSA "}", JWS_RS256, NULL, 1},
        {"{" RSA "}", JWS_PS256, NULL, 1},
        {"{" RSA ",\"alg\":\"PS256\",\"use\":\"sig\"}", JWS_PS256, NULL, 1},
        {"{" ED ",\"key_ops\":[\"verify\"]}", JWS_EDDSA, NULL, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read(rows[i].keys);
        cr_expect_eq(asks(rows[i].alg, rows[i].kid), rows[i].asked, "row %zu: %zu asked", i,
                     asks(rows[i].alg, rows[i].kid));
    }
}

Test(key_set, names_a_key_only_by_its_name_and_algorithm)
{
    read("{" EC ",\"kid\":\"1\"},{" ED "}");
    cr_expect(key_set_names(&set, &(struct jws){.alg = JWS_ES256, .kid = VIEW("1")}));
    cr_expect_not(key_set_names(&set, &(struct jws){.alg = JWS_ES256, .kid = VIEW("2")}));
    cr_expect_not(key_set_names(&set, &(struct jws){.alg = JWS_EDDSA, .kid = VIEW("1")}));
    cr_expect_not(key_set_names(&set, &(struct jws){.alg = JWS_EDDSA}));
}

/* Keys, an algorithm, and the x or n of the one that is taken; NULL: none. */
Test(key_set, encrypts_to_the_key_that_is_meant_for_it)
{
    static const char other[] =
        "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
        "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\"";
    static const struct {
        const char *keys;
        enum jwe_alg alg;
        const char *kid;
    } rows[] = {
        {"", JWE_ECDH_ES, NULL},
        {"{" ED ",\"kid\":\"1\"}", JWE_ECDH_ES, NULL},
        {"{" EC ",\"kid\":\"1\",\"use\":\"sig\"}", JWE_ECDH_ES, NULL},
        {"{" EC ",\"kid\":\"1\",\"alg\":\"ES256\"}", JWE_ECDH_ES, NULL},
        {"{" EC ",\"kid\":\"1\",\"alg\":\"ECDH-ES\"}", JWE_ECDH_ES_A128KW, NULL},
        {"{" EC ",\"kid\":\"1\"}", JWE_RSA_OAEP_256, NULL},
        {"{" RSA ",\"kid\":\"1\"}", JWE_ECDH_ES, NULL},
        {"{" EC ",\"kid\":\"1\"}", JWE_ECDH_ES, "1"},
        {"{" RSA ",\"kid\":\"1\",\"use\":\"sig\"},{" RSA ",\"kid\":\"2\",\"use\":\"enc\"}", JWE_RSA_OAEP_256, "2"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read(rows[i].keys);
        const struct jwe_key *k = key_set_encryption(&set, rows[i].alg);
        cr_expect(k ? view_equal_text(jwe_key_id(k), rows[i].kid) : !rows[i].kid, "row %zu", i);
    }
    read(arena_printf(&a, "{" EC ",\"kid\":\"1\"},{%s,\"kid\":\"2\",\"use\":\"enc\"}", other));
    cr_expect(view_equal_text(jwe_key_id(key_set_encryption(&set, JWE_ECDH_ES)), "2"), "one that says so goes before");
}

/* RFC 8705 2.2.2, RFC 7517 4.7: only the first of x5c is the certificate of the key. */
Test(key_set, knows_the_certificates_of_its_keys)
{
    read("{" EC ",\"x5c\":[\"AQID\",\"BAUG\"]},{" RSA "},{" ED ",\"x5c\":[\"not base64\"]}");
    cr_expect(key_set_has_cert(&set, VIEW("\x01\x02\x03")));
    cr_expect_not(key_set_has_cert(&set, VIEW("\x04\x05\x06")), "who issued it is not the client");
    cr_expect_not(key_set_has_cert(&set, VIEW("\x01\x02")));
    cr_expect_not(key_set_has_cert(&set, VIEW_NONE));
    read("{" RSA "}");
    cr_expect_not(key_set_has_cert(&set, VIEW("\x01\x02\x03")));
}
