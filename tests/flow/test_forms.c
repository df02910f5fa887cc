/* Forms that another site sends: every POST route that people use is walked, so that none can be forgotten. */
#include <criterion/criterion.h>

#include "idp/routes.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct browser *hers = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(forms, .init = open_stage, .fini = close_stage);

/* POST routes that a form token cannot guard: those of services, which authenticate themselves, and four that services
 * or scripts reach through the browser and that have tests of their own. */
static const char *const without_token[] = {
    "/token",
    "/userinfo",
    "/par",
    "/introspect",
    "/revoke",
    "/register",
    "/register/*",
    "/device_authorization",
    "/bc-authorize",
    "/events/poll",
    "/grants/*",
    "/audit/identities", /* JSON, which no form can send: auditors/a_form_of_elsewhere_decides_nothing */
    "/authorize",
    "/end_session",         /* a service may send it; it is asked for again with GET, and then asks: logout/... */
    "/login/card/complete", /* card_answers/only_our_own_script_may_send_one, .../a_paste_from_elsewhere_is_refused */
};

static bool has_token(const struct route *r)
{
    for (size_t i = 0; i < sizeof without_token / sizeof *without_token; i++)
        if (strcmp(r->path, without_token[i]) == 0)
            return false;
    return r->method == METHOD_POST;
}

/* A path that such a route serves. */
static const char *path_of(const struct route *r)
{
    size_t n = strlen(r->path);
    return r->path[n - 1] == '*' ? arena_printf(&hers->a, "%.*sa-city", (int)n - 1, r->path) : r->path;
}

/* Sends FORM to every form there is; all are refused with 403, and she is still logged in. */
static void expect_refused_everywhere(const char *form, const char *const *headers)
{
    static const char FORM[] = "application/x-www-form-urlencoded";
    size_t n, walked = 0;
    const struct route *all = routes(&n);

    for (size_t i = 0; i < n; i++) {
        if (!has_token(&all[i]))
            continue;
        cr_assert(browser_send(hers, path_of(&all[i]), headers, FORM, view_text(form)));
        cr_expect_eq(hers->status, 403, "%s answers %d", all[i].path, hers->status);
        walked++;
    }
    cr_expect_geq(walked, 16, "are the routes still there?");
    cr_assert(browser_get(hers, "/me"));
    cr_expect_eq(hers->status, 200);
}

/* The token of her forms as they are now. */
static const char *token(void)
{
    cr_assert(browser_get(hers, "/"));
    const char *csrf = browser_field(hers, "/end_session", "csrf");
    cr_assert_not_null(csrf);
    return csrf;
}

#define FIELDS "i=x&do=all&lang=en&letters=large&back=/&sure=yes"

Test(forms, without_a_token_are_refused)
{
    expect_refused_everywhere(FIELDS, NULL);
}

Test(forms, with_a_token_of_another_browser_are_refused)
{
    struct resident taro;

    resident_open(&taro, &stage.genkan, "residents/taro");
    cr_assert(resident_visits(&taro, &stage.a_city));
    cr_assert(browser_get(&taro.browser, "/"));
    const char *csrf = browser_field(&taro.browser, "/end_session", "csrf");
    cr_assert_not_null(csrf);
    expect_refused_everywhere(arena_printf(&hers->a, FIELDS "&csrf=%s", csrf), NULL);
    resident_close(&taro);
}

Test(forms, from_another_site_are_refused_whatever_token_they_carry)
{
    static const char *const foreign[] = {"Origin: https://evil.example", NULL}, *const null[] = {"Origin: null", NULL};
    const char *form = arena_printf(&hers->a, FIELDS "&csrf=%s", token());

    expect_refused_everywhere(form, foreign);
    expect_refused_everywhere(form, null);
}

Test(forms, that_the_browser_calls_cross_site_are_refused)
{
    static const char *const headers[] = {"Sec-Fetch-Site: same-site", NULL};

    expect_refused_everywhere(arena_printf(&hers->a, FIELDS "&csrf=%s", token()), headers);
}

Test(forms, of_every_page_carry_the_token)
{
    static const char *const pages[] = {"/",           "/me",           "/me/services",  "/me/services/a-city",
                                        "/me/history", "/me/interests", "/me/household", "/me/contact",
                                        "/me/cards",   "/me/leave"};

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        cr_assert(browser_get(hers, pages[i]) && hers->status == 200, "%s: %d", pages[i], hers->status);
        size_t forms = browser_count(hers, "//*[local-name()='form']"),
               tokens = browser_count(hers, "//*[local-name()='form'][.//*[@name='csrf']]");
        cr_expect_gt(forms, 0, "%s", pages[i]);
        cr_expect_eq(tokens, forms, "%s: %zu forms, %zu tokens", pages[i], forms, tokens);
    }
}

Test(forms, for_the_language_work_with_the_token_alone_in_a_browser_that_tells_no_origin)
{
    static const char FORM[] = "application/x-www-form-urlencoded";
    const char *form = arena_printf(&hers->a, "lang=en&back=%%2Fme&csrf=%s", token());

    cr_assert(browser_send(hers, "/lang", NULL, FORM, view_text(form)));
    cr_expect_eq(hers->status, 303);
    cr_expect_not_null(browser_cookie_value(hers, "__Host-lang"));
}
