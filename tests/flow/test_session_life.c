/* How long a login lasts: fifteen minutes after the last activity, twelve hours in all; what counts as activity. */
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

TestSuite(session_life, .init = open_stage, .fini = close_stage);

enum { MINUTE = 60, IDLE = 15 * MINUTE, ABSOLUTE = 12 * 3600 };

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* The error of prompt=none at A; NULL: she is logged in. */
static const char *asked_silently(void)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    service_receive(a_city, browser, &error);
    return error;
}

static void is_logged_in(void)
{
    const char *error = asked_silently();
    cr_assert_null(error, "%s", error);
}

static void is_logged_out(void)
{
    const char *error = asked_silently();
    cr_assert(error && strcmp(error, "login_required") == 0, "%s", error ? error : "logged in");
}

/* --- the limits --------------------------------------------------------------------------------------------------- */

Test(session_life, ends_fifteen_minutes_after_the_last_activity)
{
    opens(a_city);
    provider_pass(genkan, IDLE - 1);
    is_logged_in();
    provider_pass(genkan, IDLE);
    is_logged_out();
}

Test(session_life, slides_with_every_activity)
{
    opens(a_city);
    for (int i = 0; i < 6; i++) {
        provider_pass(genkan, 14 * MINUTE);
        is_logged_in();
    }
    for (int i = 0; i < 3; i++) {
        provider_pass(genkan, 14 * MINUTE);
        cr_assert(browser_get(browser, "/me") && browser->status == 200, "her own pages are activity, too");
    }
    is_logged_in();
}

Test(session_life, ends_after_twelve_hours_however_active_she_is)
{
    int64_t from = provider_now(genkan);

    opens(a_city);
    while (provider_now(genkan) - from < ABSOLUTE - 10 * MINUTE) {
        is_logged_in();
        provider_pass(genkan, 10 * MINUTE);
    }
    is_logged_in();
    provider_pass(genkan, 10 * MINUTE);
    is_logged_out();
    cr_assert(browser_get(browser, "/me"));
    IS_AT(browser, AT_HOME);
}

/* --- an open page ---------------------------------------------------------------------------------------------------
 */

/* B's registration says that it refreshes while a page of it is open. */
static void b_updates_sessions(void)
{
    service_update(b_city, "\"contacts\"", "\"session_update\":true,\"contacts\"");
}

Test(session_life, a_refresh_of_any_service_is_no_activity)
{
    opens(a_city);
    struct tokens t = opens(b_city);

    for (int i = 0; i < 2; i++) {
        provider_pass(genkan, 7 * MINUTE);
        t = service_refresh(b_city, t.refresh);
        cr_assert_eq(t.status, 200, "%s", t.error);
    }
    provider_pass(genkan, MINUTE);
    is_logged_out();
}

Test(session_life, a_refresh_is_refused_while_she_is_gone_and_good_again_when_she_is_back)
{
    struct tokens t = opens(b_city);

    provider_pass(genkan, IDLE);
    struct tokens refused = service_refresh(b_city, t.refresh);
    cr_expect_eq(refused.status, 400);
    cr_expect_str_eq(refused.error, "invalid_grant");
    cr_assert(resident_visits(hanako, b_city));
    service_receive(b_city, browser, NULL);
    cr_expect_eq(service_refresh(b_city, t.refresh).status, 200, "it was not used up");
}

Test(session_life, a_refresh_of_a_service_registered_for_it_is_activity)
{
    b_updates_sessions();
    opens(a_city);
    struct tokens t = opens(b_city);

    for (int i = 0; i < 6; i++) {
        provider_pass(genkan, 10 * MINUTE);
        t = service_refresh(b_city, t.refresh);
        cr_assert_eq(t.status, 200, "%s", t.error);
    }
    is_logged_in();
}

Test(session_life, no_refresh_wakes_an_idle_session)
{
    b_updates_sessions();
    opens(a_city);
    struct tokens t = opens(b_city);

    provider_pass(genkan, IDLE);
    cr_expect_eq(service_refresh(b_city, t.refresh).status, 400);
    is_logged_out();
}

Test(session_life, no_refresh_goes_beyond_twelve_hours)
{
    b_updates_sessions();
    opens(a_city);
    struct tokens t = opens(b_city);
    int status = 200;

    for (int i = 0; i < 72 && status == 200; i++) {
        provider_pass(genkan, 10 * MINUTE);
        t = service_refresh(b_city, t.refresh);
        status = t.status;
        cr_expect_eq(status, i < 71 ? 200 : 400, "after %d0 minutes: %d", i + 1, status);
    }
    is_logged_out();
}

Test(session_life, a_refresh_with_offline_access_needs_nobody_and_is_no_activity)
{
    b_updates_sessions();
    b_city->scope = "openid offline_access name";
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(b_city, service_receive(b_city, browser, NULL));

    provider_pass(genkan, 14 * MINUTE);
    t = service_refresh(b_city, t.refresh);
    cr_assert_eq(t.status, 200, "%s", t.error);
    provider_pass(genkan, MINUTE);
    is_logged_out();
    cr_expect_eq(service_refresh(b_city, t.refresh).status, 200);
}
