/* What goes to a service signed, and encrypted to its key: ID token, UserInfo, authorization response, introspection.
 */
#include <criterion/criterion.h>

#include "tests/lib/key_host.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;
static struct jwe_key *lock;

static void open_stage(void)
{
    stage_open(&stage);
    cr_assert_eq(jwe_key_make(&lock, JWE_ECDH_ES), ERR_OK);
}

static void close_stage(void)
{
    stage_close(&stage);
    jwe_key_close(lock);
}

TestSuite(encryption, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

static const char *jwks(void)
{
    const char *text;
    struct json_out o;
    struct buf b;

    buf_open(&b, a(), 4096);
    buf_put_text(&b, "{\"keys\":[");
    json_out_open(&o, &b);
    jwe_key_put_jwk(&o, lock);
    buf_put_text(&b, "]}");
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

/* Another version of its registration, with MEMBERS in the place of those of the last one. */
static void registers(const char *members)
{
    static const char *before = "\"grant_types\"";
    const char *now = arena_printf(a(), "%s,\"grant_types\"", members);

    service_update(a_city, before, now);
    before = now;
}

static void registers_with_keys(const char *members)
{
    registers(arena_printf(a(), "\"jwks\":%s,%s", jwks(), members));
}

static struct tokens opens(void)
{
    cr_assert(resident_visits(hanako, a_city));
    return service_redeem(a_city, service_receive(a_city, browser, NULL));
}

/* The body of /userinfo, which must be a JWT. */
static const char *userinfo(const char *access)
{
    const char *headers[] = {arena_printf(a(), "Authorization: Bearer %s", access), NULL};

    cr_assert(browser_send(&a_city->channel, "/userinfo", headers, NULL, VIEW_NONE));
    cr_assert_eq(a_city->channel.status, 200);
    cr_assert_not_null(strstr(a_city->channel.headers, "application/jwt"), "OIDC Core 5.3.2: %s",
                       a_city->channel.headers);
    return arena_text(a(), a_city->channel.body);
}

static void is_hers(const struct json *claims, const struct tokens *t)
{
    cr_expect_str_eq(claim(a_city, claims, "sub"), t->sub);
    cr_expect_str_eq(claim(a_city, claims, "aud"), a_city->id, "OIDC Core 5.3.2");
    cr_expect_str_eq(claim(a_city, claims, "iss"), PROVIDER_ISSUER);
    cr_expect_not_null(claim(a_city, claims, "name"));
}

Test(encryption, userinfo_comes_signed_with_each_algorithm)
{
    static const char *const algs[] = {"RS256", "ES256", "PS256", "EdDSA"};
    struct tokens t = opens();

    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        struct jws jws;
        registers(arena_printf(a(), "\"userinfo_signed_response_alg\":\"%s\"", algs[i]));
        const char *jwt = userinfo(t.access);
        cr_assert_eq(jws_read(&jws, a(), view_text(jwt)), ERR_OK);
        cr_expect_str_eq(jws_alg_name(jws.alg), algs[i]);
        is_hers(service_verified(a_city, jwt, "JWT"), &t);
    }
}

Test(encryption, userinfo_comes_signed_and_then_encrypted)
{
    struct tokens t = opens();

    registers_with_keys("\"userinfo_signed_response_alg\":\"ES256\",\"userinfo_encrypted_response_alg\":\"ECDH-ES\","
                        "\"userinfo_encrypted_response_enc\":\"A256GCM\"");
    a_city->lock = lock;
    is_hers(service_verified(a_city, service_opened(a_city, userinfo(t.access)), "JWT"), &t);
}

Test(encryption, userinfo_comes_encrypted_alone)
{
    struct tokens t = opens();
    struct json *claims;

    registers_with_keys("\"userinfo_encrypted_response_alg\":\"ECDH-ES+A256KW\"");
    a_city->lock = lock;
    cr_assert_eq(json_read(&claims, a(), view_text(service_opened(a_city, userinfo(t.access))), NULL), ERR_OK);
    is_hers(claims, &t);
}

/* service_redeem reads them: signature, nonce, audience. */
Test(encryption, an_id_token_comes_encrypted_with_each_content)
{
    static const char *const encs[] = {"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"};

    a_city->lock = lock;
    for (size_t i = 0; i < sizeof encs / sizeof *encs; i++) {
        registers_with_keys(arena_printf(a(),
                                         "\"id_token_encrypted_response_alg\":\"ECDH-ES+A128KW\","
                                         "\"id_token_encrypted_response_enc\":\"%s\"",
                                         encs[i]));
        cr_assert_eq(opens().status, 200, "%s", encs[i]);
    }
}

Test(encryption, an_id_token_is_signed_with_each_algorithm)
{
    static const char *const algs[] = {"PS256", "EdDSA", "ES256"};
    const char *before = "\"id_token_signed_response_alg\":\"RS256\"";

    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        const char *now = arena_printf(a(), "\"id_token_signed_response_alg\":\"%s\"", algs[i]);
        struct jws jws;
        service_update(a_city, before, now);
        before = now;
        struct tokens t = opens();
        cr_assert_eq(jws_read(&jws, a(), view_text(t.id_token)), ERR_OK);
        cr_expect_str_eq(jws_alg_name(jws.alg), algs[i]);
    }
}

