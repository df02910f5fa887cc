/* Who calls the back channel, by every method, and who only says so. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "idp/state/caller.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "store/store.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"
#include "tests/lib/made.h"

#define ISSUER     "http://localhost:8080"
#define JWT_BEARER "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum { NOW = 1000000 };

static struct box box;
static struct arena requests; /* closed before the provider, as those of a server are */
static struct clock_fake fake;
static struct config config;
static struct op *op;
static struct header headers[4];
static struct form_item items[8];
static struct form form;
static struct request request;
static struct answer answer;
static struct client *client; /* "a" */
static struct jws_key *key;

static const char REGISTRATION[] =
    "{\"client_name\":\"A\",\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"a\","
    "\"redirect_uris\":[\"http://a.localhost/cb\"],\"token_endpoint_auth_method\":\"client_secret_basic\","
    "\"policy_uri\":\"http://a.localhost/p\",\"contacts\":[\"a@a.example\"]}";

static enum err record_job(struct db *db, void *ctx)
{
    uint8_t hash[SHA256_SIZE];

    (void)ctx;
    sha256(hash, VIEW("s3cret"));
    return clients_record(db, VIEW("a"), view_text(REGISTRATION), hash, NOW);
}

static void open_request(void)
{
    form = (struct form){.items = items, .lengths = UINT64_MAX};
    request = (struct request){
        .method = METHOD_POST, .path = VIEW("/token"), .query = &form, .form = &form, .headers = headers, .id = "r"};
    request.arena = &requests;
}

static void open_all(void)
{
    const char *why = "";
    const struct client *found;

    log_set_level(LOG_ERROR);
    box_open_empty(&box);
    arena_open(&requests, 1 << 20);
    clock_fake_set(&fake, NOW * 1000LL);
    struct clock clock = clock_of_fake(&fake);
    config = (struct config){
        .issuer = ISSUER,
        .issuer_host = "localhost:8080",
        .data = arena_printf(&box.a, "%s/data", box.folder),
        .profile = {.keys = arena_printf(&box.a, "%s/data/keys", box.folder)},
        .workers = 1,
        .jpki = {.trust = CONFIG_TRUST_TEST, .roots = BUILD_DIR "/testpki/trust", .crl = BUILD_DIR "/testpki/crl"},
        .session = {.idle = 900, .absolute = 43200},
    };
    key_folder_make(&box.a, config.data, clock_s(&clock));
    cr_assert_eq(op_open(&op, &config, &clock, &box.a, &why), ERR_OK, "%s", why);
    cr_assert_eq(store_write(op->store, record_job, NULL), ERR_OK);
    struct db *db = store_borrow(op->store);
    cr_assert_eq(clients_find(op->clients, db, VIEW("a"), &found), ERR_OK);
    store_return(op->store, db);
    client = (struct client *)(uintptr_t)found; /* each test registers it as it needs */
    cr_assert_not_null(client);
    cr_assert_eq(jws_key_make(&key, JWS_ES256), ERR_OK);
    open_request();
}

static void close_all(void)
{
    jws_key_close(key);
    arena_close(&requests);
    op_close(op);
    box_close(&box);
}

TestSuite(caller, .init = open_all, .fini = close_all);

static void sends(const char *name, const char *value)
{
    items[form.n++] = (struct form_item){view_text(name), view_text(value)};
}

static void sends_header(const char *value)
{
    headers[request.n_headers++] = (struct header){VIEW("Authorization"), view_text(value)};
}

static void sends_basic(const char *pair)
{
    sends_header(arena_printf(&box.a, "Basic %s", base64_text(&box.a, view_text(pair))));
}

static struct caller caller;

static enum refusal calls(void)
{
    struct visit v;
    enum refusal refusal;

    answer_open(&answer, &requests);
    visit_open(&v, op, &request, &answer);
    enum err e = caller_authenticate(&caller, &v, &refusal);
    visit_close(&v);
    cr_assert_eq(e, ERR_OK, "%s", err_name(e));
    cr_assert_eq(!caller.client, refusal != REFUSAL_NONE, "refused is nobody");
    return refusal;
}

/* --- secrets and names ------------------------------------------------------------------------------------------- */

Test(caller, without_any_proof_is_nobody)
{
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_MISSING);
    sends("client_id", "a");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_MISSING, "it has a secret");
    open_request();
    sends("client_id", "nobody");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_MISSING, "and so no different from who does not exist");
}

Test(caller, with_a_wrong_secret_and_an_unknown_one_are_told_the_same)
{
    sends_basic("a:wrong");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_FAILED);
    open_request();
    sends_basic("nobody:wrong");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_FAILED);
}

Test(caller, with_two_headers_or_two_methods_is_nobody)
{
    sends_basic("a:s3cret");
    sends_basic("a:s3cret");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_TWICE, "RFC 6749 2.3");
    open_request();
    sends_basic("a:s3cret");
    sends("client_assertion", "x");
    sends("client_assertion_type", JWT_BEARER);
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_TWICE);
}

