/* What is asked on one device and given on another: a television, and a counter. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/json.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct browser *browser = &stage.hanako.browser;
static struct browser device; /* has no cookies */

static const char TV[] =
    "{\"client_name\":\"市民テレビ\",\"organization\":{\"id\":\"a-city\",\"name\":\"A市\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://tv.localhost:8083/cb\"],\"id_token_signed_response_alg\":\"ES256\","
    "\"token_endpoint_auth_method\":\"client_secret_post\","
    "\"grant_types\":[\"authorization_code\",\"refresh_token\",\"urn:ietf:params:oauth:grant-type:device_code\"],"
    "\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose\":\"視聴者の確認\",\"purpose#en\":\"to know who "
    "watches\"}]}";

static const char DESK[] =
    "{\"client_name\":\"転入の窓口\",\"organization\":{\"id\":\"a-city\",\"name\":\"A市\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://desk.localhost:8084/cb\"],\"id_token_signed_response_alg\":\"ES256\","
    "\"token_endpoint_auth_method\":\"client_secret_post\","
    "\"grant_types\":[\"authorization_code\",\"urn:openid:params:grant-type:ciba\"],"
    "\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose\":\"手続きの確認\",\"purpose#en\":\"to know who moves "
    "in\"}]}";

#define SECRET  "0123456789abcdef0123456789abcdef"
#define AS_TV   "client_id=tv&client_secret=" SECRET
#define AS_DESK "client_id=desk&client_secret=" SECRET
#define BY_TV   AS_TV "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code="
#define BY_DESK AS_DESK "&grant_type=urn:openid:params:grant-type:ciba&auth_req_id="

/* A desk that is told when it may come (mode ping); its ear is that of A. */
static const char PINGED[] =
    "{\"client_name\":\"転入の窓口\",\"organization\":{\"id\":\"a-city\",\"name\":\"A市\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://desk.localhost:8084/cb\"],\"id_token_signed_response_alg\":\"ES256\","
    "\"token_endpoint_auth_method\":\"client_secret_post\","
    "\"grant_types\":[\"authorization_code\",\"urn:openid:params:grant-type:ciba\"],"
    "\"backchannel_token_delivery_mode\":\"ping\","
    "\"backchannel_client_notification_endpoint\":\"http://127.0.0.1:%u/ping\"}";

static void open_stage(void)
{
    stage_open(&stage);
    provider_add_client(genkan, "tv", TV, SECRET);
    provider_add_client(genkan, "tv2", TV, SECRET);
    provider_add_client(genkan, "desk", DESK, SECRET);
    provider_browser(genkan, &device);
}

static void close_stage(void)
{
    browser_close(&device);
    stage_close(&stage);
}

TestSuite(decoupled, .init = open_stage, .fini = close_stage);

/* --- the device's side ------------------------------------------------------------------------------------------- */

static struct json *post(const char *path, const char *form)
{
    struct json *j;
    cr_assert(browser_send(&device, path, NULL, "application/x-www-form-urlencoded", view_text(form)));
    cr_assert_eq(json_read(&j, &device.a, device.body, NULL), ERR_OK, "%s: %d", path, device.status);
    return j;
}

static const char *text_of(const struct json *j, const char *name)
{
    struct view v = json_member_text(j, name);
    return view_is(v) ? arena_text(&device.a, v) : "";
}

static const char *joined(const char *a, const char *b)
{
    return arena_printf(&device.a, "%s%s", a, b);
}

static const char *error_of(const char *path, const char *form)
{
    return text_of(post(path, form), "error");
}

/* It asks again no sooner than it may. */
static const char *polled(const char *form)
{
    provider_pass(genkan, 5);
    return error_of("/token", form);
}

struct asked {
    const char *device_code, *user_code, *complete;
};

