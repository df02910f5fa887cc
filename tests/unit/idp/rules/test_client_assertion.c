/* What a client's assertion must say (RFC 7523 3, OIDC Core 9, FAPI 2.0 5.3.2.1). */
#include <criterion/criterion.h>

#include "idp/rules/client_assertion.h"

#define ISSUER "https://op.example"
#define TOKEN  ISSUER "/token"
#define PAR    ISSUER "/par"

enum { NOW = 1000000 };

static struct arena arena;
static struct client client;

static void open_arena(void)
{
    arena_open(&arena, 65536);
    client = (struct client){.id = VIEW("a"), .auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT};
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(client_assertion, .init = open_arena, .fini = close_arena);

static enum err read(struct client_assertion *t, enum jws_alg alg, const char *claims)
{
    struct jws jws = {.alg = alg, .payload = view_text(claims)};

    return client_assertion_read(t, &arena, &jws);
}

static enum refusal decide_at(enum jws_alg alg, const char *claims, const char *here)
{
    struct client_assertion t;
    struct client_assertion_facts f = {&client, VIEW(ISSUER), VIEW(TOKEN), view_text(here), NOW};

    cr_assert_eq(read(&t, alg, claims), ERR_OK, "%s", claims);
    return client_assertion_decide(&t, &f);
}

static enum refusal decide(const char *claims)
{
    return decide_at(JWS_ES256, claims, TOKEN);
}

/* Everything that is needed, with MEMBERS in place of what they name. */
#define WITH(ISS, SUB, AUD, EXP, MORE)                                                                                 \
    "{\"iss\":" ISS ",\"sub\":" SUB ",\"aud\":" AUD ",\"exp\":" EXP ",\"jti\":\"1\"" MORE "}"
#define AUD(A) WITH("\"a\"", "\"a\"", A, "1000060", "")

Test(client_assertion, is_a_claims_set_of_the_right_types)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "\"a\"",
                                        "{",
                                        "{\"iss\":1}",
                                        "{\"sub\":null}",
                                        "{\"jti\":7}",
                                        "{\"exp\":\"1000060\"}",
                                        "{\"exp\":1000060.5}",
                                        "{\"exp\":-1}",
                                        "{\"nbf\":\"0\"}",
                                        "{\"iat\":true}",
                                        "{\"aud\":1}",
                                        "{\"aud\":[1]}",
                                        "{\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}",
                                        "{\"iss\":\"a\",\"iss\":\"a\"}"};
    struct client_assertion t;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_eq(read(&t, JWS_ES256, texts[i]), ERR_SYNTAX, "RFC 7519 4.1: %s", texts[i]);
}

Test(client_assertion, is_of_the_client_and_about_it)
{
    cr_expect_eq(decide(WITH("\"b\"", "\"a\"", "\"" ISSUER "\"", "1000060", "")), REFUSAL_ASSERTION_SUBJECT);
    cr_expect_eq(decide(WITH("\"a\"", "\"b\"", "\"" ISSUER "\"", "1000060", "")), REFUSAL_ASSERTION_SUBJECT);
    cr_expect_eq(decide("{\"iss\":\"a\",\"aud\":\"" ISSUER "\",\"exp\":1000060,\"jti\":\"1\"}"),
                 REFUSAL_ASSERTION_SUBJECT, "no sub");
    cr_expect_eq(decide("{\"sub\":\"a\",\"aud\":\"" ISSUER "\",\"exp\":1000060,\"jti\":\"1\"}"),
                 REFUSAL_ASSERTION_SUBJECT, "no iss");
}

Test(client_assertion, of_fapi2_is_for_the_issuer_as_a_text_and_nobody_else)
{
    static const char *const others[] = {"\"" TOKEN "\"",
                                         "\"" PAR "\"",
                                         "[\"" ISSUER "\"]",
                                         "[\"" ISSUER "\",\"" TOKEN "\"]",
                                         "\"" ISSUER "/\"",
                                         "\"https://other.example\"",
                                         "\"\"",
                                         "[]"};

    client.profile = CLIENT_PROFILE_FAPI2;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const char *claims =
            arena_printf(&arena, "{\"iss\":\"a\",\"sub\":\"a\",\"aud\":%s,\"exp\":1000060,\"jti\":\"1\"}", others[i]);
        cr_expect_eq(decide_at(JWS_ES256, claims, PAR), REFUSAL_ASSERTION_AUDIENCE, "FAPI 2.0 5.3.2.1: %s", others[i]);
    }
    cr_expect_eq(decide(AUD("\"" ISSUER "\"")), REFUSAL_NONE);
}

