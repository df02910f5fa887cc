/* Every route there is, asked with each method it has, by somebody who is logged in and by somebody who is not:
 * whatever the answer, it says what a browser may do with it. */
#include <criterion/criterion.h>
#include <strings.h>

#include "idp/routes.h"
#include "tests/lib/stage.h"

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(headers, .init = open_stage, .fini = close_stage);

/* The header's value in the browser's arena; NULL unless it is there exactly once. */
static const char *once(struct browser *b, const char *name)
{
    const char *found = NULL;
    size_t n = strlen(name);
    for (const char *line = b->headers; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        if (found)
            return NULL;
        found = arena_text(&b->a, view_bytes(line + n + 2, strcspn(line + n + 2, "\r\n")));
    }
    return found;
}

static void expect_value(struct browser *b, const char *what, const char *name, const char *value)
{
    const char *got = once(b, name);
    cr_expect(got && strcmp(got, value) == 0, "%s: %s: %s", what, name, got ? got : "not there once");
}

/* What anybody may keep: it is the same for all. */
static bool is_public(const char *path)
{
    static const char *const paths[] = {"/jwks", "/.well-known/", "/assets/", "/ledger/", "/statistics"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strncmp(path, paths[i], strlen(paths[i])) == 0)
            return true;
    return false;
}

static void look_at_answer(struct browser *b, const char *what, const char *path)
{
    const char *policy = once(b, "Content-Security-Policy"), *cache = once(b, "Cache-Control");
    expect_value(b, what, "X-Content-Type-Options", "nosniff");
    expect_value(b, what, "X-Frame-Options", "DENY");
    expect_value(b, what, "Cross-Origin-Opener-Policy", "same-origin");
    expect_value(b, what, "Cross-Origin-Resource-Policy", "same-origin");
    cr_expect_not_null(once(b, "Referrer-Policy"), "%s", what);
    cr_expect(policy && strstr(policy, "default-src 'none'") && strstr(policy, "frame-ancestors 'none'") &&
                  strstr(policy, "base-uri 'none'") && !strstr(policy, "unsafe") && !strchr(policy, '*'),
              "%s: %s", what, policy ? policy : "no policy");
    cr_expect(cache && (is_public(path) || strstr(cache, "no-store")), "%s: %s", what,
              cache ? cache : "no Cache-Control");
    cr_expect_null(once(b, "Server"), "%s", what);
    bool page = b->content_type && (strstr(b->content_type, "html") != NULL);
    const char *permissions = once(b, "Permissions-Policy");
    cr_expect_eq(permissions != NULL, page, "%s", what);
    cr_expect(!page || strstr(permissions, "camera=()"), "%s", what);
}

static void ask(struct browser *b, const struct route *r, const char *who)
{
    size_t n = strlen(r->path);
    const char *path = r->path[n - 1] == '*' ? arena_printf(&b->a, "%.*sx", (int)n - 1, r->path) : r->path;
    const char *what = arena_printf(&b->a, "%s %s %s", who, method_name(r->method), path);
    bool post = r->method == METHOD_POST;
    if (r->method != METHOD_GET && !post)
        return;
    cr_assert(browser_send(b, path, NULL, post ? "application/x-www-form-urlencoded" : NULL,
                           post ? VIEW("a=1&b=2") : VIEW_NONE),
              "%s", what);
    look_at_answer(b, what, path);
}

Test(headers, every_answer_says_what_a_browser_may_do_with_it)
{
    size_t n;
    struct browser nobody;
    const struct route *all = routes(&n);
    provider_browser(&stage.genkan, &nobody);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    cr_assert_gt(n, 40);
    for (size_t i = 0; i < n; i++) {
        ask(&nobody, &all[i], "nobody");
        if (!strstr(all[i].path, "leave") && !strstr(all[i].path, "logout") && !strstr(all[i].path, "end_session"))
            ask(&stage.hanako.browser, &all[i], "hanako");
    }
    browser_close(&nobody);
}

Test(headers, refusals_before_any_route_say_it_too)
{
    static const char *const paths[] = {"/nowhere", "/token/x", "/?a=1&a=2", "/authorize?a=%zz", "/userinfo?%00"};
    struct browser b;
    provider_browser(&stage.genkan, &b);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        cr_assert(browser_send(&b, paths[i], NULL, NULL, VIEW_NONE));
        cr_expect_geq(b.status, 400);
        look_at_answer(&b, paths[i], "/");
    }
    browser_close(&b);
}

/* The agent warns of a start without a Referer, so the page with its link must let the issuer's origin go there, and
 * no more than that; other pages tell nobody. */
Test(headers, the_page_that_starts_the_agent_tells_it_the_origin)
{
    struct browser *b = &stage.hanako.browser;
    cr_assert(browser_get(b, service_begin(&stage.a_city, NULL)));
    cr_assert(resident_goes_to(&stage.hanako, AT_LOGIN), "%s", b->url);
    expect_value(b, b->url, "Referrer-Policy", "same-origin");
    cr_assert(resident_goes_to(&stage.hanako, AT_CARD_START), "%s", b->url);
    cr_assert(browser_link(b, "/v1/auth/"));
    expect_value(b, b->url, "Referrer-Policy", "origin");
}