static struct asked tv_asks(void)
{
    struct json *j = post("/device_authorization", AS_TV "&scope=openid%20name");
    cr_assert_eq(device.status, 200);
    cr_expect_eq(json_member_int(j, "interval", 0), 5);
    cr_expect_eq(json_member_int(j, "expires_in", 0), 600);
    cr_expect_str_eq(text_of(j, "verification_uri"), PROVIDER_ISSUER "/device");
    return (struct asked){text_of(j, "device_code"), text_of(j, "user_code"), text_of(j, "verification_uri_complete")};
}

static const char *desk_asks(const char *hint)
{
    struct json *j =
        post("/bc-authorize", joined(AS_DESK "&scope=openid%20name&binding_message=A-12&login_hint=", hint));
    cr_assert_eq(device.status, 200, "%s", text_of(j, "error_description"));
    return text_of(j, "auth_req_id");
}

/* --- the resident's side ----------------------------------------------------------------------------------------- */

static void types(const char *user_code)
{
    cr_assert(browser_get(browser, "/device"));
    cr_assert(PRESS(browser, "/device", "do=enter", joined("user_code=", user_code)));
}

static bool says_allowed(void)
{
    return browser->status == 200 && strstr(browser_heading(browser), "許可しました");
}

static void goes_on_until_allowed(void)
{
    for (int i = 0; i < 12 && !says_allowed(); i++)
        cr_assert(resident_goes_on(&stage.hanako), "at %s: %s", browser->url, browser_heading(browser));
    cr_expect(says_allowed());
}

static const char *makes_code(void)
{
    cr_assert(browser_get(browser, "/me/counter"));
    cr_assert(PRESS(browser, "/me/counter", "do=code"));
    return browser_text(browser, "counter-code");
}

static void sees_request(void)
{
    cr_assert(browser_get(browser, "/me/counter"));
    cr_assert(PRESS(browser, "/me/counter", "do=look"));
    cr_assert(browser_says(browser, "A-12"), "%s", browser->url);
}

/* --- a device ---------------------------------------------------------------------------------------------------- */

Test(decoupled, a_device_must_be_registered_and_says_what_it_wants)
{
    cr_expect_str_eq(error_of("/device_authorization", "client_id=tv&client_secret=wrong&scope=openid"),
                     "invalid_client");
    cr_expect_eq(device.status, 401);
    cr_expect_str_eq(error_of("/device_authorization", AS_DESK "&scope=openid"), "unauthorized_client");
    cr_expect_str_eq(error_of("/device_authorization", AS_TV), "invalid_scope");
    cr_expect_eq(device.status, 400);
    cr_expect_str_eq(error_of("/device_authorization", AS_TV "&scope=name"), "invalid_scope");
}

Test(decoupled, a_device_is_told_to_wait_and_not_to_hurry)
{
    struct asked tv = tv_asks();
    const char *poll = joined(BY_TV, tv.device_code);
    cr_expect_str_eq(polled(poll), "authorization_pending");
    cr_expect_str_eq(error_of("/token", poll), "authorization_pending", "one more for a clock that is not exact");
    cr_expect_str_eq(error_of("/token", poll), "slow_down", "RFC 8628 3.5");
    cr_expect_str_eq(polled(poll), "authorization_pending");
    cr_expect_str_eq(polled(BY_TV "nothing"), "invalid_grant");
    provider_pass(genkan, 600);
    cr_expect_str_eq(polled(poll), "expired_token");
}

Test(decoupled, what_one_device_asked_no_other_fetches)
{
    struct asked tv = tv_asks();
    cr_expect_str_eq(polled(joined(BY_DESK, tv.device_code)), "invalid_grant");
    cr_expect_str_eq(polled(joined("client_id=tv2&client_secret=" SECRET
                                   "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=",
                                   tv.device_code)),
                     "invalid_grant");
}

Test(decoupled, a_wrong_user_code_leads_nowhere)
{
    types("000-000-000");
    cr_expect_eq(browser->status, 422);
    cr_expect(browser_has_form(browser, "/device"));
    types("12345");
    cr_expect_eq(browser->status, 422);
}

