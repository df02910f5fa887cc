/* Log-out as the resident chooses it and as old systems hear of it (OIDC Front-Channel Logout 1.0). */
#include <criterion/criterion.h>

#include "http/url.h"
#include "tests/lib/stage.h"

#define BYE  "http://a-city.localhost:8081/bye"
#define GONE "http://a-city.localhost:8081/gone?of=a"

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

TestSuite(front_channel, .init = open_stage, .fini = close_stage);

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static void a_has_a_frame(void)
{
    service_update(a_city, "\"contacts\"", "\"frontchannel_logout_uri\":\"" GONE "\",\"contacts\"");
}

static void asks_to_end(const char *hint, const char *redirect, const char *more)
{
    const char *url;
    struct buf b;

    buf_open(&b, &browser->a, 16384);
    buf_put_text(&b, "/end_session");
    url_add_param(&b, "id_token_hint", view_text(hint));
    url_add_param(&b, "post_logout_redirect_uri", view_text(redirect));
    url_add_param(&b, "ui_locales", view_text(more));
    cr_assert_eq(buf_done_text(&b, &url), ERR_OK);
    cr_assert(browser_get(browser, url));
}

static size_t frames(void)
{
    return browser_count(browser, "//*[local-name()='iframe']");
}

Test(front_channel, is_in_no_page_of_services_that_did_not_register_for_it)
{
    opens(b_city);
    cr_assert(resident_logs_out(hanako));
    cr_expect_eq(frames(), 0);
    cr_expect_null(strstr(browser->headers, "frame-src"));
}

Test(front_channel, tells_in_a_frame_who_issued_it_and_which_session)
{
    a_has_a_frame();
    struct tokens t = opens(a_city);

    cr_assert(resident_logs_out(hanako));
    cr_expect_eq(frames(), 1);
    cr_expect(
        browser_says(browser, arena_printf(&browser->a, GONE "&amp;iss=http%%3A%%2F%%2Flocalhost%%3A8080&amp;sid=%s",
                                           arena_text(&browser->a, view_text(claim(a_city, t.claims, "sid"))))));
    cr_expect(strstr(browser->headers, "frame-src http://a-city.localhost:8081/gone\r\n"), "%s", browser->headers);
    cr_expect(browser_says(browser, "sandbox=\"allow-scripts allow-same-origin\""), "it may not take over the page");
}

Test(front_channel, then_goes_back_by_itself_whether_the_frame_loaded_or_not)
{
    a_has_a_frame();
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, BYE, NULL);
    cr_expect_eq(browser->status, 200);
    cr_expect_eq(frames(), 1);
    cr_expect(strstr(browser->headers, "Refresh: 3; url=" BYE "\r\n"), "%s", browser->headers);
    cr_expect_not_null(browser_link(browser, BYE), "and a link for who does not want to wait");
    cr_expect(browser_says(browser, "src=\"/assets/logged_out."),
              "Refresh waits for frames that never end, this does not");
}

Test(front_channel, says_who_is_told_how_and_who_cannot_be_told)
{
    a_has_a_frame();
    service_update(a_city, "\"backchannel_logout_session_required\":true,", "");
    service_update(a_city, "\"backchannel_logout_uri\"", "\"client_uri\"");
    service_update(b_city, "\"backchannel_logout_session_required\":true,", "");
    service_update(b_city, "\"backchannel_logout_uri\"", "\"client_uri\"");
    opens(a_city);
    opens(b_city);
    cr_assert(resident_logs_out(hanako));
    cr_expect_eq(browser_count(browser, "//*[@aria-labelledby='told']"), 0, "neither has a back channel");
    cr_expect_eq(browser_count(browser, "//*[@aria-labelledby='framed']//*[local-name()='bdi']"), 1);
    cr_expect_eq(browser_count(browser, "//*[@aria-labelledby='untold']//*[local-name()='bdi']"), 1);
}

Test(front_channel, of_a_session_that_has_ended_already_goes_back_at_once)
{
    a_has_a_frame();
    struct tokens t = opens(a_city);

    cr_assert(resident_logs_out(hanako));
    asks_to_end(t.id_token, BYE, NULL);
    IS_AT(browser, AT_ELSEWHERE);
}

