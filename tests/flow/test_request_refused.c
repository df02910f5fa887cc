/* What bad requests of services and browsers get. */
#include <criterion/criterion.h>
#include <time.h>

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

TestSuite(request_refused, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

/* URL with the value of parameter NAME replaced by VALUE (already encoded); VALUE NULL: without it. */
static const char *with(const char *url, const char *name, const char *value)
{
    const char *mark = arena_printf(a(), "%s=", name);
    const char *at = strstr(url, arena_printf(a(), "?%s", mark));
    at = at ? at : strstr(url, arena_printf(a(), "&%s", mark));
    cr_assert_not_null(at, "%s in %s", name, url);
    const char *end = at + 1 + strcspn(at + 1, "&");
    const char *fresh = value ? arena_printf(a(), "%s%s", mark, value) : "x-removed=";
    return arena_printf(a(), "%.*s%s%s", (int)(at + 1 - url), url, fresh, end);
}

/* --- /authorize: a page, never a redirect ----------------------------------------------------------------------- */

static void gets_a_page(const char *url)
{
    cr_assert(browser_get(browser, url));
    IS_AT(browser, AT_ERROR);
    cr_assert_eq(browser->status, 400, "%s", url);
    cr_assert_null(browser->location);
    cr_assert_not_null(browser_quote(browser), "a number to quote");
    cr_assert_null(browser_link(browser, "evil.example"), "and no way there");
}

Test(request_refused, unknown_services_and_addresses_get_a_page)
{
    const char *good = service_begin(a_city, NULL);
    gets_a_page(with(good, "client_id", "nobody"));
    gets_a_page(with(good, "client_id", ""));
    gets_a_page(with(good, "client_id", NULL));
    gets_a_page(with(good, "redirect_uri", NULL));
    gets_a_page(with(good, "redirect_uri", "https%3A%2F%2Fevil.example%2Fcb"));
    gets_a_page(with(good, "redirect_uri", "http%3A%2F%2Fa-city.localhost%3A8081%2Fcb%2F"));
    gets_a_page(with(good, "redirect_uri", "http%3A%2F%2Fa-city.localhost%3A8081%2Fcb%3Fx%3D1"));
    gets_a_page(with(good, "redirect_uri", "http%3A%2F%2Fa-city.localhost%3A8081%2Fc"));
    gets_a_page(with(good, "redirect_uri", "http%3A%2F%2FA-city.localhost%3A8081%2Fcb"));
    gets_a_page(with(good, "redirect_uri", "http%3A%2F%2Fb-city.localhost%3A8082%2Fcb"));
}

Test(request_refused, a_removed_service_is_unknown)
{
    provider_remove_client(genkan, "a-city");
    provider_pass(genkan, 2);
    for (int i = 0; i < 20 && browser->status != 400; i++) {
        cr_assert(browser_get(browser, service_begin(a_city, NULL)));
        struct timespec moment = {.tv_nsec = 100000000};
        nanosleep(&moment, NULL); /* a running server looks once a second of the real clock */
    }
    gets_a_page(service_begin(a_city, NULL));
}

/* --- /authorize: the OAuth error by redirect -------------------------------------------------------------------- */

static void is_told(const char *url, const char *wanted)
{
    const char *error;
    cr_assert(browser_get(browser, url));
    cr_assert_null(service_receive(a_city, browser, &error), "%s", url);
    cr_assert_str_eq(error, wanted, "%s: %s", url, error);
}

Test(request_refused, any_other_bad_request_gets_the_oauth_error_by_redirect)
{
    const char *good = service_begin(a_city, NULL);
    is_told(with(good, "response_type", "token"), "unsupported_response_type");
    is_told(with(good, "response_type", "code+id_token"), "unsupported_response_type");
    is_told(with(good, "response_type", NULL), "invalid_request");
    is_told(with(good, "scope", "name"), "invalid_scope");
    is_told(with(good, "scope", NULL), "invalid_scope");
    is_told(with(good, "code_challenge", NULL), "invalid_request");
    is_told(with(good, "code_challenge", "short"), "invalid_request");
    is_told(with(good, "code_challenge_method", "plain"), "invalid_request");
    is_told(with(good, "code_challenge_method", NULL), "invalid_request");
    is_told(service_begin(a_city, "prompt=none+login"), "invalid_request");
    is_told(service_begin(a_city, "prompt=dance"), "invalid_request");
    is_told(service_begin(a_city, "max_age=-1"), "invalid_request");
    is_told(service_begin(a_city, "max_age=soon"), "invalid_request");
    is_told(service_begin(a_city, "response_mode=web_message"), "invalid_request");
    is_told(service_begin(a_city, "authorization_details=%5B%5D"), "invalid_authorization_details");
    is_told(service_begin(a_city, "authorization_details=%5B%7B%22type%22%3A%22x%22%7D%5D"),
            "invalid_authorization_details");
    is_told(service_begin(a_city, "registration=%7B%7D"), "registration_not_supported");
    is_told(service_begin(a_city, "id_token_hint=garbage"), "invalid_request");
    is_told(service_begin(a_city, "prompt=none"), "login_required");
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM interaction"), 0, "and nothing is written for it");
}

/* --- parameters ------------------------------------------------------------------------------------------------- */

static void names(const char *url, const char *parameter, int status)
{
    cr_assert(browser_get(browser, url));
    cr_assert_eq(browser->status, status, "%s: %d", url, browser->status);
    IS_AT(browser, AT_ERROR);
    cr_assert(browser_says(browser, arena_printf(a(), ">%s<", parameter)), "%s is not named", parameter);
    cr_assert_not_null(browser_quote(browser));
}

Test(request_refused, duplicate_oversized_and_malformed_parameters_are_400_and_named)
{
    const char *good = service_begin(a_city, NULL);
    char *big = arena_alloc(a(), 7301);
    memset(big, 'x', 7300);
    names(arena_printf(a(), "%s&state=again", good), "state", 400);
    names(arena_printf(a(), "%s&client_id=a-city", good), "client_id", 400);
    names(with(good, "nonce", "%00"), "nonce", 400);
    names(with(good, "nonce", "%zz"), "nonce", 400);
    names(with(good, "nonce", "%4"), "nonce", 400);
    names(with(good, "state", "%ff%fe"), "state", 400);
    names(with(good, "state", "%c0%af"), "state", 400);
    names(with(good, "state", "%ed%a0%80"), "state", 400);
    names(with(good, "state", big), "state", 400);
}

Test(request_refused, what_is_longer_than_is_kept_is_400_and_named)
{
    static const struct {
        const char *name;
        size_t longest;
    } rows[] = {{"state", 2048}, {"nonce", 512}, {"scope", 1024}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *value = arena_alloc(a(), rows[i].longest + 2);
        memset(value, 'x', rows[i].longest + 1);
        value[rows[i].longest + 1] = 0;
        names(with(service_begin(a_city, NULL), rows[i].name, value), rows[i].name, 400);
        memcpy(value, "openid+", 7);
        value[rows[i].longest] = 0;
        cr_assert(browser_get(browser, with(service_begin(a_city, NULL), rows[i].name, value)));
        IS_AT(browser, AT_LOGIN);
    }
}

Test(request_refused, too_long_a_line_and_too_large_a_body)
{
    char *big = arena_alloc(a(), 70001);
    memset(big, 'x', 70000);
    big[9000] = 0;
    cr_assert(browser_get(browser, arena_printf(a(), "/authorize?state=%s", big)));
    cr_assert_eq(browser->status, 414);
    big[9000] = 'x';
    cr_assert(browser_post(browser, "/authorize", arena_printf(a(), "state=%s", big)));
    cr_assert_eq(browser->status, 413);
    big[20000] = 0;
    const char *headers[] = {arena_printf(a(), "X-Big: %s", big), NULL};
    cr_assert(browser_send(browser, "/", headers, NULL, VIEW_NONE));
    cr_assert_eq(browser->status, 431);
}

static const char *letters(size_t n)
{
    char *s = arena_alloc(a(), n + 1);
    cr_assert_not_null(s);
    memset(s, 'x', n);
    s[n] = 0;
    return s;
}

static const char *asks_silently(struct service *s)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(s, "prompt=none")));
    service_receive(s, browser, &error);
    return error;
}