Test(client_assertion, of_others_is_for_us_alone)
{
    cr_expect_eq(decide(AUD("\"https://other.example/token\"")), REFUSAL_ASSERTION_AUDIENCE);
    cr_expect_eq(decide(AUD("[\"" ISSUER "\",\"https://other.example\"]")), REFUSAL_ASSERTION_AUDIENCE,
                 "good elsewhere, so it could be played from there");
    cr_expect_eq(decide(AUD("[]")), REFUSAL_ASSERTION_AUDIENCE);
    cr_expect_eq(decide("{\"iss\":\"a\",\"sub\":\"a\",\"exp\":1000060,\"jti\":\"1\"}"), REFUSAL_ASSERTION_AUDIENCE);
    cr_expect_eq(decide(AUD("\"" PAR "\"")), REFUSAL_ASSERTION_AUDIENCE, "another endpoint than the one called");
    cr_expect_eq(decide_at(JWS_ES256, AUD("\"" PAR "\""), PAR), REFUSAL_NONE, "RFC 9126 2");
    cr_expect_eq(decide_at(JWS_ES256, AUD("\"" TOKEN "\""), PAR), REFUSAL_NONE, "RFC 9126 2");
    cr_expect_eq(decide(AUD("\"" ISSUER "\"")), REFUSAL_NONE);
    cr_expect_eq(decide(AUD("[\"" ISSUER "\",\"" TOKEN "\"]")), REFUSAL_NONE, "OIDC Core 9");
}

Test(client_assertion, ends_and_not_too_late)
{
    cr_expect_eq(decide("{\"iss\":\"a\",\"sub\":\"a\",\"aud\":\"" ISSUER "\",\"jti\":\"1\"}"), REFUSAL_ASSERTION_NO_END,
                 "RFC 7523 3, item 4");
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000000", "")), REFUSAL_ASSERTION_EXPIRED);
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "999700", "")), REFUSAL_ASSERTION_EXPIRED);
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1003631", "")), REFUSAL_ASSERTION_TOO_LONG);
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1003630", "")), REFUSAL_NONE);
    client.profile = CLIENT_PROFILE_FAPI2;
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000631", "")), REFUSAL_ASSERTION_TOO_LONG);
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000630", "")), REFUSAL_NONE);
}

Test(client_assertion, may_be_eight_seconds_ahead_and_not_sixty)
{
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000070", ",\"nbf\":1000061")),
                 REFUSAL_ASSERTION_EARLY, "FAPI 2.0 5.3.2.1, item 13");
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000070", ",\"iat\":1000061")),
                 REFUSAL_ASSERTION_EARLY);
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000070", ",\"iat\":1000031")),
                 REFUSAL_ASSERTION_EARLY);
    cr_expect_eq(decide(WITH("\"a\"", "\"a\"", "\"" ISSUER "\"", "1000070", ",\"nbf\":1000008,\"iat\":1000010")),
                 REFUSAL_NONE);
}

Test(client_assertion, has_a_jti)
{
    const char *start = "{\"iss\":\"a\",\"sub\":\"a\",\"aud\":\"" ISSUER "\",\"exp\":1000060";

    cr_expect_eq(decide(arena_printf(&arena, "%s}", start)), REFUSAL_ASSERTION_NO_JTI, "OIDC Core 9");
    cr_expect_eq(decide(arena_printf(&arena, "%s,\"jti\":\"\"}", start)), REFUSAL_ASSERTION_NO_JTI);
    cr_expect_eq(decide(arena_printf(&arena, "%s,\"jti\":\"%0257d\"}", start, 1)), REFUSAL_ASSERTION_NO_JTI);
    cr_expect_eq(decide(arena_printf(&arena, "%s,\"jti\":\"%0256d\"}", start, 1)), REFUSAL_NONE);
}

Test(client_assertion, is_signed_as_profile_and_registration_say)
{
    const char *good = AUD("\"" ISSUER "\"");

    cr_expect_eq(decide_at(JWS_RS256, good, TOKEN), REFUSAL_NONE);
    cr_expect_eq(decide_at(JWS_ES384, good, TOKEN), REFUSAL_NONE);
    client.auth_alg = JWS_ES384;
    cr_expect_eq(decide_at(JWS_ES256, good, TOKEN), REFUSAL_ASSERTION_ALG, "OIDC Registration 2");
    cr_expect_eq(decide_at(JWS_ES384, good, TOKEN), REFUSAL_NONE);
    client.profile = CLIENT_PROFILE_FAPI2;
    cr_expect_eq(decide_at(JWS_ES384, good, TOKEN), REFUSAL_ASSERTION_ALG, "FAPI 2.0 5.4.1");
    client.auth_alg = JWS_NONE_GIVEN;
    cr_expect_eq(decide_at(JWS_RS256, good, TOKEN), REFUSAL_ASSERTION_ALG);
    cr_expect_eq(decide_at(JWS_ES256, good, TOKEN), REFUSAL_NONE);
}
