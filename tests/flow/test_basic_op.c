/* What the certification suite's Basic OP plan asks for and the other flows do not show; the names of its modules stand
 * beside the tests. */
#include <criterion/criterion.h>

#include "http/url.h"
#include "idp/tokens/keys.h"
#include "store/sqlite.h"
#include "store/store.h"
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

TestSuite(basic_op, .init = open_stage, .fini = close_stage);

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* The error of a request with MORE; NULL: the code in *CODE. */
static const char *asks(struct service *s, const char *more, const char **code)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(s, more)));
    *code = service_receive(s, browser, &error);
    return error;
}

static const char *error_of(struct service *s, const char *more)
{
    const char *code;

    return asks(s, more, &code);
}

static const char *with_hint(const char *hint)
{
    return arena_printf(&browser->a, "prompt=none&id_token_hint=%s", hint);
}

/* --- hints ------------------------------------------------------------------------------------------------------ */

Test(basic_op, a_hint_that_is_none_is_refused)
{
    opens(a_city);
    cr_expect_str_eq(error_of(a_city, with_hint("nonsense")), "invalid_request");
    cr_expect_str_eq(error_of(a_city, with_hint("eyJhbGciOiJub25lIn0.e30.")), "invalid_request");
}

Test(basic_op, a_hint_of_another_service_is_refused)
{
    struct tokens at_b = opens(b_city);

    opens(a_city);
    cr_expect_str_eq(error_of(a_city, with_hint(at_b.id_token)), "invalid_request");
}

Test(basic_op, a_hint_for_somebody_else_is_not_silently_answered)
{
    struct tokens hers = opens(a_city);
    struct resident taro;

    cr_assert(resident_logs_out(hanako));
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(resident_visits(&taro, a_city));
    service_redeem(a_city, service_receive(a_city, &taro.browser, NULL));
    const char *error;
    cr_assert(browser_get(&taro.browser, service_begin(a_city, with_hint(hers.id_token))));
    service_receive(a_city, &taro.browser, &error);
    cr_expect_str_eq(error, "login_required", "OIDC Core 3.1.2.1");
    resident_close(&taro);
}

Test(basic_op, id_token_hint)
{
    struct tokens first = opens(a_city);
    const char *code;

    cr_assert_null(asks(a_city, with_hint(first.id_token), &code));
    cr_expect_str_eq(service_redeem(a_city, code).sub, first.sub);
}

/* --- parameters that must do no harm ---------------------------------------------------------------------------- */

Test(basic_op, parameters_that_mean_nothing_here_do_no_harm)
{
    static const char *const more[] = {
        "display=page",
        "display=popup",
        "ui_locales=se",
        "claims_locales=se",
        "login_hint=somebody%40example.com",
        "extra=foobar",
        "acr_values=1%202",
        "max_age=10000",
        "claims=%7B%22userinfo%22%3A%7B%22name%22%3A%7B%22essential%22%3Atrue%7D%7D%7D",
        "response_mode=query",
        "scope_is_not_this=1",
    };

    opens(a_city);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        const char *code, *error = asks(a_city, arena_printf(&browser->a, "prompt=none&%s", more[i]), &code);
        cr_assert_null(error, "%s: %s", more[i], error);
        cr_expect_eq(service_redeem(a_city, code).status, 200, "%s", more[i]);
    }
}

Test(basic_op, a_login_hint_is_shown_nowhere)
{
    cr_assert(browser_get(browser, service_begin(a_city, "login_hint=hanako-osaka")));
    cr_expect_not(browser_says(browser, "hanako-osaka"));
}

Test(basic_op, ensure_request_with_acr_values_succeeds)
{
    struct tokens t = opens(a_city);

    cr_expect_str_eq(claim(a_city, t.claims, "acr"), "aal3", "ours is told");
    cr_expect_str_eq(claim_words(a_city, t.claims, "amr"), " sc pin", "RFC 8176 2: card and PIN");
}

/* There is one level today (idp/rules/acr.h); a session of a lower one could only be older than it. */
static enum err lower_job(struct db *db, void *ctx)
{
    (void)ctx;
    return db_script(db, "UPDATE session SET acr = 'aal2'");
}