Test(request_refused, a_post_too_long_for_an_address_is_413_and_takes_nothing_from_the_browser)
{
    cr_assert(resident_visits(hanako, a_city));
    service_receive(a_city, browser, NULL);
    const char *ticket = arena_text(a(), view_text(browser_cookie_value(browser, "__Host-browser")));
    const char *form =
        arena_printf(a(), "%s&x=%s&y=%s", strchr(service_begin(a_city, NULL), '?') + 1, letters(3500), letters(3500));
    cr_assert(browser_post_from_elsewhere(browser, "/authorize", form));
    cr_assert_eq(browser->status, 413, "%d", browser->status);
    IS_AT(browser, AT_ERROR);
    cr_assert(browser_says(browser, "7000"), "the limit is named");
    cr_assert_null(strcasestr(browser->headers, "Set-Cookie"));
    cr_assert_str_eq(browser_cookie_value(browser, "__Host-browser"), ticket);
    cr_assert_null(asks_silently(a_city), "and she is logged in as before");
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM interaction WHERE done_at IS NULL"), 0);
}

Test(request_refused, a_long_post_that_fits_an_address_goes_on_like_a_get)
{
    cr_assert(resident_visits(hanako, a_city));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    const char *more = arena_printf(a(), "id_token_hint=%s&x=%s&y=%s", t.id_token, letters(2000), letters(2000));
    const char *form = strchr(service_begin(a_city, more), '?') + 1;
    cr_assert_gt(strlen(form), 4200);
    cr_assert_lt(strlen(form), 6900);
    cr_assert(browser_post_from_elsewhere(browser, "/authorize", form));
    IS_AT(browser, AT_ELSEWHERE);
    cr_assert_not_null(service_receive(a_city, browser, NULL));
}

