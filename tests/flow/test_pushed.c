/* Requests that a service pushes (RFC 9126). The names of the FAPI 2.0 modules stand beside the tests. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(pushed_flow, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

static const char *pushes(struct service *s, const char *more)
{
    return service_push(s, service_request(s, more), NULL);
}

static const char *error_of(struct service *s, const char *form)
{
    const char *error;

    cr_assert_null(service_push(s, form, &error));
    return error;
}

static void is_shown_an_error(const char *address)
{
    cr_assert(browser_get(browser, address));
    IS_AT(browser, AT_ERROR);
    cr_assert_eq(browser->status, 400);
}

/* --- at /par ---------------------------------------------------------------------------------------------------- */

/* par-attempt-invalid-http-method */
Test(pushed_flow, nothing_is_pushed_but_by_post)
{
    cr_assert(browser_send(&a_city->channel, "/par", NULL, NULL, VIEW_NONE));
    cr_assert_eq(a_city->channel.status, 405);
}

Test(pushed_flow, nobody_pushes_who_does_not_prove_who_it_is)
{
    a_city->secret = "wrong";
    cr_assert_str_eq(error_of(a_city, service_request(a_city, NULL)), "invalid_client");
    cr_assert_eq(a_city->channel.status, 401);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM pushed"), 0);
}