Test(caller, with_its_secret_is_who_it_says)
{
    sends_basic("a:s3cret");
    cr_expect_eq(calls(), REFUSAL_NONE);
    cr_expect_eq(caller.client, client);
    cr_expect_eq(caller.method, CLIENT_AUTH_BASIC);
    cr_expect(caller_is_confidential(&caller));
    cr_expect_not(view_is(caller.cert_thumbprint));
}

Test(caller, that_is_public_only_says_its_name_and_is_not_sure)
{
    client->auth_method = CLIENT_AUTH_NONE;
    sends("client_id", "a");
    cr_expect_eq(calls(), REFUSAL_NONE);
    cr_expect_eq(caller.method, CLIENT_AUTH_NONE);
    cr_expect_not(caller_is_confidential(&caller));
    cr_expect_not(caller_is_confidential(&(struct caller){0}));
}

Test(caller, that_is_public_does_not_get_by_with_a_secret_of_before)
{
    client->auth_method = CLIENT_AUTH_NONE;
    sends_basic("a:s3cret");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_METHOD);
}

/* --- assertions -------------------------------------------------------------------------------------------------- */

static const char *key_set(const struct jws_key *k)
{
    const char *out;
    struct json_out o;
    struct buf b;

    buf_open(&b, &box.a, 4096);
    buf_put_text(&b, "{\"keys\":[");
    json_out_open(&o, &b);
    jws_key_put_jwk(&o, k);
    buf_put_text(&b, "]}");
    cr_assert_eq(buf_done_text(&b, &out), ERR_OK);
    return out;
}

static void has_keys(const struct jws_key *k)
{
    client->auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT;
    client->jwks = view_text(key_set(k));
}

static const char *signed_by(const struct jws_key *k, const char *sub, const char *aud, const char *jti)
{
    const char *out,
        *claims = arena_printf(&box.a, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"exp\":%d,\"jti\":\"%s\"}", sub,
                               sub, aud, NOW + 60, jti);
    struct buf b;

    buf_open(&b, &box.a, 4096);
    cr_assert_eq(jws_sign(&b, k, NULL, view_text(claims)), ERR_OK);
    cr_assert_eq(buf_done_text(&b, &out), ERR_OK);
    return out;
}

static enum refusal asserts(const char *assertion)
{
    open_request();
    sends("client_assertion", assertion);
    sends("client_assertion_type", JWT_BEARER);
    return calls();
}

Test(caller, with_an_assertion_of_another_key_is_nobody)
{
    struct jws_key *other;

    cr_assert_eq(jws_key_make(&other, JWS_ES256), ERR_OK);
    has_keys(key);
    cr_expect_eq(asserts(signed_by(other, "a", ISSUER, "1")), REFUSAL_CLIENT_AUTH_FAILED);
    cr_expect_eq(asserts(signed_by(key, "nobody", ISSUER, "1")), REFUSAL_CLIENT_AUTH_FAILED);
    cr_expect_eq(asserts("x"), REFUSAL_CLIENT_AUTH_FAILED);
    cr_expect_eq(asserts("x.y.z"), REFUSAL_CLIENT_AUTH_FAILED);
    jws_key_close(other);
}

Test(caller, with_a_wrong_assertion_of_another_key_learns_nothing_of_what_is_wrong)
{
    struct jws_key *other;

    cr_assert_eq(jws_key_make(&other, JWS_ES256), ERR_OK);
    has_keys(key);
    cr_expect_eq(asserts(signed_by(other, "a", "https://other.example", "1")), REFUSAL_CLIENT_AUTH_FAILED);
    cr_expect_eq(asserts(signed_by(key, "a", "https://other.example", "1")), REFUSAL_ASSERTION_AUDIENCE);
    jws_key_close(other);
}

Test(caller, that_has_a_secret_does_not_come_with_an_assertion)
{
    has_keys(key);
    client->auth_method = CLIENT_AUTH_BASIC;
    cr_expect_eq(asserts(signed_by(key, "a", ISSUER, "1")), REFUSAL_CLIENT_AUTH_FAILED);
}

Test(caller, that_has_keys_does_not_come_with_the_secret_of_before)
{
    has_keys(key);
    sends_basic("a:s3cret");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_METHOD);
}

Test(caller, with_another_client_id_beside_the_assertion_is_nobody)
{
    has_keys(key);
    sends("client_assertion", signed_by(key, "a", ISSUER, "1"));
    sends("client_assertion_type", JWT_BEARER);
    sends("client_id", "b");
    cr_expect_eq(calls(), REFUSAL_CLIENT_AUTH_FAILED, "RFC 7521 4.2");
    items[2].value = VIEW("a");
    cr_expect_eq(calls(), REFUSAL_NONE);
}