Test(decoupled, guessing_user_codes_is_slowed_down)
{
    for (int i = 0; i < 10; i++)
        types("000-000-000");
    types("000-000-000");
    cr_expect_eq(browser->status, 429, "RFC 8628 5.1: %d", browser->status);
    cr_expect(strstr(browser->headers, "Retry-After"));
}

Test(decoupled, right_user_codes_cost_nothing_since_many_residents_share_an_address)
{
    struct asked tv = tv_asks();

    for (int i = 0; i < 12; i++) {
        types(tv.user_code);
        cr_expect_eq(browser->status, 200, "%d", browser->status);
    }
    for (int i = 0; i < 10; i++)
        types("000-000-000");
    types(tv.user_code);
    cr_expect_eq(browser->status, 429, "after wrong ones a right one waits too: nobody learns which it was");
}

Test(decoupled, the_form_of_another_site_enters_no_code)
{
    struct asked tv = tv_asks();
    cr_assert(browser_post_from_elsewhere(browser, "/device", joined("do=continue&user_code=", tv.user_code)));
    cr_expect_eq(browser->status, 403);
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "authorization_pending");
}

Test(decoupled, she_allows_a_device_with_her_card_and_it_fetches_once)
{
    struct asked tv = tv_asks();
    types(tv.user_code);
    cr_assert(browser_says(browser, "市民テレビ"));
    cr_assert(browser_says(browser, tv.user_code), "she compares it with the screen");
    cr_assert(PRESS(browser, "/device", "do=continue"));
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "authorization_pending");
    goes_on_until_allowed();
    provider_pass(genkan, 5);
    struct json *j = post("/token", joined(BY_TV, tv.device_code));
    cr_assert_eq(device.status, 200, "%s", text_of(j, "error_description"));
    cr_expect_str_eq(text_of(j, "scope"), "openid name");
    cr_expect(*text_of(j, "refresh_token") && *text_of(j, "id_token"));
    const char *bearer = joined("Authorization: Bearer ", text_of(j, "access_token"));
    cr_assert(browser_send(&device, "/userinfo", (const char *const[]){bearer, NULL}, NULL, VIEW_NONE));
    cr_expect(browser_says(&device, "大阪"), "%d", device.status);
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "invalid_grant", "good once");
    cr_assert(browser_send(&device, "/userinfo", (const char *const[]){bearer, NULL}, NULL, VIEW_NONE));
    cr_expect_eq(device.status, 401, "whoever fetches twice has lost it");
}

Test(decoupled, the_address_with_the_code_still_asks_her)
{
    struct asked tv = tv_asks();
    cr_assert(browser_get(browser, tv.complete));
    cr_expect_str_eq(browser_field(browser, "/device", "user_code"), tv.user_code);
    cr_assert(PRESS(browser, "/device", "do=enter"));
    cr_expect(browser_says(browser, "市民テレビ"), "RFC 8628 3.3.1");
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "authorization_pending");
}

Test(decoupled, a_device_whose_service_is_gone_is_over)
{
    struct asked tv = tv_asks();
    provider_remove_client(genkan, "tv");
    provider_look_again(genkan);
    types(tv.user_code);
    cr_expect_eq(browser->status, 410, "%d", browser->status);
}

Test(decoupled, a_user_code_is_entered_once)
{
    struct asked tv = tv_asks();
    types(tv.user_code);
    cr_assert(PRESS(browser, "/device", "do=continue"));
    types(tv.user_code);
    cr_expect_eq(browser->status, 422, "%d", browser->status);
}

Test(decoupled, she_refuses_a_device)
{
    struct asked tv = tv_asks();
    types(tv.user_code);
    cr_assert(PRESS(browser, "/device", "do=refuse"));
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "access_denied", "RFC 8628 3.5");
}

