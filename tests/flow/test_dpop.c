/* Tokens that are bound to a key (RFC 9449): A and B as they are, B with a key, and a client that cannot keep a secret.
 */
#include <criterion/criterion.h>

#include "base/hash.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *b_city = &stage.b_city, phone;
static struct resident *hanako = &stage.hanako;
static struct prover key, other;

/* An application on a telephone: public, with refresh tokens, which are bound. */
static const char PHONE[] =
    "{\"client_name\":\"A市 アプリ\",\"client_name#en\":\"A City app\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://phone.localhost:8083/cb\"],\"token_endpoint_auth_method\":\"none\","
    "\"dpop_bound_access_tokens\":true,\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
    "\"policy_uri\":\"http://phone.localhost:8083/privacy\",\"contacts\":[\"help@a-city.example\"],\"fields\":["
    "{\"id\":\"name\",\"required\":true,\"purpose\":\"確認\",\"purpose#en\":\"to know who it is\"}]}";

static void open_stage(void)
{
    stage_open(&stage);
    phone = (struct service){.id = "phone", .redirect_uri = "http://phone.localhost:8083/cb", .scope = "openid name"};
    service_open(&phone, genkan, PHONE);
    prover_open(&key, JWS_ES256);
    prover_open(&other, JWS_ES256);
}

static void close_stage(void)
{
    prover_close(&other);
    prover_close(&key);
    service_close(&phone);
    stage_close(&stage);
}

TestSuite(dpop_flow, .init = open_stage, .fini = close_stage);

static const char *gets_code(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s", hanako->browser.url);
    return service_receive(s, &hanako->browser, NULL);
}

static struct tokens opens(struct service *s)
{
    struct tokens t = service_redeem(s, gets_code(s));

    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* The phone asks, is told the nonce, and asks again. */
static struct tokens opens_phone(void)
{
    const char *code = gets_code(&phone);

