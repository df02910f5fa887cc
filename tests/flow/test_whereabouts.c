/* "Where I am logged in": a resident with two browsers looks at both, ends the one from the other, and says of one that
 * it was not her. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

#define FIREFOX "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"
#define SAFARI                                                                                                         \
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "    \
    "Mobile/15E148 Safari/604.1"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako, phone;
static struct browser *pc = &stage.hanako.browser, *mobile = &phone.browser;

static void open_stage(void)
{
    stage_open(&stage);
    resident_open(&phone, genkan, "residents/hanako");
    pc->agent = FIREFOX;
    mobile->agent = SAFARI;
    mobile->from = "127.0.0.2";
}

static void close_stage(void)
{
    resident_close(&phone);
    stage_close(&stage);
}

TestSuite(whereabouts, .init = open_stage, .fini = close_stage);

static struct tokens opens(struct resident *who, struct service *s)
{
    cr_assert(resident_visits(who, s), "at %s: %s", at_name(browser_at(&who->browser)), who->browser.url);
    struct tokens t = service_redeem(s, service_receive(s, &who->browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static bool is_logged_in(struct browser *b)
{
    cr_assert(browser_get(b, "/me"));
    return browser_at(b) != AT_HOME && b->status == 200;
}

static void looks(struct browser *b)
{
    cr_assert(browser_get(b, "/me/sessions") && b->status == 200, "%d %s", b->status, b->url);
}

/* The id that the forms of the first session that is not this one carry. */
static const char *other_session(struct browser *b)
{
    looks(b);
    const char *id = browser_field(b, "/me/sessions", "session");
    cr_assert_not_null(id);
    return id;
}

static size_t sessions_shown(struct browser *b)
{
    return browser_count(b, "//*[local-name()='li'][starts-with(@id, 'session-')]");
}

static void chooses(struct browser *b, const char *what, const char *session)
{
    looks(b);
    const char *csrf = browser_field(b, "/me/sessions", "csrf");
    cr_assert_not_null(csrf);
    cr_assert(browser_post(b, "/me/sessions",
                           arena_printf(&b->a, "csrf=%s&do=%s&session=%s", csrf, what, session ? session : "")));
}

/* --- looking --------------------------------------------------------------------------------------------------------
 */

Test(whereabouts, are_hers_only)
{
    struct resident taro;

    opens(hanako, a_city);
    resident_open(&taro, genkan, "residents/taro");
    opens(&taro, a_city);
    looks(&taro.browser);
    cr_expect_eq(sessions_shown(&taro.browser), 1);
    cr_expect_not(browser_says(&taro.browser, "Firefox"));
    resident_close(&taro);
}

Test(whereabouts, are_closed_to_whoever_is_not_logged_in)
{
    cr_assert(browser_get(pc, "/me/sessions"));
    IS_AT(pc, AT_HOME);
}

Test(whereabouts, show_browser_system_network_services_and_times)
{
    opens(hanako, a_city);
    opens(&phone, b_city);
    looks(pc);
    cr_expect_eq(sessions_shown(pc), 2);
    cr_expect(browser_says(pc, "Firefox（Windows）") && browser_says(pc, "Safari（iPhone）"));
    cr_expect(browser_says(pc, "今あなたがいるネットワークとは別"));
    const char *here = browser_text(pc, arena_printf(&pc->a, "session-%s", other_session(pc)));
    cr_expect(strstr(here, "B市") && !strstr(here, "A市"), "%s", here);
    cr_expect_not(browser_says(pc, "127.0.0.2"), "no address is kept");
}

Test(whereabouts, know_the_network_of_now)
{
    mobile->from = NULL;
    opens(hanako, a_city);
    opens(&phone, b_city);
    looks(pc);
    cr_expect(browser_says(pc, "今あなたがいるネットワークと同じ"));
    cr_expect_not(browser_says(pc, "今あなたがいるネットワークとは別"));
}