Test(decoupled, logging_out_before_it_fetches_leaves_it_nothing)
{
    struct asked tv = tv_asks();
    types(tv.user_code);
    cr_assert(PRESS(browser, "/device", "do=continue"));
    goes_on_until_allowed();
    cr_assert(resident_logs_out(&stage.hanako));
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "invalid_grant");
}

/* --- a counter --------------------------------------------------------------------------------------------------- */

static void logs_in(void)
{
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
}

Test(decoupled, a_counter_asks_by_the_letter)
{
    cr_expect_str_eq(error_of("/bc-authorize", "client_id=desk&client_secret=x&scope=openid&login_hint=1"),
                     "invalid_client");
    cr_expect_str_eq(error_of("/bc-authorize", AS_TV "&scope=openid&login_hint=123456789"), "unauthorized_client");
    cr_expect_str_eq(error_of("/bc-authorize", AS_DESK "&login_hint=123456789"), "invalid_scope");
    cr_expect_str_eq(error_of("/bc-authorize", AS_DESK "&scope=openid"), "invalid_request");
    cr_expect_str_eq(error_of("/bc-authorize", AS_DESK "&scope=openid&login_hint=123456789"), "unknown_user_id");
    cr_expect_str_eq(error_of("/bc-authorize", AS_DESK "&scope=openid&login_hint=hanako"), "unknown_user_id");
    cr_expect_str_eq(error_of("/bc-authorize", AS_DESK "&scope=openid&id_token_hint=a.b.c"), "invalid_request");
    cr_expect_str_eq(error_of("/bc-authorize", AS_DESK "&scope=openid&login_hint=123456789&binding_message=a%0Ab"),
                     "invalid_binding_message");
}

Test(decoupled, she_confirms_at_a_counter_with_the_code_that_she_told)
{
    logs_in();
    const char *code = makes_code(), *id = desk_asks(code);
    cr_expect_str_eq(error_of("/bc-authorize", joined(AS_DESK "&scope=openid&login_hint=", code)), "unknown_user_id",
                     "a code is good once");
    cr_expect_str_eq(polled(joined(BY_DESK, id)), "authorization_pending");
    cr_assert(browser_get(browser, "/"));
    cr_expect(browser_has_id(browser, "asked"), "the first page says so");
    sees_request();
    cr_assert(PRESS(browser, "/me/counter", "do=continue"));
    goes_on_until_allowed();
    provider_pass(genkan, 5);
    struct json *j = post("/token", joined(BY_DESK, id));
    cr_assert_eq(device.status, 200, "%s", text_of(j, "error_description"));
    cr_expect_str_eq(text_of(j, "scope"), "openid name");
    cr_expect_str_eq(polled(joined(BY_DESK, id)), "invalid_grant", "good once");
    /* From now on the counter has an ID token of hers, and needs no code. */
    post("/bc-authorize", joined(AS_DESK "&scope=openid%20name&id_token_hint=", text_of(j, "id_token")));
    cr_expect_eq(device.status, 200);
    cr_assert(browser_get(browser, "/me/counter"));
    cr_expect(browser_field(browser, "/me/counter", "request"));
}

/* Her sub at the desk, which is of A's sector as the television is. */
static void operator_disables(void)
{
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM login"), 1);
    const char *log = strstr(provider_log(genkan), "\"event\":\"login\"");
    const char *number = log ? strstr(log, "\"login\":\"") : NULL;
    cr_assert_not_null(number);
    cr_assert_eq(provider_command(genkan, "resident disable --login %.9s --reason order", number + 9), 0);
}

Test(decoupled, who_is_disabled_gives_nothing_to_a_device_and_is_asked_by_no_counter)
{
    struct asked tv = tv_asks();
    types(tv.user_code);
    cr_assert(PRESS(browser, "/device", "do=continue"));
    goes_on_until_allowed();
    const char *code = makes_code();
    const char *first = desk_asks(code), *second = makes_code();

    operator_disables();
    cr_expect_str_eq(polled(joined(BY_TV, tv.device_code)), "invalid_grant", "allowed, and not fetched");
    cr_expect_str_eq(polled(joined(BY_DESK, first)), "access_denied", "what waits is refused");
    cr_expect_str_eq(
        error_of("/bc-authorize", joined(AS_DESK "&scope=openid%20name&binding_message=A-12&login_hint=", second)),
        "access_denied", "CIBA Core 1.0, 13");
    cr_expect_eq(device.status, 403);
}