Test(request_refused, a_state_as_long_as_allowed_comes_back_also_after_a_post)
{
    cr_assert(resident_visits(hanako, a_city));
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    const char *state = letters(2048), *more = arena_printf(a(), "id_token_hint=%s&x=%s", t.id_token, letters(1500));
    const char *form = strchr(with(service_begin(a_city, more), "state", state), '?') + 1;
    cr_assert_gt(strlen(form), 4200);
    a_city->state = state;
    cr_assert(browser_post_from_elsewhere(browser, "/authorize", form));
    IS_AT(browser, AT_ELSEWHERE);
    cr_assert_not_null(service_receive(a_city, browser, NULL));
}

Test(request_refused, foreign_hosts_and_wrong_methods)
{
    const char *headers[] = {"Host: evil.example", NULL};
    cr_assert(browser_send(browser, "/", headers, NULL, VIEW_NONE));
    cr_assert_eq(browser->status, 421);
    cr_assert(browser_send(browser, "/token", NULL, NULL, VIEW_NONE));
    cr_assert_eq(browser->status, 405);
    cr_assert_not_null(strcasestr(browser->headers, "Allow: POST"));
    cr_assert(browser_get(browser, "/nowhere"));
    cr_assert_eq(browser->status, 404);
    IS_AT(browser, AT_ERROR);
}

/* --- forms of ours, posted by others ---------------------------------------------------------------------------- */

