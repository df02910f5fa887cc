/* Key sets that change, on both sides: who has read ours before goes on over a rotation and a restart; what a service
 * puts at its jwks_uri is found after both (OIDC Core 10.1.1, 10.1). */
#include <criterion/criterion.h>

#include "base/chance.h"
#include "base/jws.h"
#include "idp/rules/key_refresh.h"
#include "idp/tokens/keys.h"
#include "tests/lib/key_host.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, batch;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;
static struct key_host host;
static struct jws_key *keys[3]; /* of the service */

static struct arena *a(void)
{
    return &browser->a;
}

static void open_all(void)
{
    batch = (struct service){0};
    stage_open(&stage);
    key_host_open(&host);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(jws_key_make(&keys[i], JWS_ES256), ERR_OK);
}

static void close_all(void)
{
    for (size_t i = 0; i < 3; i++)
        jws_key_close(keys[i]);
    key_host_close(&host);
    stage_close(&stage);
}

TestSuite(key_sets, .init = open_all, .fini = close_all);

static void restarts(void)
{
    provider_restart(genkan);
    browser_move(browser, genkan->port);
    browser_move(&a_city->channel, genkan->port);
    if (batch.provider)
        browser_move(&batch.channel, genkan->port);
}

/* --- ours --------------------------------------------------------------------------------------------------------- */

static void rotates(void)
{
    const char *folder = arena_printf(a(), "%s/data/keys", genkan->folder), *why = "";

    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, provider_now(genkan)), ERR_OK);
    cr_assert_eq(op_reload(genkan->op, a(), &why), ERR_OK, "%s", why);
}

static const char *kid_of(const char *jwt)
{
    struct jws jws;

    cr_assert_eq(jws_read(&jws, a(), view_text(jwt)), ERR_OK);
    return arena_text(a(), jws.kid);
}

/* The kid of her UserInfo and of the authorization response, both verified with the key set that A read first. */
static void are_verified(struct tokens *t, const char **userinfo, const char **response)
{
    cr_assert(browser_get(browser, service_begin(a_city, "response_mode=jwt")));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    const char *jarm = browser_param(browser, browser->url, "response");
    const struct json *claims = service_verified(a_city, jarm, NULL);
    cr_expect_str_eq(claim(a_city, claims, "aud"), a_city->id);
    *t = service_redeem(a_city, claim(a_city, claims, "code"));
    cr_assert_eq(t->status, 200, "%s", t->error);
    const char *headers[] = {arena_printf(a(), "Authorization: Bearer %s", t->access), NULL};
    cr_assert(browser_send(&a_city->channel, "/userinfo", headers, NULL, VIEW_NONE));
    const char *info = arena_text(a(), a_city->channel.body);
    cr_expect_str_eq(claim(a_city, service_verified(a_city, info, "JWT"), "sub"), t->sub);
    *userinfo = kid_of(info);
    *response = kid_of(jarm);
}

static bool is_published(const char *kid)
{
    cr_assert(browser_get(browser, "/jwks"));
    return browser_says(browser, kid);
}

Test(key_sets, read_before_a_rotation_and_a_restart_verify_what_is_signed_after_them)
{
    const char *info, *response, *next_info, *next_response;
    struct tokens before, after;

    service_update(
        a_city, "\"contacts\"",
        "\"userinfo_signed_response_alg\":\"ES256\",\"authorization_signed_response_alg\":\"ES256\",\"contacts\"");
    are_verified(&before, &info, &response);
    rotates();
    are_verified(&after, &next_info, &next_response);
    cr_expect_str_neq(info, next_info, "another key signs");
    cr_expect_str_neq(response, next_response);
    cr_expect(is_published(info), "the retired one is kept, for what it has signed");
    restarts();
    are_verified(&after, &info, &response);
    cr_expect_str_eq(info, next_info, "the same goes on");
    cr_expect_str_eq(response, next_response);
    cr_assert(browser_get(browser, arena_printf(a(), "/end_session?id_token_hint=%s", before.id_token)));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 0,
                 "and what was signed before all of that is still a hint: nothing is asked");
}

/* --- those of a service ------------------------------------------------------------------------------------------- */

static const char BATCH[] =
    "{\"client_name\":\"A市 統計\",\"client_name#en\":\"A City statistics\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"token_endpoint_auth_method\":\"private_key_jwt\",\"grant_types\":[\"client_credentials\"],\"jwks_uri\":\"%s\","
    "\"response_types\":[],\"resources\":[\"https://data.example/\"],\"client_uri\":\"https://a-city.example/\","
    "\"policy_uri\":\"https://a-city.example/privacy\",\"contacts\":[\"help@a-city.example\"]}";

static void registers_batch(void)
{
    batch = (struct service){.id = "batch"};
    service_open(&batch, genkan, arena_printf(a(), BATCH, host.url));
}

static void serves(const struct jws_key *const *served, size_t n)
{
    key_host_serve(&host, key_host_set(a(), served, n));
}

static int asks_with(struct jws_key *key)
{
    const char *claims =
        arena_printf(a(), "{\"iss\":\"batch\",\"sub\":\"batch\",\"aud\":\"%s\",\"exp\":%lld,\"jti\":\"%s\"}",
                     PROVIDER_ISSUER, (long long)provider_now(genkan) + 60, chance_ticket(a()));
    batch.key = key;
    const char *form =
        arena_printf(a(),
                     "grant_type=client_credentials&resource=https%%3A%%2F%%2Fdata.example%%2F&client_assertion=%s"
                     "&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer",
                     service_sign(&batch, NULL, claims));
    int status = service_call(&batch, "/token", form, NULL, NULL);
    batch.key = NULL; /* it is ours, not the service's to close */
    return status;
}

Test(key_sets, of_a_service_are_read_anew_after_a_restart)
{
    const struct jws_key *first[] = {keys[0]}, *second[] = {keys[1]};

    serves(first, 1);
    registers_batch();
    cr_assert_eq(asks_with(keys[0]), 200);
    int asked = host.asked;
    serves(second, 1);
    restarts();
    cr_expect_eq(asks_with(keys[1]), 200, "what it serves now, and not what it served");
    cr_expect_eq(host.asked, asked + 1);
    cr_expect_eq(asks_with(keys[0]), 401, "taken out");
    service_close(&batch);
}

Test(key_sets, of_a_service_that_changed_them_are_read_once_and_guessing_is_limited)
{
    const struct jws_key *first[] = {keys[0]}, *both[] = {keys[0], keys[1]};

    serves(first, 1);
    registers_batch();
    restarts();
    cr_assert_eq(asks_with(keys[0]), 200);
    int asked = host.asked;
    serves(both, 2);
    cr_expect_eq(asks_with(keys[1]), 200, "an unknown kid is a reason to look (OIDC Core 10.1.1)");
    cr_expect_eq(asks_with(keys[1]), 200);
    cr_expect_eq(asks_with(keys[0]), 200, "beside it the old one is good");
    cr_expect_eq(host.asked, asked + 1, "once");
    for (int i = 0; i < 10; i++)
        cr_expect_eq(asks_with(keys[2]), 401);
    cr_expect_leq(host.asked, asked + KEYS_ASK_RESERVE, "whoever guesses makes nobody ask for ever");
    service_close(&batch);
}