Test(decoupled, she_refuses_a_counter)
{
    logs_in();
    const char *id = desk_asks(makes_code());
    sees_request();
    cr_assert(PRESS(browser, "/me/counter", "do=refuse"));
    cr_expect_str_eq(polled(joined(BY_DESK, id)), "access_denied");
    cr_assert(browser_get(browser, "/me/counter"));
    cr_expect_null(browser_field(browser, "/me/counter", "request"));
}

Test(decoupled, nobody_else_sees_or_answers_what_a_counter_asked_her)
{
    struct resident taro;
    logs_in();
    const char *id = desk_asks(makes_code());
    sees_request();
    const char *request = browser_field(browser, "/me/counter", "request");
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(resident_visits(&taro, &stage.a_city));
    cr_assert(browser_get(&taro.browser, "/me/counter"));
    cr_expect_null(browser_field(&taro.browser, "/me/counter", "request"));
    cr_assert(PRESS(&taro.browser, "/me/counter", "do=continue", joined("request=", request)));
    cr_expect_eq(taro.browser.status, 410);
    cr_expect_str_eq(polled(joined(BY_DESK, id)), "authorization_pending");
    resident_close(&taro);
}

/* --- a counter that is told -------------------------------------------------------------------------------------- */

#define AS_PINGED "client_id=pinged&client_secret=" SECRET

static const char *pinged_asks(void)
{
    char registration[1024];
    snprintf(registration, sizeof registration, PINGED, server_port(stage.a_city.ear, 0));
    provider_add_client(genkan, "pinged", registration, SECRET);
    const char *form = joined(AS_PINGED "&scope=openid&binding_message=A-12&login_hint=", makes_code());
    cr_expect_str_eq(error_of("/bc-authorize", form), "invalid_request", "without a word that it would know us by");
    struct json *j = post("/bc-authorize", joined(form, "&client_notification_token=the-word"));
    cr_assert_eq(device.status, 200, "%s", text_of(j, "error_description"));
    return text_of(j, "auth_req_id");
}

static void expect_pinged(const char *id)
{
    struct json *j;
    cr_assert_eq(stage.a_city.pings, 0);
    cr_expect_eq(provider_deliver(genkan), 1);
    cr_assert_eq(stage.a_city.pings, 1);
    cr_expect_str_eq(stage.a_city.last_ping_authorization, "Bearer the-word", "CIBA Core 1.0, 10.2");
    cr_assert_eq(json_read(&j, &device.a, view_text(stage.a_city.last_ping), NULL), ERR_OK);
    cr_expect_str_eq(text_of(j, "auth_req_id"), id);
    cr_expect_eq(provider_deliver(genkan), 0, "once");
}

Test(decoupled, a_counter_that_is_told_comes_when_she_has_decided)
{
    logs_in();
    const char *id = pinged_asks();
    sees_request();
    cr_expect_eq(provider_deliver(genkan), 0, "nothing is decided yet");
    cr_assert(PRESS(browser, "/me/counter", "do=continue"));
    goes_on_until_allowed();
    expect_pinged(id);
    post("/token", joined(AS_PINGED "&grant_type=urn:openid:params:grant-type:ciba&auth_req_id=", id));
    cr_expect_eq(device.status, 200);
}

Test(decoupled, a_counter_is_told_of_a_refusal_too)
{
    logs_in();
    const char *id = pinged_asks();
    sees_request();
    cr_assert(PRESS(browser, "/me/counter", "do=refuse"));
    expect_pinged(id);
}