Test(whereabouts, say_nothing_of_a_browser_that_says_nothing)
{
    mobile->agent = NULL;
    opens(hanako, a_city);
    opens(&phone, b_city);
    looks(pc);
    cr_expect(browser_says(pc, "種類の分からないブラウザー"));
}

Test(whereabouts, tell_a_login_that_sleeps)
{
    opens(&phone, b_city);
    provider_pass(genkan, 16 * 60);
    opens(hanako, a_city);
    looks(pc);
    cr_expect_eq(sessions_shown(pc), 2, "its services have not heard of any log-out");
    cr_expect(browser_says(pc, "しばらく使われていません"));
}

Test(whereabouts, are_complete_in_english)
{
    pc->language = "en";
    opens(hanako, a_city);
    opens(&phone, b_city);
    looks(pc);
    cr_expect(browser_says(pc, "Firefox on Windows") && browser_says(pc, "Safari on iPhone"));
    chooses(pc, "disown", other_session(pc));
    cr_expect(browser_says(pc, "0120-0178-27"));
}

/* --- ending ---------------------------------------------------------------------------------------------------------
 */

Test(whereabouts, one_ends_from_another_and_its_services_are_told)
{
    opens(hanako, a_city);
    struct tokens t = opens(&phone, b_city);

    chooses(pc, "end", other_session(pc));
    cr_expect_eq(pc->status, 200);
    cr_expect(browser_has_id(pc, "ended"));
    cr_expect_eq(sessions_shown(pc), 1);
    cr_expect_not(is_logged_in(mobile));
    cr_expect(is_logged_in(pc));
    cr_expect_eq(provider_deliver(genkan), 1);
    cr_expect_eq(b_city->told, 1);
    cr_expect_eq(a_city->told, 0);
    cr_expect_neq(service_refresh(b_city, t.refresh).status, 200);
}

Test(whereabouts, one_that_has_ended_meanwhile_is_shown_as_ended)
{
    opens(hanako, a_city);
    opens(&phone, b_city);
    const char *id = other_session(pc);

    cr_assert(resident_logs_out(&phone));
    chooses(pc, "end", id);
    cr_expect_eq(pc->status, 200);
    cr_expect_eq(sessions_shown(pc), 1);
}

Test(whereabouts, of_somebody_else_cannot_be_ended_or_disowned)
{
    struct resident taro;

    opens(hanako, a_city);
    opens(&phone, b_city);
    const char *hers = other_session(pc);
    resident_open(&taro, genkan, "residents/taro");
    opens(&taro, a_city);
    chooses(&taro.browser, "end", hers);
    chooses(&taro.browser, "disown", hers);
    cr_expect(is_logged_in(mobile) && is_logged_in(pc));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM login WHERE disowned_at IS NOT NULL"), 0);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice"), 0);
    resident_close(&taro);
}

Test(whereabouts, take_nothing_but_what_the_page_sends)
{
    opens(hanako, a_city);
    chooses(pc, "sleep", NULL);
    cr_expect_eq(pc->status, 400);
    chooses(pc, "end", NULL);
    cr_expect_eq(pc->status, 400);
    chooses(pc, "end", "00112233445566778899aabbccddee");
    cr_expect_eq(pc->status, 400);
    chooses(pc, "disown", "zz112233445566778899aabbccddeeff");
    cr_expect_eq(pc->status, 400);
    chooses(pc, "end", "00112233445566778899aabbccddeeff");
    cr_expect_eq(pc->status, 200, "nobody learns whether there is such a login");
}

Test(whereabouts, all_others_end_at_once)
{
    struct resident tablet;

    opens(hanako, a_city);
    opens(&phone, b_city);
    resident_open(&tablet, genkan, "residents/hanako");
    opens(&tablet, a_city);
    chooses(pc, "others", NULL);
    cr_expect_eq(sessions_shown(pc), 1);
    cr_expect(is_logged_in(pc));
    cr_expect_not(is_logged_in(mobile) || is_logged_in(&tablet.browser));
    cr_expect_eq(provider_deliver(genkan), 2);
    resident_close(&tablet);
}