Test(caller, uses_an_assertion_once)
{
    has_keys(key);
    const char *assertion = signed_by(key, "a", ISSUER, "1");
    cr_expect_eq(asserts(assertion), REFUSAL_NONE);
    cr_expect_eq(caller.method, CLIENT_AUTH_PRIVATE_KEY_JWT);
    cr_expect(caller_is_confidential(&caller));
    cr_expect_eq(asserts(assertion), REFUSAL_ASSERTION_REPLAYED, "RFC 7523 3, item 7");
    cr_expect_eq(asserts(signed_by(key, "a", ISSUER, "1")), REFUSAL_ASSERTION_REPLAYED, "another with its jti");
    cr_expect_eq(asserts(signed_by(key, "a", ISSUER "/token", "2")), REFUSAL_NONE);
}

Test(caller, burns_no_jti_with_what_is_refused)
{
    has_keys(key);
    cr_expect_eq(asserts(signed_by(key, "a", "https://other.example", "1")), REFUSAL_ASSERTION_AUDIENCE);
    cr_expect_eq(asserts(signed_by(key, "a", ISSUER, "1")), REFUSAL_NONE);
}

Test(caller, is_asked_for_the_url_of_the_endpoint_that_is_called)
{
    has_keys(key);
    cr_expect_eq(asserts(signed_by(key, "a", ISSUER "/par", "1")), REFUSAL_ASSERTION_AUDIENCE);
    open_request();
    request.path = VIEW("/par");
    sends("client_assertion", signed_by(key, "a", ISSUER "/par", "2"));
    sends("client_assertion_type", JWT_BEARER);
    cr_expect_eq(calls(), REFUSAL_NONE, "RFC 9126 2");
}

/* --- certificates ------------------------------------------------------------------------------------------------ */

Test(caller, has_the_thumbprint_of_its_certificate_whatever_the_method)
{
    request.client_cert = VIEW("any bytes");
    sends_basic("a:s3cret");
    cr_expect_eq(calls(), REFUSAL_NONE);
    cr_expect(view_equal_text(caller.cert_thumbprint, "I5FKg8PHCAmItKq5V-jBq_Sigd-cx3x-HUPT6B856U4"), "%.*s",
              (int)caller.cert_thumbprint.n, (const char *)caller.cert_thumbprint.p);
}

static struct made hers, others;

static enum refusal calls_with(const struct made *cert, bool chained)
{
    open_request();
    sends("client_id", "a");
    request.client_cert = cert ? cert->der : VIEW_NONE;
    request.client_cert_chained = chained;
    return calls();
}

Test(caller, by_a_certificate_of_an_authority_has_its_registered_name)
{
    make_certificate(&hers, &(struct made_of){.name = "a.example", .days = 1});
    make_certificate(&others, &(struct made_of){.name = "b.example", .days = 1});
    client->auth_method = CLIENT_AUTH_TLS;
    client->tls_subject = VIEW("CN=a.example");
    cr_expect_eq(calls_with(NULL, false), REFUSAL_CLIENT_AUTH_MISSING, "RFC 8705 2.1");
    cr_expect_eq(calls_with(&hers, false), REFUSAL_CLIENT_AUTH_MISSING, "anybody can write a name into a certificate");
    cr_expect_eq(calls_with(&others, true), REFUSAL_CLIENT_AUTH_MISSING, "another name of that authority's");
    cr_expect_eq(calls_with(&hers, true), REFUSAL_NONE);
    cr_expect_eq(caller.method, CLIENT_AUTH_TLS);
    cr_expect(caller_is_confidential(&caller));
    cr_expect_eq(caller.cert_thumbprint.n, 43);
    client->tls_subject = VIEW_NONE;
    cr_expect_eq(calls_with(&hers, true), REFUSAL_CLIENT_AUTH_MISSING, "nothing registered is no name");
}

Test(caller, by_a_certificate_of_its_own_shows_the_registered_one)
{
    make_certificate(&hers, &(struct made_of){.name = "a.example", .days = 1});
    make_certificate(&others, &(struct made_of){.name = "a.example", .days = 1});
    client->auth_method = CLIENT_AUTH_TLS_SELF_SIGNED;
    client->jwks = view_text(key_set(key));
    cr_expect_eq(calls_with(&hers, true), REFUSAL_CLIENT_AUTH_MISSING, "RFC 8705 2.2: not in its key set");
    client->jwks = view_text(
        arena_printf(&box.a, "{\"keys\":[{\"kty\":\"EC\",\"x5c\":[\"%s\"]}]}", base64_text(&box.a, hers.der)));
    cr_expect_eq(calls_with(&others, true), REFUSAL_CLIENT_AUTH_MISSING, "another of the same name");
    cr_expect_eq(calls_with(NULL, false), REFUSAL_CLIENT_AUTH_MISSING);
    cr_expect_eq(calls_with(&hers, false), REFUSAL_NONE);
    cr_expect_eq(caller.method, CLIENT_AUTH_TLS_SELF_SIGNED);
}

Test(caller, that_has_a_secret_does_not_come_with_a_certificate_instead)
{
    make_certificate(&hers, &(struct made_of){.name = "a.example", .days = 1});
    client->tls_subject = VIEW("CN=a.example");
    cr_expect_eq(calls_with(&hers, true), REFUSAL_CLIENT_AUTH_MISSING);
}