Test(encryption, an_authorization_response_comes_encrypted)
{
    registers_with_keys("\"authorization_encrypted_response_alg\":\"ECDH-ES\"");
    cr_assert(resident_visits(hanako, a_city));
    a_city->lock = lock;
    cr_assert(browser_get(browser, service_begin(a_city, "response_mode=jwt")));
    IS_AT(browser, AT_ELSEWHERE);
    const char *response = service_opened(a_city, browser_param(browser, browser->url, "response"));
    const struct json *claims = service_verified(a_city, response, NULL);
    cr_expect_str_eq(claim(a_city, claims, "state"), a_city->state);
    cr_expect_not_null(claim(a_city, claims, "code"));
}

Test(encryption, an_introspection_answer_comes_encrypted)
{
    static const char *const accept[] = {"Accept: application/token-introspection+jwt", NULL};
    struct tokens t = opens();

    registers_with_keys("\"introspection_encrypted_response_alg\":\"ECDH-ES\"");
    a_city->lock = lock;
    cr_assert_eq(service_call(a_city, "/introspect", arena_printf(a(), "token=%s", t.access), accept, NULL), 200);
    const char *jwt = service_opened(a_city, arena_text(a(), a_city->channel.body));
    const struct json *claims = service_verified(a_city, jwt, "token-introspection+jwt");
    cr_expect(json_member_bool(json_member(claims, "token_introspection"), "active", false), "RFC 9701 5");
}

Test(encryption, to_a_key_at_an_address_waits_for_it_and_nothing_goes_out_plain_meanwhile)
{
    struct key_host host;
    struct tokens t = opens();
    int status;

    key_host_open(&host);
    atomic_store(&host.status, 503);
    registers(arena_printf(a(), "\"jwks_uri\":\"%s\",\"userinfo_encrypted_response_alg\":\"ECDH-ES\"", host.url));
    const char *before = provider_ledger_list(genkan, a_city->id);
    cr_expect_null(service_userinfo(a_city, t.access, &status));
    cr_expect_eq(status, 503, "its keys cannot be had: %d", status);
    atomic_store(&host.status, 200);
    cr_expect_null(service_userinfo(a_city, t.access, &status));
    cr_expect_eq(status, 503, "there is none for encryption in its set: %d", status);
    cr_expect_str_eq(provider_ledger_list(genkan, a_city->id), before, "and nothing was disclosed");
    key_host_serve(&host, jwks());
    provider_pass(genkan, 650);
    t = opens();
    a_city->lock = lock;
    service_opened(a_city, userinfo(t.access));
    key_host_close(&host);
}
