/* Requests that a service signs (RFC 9101, OIDC Core 6), in the address, behind an address, and pushed. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

/* A市 signs; its profile is muni. */
static void open_stage(void)
{
    stage_open(&stage);
    service_take_key(a_city, JWS_ES256,
                     arena_printf(&a_city->channel.a, "\"request_uris\":[\"%s\",\"http://127.0.0.1:9/request\"]",
                                  service_request_address(a_city)));
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(request_objects, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

/* A request of S as claims, with MORE (",\"x\":1") behind; fresh state, nonce and PKCE. */
static const char *claims_of(struct service *s, const char *more)
{
    const char *form = service_request(s, NULL), *challenge = strstr(form, "code_challenge=") + 15;

    return arena_printf(a(),
                        "{\"client_id\":\"%s\",\"iss\":\"%s\",\"aud\":\"" PROVIDER_ISSUER "\",\"exp\":%lld"
                        ",\"response_type\":\"code\",\"redirect_uri\":\"%s\",\"scope\":\"%s\",\"state\":\"%s\""
                        ",\"nonce\":\"%s\",\"code_challenge\":\"%.43s\",\"code_challenge_method\":\"S256\"%s}",
                        s->id, s->id, (long long)provider_now(genkan) + 60, s->redirect_uri, s->scope, s->state,
                        s->nonce, challenge, more);
}

static const char *object_of(struct service *s, const char *more)
{
    return service_sign(s, "oauth-authz-req+jwt", claims_of(s, more));
}

static const char *by_value(struct service *s, const char *object)
{
    return arena_printf(a(), PROVIDER_ISSUER "/authorize?client_id=%s&request=%s", s->id, object);
}

static const char *by_reference(struct service *s, const char *address)
{
    return arena_printf(a(), PROVIDER_ISSUER "/authorize?client_id=%s&request_uri=%s", s->id, address);
}

static void is_shown_an_error(const char *address)
{
    cr_assert(browser_get(browser, address));
    IS_AT(browser, AT_ERROR);
    cr_assert_eq(browser->status, 400);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM interaction"), 0);
}

static void opens(struct service *s, const char *address)
{
    cr_assert(browser_get(browser, address));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s: %d", browser->url, browser->status);
    cr_assert_eq(service_redeem(s, service_receive(s, browser, NULL)).status, 200);
}

/* --- by value --------------------------------------------------------------------------------------------------- */

Test(request_objects, that_nobody_signed_are_refused)
{
    const char *unsigned_object = "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJhLWNpdHkifQ.";

    is_shown_an_error(by_value(a_city, unsigned_object));
    is_shown_an_error(by_value(a_city, "garbage"));
    is_shown_an_error(by_value(a_city, "a.b.c"));
}

Test(request_objects, that_somebody_else_signed_are_refused)
{
    struct jws_key *own = a_city->key;

    cr_assert_eq(jws_key_make(&a_city->key, JWS_ES256), ERR_OK);
    const char *object = object_of(a_city, "");
    jws_key_close(a_city->key);
    a_city->key = own;
    is_shown_an_error(by_value(a_city, object));
    is_shown_an_error(by_value(b_city, object));
}

Test(request_objects, that_say_the_wrong_things_are_refused_on_a_page)
{
    is_shown_an_error(by_value(a_city, object_of(a_city, ",\"sub\":\"a-city\"")));
    is_shown_an_error(by_value(a_city, object_of(a_city, ",\"request_uri\":\"https://x.example\"")));
    const char *late = object_of(a_city, "");
    provider_pass(genkan, 60);
    is_shown_an_error(by_value(a_city, late));
    is_shown_an_error(arena_printf(a(), "%s&request_uri=%s", by_value(a_city, object_of(a_city, "")),
                                   service_request_address(a_city)));
}

Test(request_objects, that_ask_for_something_wrong_tell_the_service)
{
    const char *error;

    cr_assert(browser_get(browser, by_value(a_city, object_of(a_city, ",\"prompt\":\"dance\""))));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request");
    cr_assert(browser_get(browser, by_value(a_city, object_of(a_city, ",\"prompt\":\"none\""))));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "login_required");
}

Test(request_objects, count_alone)
{
    opens(a_city, arena_printf(a(),
                               "%s&state=other&nonce=other&scope=openid&response_type=token&prompt=dance&max_age=x"
                               "&redirect_uri=http://evil.example/",
                               by_value(a_city, object_of(a_city, ""))));
}

Test(request_objects, lend_nothing_that_stands_beside_them)
{
    const char *object = service_sign(a_city, NULL,
                                      arena_printf(a(),
                                                   "{\"client_id\":\"a-city\",\"aud\":\"" PROVIDER_ISSUER
                                                   "\",\"exp\":%lld,\"scope\":\"openid\"}",
                                                   (long long)provider_now(genkan) + 60));

    is_shown_an_error(arena_printf(a(), "%s&request=%s", service_begin(a_city, NULL), object));
}

/* oidcc-ensure-request-object-with-redirect-uri */
Test(request_objects, of_a_basic_client_are_merged_and_win)
{
    const char *error;

    service_take_key(b_city, JWS_ES256, NULL);
    service_update(b_city, "\"muni\"", "\"basic\"");
    const char *object = object_of(b_city, "");
    opens(b_city, arena_printf(a(), "%s&response_type=code&scope=openid&state=other&redirect_uri=http://evil.example/",
                               by_value(b_city, object)));
    const char *beside = service_begin(b_city, "prompt=none"); /* a fresh state, and what the object lacks */
    object = service_sign(b_city, NULL, "{\"max_age\":0}");
    cr_assert(browser_get(browser, arena_printf(a(), "%s&request=%s", beside, object)));
    service_receive(b_city, browser, &error);
    cr_assert_str_eq(error, "login_required", "max_age counts, and so do state and address");
    beside = service_begin(b_city, NULL);
    cr_assert(browser_get(browser, arena_printf(a(), "%s&request=%s", beside, "garbage")));
    service_receive(b_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request_object");
}

Test(request_objects, may_be_required)
{
    const char *error;

    service_update(a_city, "\"sector\":", "\"require_signed_request_object\":true,\"sector\":");
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request");
    opens(a_city, by_value(a_city, object_of(a_city, "")));
}

/* --- by reference ----------------------------------------------------------------------------------------------- */

Test(request_objects, are_fetched_only_where_they_are_registered)
{
    is_shown_an_error(by_reference(a_city, "https://evil.example/request"));
    is_shown_an_error(by_reference(a_city, arena_printf(a(), "%s?x=1", service_request_address(a_city))));
    is_shown_an_error(by_reference(b_city, service_request_address(a_city)));
    is_shown_an_error(by_reference(a_city, "file:///etc/passwd"));
    cr_assert_eq(a_city->requests_told, 0);
}

Test(request_objects, that_cannot_be_fetched_are_refused)
{
    is_shown_an_error(by_reference(a_city, service_request_address(a_city)));
    cr_assert_eq(a_city->requests_told, 1);
    is_shown_an_error(by_reference(a_city, "http://127.0.0.1:9/request"));
}

Test(request_objects, that_were_fetched_must_be_signed_too)
{
    snprintf(a_city->request, sizeof a_city->request, "eyJhbGciOiJub25lIn0.%s.", "eyJjbGllbnRfaWQiOiJhLWNpdHkifQ");
    is_shown_an_error(by_reference(a_city, service_request_address(a_city)));
}

Test(request_objects, are_fetched_and_count_as_if_sent)
{
    snprintf(a_city->request, sizeof a_city->request, "%s\n", object_of(a_city, ""));
    opens(a_city, by_reference(a_city, service_request_address(a_city)));
    cr_assert_eq(a_city->requests_told, 1);
}

/* --- pushed ----------------------------------------------------------------------------------------------------- */

static const char *error_of(struct service *s, const char *form)
{
    const char *error;

    cr_assert_null(service_push(s, form, &error));
    cr_assert_eq(s->channel.status, 400);
    return error;
}

Test(request_objects, that_are_pushed_are_judged_at_once)
{
    cr_assert_str_eq(error_of(a_city, "client_id=a-city&request=eyJhbGciOiJub25lIn0.e30."), "invalid_request_object");
    cr_assert_str_eq(
        error_of(a_city, arena_printf(a(), "client_id=a-city&request=%s", object_of(a_city, ",\"request\":\"x\""))),
        "invalid_request_object");
    cr_assert_str_eq(
        error_of(a_city, arena_printf(a(), "client_id=a-city&request=%s", object_of(a_city, ",\"prompt\":\"dance\""))),
        "invalid_request");
    const char *lacks =
        service_sign(a_city, NULL,
                     arena_printf(a(), "{\"client_id\":\"a-city\",\"aud\":\"" PROVIDER_ISSUER "\",\"exp\":%lld}",
                                  (long long)provider_now(genkan) + 60));
    cr_assert_str_eq(error_of(a_city, arena_printf(a(), "%s&request=%s", service_request(a_city, NULL), lacks)),
                     "invalid_request", "RFC 9126 3: nothing beside it counts");
}

Test(request_objects, that_are_pushed_begin_a_login)
{
    opens(a_city,
          service_at(a_city, service_push(a_city, arena_printf(a(), "request=%s", object_of(a_city, "")), NULL)));
}

/* --- encrypted --------------------------------------------------------------------------------------------------- */

/* OBJECT encrypted to the provider's published key for ALG. */
static const char *encrypted(const char *object, enum jwe_alg alg, enum content_alg enc)
{
    const struct json *keys = service_published_keys(a_city);
    const struct jwe_key *key = NULL;
    struct buf b;
    const char *text;

    for (size_t i = 0; i < json_count(keys) && !key; i++)
        if (view_equal_text(json_member_text(json_at(keys, i), "use"), "enc") &&
            jwe_key_read_public(&key, a(), json_at(keys, i), alg))
            key = NULL;
    cr_assert_not_null(key, "a key for %s", jwe_alg_name(alg));
    buf_open(&b, a(), 32768);
    cr_assert_eq(jwe_encrypt(&b, key, alg, enc, &(struct jwe_words){.cty = "JWT"}, view_text(object)), ERR_OK);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

Test(request_objects, that_are_encrypted_must_be_signed_inside_and_open)
{
    const char *object = object_of(a_city, ""), *good = encrypted(object, JWE_ECDH_ES, CONTENT_A128GCM);
    char *changed = arena_text(a(), view_text(good));

    is_shown_an_error(by_value(a_city, encrypted(claims_of(a_city, ""), JWE_ECDH_ES, CONTENT_A128GCM)));
    is_shown_an_error(by_value(a_city, encrypted(good, JWE_ECDH_ES, CONTENT_A128GCM)));
    changed[strlen(changed) - 4] = changed[strlen(changed) - 4] == 'A' ? 'B' : 'A';
    is_shown_an_error(by_value(a_city, changed));
    is_shown_an_error(by_value(a_city, "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0.AAAA.AAAA.AAAA.AAAA"));
}

Test(request_objects, may_be_encrypted_to_us_with_each_algorithm)
{
    static const enum jwe_alg algs[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A256KW};

    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        opens(a_city, by_value(a_city, encrypted(object_of(a_city, ""), algs[i], CONTENT_A128CBC_HS256)));
}

Test(request_objects, are_encrypted_as_the_service_registered_or_not_read)
{
    service_update(a_city, "\"grant_types\"",
                   "\"request_object_encryption_alg\":\"ECDH-ES\",\"request_object_encryption_enc\":\"A256GCM\","
                   "\"grant_types\"");
    is_shown_an_error(by_value(a_city, encrypted(object_of(a_city, ""), JWE_RSA_OAEP_256, CONTENT_A256GCM)));
    is_shown_an_error(by_value(a_city, encrypted(object_of(a_city, ""), JWE_ECDH_ES, CONTENT_A128GCM)));
    opens(a_city, by_value(a_city, encrypted(object_of(a_city, ""), JWE_ECDH_ES, CONTENT_A256GCM)));
}
