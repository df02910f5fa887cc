/* A kiosk's log-out at the provider: the key of this login ends it without a question, nothing else does. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hash.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;
static uint8_t key[32], lock[SHA256_SIZE];
static struct card_trick at_a_kiosk = {.lock = lock};

static void open_stage(void)
{
    stage_open(&stage);
    memset(key, 7, sizeof key);
    sha256(lock, VIEW_ARRAY(key));
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(kiosk, .init = open_stage, .fini = close_stage);

static void logs_in(const struct card_trick *trick)
{
    cr_assert(browser_get(browser, service_begin(&stage.a_city, "prompt=login")));
    hanako->trick = trick;
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    struct tokens t = service_redeem(&stage.a_city, service_receive(&stage.a_city, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
}

static const char *way_out(const uint8_t secret[32])
{
    return arena_printf(&browser->a, "/logout/card?key=%s", base64url_text(&browser->a, view_bytes(secret, 32)));
}

static bool is_logged_in(void)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(&stage.a_city, "prompt=none")));
    service_receive(&stage.a_city, browser, &error);
    return error == NULL;
}

/* The page at URL asks, and nothing has ended. */
static void only_asks(const char *url)
{
    cr_assert(browser_get(browser, url));
    cr_expect_eq(browser_at(browser), AT_LOGOUT_CONFIRM, "%s: at %s", url, at_name(browser_at(browser)));
    cr_expect(is_logged_in(), "%s", url);
}

Test(kiosk, a_link_without_the_key_of_this_login_only_asks)
{
    uint8_t other[32] = {1};
    logs_in(&at_a_kiosk);
    only_asks("/logout/card");
    only_asks("/logout/card?key=");
    only_asks("/logout/card?key=AAAA");
    only_asks(way_out(other));
    only_asks(way_out(lock)); /* what travelled in the response is not the key */
}

/* As when a card was put back at once and used for another login: the key of that one comes to a window that watches.
 */
Test(kiosk, a_key_that_is_not_of_this_login_leads_back_to_watching)
{
    uint8_t other[32] = {1};
    logs_in(&at_a_kiosk);
    only_asks(way_out(other));
    cr_assert(browser_get(browser, way_out(other)));
    cr_expect(strstr(browser->headers, "; url=http://127.0.0.1:23837/v1/kiosk"), "%s", browser->headers);
    cr_expect(strcasestr(browser->headers, "Referrer-Policy: origin"), "%s", browser->headers);
    cr_assert(browser_get(browser, way_out(key)));
    cr_expect_not(is_logged_in());
}

static void make_lock_that_begins_with(char first)
{
    unsigned i = 0;
    do {
        memcpy(key, &i, sizeof i);
        sha256(lock, VIEW_ARRAY(key));
        i++;
    } while (base64url_text(&browser->a, VIEW_ARRAY(lock))[0] != first);
}

/* RFC 4648 5: one of 64 begins with "-"; a spent one must be told from it. */
Test(kiosk, the_key_ends_the_session_whatever_its_lock_begins_with)
{
    for (const char *first = "-_A9"; *first; first++) {
        make_lock_that_begins_with(*first);
        logs_in(&at_a_kiosk);
        cr_assert(browser_get(browser, way_out(key)));
        cr_expect(browser_says(browser, "ログアウトしました"), "%c", *first);
        cr_expect_not(is_logged_in(), "%c", *first);
    }
}

Test(kiosk, a_login_that_was_at_no_kiosk_has_no_key)
{
    logs_in(NULL);
    cr_assert(browser_get(browser, way_out(key)));
    cr_expect_not(strcasestr(browser->headers, "Refresh"), "%s", browser->headers);
    only_asks(way_out(key));
    uint8_t zero[32] = {0};
    only_asks(way_out(zero));
}

Test(kiosk, the_key_ends_the_session_and_the_services_are_told)
{
    logs_in(&at_a_kiosk);
    cr_assert(browser_get(browser, way_out(key)));
    cr_expect_eq(browser->status, 200);
    cr_expect(browser_says(browser, "ログアウトしました") && browser_says(browser, "カードリーダーから離れました"));
    cr_expect(strstr(browser->headers, "; url=http://127.0.0.1:23837/v1/kiosk"), "%s", browser->headers);
    cr_expect(strcasestr(browser->headers, "Referrer-Policy: origin"), "%s", browser->headers);
    cr_expect_not(is_logged_in());
    cr_expect_eq(provider_deliver(&stage.genkan), 1);
}

Test(kiosk, the_key_of_one_login_is_nothing_to_the_next)
{
    logs_in(&at_a_kiosk);
    cr_assert(browser_get(browser, way_out(key)));
    uint8_t next_key[32] = {9}, next_lock[SHA256_SIZE];
    sha256(next_lock, VIEW_ARRAY(next_key));
    const struct card_trick next = {.lock = next_lock};
    logs_in(&next);
    only_asks(way_out(key));
    cr_assert(browser_get(browser, way_out(next_key)));
    cr_expect_not(is_logged_in());
    logs_in(NULL);
    only_asks(way_out(next_key));
}

Test(kiosk, another_browser_is_not_touched)
{
    struct browser other;
    logs_in(&at_a_kiosk);
    provider_browser(&stage.genkan, &other);
    cr_assert(browser_get(&other, way_out(key)));
    cr_expect(is_logged_in());
    browser_close(&other);
}

Test(kiosk, a_login_that_comes_after_its_own_log_out_is_refused)
{
    cr_assert(browser_get(browser, service_begin(&stage.a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CARD_START));
    const char *request = card_request_of(browser_link(browser, "/v1/auth/"));
    const char *answer = card_answer(&hanako->card, &browser->a, request, &at_a_kiosk);
    cr_assert(browser_get(browser, way_out(key)));
    cr_expect(browser_says(browser, "ログインしていません"));
    cr_assert(resident_returns(hanako, answer));
    cr_expect_eq(browser_at(browser), AT_CARD_PROBLEM, "at %s", at_name(browser_at(browser)));
    cr_expect_not(is_logged_in());
}

Test(kiosk, an_idle_session_is_ended_too)
{
    logs_in(&at_a_kiosk);
    provider_pass(&stage.genkan, 16 * 60);
    cr_assert(browser_get(browser, way_out(key)));
    cr_expect(browser_says(browser, "ログアウトしました"));
    cr_expect_eq(provider_deliver(&stage.genkan), 1);
}
