/* How the answer of a login comes to the service: in the query, in the fragment, by a form, and in a signed JWT. */
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

TestSuite(response_modes, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

/* Hanako has opened S already: what follows is answered without a page. */
static void has_opened(struct service *s)
{
    cr_assert(resident_visits(hanako, s));
}

static void asks(struct service *s, const char *more)
{
    cr_assert(browser_get(browser, service_begin(s, more)));
}

/* The parameters in the fragment of the address the browser was sent to. */
static const char *fragment_param(const char *name)
{
    const char *mark = strchr(browser->url, '#');

    cr_assert_not_null(mark, "%s", browser->url);
    cr_assert_null(strchr(browser->url, '?'), "nothing in the query: %s", browser->url);
    return browser_param(browser, arena_printf(a(), "?%s", mark + 1), name);
}

static const char *field(struct service *s, const char *name)
{
    return browser_field(browser, s->redirect_uri, name);
}

static const char *policy(void)
{
    const char *at = strcasestr(browser->headers, "Content-Security-Policy: ");

    cr_assert_not_null(at);
    return arena_printf(a(), "%.*s", (int)strcspn(at, "\r\n"), at);
}

/* --- refused ---------------------------------------------------------------------------------------------------- */

Test(response_modes, a_mode_that_is_not_offered_is_told_in_the_query)
{
    const char *error;

    asks(a_city, "response_mode=web_message");
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request");
}

Test(response_modes, errors_come_in_the_mode_that_was_asked_for)
{
    asks(a_city, "response_mode=fragment&prompt=none");
    IS_AT(browser, AT_ELSEWHERE);
    cr_assert_str_eq(fragment_param("error"), "login_required");
    cr_assert_str_eq(fragment_param("state"), a_city->state);
    cr_assert_str_eq(fragment_param("iss"), PROVIDER_ISSUER);
    cr_assert_null(fragment_param("code"));
    asks(a_city, "response_mode=form_post&prompt=none");
    IS_AT(browser, AT_FORM_POST);
    cr_assert_str_eq(field(a_city, "error"), "login_required");
    cr_assert_str_eq(field(a_city, "state"), a_city->state);
    cr_assert_str_eq(field(a_city, "iss"), PROVIDER_ISSUER);
    cr_assert_null(field(a_city, "code"));
}

Test(response_modes, a_cancelled_login_is_told_by_the_form_too)
{
    asks(a_city, "response_mode=form_post");
    cr_assert(PRESS(browser, "/cancel", NULL));
    IS_AT(browser, AT_FORM_POST);
    cr_assert_str_eq(field(a_city, "error"), "access_denied");
}

/* --- fragment and form ------------------------------------------------------------------------------------------ */

Test(response_modes, the_fragment_brings_a_code)
{
    asks(a_city, "response_mode=fragment");
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_assert_str_eq(fragment_param("state"), a_city->state);
    cr_assert_eq(service_redeem(a_city, fragment_param("code")).status, 200);
}

Test(response_modes, the_form_brings_a_code_and_may_go_to_the_service_only)
{
    asks(a_city, "response_mode=form_post");
    cr_assert(resident_goes_to(hanako, AT_FORM_POST));
    cr_assert_eq(browser->status, 200);
    cr_assert_not_null(strstr(policy(), "form-action http://a-city.localhost:8081"), "%s", policy());
    cr_assert_null(strstr(policy(), "form-action http://a-city.localhost:8081/"), "the origin: %s", policy());
    cr_assert_null(strstr(policy(), "unsafe"), "%s", policy());
    cr_assert_not_null(strstr(policy(), "default-src 'none'"), "%s", policy());
    cr_assert_not_null(strcasestr(browser->headers, "Cache-Control: no-store"), "the page holds a code");
    cr_assert_null(browser_link(browser, "/lang"));
    cr_assert_eq(service_redeem(a_city, field(a_city, "code")).status, 200);
}

Test(response_modes, the_form_comes_at_once_in_a_live_session)
{
    has_opened(a_city);
    asks(a_city, "response_mode=form_post");
    IS_AT(browser, AT_FORM_POST);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM interaction"), 1, "the first login's");
    cr_assert_eq(service_redeem(a_city, field(a_city, "code")).status, 200);
}

/* --- JARM ------------------------------------------------------------------------------------------------------- */

static const struct json *response_of(struct service *s, const char *jwt)
{
    cr_assert_not_null(jwt);
    const struct json *claims = service_verified(s, jwt, NULL);
    cr_assert_str_eq(claim(s, claims, "aud"), s->id);
    int64_t exp = json_member_int(claims, "exp", 0);
    cr_assert_gt(exp, provider_now(genkan));
    cr_assert_leq(exp, provider_now(genkan) + 600, "JARM 2.1");
    cr_assert_str_eq(claim(s, claims, "state"), s->state);
    return claims;
}

/* One parameter, and no other. */
static const char *response_in_query(void)
{
    IS_AT(browser, AT_ELSEWHERE);
    cr_assert_null(strchr(browser->url, '&'), "%s", browser->url);
    return browser_param(browser, browser->url, "response");
}

Test(response_modes, a_signed_error_says_who_and_to_whom)
{
    asks(a_city, "response_mode=jwt&prompt=none");
    const struct json *claims = response_of(a_city, response_in_query());
    cr_assert_str_eq(claim(a_city, claims, "error"), "login_required");
    cr_assert_null(json_member(claims, "code"));
}

Test(response_modes, a_signed_response_brings_a_code_on_all_three_ways)
{
    has_opened(a_city);
    asks(a_city, "response_mode=jwt");
    const char *code = claim(a_city, response_of(a_city, response_in_query()), "code");
    cr_assert_eq(service_redeem(a_city, code).status, 200, "JARM 2.3.4: query.jwt");
    asks(a_city, "response_mode=query.jwt");
    code = claim(a_city, response_of(a_city, response_in_query()), "code");
    cr_assert_eq(service_redeem(a_city, code).status, 200);
    asks(a_city, "response_mode=fragment.jwt");
    code = claim(a_city, response_of(a_city, fragment_param("response")), "code");
    cr_assert_eq(service_redeem(a_city, code).status, 200);
    asks(a_city, "response_mode=form_post.jwt");
    IS_AT(browser, AT_FORM_POST);
    cr_assert_null(field(a_city, "state"), "only inside");
    code = claim(a_city, response_of(a_city, field(a_city, "response")), "code");
    cr_assert_eq(service_redeem(a_city, code).status, 200);
}

Test(response_modes, a_signed_response_is_no_hint)
{
    const char *error;

    has_opened(b_city);
    asks(b_city, "response_mode=jwt");
    const char *response = response_in_query();
    asks(b_city, arena_printf(a(), "id_token_hint=%s", response));
    service_receive(b_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request");
}