    phone.prover = &key;
    if (!phone.prover_nonce)
        cr_assert_str_eq(service_redeem(&phone, code).error, "use_dpop_nonce");
    struct tokens t = service_redeem(&phone, code);
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* UserInfo with these lines; the status. */
static int asks_with(struct service *s, const char *authorization, const char *proof)
{
    const char *lines[] = {arena_printf(&s->channel.a, "Authorization: %s", authorization),
                           proof ? arena_printf(&s->channel.a, "DPoP: %s", proof) : NULL, NULL};

    cr_assert(browser_send(&s->channel, "/userinfo", lines, NULL, VIEW_NONE));
    return s->channel.status;
}

static bool is_told(struct service *s, const char *challenge)
{
    return strstr(s->channel.headers, challenge) != NULL;
}

static struct proof_claims for_userinfo(const char *access)
{
    return (struct proof_claims){
        .method = "GET", .url = PROVIDER_ISSUER "/userinfo", .access = access, .iat = provider_now(genkan)};
}

static const char *with_scheme(const char *scheme, const char *access)
{
    return arena_printf(&b_city->channel.a, "%s %s", scheme, access);
}

/* --- where tokens are given -------------------------------------------------------------------------------------- */

Test(dpop_flow, a_wrong_proof_gets_no_token_and_burns_no_code)
{
    struct arena *a = &b_city->channel.a;
    const char *code = gets_code(b_city);
    struct proof_claims c = {.method = "GET", .url = PROVIDER_ISSUER "/token", .iat = provider_now(genkan)};
    const char *form = arena_printf(a, "grant_type=authorization_code&code=%s&redirect_uri=%s&code_verifier=%s", code,
                                    "http%3A%2F%2Fb-city.localhost%3A8082%2Fcb", b_city->verifier);
    const struct json *answer;
    const char *const wrong[] = {arena_printf(a, "DPoP: %s", prover_proof(&key, a, &c)), "DPoP: nonsense", NULL};

    for (size_t i = 0; wrong[i]; i++) {
        const char *headers[] = {wrong[i], NULL};
        cr_expect_eq(service_call(b_city, "/token", form, headers, &answer), 400);
        cr_expect_str_eq(claim(b_city, answer, "error"), "invalid_dpop_proof", "RFC 9449 5");
    }
    c.method = "POST";
    const char *good = arena_printf(a, "DPoP: %s", prover_proof(&key, a, &c)), *twice[] = {good, good, NULL};
    cr_expect_eq(service_call(b_city, "/token", form, twice, &answer), 400, "RFC 9449 4.3, item 1");
    const char *once[] = {good, NULL};
    cr_expect_eq(service_call(b_city, "/token", form, once, &answer), 200);
    cr_expect_str_eq(claim(b_city, answer, "token_type"), "DPoP");
}

Test(dpop_flow, a_proof_is_good_once)
{
    struct arena *a = &b_city->channel.a;
    struct tokens t = opens(b_city);
    struct proof_claims c = {.method = "POST", .url = PROVIDER_ISSUER "/token", .iat = provider_now(genkan)};
    const char *headers[] = {arena_printf(a, "DPoP: %s", prover_proof(&key, a, &c)), NULL};
    const char *form = arena_printf(a, "grant_type=refresh_token&refresh_token=%s", t.refresh);
    const struct json *answer;

    cr_assert_eq(service_call(b_city, "/token", form, headers, &answer), 200);
    form = arena_printf(a, "grant_type=refresh_token&refresh_token=%s", claim(b_city, answer, "refresh_token"));
    cr_expect_eq(service_call(b_city, "/token", form, headers, &answer), 400);
    cr_expect_str_eq(claim(b_city, answer, "error"), "invalid_dpop_proof", "RFC 9449 11.1");
}

Test(dpop_flow, a_client_that_registered_it_gets_nothing_without)
{
    const char *code = gets_code(&phone);

    cr_expect_str_eq(service_redeem(&phone, code).error, "invalid_dpop_proof", "RFC 9449 5.2");
}

Test(dpop_flow, a_client_that_does_not_authenticate_is_told_a_nonce_and_needs_it)
{
    const char *code = gets_code(&phone);

    phone.prover = &key;
    struct tokens t = service_redeem(&phone, code);
    cr_expect_eq(t.status, 400);
    cr_expect_str_eq(t.error, "use_dpop_nonce", "RFC 9449 8");
    cr_assert_not_null(phone.prover_nonce);
    const char *first = phone.prover_nonce;
    provider_pass(genkan, 1);
    cr_expect_eq(service_redeem(&phone, code).status, 200);
    cr_expect_str_neq(phone.prover_nonce, first, "RFC 9449 8.2: the next comes with the answer");
    provider_pass(genkan, 300);
    phone.prover_nonce = first;
    cr_expect_str_eq(service_redeem(&phone, code).error, "use_dpop_nonce", "it is over");
}

/* RFC 9449 8, 9: policy data, `dpop_nonce_required`; what profile fapi2 takes for granted. */
Test(dpop_flow, a_client_that_registered_nonces_needs_one_at_the_token_endpoint_and_at_userinfo)
{
    int status;

    service_update(b_city, "\"sector\"", "\"dpop_nonce_required\":true,\"sector\"");
    b_city->prover = &key;
    const char *code = gets_code(b_city);
    cr_expect_str_eq(service_redeem(b_city, code).error, "use_dpop_nonce", "RFC 9449 8");
    struct tokens t = service_redeem(b_city, code);
    cr_assert_eq(t.status, 200, "%s", t.error);
    const char *good = b_city->prover_nonce;
    b_city->prover_nonce = NULL;
    cr_expect_null(service_userinfo(b_city, t.access, &status));
    cr_expect_eq(status, 401, "RFC 9449 9: %d", status);
    cr_expect(browser_says(&b_city->channel, "use_dpop_nonce") || strstr(b_city->channel.headers, "use_dpop_nonce"));
    cr_expect_not_null(b_city->prover_nonce, "it is told one");
    b_city->prover_nonce = "bm9uZSBvZiBvdXJzLCBub3QgYXQgYWxs";
    cr_expect_null(service_userinfo(b_city, t.access, &status));
    cr_expect_eq(status, 401, "not one of ours");
    b_city->prover_nonce = good;
    cr_expect_not_null(service_userinfo(b_city, t.access, &status));
    cr_expect_eq(status, 200);
}

/* --- codes ------------------------------------------------------------------------------------------------------- */

/* ensure-mismatched-dpop-jkt-fails */
Test(dpop_flow, a_pushed_request_does_not_name_another_key_than_it_proves)
{
    const char *error;

    b_city->prover = &key;
    const char *more = arena_printf(&b_city->channel.a, "dpop_jkt=%s", prover_jkt(&other));
    cr_expect_null(service_push(b_city, service_request(b_city, more), &error));
    cr_expect_str_eq(error, "invalid_dpop_proof", "RFC 9449 10.1");
}

static const char *code_of_pushed(const char *more)
{
    struct resident *r = hanako;

    cr_assert(resident_visits(r, b_city), "she has consented");
    const char *address = service_at(b_city, service_push(b_city, service_request(b_city, more), NULL));
    cr_assert(browser_get(&r->browser, address));
    cr_assert(resident_goes_to(r, AT_ELSEWHERE), "at %s", r->browser.url);
    return service_receive(b_city, &r->browser, NULL);
}

/* ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt, ensure-dpopproof-at-par-endpoint-binding-success */
Test(dpop_flow, a_code_whose_request_was_pushed_with_a_proof_is_bound_to_that_key)
{
    b_city->prover = &key;
    const char *code = code_of_pushed(NULL);
    b_city->prover = &other;
    cr_expect_str_eq(service_redeem(b_city, code).error, "invalid_grant", "RFC 9449 10");
    b_city->prover = NULL;
    cr_expect_str_eq(service_redeem(b_city, code).error, "invalid_grant");
    b_city->prover = &key;
    cr_expect_eq(service_redeem(b_city, code).status, 200);
}

/* ensure-token-endpoint-fails-with-mismatched-dpop-jkt, ensure-dpop-auth-code-binding-success */
Test(dpop_flow, a_code_is_bound_to_the_key_that_dpop_jkt_names)
{
    const char *code = code_of_pushed(arena_printf(&b_city->channel.a, "dpop_jkt=%s", prover_jkt(&key)));
    b_city->prover = &other;
    cr_expect_str_eq(service_redeem(b_city, code).error, "invalid_grant", "RFC 9449 10");
    b_city->prover = &key;
    cr_expect_eq(service_redeem(b_city, code).status, 200);
}

/* --- refresh tokens ---------------------------------------------------------------------------------------------- */

Test(dpop_flow, a_refresh_token_of_a_public_client_is_of_no_use_without_its_key)
{
    struct tokens t = opens_phone();

    cr_assert_not_null(t.refresh);
    phone.prover = &other;
    cr_expect_str_eq(service_refresh(&phone, t.refresh).error, "invalid_grant", "RFC 9449 5");
    phone.prover = NULL;
    cr_expect_str_eq(service_refresh(&phone, t.refresh).error, "invalid_dpop_proof");
    phone.prover = &key;
    struct tokens next = service_refresh(&phone, t.refresh);
    cr_expect_eq(next.status, 200, "and trying has not used it up: %s", next.error);
    cr_expect_str_eq(service_refresh(&phone, t.refresh).error, "invalid_grant", "RFC 9700 4.14.2");
    cr_expect_str_eq(service_refresh(&phone, next.refresh).error, "invalid_grant", "reuse has ended the family");
}

Test(dpop_flow, a_client_that_authenticates_may_take_another_key)
{
    b_city->prover = &key;
    struct tokens t = opens(b_city);

    b_city->prover = &other;
    struct tokens next = service_refresh(b_city, t.refresh);
    cr_expect_eq(next.status, 200, "RFC 9449 5: its refresh tokens are bound to its authentication");
    cr_expect_not_null(service_userinfo(b_city, next.access, NULL));
    int status;
    cr_expect_null(service_userinfo(b_city, t.access, &status), "the older token is of the older key");
    cr_expect_eq(status, 401);
}

/* --- where they are used ----------------------------------------------------------------------------------------- */

Test(dpop_flow, a_bound_token_is_no_bearer_token)
{
    b_city->prover = &key;
    struct tokens t = opens(b_city);

    cr_expect_str_eq(t.type, "DPoP");
    cr_expect_eq(asks_with(b_city, with_scheme("Bearer", t.access), NULL), 401, "RFC 9449 7.1");
    cr_expect(
        is_told(b_city, "WWW-Authenticate: DPoP algs=\"ES256 ES384 PS256 EdDSA RS256\", error=\"invalid_token\""));
    cr_expect_not(is_told(b_city, "Bearer realm"));
    cr_expect_eq(asks_with(b_city, with_scheme("DPoP", t.access), NULL), 401);
    cr_expect(is_told(b_city, "error=\"invalid_dpop_proof\""));
    cr_assert(browser_send(&b_city->channel, "/userinfo", NULL, "application/x-www-form-urlencoded",
                           view_text(arena_printf(&b_city->channel.a, "access_token=%s", t.access))));
    cr_expect_eq(b_city->channel.status, 401, "nor in a form");
}

Test(dpop_flow, a_bearer_token_is_no_bound_token)
{
    struct tokens t = opens(b_city);
    struct proof_claims c = for_userinfo(t.access);

    cr_expect_str_eq(t.type, "Bearer");
    cr_expect_eq(asks_with(b_city, with_scheme("DPoP", t.access), prover_proof(&key, &b_city->channel.a, &c)), 401);
    cr_expect(is_told(b_city, "WWW-Authenticate: DPoP") && is_told(b_city, "error=\"invalid_token\""));
    cr_expect_not_null(service_userinfo(b_city, t.access, NULL));
}

Test(dpop_flow, a_bound_token_is_used_with_a_proof_for_it)
{
    struct arena *a = &b_city->channel.a;

    b_city->prover = &key;
    struct tokens t = opens(b_city);
    const char *dpop = with_scheme("dPoP", t.access);
    struct proof_claims c = for_userinfo(t.access);
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&other, a, &c)), 401, "another key");
    c.access = "another token";
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 401, "ath");
    c.access = NULL;
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 401, "no ath");
    c = for_userinfo(t.access);
    c.iat = provider_now(genkan) - 3600;
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 401, "an hour old");
    c = for_userinfo(t.access);
    c.url = PROVIDER_ISSUER "/token";
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 401, "for another place");
    c = for_userinfo(t.access);
    c.jti = "the same";
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 200);
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 401, "again");
    c = for_userinfo(t.access);
    c.url = "HTTP://LOCALHOST:8080/userinfo?a=b";
    cr_expect_eq(asks_with(b_city, dpop, prover_proof(&key, a, &c)), 200, "RFC 9449 4.3, item 9");
}