static void stays_as_it_was(const char *action, const char *changes)
{
    const char *i = browser_field(browser, action, "i"), *csrf = browser_field(browser, action, "csrf");
    enum at before = browser_at(browser);
    const char *next = arena_printf(a(), "/next?i=%s", i);
    browser_post_from_elsewhere(browser, action, arena_printf(a(), "i=%s&csrf=%s&%s", i, csrf, changes));
    cr_assert_geq(browser->status, 400, "%s from another site", action);
    browser_post(browser, action, arena_printf(a(), "i=%s&csrf=%s&%s", i, "AAAA", changes));
    cr_assert_geq(browser->status, 400, "%s with a wrong token", action);
    browser_post(browser, action, arena_printf(a(), "i=%s&%s", i, changes));
    cr_assert_geq(browser->status, 400, "%s without a token", action);
    const char *foreign[] = {"Origin: https://evil.example", NULL};
    cr_assert(browser_send(browser, action, foreign, "application/x-www-form-urlencoded",
                           view_text(arena_printf(a(), "i=%s&csrf=%s&%s", i, csrf, changes))));
    cr_assert_geq(browser->status, 400, "%s with a foreign Origin", action);
    cr_assert(browser_get(browser, next));
    cr_assert_eq(browser_at(browser), before);
}

Test(request_refused, forged_forms_change_nothing)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    stays_as_it_was("/login/card", "purpose=login");
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM card_txn"), 0);
    stays_as_it_was("/cancel", "");
    cr_assert(resident_goes_to(hanako, AT_PROFILE));
    stays_as_it_was("/profile", "do=skip");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    stays_as_it_was("/consent", "do=allow&duration=year");
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM consent"), 0);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    stays_as_it_was("/confirm", "do=continue");
    browser_post_from_elsewhere(browser, "/end_session", "do=logout");
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NOT NULL"), 0);
}

Test(request_refused, a_form_of_one_browser_is_none_of_another)
{
    struct resident thief;
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    const char *i = browser_field(browser, "/cancel", "i"), *csrf = browser_field(browser, "/cancel", "csrf");
    resident_open(&thief, genkan, "residents/taro");
    cr_assert(browser_get(&thief.browser, service_begin(b_city, NULL)));
    browser_post(&thief.browser, "/cancel", arena_printf(a(), "i=%s&csrf=%s", i, csrf));
    cr_assert_geq(thief.browser.status, 400);
    browser_post(&thief.browser, "/cancel",
                 arena_printf(a(), "i=%s&csrf=%s", i, browser_field(&thief.browser, "/cancel", "csrf")));
    cr_assert_geq(thief.browser.status, 400);
    resident_close(&thief);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM interaction WHERE refusal IS NOT NULL"), 0);
}

Test(request_refused, a_finished_login_cannot_be_finished_again)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    const char *next = arena_printf(a(), "/next?i=%s", browser_field(browser, "/login/card", "i"));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_assert(browser_get(browser, next));
    IS_AT(browser, AT_ERROR);
    cr_assert_not_null(browser_quote(browser));
}

Test(request_refused, a_login_left_alone_for_half_an_hour_is_over)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    const char *next = arena_printf(a(), "/next?i=%s", browser_field(browser, "/login/card", "i"));
    provider_pass(genkan, 1799);
    cr_assert(browser_get(browser, next));
    IS_AT(browser, AT_LOGIN);
    provider_pass(genkan, 1);
    cr_assert(browser_get(browser, next));
    IS_AT(browser, AT_ERROR);
}

Test(request_refused, the_consent_page_gives_no_field_that_was_not_shown)
{
    a_city->scope = "openid name age_over_65";
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(browser, "/consent", "do=allow", "give-age_over_65=yes", "give-address=yes", "give-birthdate=yes"));
    if (browser->elsewhere) {
        struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
        const struct json *claims = service_userinfo(a_city, t.access, NULL);
        cr_assert_null(json_member(claims, "address"));
        cr_assert_null(json_member(claims, "birthdate"));
    } else {
        cr_assert_geq(browser->status, 400);
    }
}

/* --- /token and /userinfo --------------------------------------------------------------------------------------- */