Test(front_channel, is_in_discovery)
{
    cr_assert(browser_get(browser, "/.well-known/openid-configuration"));
    cr_expect(browser_says(browser, "\"frontchannel_logout_supported\":true"));
    cr_expect(browser_says(browser, "\"frontchannel_logout_session_supported\":true"));
}

/* --- here, everywhere -----------------------------------------------------------------------------------------------
 */

static int64_t open_sessions(void)
{
    return provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL");
}

Test(front_channel, log_out_here_leaves_her_other_browsers_alone)
{
    struct resident phone;

    opens(a_city);
    resident_open(&phone, genkan, "residents/hanako");
    cr_assert(resident_visits(&phone, b_city));
    cr_assert(browser_get(browser, "/end_session"));
    cr_assert(PRESS(browser, "/end_session", "do=logout"));
    cr_expect_eq(open_sessions(), 1);
    resident_close(&phone);
}

Test(front_channel, log_out_everywhere_ends_all_of_hers_and_nobody_elses)
{
    struct resident phone, taro;

    opens(a_city);
    resident_open(&phone, genkan, "residents/hanako");
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(resident_visits(&phone, b_city) && resident_visits(&taro, a_city));
    cr_assert(browser_get(browser, "/end_session"));
    cr_assert(PRESS(browser, "/end_session", "do=everywhere"));
    IS_AT(browser, AT_OTHER);
    cr_expect_eq(open_sessions(), 1, "his");
    resident_close(&taro);
    resident_close(&phone);
}

Test(front_channel, log_out_everywhere_needs_our_own_form)
{
    struct resident phone;

    opens(a_city);
    resident_open(&phone, genkan, "residents/hanako");
    cr_assert(resident_visits(&phone, b_city));
    cr_assert(browser_post(browser, "/end_session", "do=everywhere&csrf=guessed"));
    cr_assert(browser_post_from_elsewhere(browser, "http://localhost:8080/end_session", "do=everywhere"));
    cr_expect_eq(open_sessions(), 2);
    resident_close(&phone);
}

Test(front_channel, log_out_speaks_the_language_that_the_service_asks_for)
{
    opens(a_city);
    asks_to_end(NULL, NULL, "fr en-GB ja");
    cr_expect(browser_says(browser, "lang=\"en\""));
    asks_to_end(NULL, NULL, "fr");
    cr_expect(browser_says(browser, "lang=\"ja\""));
}

Test(front_channel, after_log_out_the_browser_is_told_to_forget_her_pages)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/me"));
    cr_expect(strstr(browser->headers, "Cache-Control: no-store"));
    cr_assert(resident_logs_out(hanako));
    cr_expect(strstr(browser->headers, "Clear-Site-Data: \"cache\""));
    cr_expect(strstr(browser->headers, "Cache-Control: no-store"));
}

static bool forgets(void)
{
    return strstr(browser->headers, "Clear-Site-Data: \"cache\"") != NULL;
}

/* Nobody could tell it when the login ended; and nothing is cleared for who never had one, or has one. */
Test(front_channel, the_browser_is_told_so_also_when_her_login_ended_without_its_knowing)
{
    cr_assert(browser_get(browser, "/"));
    cr_expect_not(forgets(), "nobody was logged in");
    opens(a_city);
    cr_assert(browser_get(browser, "/"));
    cr_expect_not(forgets(), "she is");
    clock_fake_add(&genkan->clock, 16 * 60 * 1000);
    cr_assert(browser_get(browser, "/me"));
    cr_expect_str_eq(browser->url, PROVIDER_ISSUER "/");
    cr_expect(forgets());
    cr_expect_not_null(browser_cookie_value(browser, "__Host-session"), "services of an idle one are told at log-out");
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    IS_AT(browser, AT_LOGIN);
    cr_expect(forgets(), "nor need she have come to our own page");
}

Test(front_channel, who_leaves_for_good_leaves_no_page_behind)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/me/leave"));
    cr_expect_not(forgets());
    cr_assert(PRESS(browser, "/me/leave", "sure=yes"));
    cr_expect(forgets());
}
