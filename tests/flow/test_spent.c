/* What is good once, a client assertion (RFC 7523 3) and a DPoP proof (RFC 9449 11.1), is used up with whatever came
 * with it, granted or refused; and what comes a second time does nothing. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service keys;
static struct resident *hanako = &stage.hanako;
static struct prover own;

static const char KEYS[] =
    "{\"client_name\":\"A市 鍵\",\"client_name#en\":\"A City with a key\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://keys.localhost:8083/cb\"],\"token_endpoint_auth_method\":\"private_key_jwt\","
    "\"grant_types\":[\"authorization_code\",\"client_credentials\"],\"resources\":[\"https://data.example/\"],"
    "\"jwks\":{\"keys\":[%s]},\"policy_uri\":\"http://keys.localhost:8083/privacy\","
    "\"contacts\":[\"help@a-city.example\"],\"fields\":["
    "{\"id\":\"name\",\"required\":true,\"purpose\":\"確認\",\"purpose#en\":\"to know who it is\"}]}";

static struct arena *a(void)
{
    return &hanako->browser.a;
}

static void open_all(void)
{
    stage_open(&stage);
    prover_open(&own, JWS_ES256);
    keys = (struct service){.id = "keys", .redirect_uri = "http://keys.localhost:8083/cb", .scope = "openid name"};
    service_open(&keys, genkan, arena_printf(a(), KEYS, prover_jwk(&own, a())));
}

static void close_all(void)
{
    service_close(&keys);
    prover_close(&own);
    stage_close(&stage);
}

TestSuite(spent, .init = open_all, .fini = close_all);

static const char GOOD[] = "grant_type=client_credentials&resource=https%3A%2F%2Fdata.example%2F";
static const char BAD[] = "grant_type=client_credentials&resource=https%3A%2F%2Fother.example%2F";

static const char *assertion(const char *jti)
{
    const char *claims =
        arena_printf(a(), "{\"iss\":\"keys\",\"sub\":\"keys\",\"aud\":\"%s\",\"exp\":%lld,\"jti\":\"%s\"}",
                     PROVIDER_ISSUER, (long long)provider_now(genkan) + 60, jti);
    return prover_sign(&own, a(), "{\"alg\":\"ES256\"}", claims);
}

static const char *proof(const char *path, const char *jti)
{
    struct proof_claims c = {.method = "POST",
                             .url = arena_printf(a(), "%s%s", PROVIDER_ISSUER, path),
                             .iat = provider_now(genkan),
                             .jti = jti};
    return arena_printf(a(), "DPoP: %s", prover_proof(&own, a(), &c));
}

/* The error, NULL: none; PROOF may be NULL. */
static const char *error_of(const char *path, const char *form, const char *signed_by, const char *with)
{
    const char *headers[] = {with, NULL};
    const struct json *answer;
    int status =
        service_call(&keys, path,
                     arena_printf(a(),
                                  "%s&client_assertion=%s&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3A"
                                  "client-assertion-type%%3Ajwt-bearer",
                                  form, signed_by),
                     headers, &answer);
    const char *error = claim(&keys, answer, "error");
    cr_assert_eq(error == NULL, status < 300, "%d", status);
    return error;
}

static int64_t count(const char *sql)
{
    return provider_number(genkan, sql);
}

Test(spent, an_assertion_is_used_up_with_a_request_that_is_refused)
{
    const char *one = assertion("1"), *two = assertion("2");

    cr_expect_null(error_of("/token", GOOD, one, NULL));
    cr_expect_str_eq(error_of("/token", GOOD, one, NULL), "invalid_client", "RFC 7523 3, item 7");
    cr_expect_str_eq(error_of("/token", BAD, two, NULL), "invalid_target");
    cr_expect_str_eq(error_of("/token", GOOD, two, NULL), "invalid_client");
    cr_expect_str_eq(error_of("/token", BAD, two, NULL), "invalid_client", "whatever else is wrong");
    cr_expect_eq(count("SELECT count(*) FROM once"), 2);
    cr_expect_eq(count("SELECT count(*) FROM family"), 1);
}