static const char *fresh_code(struct service *s)
{
    cr_assert(resident_visits(hanako, s));
    return service_receive(s, browser, NULL);
}

Test(request_refused, a_code_used_twice_revokes_what_it_gave)
{
    int status;
    const char *code = fresh_code(b_city);
    struct tokens t = service_redeem(b_city, code);
    cr_assert_eq(t.status, 200);
    cr_assert_not_null(service_userinfo(b_city, t.access, NULL));
    cr_assert_str_eq(service_redeem(b_city, code).error, "invalid_grant");
    service_userinfo(b_city, t.access, &status);
    cr_assert_eq(status, 401);
    cr_assert_str_eq(service_refresh(b_city, t.refresh).error, "invalid_grant");
    cr_assert_str_eq(service_redeem(b_city, code).error, "invalid_grant");
}

Test(request_refused, a_code_after_thirty_seconds)
{
    const char *code = fresh_code(a_city);
    provider_pass(genkan, 29);
    cr_assert_eq(service_redeem(a_city, code).status, 200, "a slow service has its time");
    code = fresh_code(a_city);
    provider_pass(genkan, 30);
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_grant");
}

Test(request_refused, a_code_with_the_wrong_verifier_or_address)
{
    const char *verifier, *code = fresh_code(a_city);
    verifier = a_city->verifier;
    a_city->verifier = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    a_city->verifier = verifier;
    a_city->redirect_uri = "http://a-city.localhost:8081/other";
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_grant");
}

Test(request_refused, a_code_of_another_service)
{
    const char *code = fresh_code(a_city);
    b_city->verifier = a_city->verifier;
    b_city->redirect_uri = a_city->redirect_uri;
    cr_assert_str_eq(service_redeem(b_city, code).error, "invalid_grant");
}

Test(request_refused, a_code_changed_by_one_character)
{
    char *code = arena_text(a(), view_text(fresh_code(a_city)));
    code[strlen(code) / 2] = code[strlen(code) / 2] == 'A' ? 'B' : 'A';
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_assert_str_eq(service_redeem(a_city, "garbage").error, "invalid_grant");
}

Test(request_refused, a_code_after_log_out)
{
    const char *code = fresh_code(a_city);
    cr_assert(resident_logs_out(hanako));
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_grant");
}

Test(request_refused, wrong_secrets_and_other_ways_of_authentication)
{
    const char *code = fresh_code(a_city), *right = a_city->secret;
    a_city->secret = "wrong";
    struct tokens t = service_redeem(a_city, code);
    cr_assert_eq(t.status, 401);
    cr_assert_str_eq(t.error, "invalid_client");
    cr_assert_not_null(strcasestr(a_city->channel.headers, "WWW-Authenticate: Basic"));
    a_city->secret = right;
    a_city->post_auth = true;
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_client", "registered for basic");
    a_city->post_auth = false;
    cr_assert_eq(service_redeem(a_city, code).status, 200, "and none of that used the code up");
}

Test(request_refused, bad_token_requests)
{
    fresh_code(a_city);
    cr_assert_str_eq(service_token_request(a_city, "").error, "invalid_request");
    cr_assert_str_eq(service_token_request(a_city, "grant_type=password&username=x").error, "unsupported_grant_type");
    cr_assert_str_eq(service_token_request(a_city, "grant_type=authorization_code").error, "invalid_request");
    cr_assert_str_eq(service_token_request(a_city, "grant_type=refresh_token&refresh_token=x").error,
                     "unauthorized_client");
}

static void is_named(int status, const char *where, const char *rule)
{
    struct json *j;
    const char *why;
    cr_assert_eq(json_read(&j, a(), a_city->channel.body, &why), ERR_OK, "%s: %s", where, why);
    cr_expect_eq(status, 400, "%s, %s: %d", where, rule, status);
    cr_expect_str_eq(claim(a_city, j, "error"), "invalid_request", "%s, %s", where, rule);
    cr_expect_str_eq(claim(a_city, j, "error_description"), arena_printf(a(), "code: %s", rule), "%s", where);
}