Test(whereabouts, all_end_here_too)
{
    opens(hanako, a_city);
    opens(&phone, b_city);
    chooses(pc, "all", NULL);
    cr_expect_eq(pc->status, 200);
    IS_AT(pc, AT_OTHER);
    cr_expect_null(browser_cookie_value(pc, "__Host-session"));
    cr_expect_not(is_logged_in(pc) || is_logged_in(mobile));
    cr_expect_eq(provider_deliver(genkan), 2);
}

Test(whereabouts, the_one_of_this_page_ends_by_logging_out)
{
    opens(hanako, a_city);
    looks(pc);
    cr_assert(PRESS(pc, "/end_session", "do=logout"));
    IS_AT(pc, AT_OTHER);
    cr_expect_not(is_logged_in(pc));
}

/* --- this was not me ------------------------------------------------------------------------------------------------
 */

/* B gets tokens that outlive the session. */
static struct tokens gives_offline_access(struct resident *who)
{
    b_city->scope = "openid offline_access name";
    cr_assert(browser_get(&who->browser, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(who, AT_ELSEWHERE));
    return service_redeem(b_city, service_receive(b_city, &who->browser, NULL));
}

Test(whereabouts, this_was_not_me_ends_the_login_and_everything_that_came_of_it)
{
    struct tokens t = gives_offline_access(&phone);

    opens(hanako, a_city);
    const char *id = other_session(pc);
    chooses(pc, "disown", id);
    cr_expect_eq(pc->status, 200);
    cr_expect(browser_has_id(pc, "told") && browser_says(pc, "0120-95-0178"));
    cr_expect(browser_says(pc, arena_printf(&pc->a, "%.4s-%.4s", id, id + 4)), "the number to quote");
    cr_expect_not(is_logged_in(mobile));
    cr_expect(is_logged_in(pc));
    cr_expect_neq(service_refresh(b_city, t.refresh).status, 200, "although it was to outlive the session");
    cr_expect_eq(provider_deliver(genkan), 1);
    cr_expect(strstr(provider_log(genkan), "\"event\":\"login_disowned\""));
}

Test(whereabouts, this_was_not_me_can_be_said_of_a_login_that_is_over)
{
    struct tokens t = gives_offline_access(&phone);

    cr_assert(resident_logs_out(&phone));
    opens(hanako, a_city);
    looks(pc);
    cr_expect_eq(sessions_shown(pc), 1);
    cr_expect_eq(service_refresh(b_city, t.refresh).status, 200, "log-out leaves offline access alone");
    const char *id = other_session(pc); /* of the log: the first form that has one */
    chooses(pc, "disown", id);
    cr_expect(browser_has_id(pc, "told"));
    cr_expect(browser_says(pc, "心当たりがないと知らせたログイン"));
    cr_expect_neq(service_refresh(b_city, t.refresh).status, 200);
}

Test(whereabouts, told_is_nothing_that_a_link_can_say)
{
    opens(hanako, a_city);
    cr_assert(browser_get(pc, "/me/sessions?told=00112233445566778899aabbccddeeff"));
    cr_expect_not(browser_has_id(pc, "told"));
    cr_assert(browser_get(pc, "/me/sessions?told=nothing"));
    cr_expect_eq(pc->status, 200);
}

/* --- the log --------------------------------------------------------------------------------------------------------
 */

Test(whereabouts, log_has_a_line_for_every_proof_with_the_card)
{
    opens(hanako, a_city);
    provider_pass(genkan, 60);
    cr_assert(browser_get(pc, service_begin(a_city, "prompt=login")));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM login"), 2);
    cr_expect_eq(provider_number(genkan, "SELECT count(DISTINCT session) FROM login"), 1, "of one session");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session"), 1);
}

Test(whereabouts, log_keeps_no_address_and_no_header)
{
    opens(&phone, a_city);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM login WHERE agent = 'safari iphone' AND "
                                         "length(network) = 8 AND instr(network, CAST('127' AS BLOB)) = 0"),
                 1);
}