Test(dpop_flow, a_proof_whose_signature_or_key_is_wrong_is_none)
{
    struct arena *a = &b_city->channel.a;

    b_city->prover = &key;
    struct tokens t = opens(b_city);
    const char *dpop = with_scheme("DPoP", t.access);
    struct proof_claims c = for_userinfo(t.access);
    char *proof = arena_text(a, view_text(prover_proof(&key, a, &c))), *last = proof + strlen(proof) - 10;
    *last = *last == 'A' ? 'B' : 'A';
    cr_expect_eq(asks_with(b_city, dpop, proof), 401);
    cr_expect(is_told(b_city, "the signature of the DPoP proof is wrong"));
    const char *claims = "{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" PROVIDER_ISSUER "/userinfo\",\"iat\":1}";
    cr_expect_eq(asks_with(b_city, dpop, prover_sign(&key, a, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", claims)), 401,
                 "no key");
    cr_expect_eq(
        asks_with(b_city, dpop,
                  prover_sign(&key, a,
                              arena_printf(a, "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":%s}", prover_jwk(&key, a)),
                              claims)),
        401);
    cr_expect(is_told(b_city, "typ of the DPoP proof is not dpop+jwt"));
}

Test(dpop_flow, without_a_token_both_schemes_are_offered)
{
    cr_assert(browser_send(&b_city->channel, "/userinfo", NULL, NULL, VIEW_NONE));
    cr_expect_eq(b_city->channel.status, 401);
    cr_expect(is_told(b_city, "WWW-Authenticate: Bearer realm=\"genkan\"\r\n"), "RFC 6750 3.1: no error");
    cr_expect(is_told(b_city, "WWW-Authenticate: DPoP algs=\"ES256 ES384 PS256 EdDSA RS256\"\r\n"), "RFC 9449 7.1");
}

Test(dpop_flow, introspection_says_which_key)
{
    const struct json *answer;

    b_city->prover = &key;
    struct tokens t = opens(b_city);
    cr_assert_eq(
        service_call(b_city, "/introspect", arena_printf(&b_city->channel.a, "token=%s", t.access), NULL, &answer),
        200);
    cr_expect_str_eq(claim(b_city, answer, "token_type"), "DPoP");
    cr_expect_str_eq(claim(b_city, json_member(answer, "cnf"), "jkt"), prover_jkt(&key), "RFC 9449 6.2");
}