/* In the form and in the address alike, before anything else is looked at. */
Test(request_refused, a_bad_parameter_is_named_wherever_services_ask)
{
    static const struct {
        const char *bad, *rule;
    } rows[] = {{"code=a&code=b", "sent more than once"},
                {"code=%zz", "bad percent encoding"},
                {"code=a%00b", "contains NUL"},
                {"code=%ff", "not UTF-8"},
                {NULL, "too long"}};
    static const char *const paths[] = {
        "/token", "/userinfo", "/par", "/introspect", "/revoke", "/device_authorization", "/bc-authorize"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *bad = rows[i].bad ? rows[i].bad : arena_printf(a(), "code=%07169d", 0);
        for (size_t j = 0; j < sizeof paths / sizeof *paths; j++) {
            const char *query = arena_printf(a(), "%s?%s", paths[j], bad);
            is_named(service_post(a_city, paths[j], bad), paths[j], rows[i].rule);
            is_named(service_post(a_city, query, "x=y"), paths[j], rows[i].rule);
        }
    }
    cr_assert_eq(service_post(a_city, "/par", arena_printf(a(), "code=%07168d", 0)), 400);
    cr_assert(!browser_says(&a_city->channel, "too long"), "it is not");
}

Test(request_refused, a_refresh_token_used_twice_kills_the_family)
{
    int status;
    struct tokens first = service_redeem(b_city, fresh_code(b_city)), second = service_refresh(b_city, first.refresh);
    cr_assert_eq(second.status, 200);
    cr_assert_str_eq(service_refresh(b_city, first.refresh).error, "invalid_grant");
    cr_assert_str_eq(service_refresh(b_city, second.refresh).error, "invalid_grant");
    service_userinfo(b_city, second.access, &status);
    cr_assert_eq(status, 401);
}

Test(request_refused, a_refresh_token_used_long_ago_kills_the_family_and_one_that_is_made_up_does_not)
{
    struct tokens first = service_redeem(b_city, fresh_code(b_city)), second = service_refresh(b_city, first.refresh),
                  third = service_refresh(b_city, second.refresh);
    cr_assert_eq(third.status, 200);
    for (size_t i = 0; i < strlen(first.refresh); i += 7) {
        char *changed = arena_text(a(), view_text(first.refresh));
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        cr_assert_str_eq(service_refresh(b_city, changed).error, "invalid_grant");
    }
    struct tokens fourth = service_refresh(b_city, third.refresh);
    cr_assert_eq(fourth.status, 200);
    cr_assert_str_eq(service_refresh(b_city, first.refresh).error, "invalid_grant");
    cr_assert_str_eq(service_refresh(b_city, fourth.refresh).error, "invalid_grant");
}

Test(request_refused, tokens_that_are_none)
{
    int status;
    const char *code = fresh_code(b_city);
    struct tokens t = service_redeem(b_city, code);
    char *changed = arena_text(a(), view_text(t.access));
    changed[strlen(changed) / 2] ^= 1;
    const char *const bad[] = {"garbage", code, t.refresh, t.id_token, changed, ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        service_userinfo(b_city, bad[i], &status);
        cr_assert(status == 401 || status == 400, "token %zu: %d", i, status);
    }
    cr_assert(browser_send(&b_city->channel, "/userinfo", NULL, NULL, VIEW_NONE));
    cr_assert_eq(b_city->channel.status, 401);
    cr_assert_not_null(strcasestr(b_city->channel.headers, "WWW-Authenticate: Bearer"));
}

Test(request_refused, an_access_token_expires)
{
    int status;
    struct tokens t = service_redeem(a_city, fresh_code(a_city));
    cr_assert_not_null(service_userinfo(a_city, t.access, NULL));
    provider_pass(genkan, 3600);
    service_userinfo(a_city, t.access, &status);
    cr_assert_eq(status, 401);
}