/* par-authorization-request-containing-request_uri-form-param, par-without-duplicate-parameters */
Test(pushed_flow, everything_that_authorize_refuses_is_refused_at_once)
{
    static const struct {
        const char *more, *error;
    } rows[] = {{"request_uri=urn:ietf:params:oauth:request_uri:x", "invalid_request"},
                {"request_uri=https://a.example/r", "invalid_request"},
                {"prompt=none%20login", "invalid_request"},
                {"max_age=-1", "invalid_request"},
                {"response_mode=web_message", "invalid_request"},
                {"id_token_hint=x", "invalid_request"},
                {"scope=openid", "invalid_request"},
                {"x=%zz", "invalid_request"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *error = error_of(a_city, service_request(a_city, rows[i].more));
        cr_expect_str_eq(error, rows[i].error, "%s", rows[i].more);
        cr_expect_eq(a_city->channel.status, 400, "RFC 9126 2.3: %s", rows[i].more);
    }
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM pushed"), 0);
}

/* ensure-request-object-without-redirect-uri-fails, par-ensure-pkce-required, par-plain-pkce-rejected,
 * ensure-response-type-token-fails, plain-fapi-tolerate-unregistered-redirect-uri */
Test(pushed_flow, a_request_that_lacks_something_is_refused_at_once)
{
    static const struct {
        const char *form, *error;
    } rows[] = {
        {"response_type=code&redirect_uri=http://a-city.localhost:8081/cb&scope=openid", "invalid_request"},
        {"client_id=a-city&response_type=code&scope=openid", "invalid_request"},
        {"client_id=a-city&response_type=code&redirect_uri=http://evil.example/cb&scope=openid", "invalid_request"},
        {"client_id=b-city&response_type=code&redirect_uri=http://b-city.localhost:8082/cb&scope=openid",
         "invalid_request"},
        {"client_id=a-city&response_type=code&redirect_uri=http://a-city.localhost:8081/cb&scope=openid",
         "invalid_request"},
        {"client_id=a-city&response_type=code&redirect_uri=http://a-city.localhost:8081/cb&scope=openid"
         "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=plain",
         "invalid_request"},
        {"client_id=a-city&response_type=token&redirect_uri=http://a-city.localhost:8081/cb&scope=openid",
         "unsupported_response_type"},
        {"client_id=a-city&response_type=code&redirect_uri=http://a-city.localhost:8081/cb&scope=name",
         "invalid_scope"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(error_of(a_city, rows[i].form), rows[i].error, "%s", rows[i].form);
}

Test(pushed_flow, what_comes_back_is_short_lived_and_kept_by_nobody)
{
    const char *uri = pushes(a_city, NULL);

    cr_assert_eq(strncmp(uri, "urn:ietf:params:oauth:request_uri:", 34), 0, "%s", uri);
    cr_assert_geq(strlen(uri), 34 + 43, "RFC 9126 7.1: not to be guessed");
    cr_assert_not_null(strcasestr(a_city->channel.headers, "Cache-Control: no-store"));
    cr_assert(browser_says(&a_city->channel, "\"expires_in\":90"));
    cr_assert_null(strstr(provider_log(genkan), uri + 34), "nor written into the log");
}

/* --- at /authorize ---------------------------------------------------------------------------------------------- */

Test(pushed_flow, a_reference_that_nobody_gave_leads_nowhere)
{
    is_shown_an_error(service_at(a_city, "urn:ietf:params:oauth:request_uri:"));
    is_shown_an_error(
        service_at(a_city, "urn:ietf:params:oauth:request_uri:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM interaction"), 0);
}

/* par-attempt-to-use-request_uri-for-different-client */
Test(pushed_flow, a_reference_of_another_service_leads_nowhere)
{
    is_shown_an_error(service_at(b_city, pushes(a_city, NULL)));
    is_shown_an_error(
        arena_printf(a(), PROVIDER_ISSUER "/authorize?client_id=nobody&request_uri=%s", pushes(a_city, NULL)));
    is_shown_an_error(arena_printf(a(), PROVIDER_ISSUER "/authorize?request_uri=%s", pushes(a_city, NULL)));
}

/* par-attempt-to-use-expired-request_uri */
Test(pushed_flow, a_reference_leads_nowhere_after_ninety_seconds)
{
    const char *uri = pushes(a_city, NULL);

    provider_pass(genkan, 90);
    is_shown_an_error(service_at(a_city, uri));
}

/* par-ensure-reused-request-uri-prior-to-auth-completion-succeeds, par-attempt-reuse-request_uri */
Test(pushed_flow, a_page_loaded_again_goes_on_and_a_login_that_is_over_does_not_begin_again)
{
    const char *uri = pushes(a_city, NULL);

    cr_assert(browser_get(browser, service_at(a_city, uri)));
    IS_AT(browser, AT_LOGIN);
    const char *first = browser_field(browser, "/login/card", "i");
    cr_assert(browser_get(browser, service_at(a_city, uri)));
    IS_AT(browser, AT_LOGIN);
    provider_pass(genkan, 300); /* a login may take its time */
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_assert_eq(service_redeem(a_city, service_receive(a_city, browser, NULL)).status, 200);
    is_shown_an_error(service_at(a_city, uri));
    cr_assert(browser_get(browser, arena_printf(a(), "/next?i=%s", first)));
    resident_goes_to(hanako, AT_ELSEWHERE);
    IS_AT(browser, AT_ERROR);
}

Test(pushed_flow, it_is_answered_once_where_no_page_is_shown)
{
    cr_assert(resident_visits(hanako, a_city));
    const char *uri = pushes(a_city, NULL);
    cr_assert(browser_get(browser, service_at(a_city, uri)));
    cr_assert_eq(service_redeem(a_city, service_receive(a_city, browser, NULL)).status, 200);
    is_shown_an_error(service_at(a_city, uri));
}

Test(pushed_flow, a_refusal_is_an_answer_too)
{
    const char *error, *uri = pushes(a_city, "prompt=none");

    cr_assert(browser_get(browser, service_at(a_city, uri)));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "login_required");
    is_shown_an_error(service_at(a_city, uri));
}

/* ensure-different-state-inside-and-outside-request-object, ensure-different-nonce-..., state-only-outside-... */
Test(pushed_flow, beside_the_reference_nothing_counts)
{
    const char *uri = pushes(a_city, NULL);

    cr_assert(browser_get(browser, arena_printf(a(),
                                                "%s&state=other&nonce=other&scope=openid&response_type=token&prompt=x"
                                                "&redirect_uri=http://evil.example/&response_mode=fragment",
                                                service_at(a_city, uri))));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t =
        service_redeem(a_city, service_receive(a_city, browser, NULL)); /* state and nonce are looked at */
    cr_assert_not_null(json_member(service_userinfo(a_city, t.access, NULL), "name"));
}

Test(pushed_flow, a_hint_that_was_pushed_counts)
{
    cr_assert(resident_visits(hanako, a_city));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    struct resident taro;
    const char *error;

    resident_open(&taro, genkan, "residents/taro");
    cr_assert(resident_visits(&taro, a_city));
    const char *uri = pushes(a_city, arena_printf(a(), "prompt=none&id_token_hint=%s", t.id_token));
    cr_assert(browser_get(&taro.browser, service_at(a_city, uri)));
    service_receive(a_city, &taro.browser, &error);
    cr_assert_str_eq(error, "login_required");
    resident_close(&taro);
}

Test(pushed_flow, a_reference_survives_a_restart)
{
    const char *uri = pushes(a_city, NULL);

    provider_restart(genkan);
    browser_move(browser, genkan->port);
    browser_move(&a_city->channel, genkan->port);
    cr_assert(browser_get(browser, service_at(a_city, uri)));
    IS_AT(browser, AT_LOGIN);
}

/* --- the key that the code is bound to (RFC 9449 10) ------------------------------------------------------------ */

static struct prover key, other;

static void open_keys(void)
{
    stage_open(&stage);
    prover_open(&key, JWS_ES256);
    prover_open(&other, JWS_ES256);
}

static void close_keys(void)
{
    prover_close(&other);
    prover_close(&key);
    stage_close(&stage);
}

TestSuite(pushed_key, .init = open_keys, .fini = close_keys);

static const char *code_at(const char *address)
{
    cr_assert(browser_get(browser, address));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s", browser->url);
    return service_receive(b_city, browser, NULL);
}

/* The code of the key's holder: nobody else gets tokens for it, and that burns nothing. */
static void is_bound(const char *code)
{
    b_city->prover = NULL;
    cr_assert_neq(service_redeem(b_city, code).status, 200);
    b_city->prover = &other;
    cr_assert_neq(service_redeem(b_city, code).status, 200);
    b_city->prover = &key;
    cr_assert_eq(service_redeem(b_city, code).status, 200);
}

/* ensure-mismatched-dpop-jkt-fails */
Test(pushed_key, another_key_than_the_one_that_is_proven_is_refused)
{
    b_city->prover = &key;
    cr_assert_str_eq(error_of(b_city, service_request(b_city, arena_printf(a(), "dpop_jkt=%s", prover_jkt(&other)))),
                     "invalid_dpop_proof");
    cr_assert_str_eq(error_of(b_city, service_request(b_city, "dpop_jkt=short")), "invalid_request");
}

/* ensure-dpopproof-at-par-endpoint-binding-success */
Test(pushed_key, a_proof_that_is_pushed_binds_the_code)
{
    b_city->prover = &key;
    const char *uri = pushes(b_city, NULL);
    is_bound(code_at(service_at(b_city, uri)));
}

/* ensure-dpop-auth-code-binding-success */
Test(pushed_key, a_thumbprint_in_the_request_binds_the_code)
{
    is_bound(code_at(service_begin(b_city, arena_printf(a(), "dpop_jkt=%s", prover_jkt(&key)))));
}