Test(basic_op, a_login_of_a_lower_acr_is_raised_with_the_card)
{
    const char *code;

    opens(a_city);
    cr_assert_eq(store_write(genkan->op->store, lower_job, NULL), ERR_OK);
    cr_expect_str_eq(error_of(a_city, "prompt=none&acr_values=aal3"), "login_required");
    cr_assert_null(asks(a_city, "prompt=none", &code), "who does not ask for it is not kept waiting");
    cr_expect_str_eq(claim(a_city, service_redeem(a_city, code).claims, "acr"), "aal2", "and is told the truth");
    cr_assert(browser_get(browser, service_begin(a_city, "acr_values=aal3")));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_expect_str_eq(claim(a_city, service_redeem(a_city, service_receive(a_city, browser, NULL)).claims, "acr"),
                     "aal3");
    cr_expect_null(asks(a_city, "prompt=none&acr_values=aal3", &code), "once");
}

/* --- prompt and max_age ----------------------------------------------------------------------------------------- */

Test(basic_op, prompt_none_logged_in)
{
    struct tokens first = opens(a_city), again;
    const char *code;

    provider_pass(genkan, 60);
    cr_assert_null(asks(a_city, "prompt=none", &code));
    again = service_redeem(a_city, code);
    cr_expect_str_eq(again.sub, first.sub);
    cr_expect_eq(json_member_int(again.claims, "auth_time", 1), json_member_int(first.claims, "auth_time", 2));
}

Test(basic_op, prompt_login)
{
    struct tokens first = opens(a_city), again;

    provider_pass(genkan, 60);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=login")));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    again = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_expect_str_eq(again.sub, first.sub);
    cr_expect_gt(json_member_int(again.claims, "auth_time", 0), json_member_int(first.claims, "auth_time", 0));
}

Test(basic_op, max_age_1)
{
    struct tokens first = opens(a_city), again;

    provider_pass(genkan, 2);
    cr_assert(browser_get(browser, service_begin(a_city, "max_age=1")));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    again = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_expect_gt(json_member_int(again.claims, "auth_time", 0), json_member_int(first.claims, "auth_time", 0));
}

/* --- UserInfo --------------------------------------------------------------------------------------------------- */

static int userinfo_post(const char *token, const char *form)
{
    const char *headers[] = {token ? arena_printf(&browser->a, "Authorization: Bearer %s", token) : NULL, NULL};

    cr_assert(browser_send(browser, PROVIDER_ISSUER "/userinfo", headers, "application/x-www-form-urlencoded",
                           view_text(form)));
    return browser->status;
}

Test(basic_op, userinfo_takes_one_token_in_header_or_body)
{
    struct tokens t = opens(a_city);
    const char *form = arena_printf(&browser->a, "access_token=%s", t.access);

    cr_expect_eq(userinfo_post(t.access, form), 400, "RFC 6750 2: not more than one method");
    cr_expect_eq(userinfo_post(NULL, "access_token=nonsense"), 401);
    cr_expect_eq(userinfo_post(NULL, ""), 401);
    cr_expect(strcasestr(browser->headers, "WWW-Authenticate: Bearer"), "%s", browser->headers);
    cr_expect_eq(userinfo_post(t.access, ""), 200, "userinfo-post-header");
    cr_expect_eq(userinfo_post(NULL, form), 200, "userinfo-post-body");
}

Test(basic_op, userinfo_says_the_sub_of_the_id_token)
{
    struct tokens t = opens(a_city);
    const struct json *claims = service_userinfo(a_city, t.access, NULL);

    cr_expect_str_eq(claim(a_city, claims, "sub"), t.sub, "OIDC Core 5.3.2");
}

/* Without a field nothing is disclosed and nothing written; that the login is over counts nevertheless. */
Test(basic_op, userinfo_without_a_field_ends_with_the_session)
{
    int status = 0;
    a_city->scope = "openid";
    struct tokens t = opens(a_city);
    const struct json *claims = service_userinfo(a_city, t.access, NULL);

    cr_expect_str_eq(claim(a_city, claims, "sub"), t.sub);
    cr_expect_null(json_member(claims, "name"));
    cr_assert(resident_logs_out(hanako));
    cr_expect_null(service_userinfo(a_city, t.access, &status));
    cr_expect_eq(status, 401);
}