Test(spent, a_proof_is_used_up_with_a_request_that_is_refused)
{
    const char *one = proof("/token", "1");

    cr_expect_str_eq(error_of("/token", BAD, assertion("1"), one), "invalid_target");
    cr_expect_str_eq(error_of("/token", GOOD, assertion("2"), one), "invalid_dpop_proof", "RFC 9449 11.1");
    cr_expect_str_eq(error_of("/token", GOOD, assertion("2"), proof("/token", "2")), "invalid_client",
                     "and so is what came with one that came before");
    cr_expect_eq(count("SELECT count(*) FROM family"), 0);
    cr_expect_null(error_of("/token", GOOD, assertion("3"), proof("/token", "3")));
    cr_expect_eq(count("SELECT count(*) FROM once"), 6);
}

Test(spent, what_is_pushed_uses_up_both_and_is_there_once)
{
    const char *request = service_request(&keys, NULL),
               *other_key = service_request(&keys, "dpop_jkt=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
               *one = assertion("1"), *two = proof("/par", "1");

    cr_expect_not_null(error_of("/par", other_key, one, two), "RFC 9449 10.1");
    cr_expect_str_eq(error_of("/par", request, one, NULL), "invalid_client");
    cr_expect_str_eq(error_of("/par", request, assertion("2"), two), "invalid_dpop_proof");
    cr_expect_eq(count("SELECT count(*) FROM pushed"), 0);
    one = assertion("3");
    two = proof("/par", "3");
    cr_expect_null(error_of("/par", request, one, two));
    cr_expect_str_eq(error_of("/par", request, one, two), "invalid_client");
    cr_expect_eq(count("SELECT count(*) FROM pushed"), 1);
}

Test(spent, a_code_that_came_with_what_was_used_up_before_is_good_still)
{
    cr_assert(resident_visits(hanako, &keys), "at %s", hanako->browser.url);
    const char *code = service_receive(&keys, &hanako->browser, NULL);
    const char *form = arena_printf(a(), "grant_type=authorization_code&code=%s&code_verifier=%s&redirect_uri=%s", code,
                                    keys.verifier, "http%3A%2F%2Fkeys.localhost%3A8083%2Fcb");
    const char *one = assertion("1");

    cr_expect_null(error_of("/token", GOOD, one, NULL));
    cr_expect_str_eq(error_of("/token", form, one, NULL), "invalid_client", "RFC 7523 3, item 7");
    cr_expect_null(error_of("/token", form, assertion("2"), NULL));
    cr_expect_str_eq(error_of("/token", form, assertion("3"), NULL), "invalid_grant");
}

/* A code that comes twice ends what came of it (RFC 6749 4.1.2); a whole request that comes twice was not sent by its
 * client, and ends nothing. */
Test(spent, a_token_request_that_is_sent_again_by_somebody_else_does_nothing)
{
    cr_assert(resident_visits(hanako, &keys), "at %s", hanako->browser.url);
    const char *code = service_receive(&keys, &hanako->browser, NULL);
    const char *form = arena_printf(a(), "grant_type=authorization_code&code=%s&code_verifier=%s&redirect_uri=%s", code,
                                    keys.verifier, "http%3A%2F%2Fkeys.localhost%3A8083%2Fcb");
    const char *one = assertion("1"), *two = proof("/token", "1");

    cr_expect_null(error_of("/token", form, one, two));
    cr_expect_str_eq(error_of("/token", form, one, two), "invalid_client");
    cr_expect_eq(count("SELECT count(*) FROM family WHERE revoked_at IS NULL"), 1);
    provider_pass(genkan, 45);
    cr_expect_str_eq(error_of("/token", form, one, two), "invalid_client", "nor when the code is over");
    cr_expect_eq(count("SELECT count(*) FROM family WHERE revoked_at IS NULL"), 1);
    cr_expect_str_eq(error_of("/token", form, assertion("2"), proof("/token", "2")), "invalid_grant");
    cr_expect_eq(count("SELECT count(*) FROM family WHERE revoked_at IS NULL"), 0, "by its client it does");
}