/* --- discovery and keys ----------------------------------------------------------------------------------------- */

static const struct json *document(const char *path)
{
    struct json *j;

    cr_assert(browser_get(browser, path));
    cr_assert_eq(browser->status, 200);
    cr_assert_eq(json_read(&j, &browser->a, browser->body, NULL), ERR_OK);
    return j;
}

static bool lists(const struct json *j, const char *key, const char *word)
{
    const struct json *list = json_member(j, key);
    struct view text;
    size_t n = 0;

    for (size_t i = 0; i < json_count(list); i++)
        n += json_text(json_at(list, i), &text) && view_equal_text(text, word);
    return n == 1;
}

Test(basic_op, discovery_endpoint_verification)
{
    const struct json *j = document("/.well-known/openid-configuration");
    static const char *const urls[] = {"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"};

    cr_expect(view_equal_text(json_member_text(j, "issuer"), PROVIDER_ISSUER));
    for (size_t i = 0; i < 4; i++)
        cr_expect(view_starts(json_member_text(j, urls[i]), VIEW(PROVIDER_ISSUER "/")), "%s", urls[i]);
    cr_expect(lists(j, "response_types_supported", "code"));
    cr_expect_eq(json_count(json_member(j, "response_types_supported")), 1);
    cr_expect(lists(j, "subject_types_supported", "pairwise"));
    cr_expect(lists(j, "id_token_signing_alg_values_supported", "RS256"), "OIDC Discovery 3");
    cr_expect(lists(j, "scopes_supported", "openid"));
    cr_expect(lists(j, "scopes_supported", "address") && lists(j, "scopes_supported", "email"), "none twice");
    cr_expect(lists(j, "code_challenge_methods_supported", "S256"));
    cr_expect_eq(json_count(json_member(j, "code_challenge_methods_supported")), 1);
    cr_expect(json_member_bool(j, "authorization_response_iss_parameter_supported", false), "RFC 9207 3");
    cr_expect(json_member_bool(j, "request_uri_parameter_supported", false));
    cr_expect(json_member_bool(j, "require_request_uri_registration", false), "OIDC Discovery 3: only registered ones");
    cr_expect(lists(j, "id_token_encryption_alg_values_supported", "ECDH-ES"));
    cr_expect(lists(j, "userinfo_signing_alg_values_supported", "EdDSA"));
}

Test(basic_op, the_metadata_of_oauth_are_the_same)
{
    document("/.well-known/openid-configuration");
    const char *openid = arena_text(&browser->a, browser->body);
    document("/.well-known/oauth-authorization-server");
    cr_expect(view_equal_text(browser->body, openid), "RFC 8414 3");
}

Test(basic_op, keys_have_ids_and_no_private_part)
{
    const struct json *list = json_member(document("/jwks"), "keys");

    cr_expect(strstr(browser->headers, "max-age="), "it may be kept a while");
    cr_assert_eq(json_count(list), 10, "four algorithms, one that signs and one that comes next; two for encryption");
    for (size_t i = 0; i < 10; i++) {
        cr_expect(view_is(json_member_text(json_at(list, i), "kid")));
        cr_expect_null(json_member(json_at(list, i), "d"));
        for (size_t k = 0; k < i; k++)
            cr_expect_not(
                view_equal(json_member_text(json_at(list, i), "kid"), json_member_text(json_at(list, k), "kid")));
    }
}

Test(basic_op, a_rotation_is_no_event_for_services)
{
    struct tokens first = opens(a_city);
    const char *code, *why;
    struct arena *a = &browser->a;

    cr_assert_eq(keys_rotate_at_once(arena_printf(a, "%s/data/keys", genkan->folder), KEY_TOKEN, JWS_RS256, 1), ERR_OK);
    cr_assert_eq(keys_rotate_at_once(arena_printf(a, "%s/data/keys", genkan->folder), KEY_TOKEN, JWS_ES256, 1), ERR_OK);
    cr_assert_eq(op_reload(genkan->op, a, &why), ERR_OK, "%s", why);
    cr_assert_null(asks(a_city, with_hint(first.id_token), &code), "the old token is still a hint");
    cr_expect_eq(service_redeem(a_city, code).status, 200, "the key was published before it signed");
}
