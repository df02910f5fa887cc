/* One browser and more than one session in it: idle ones, those of somebody else, pages kept open in another tab, the
 * card shown again. */
#include <criterion/criterion.h>

#include "http/url.h"
#include "store/row.h"
#include "tests/lib/stage.h"

#define BYE "http://a-city.localhost:8081/bye"

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

TestSuite(sessions, .init = open_stage, .fini = close_stage);

enum { IDLE = 16 * 60 };

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* Another card lies on the reader from now on. */
static void takes_card_of(const char *persona)
{
    card_close(&hanako->card);
    card_open(&hanako->card, provider_persona(genkan, persona));
}

static int64_t open_sessions(void)
{
    return provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL");
}

static int64_t notices(void)
{
    return provider_number(genkan, "SELECT count(*) FROM notice");
}

static int userinfo_status(struct service *s, const char *access)
{
    int status;

    service_userinfo(s, access, &status);
    return status;
}

/* --- idle ------------------------------------------------------------------------------------------------------- */

static void is_sent_to_end_by(struct tokens t)
{
    const char *url;
    struct buf b;

    buf_open(&b, &browser->a, 16384);
    buf_put_text(&b, "/end_session");
    url_add_param(&b, "id_token_hint", view_text(t.id_token));
    url_add_param(&b, "post_logout_redirect_uri", view_text(BYE));
    cr_assert_eq(buf_done_text(&b, &url), ERR_OK);
    cr_assert(browser_get(browser, url));
}

Test(sessions, log_out_of_an_idle_session_logs_out_everywhere)
{
    struct tokens a = opens(a_city), b = opens(b_city);

    provider_pass(genkan, IDLE);
    is_sent_to_end_by(a);
    IS_AT(browser, AT_ELSEWHERE);
    cr_expect_str_eq(browser->url, BYE);
    cr_expect_eq(open_sessions(), 0);
    cr_expect_eq(notices(), 2, "both are told");
    cr_expect_neq(service_refresh(b_city, b.refresh).status, 200);
}

Test(sessions, log_out_of_an_idle_session_asks_when_anybody_could_have_sent_the_link)
{
    opens(a_city);
    provider_pass(genkan, IDLE);
    cr_assert(browser_get(browser, "/end_session"));
    IS_AT(browser, AT_LOGOUT_CONFIRM);
    cr_expect_eq(open_sessions(), 1);
    cr_assert(PRESS(browser, "/end_session", "do=logout"));
    cr_expect_eq(open_sessions(), 0);
}

Test(sessions, a_log_out_page_left_open_until_the_session_is_idle_logs_out)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/end_session"));
    IS_AT(browser, AT_LOGOUT_CONFIRM);
    provider_pass(genkan, IDLE);
    cr_assert(PRESS(browser, "/end_session", "do=logout"));
    IS_AT(browser, AT_OTHER);
    cr_expect_eq(open_sessions(), 0);
    cr_expect_eq(notices(), 1);
}

Test(sessions, somebody_else_ends_an_idle_session_of_the_browser)
{
    opens(a_city);
    struct tokens hers = opens(b_city);

    provider_pass(genkan, IDLE);
    takes_card_of("residents/taro");
    opens(a_city);
    cr_expect_eq(open_sessions(), 1, "his");
    cr_expect_eq(notices(), 2, "both services are told that she is gone");
    cr_expect_neq(service_refresh(b_city, hers.refresh).status, 200);
}

static enum err forbid_notices_job(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db, "CREATE TRIGGER full BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'no notices'); END",
                  NO_VALUES);
}

Test(sessions, somebody_else_is_not_logged_in_when_her_services_cannot_be_told)
{
    opens(a_city);
    provider_pass(genkan, IDLE);
    cr_assert_eq(store_write(genkan->op->store, forbid_notices_job, NULL), ERR_OK);
    takes_card_of("residents/taro");
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CARD_START));
    resident_uses_card(hanako, NULL);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session"), 1, "his login was not begun");
    cr_expect_eq(open_sessions(), 1, "and hers not half ended");
}

/* --- pages of another session ----------------------------------------------------------------------------------- */

/* In another tab: she logs out, he logs in and opens A. */
static void taro_takes_over(void)
{
    cr_assert(resident_logs_out(hanako));
    takes_card_of("residents/taro");
    opens(a_city);
}

/* What the form with ACTION would send without a button, to be sent later. */
static const char *keeps_open(const char *action)
{
    const char *i = browser_field(browser, action, "i"), *csrf = browser_field(browser, action, "csrf");
    const char *form = arena_printf(&browser->a, "i=%s&csrf=%s", i ? i : "", csrf);

    cr_assert_not_null(form);
    return form;
}

static void presses_later(const char *action, const char *form, const char *more)
{
    cr_assert(browser_post(browser, action, arena_printf(&browser->a, "%s&%s", form, more)));
}

Test(sessions, continue_as_one_resident_is_not_accepted_for_another)
{
    takes_card_of("residents/taro");
    opens(b_city); /* so nothing but "continue" stands between him and B */
    cr_assert(resident_logs_out(hanako));
    takes_card_of("residents/hanako");
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    IS_AT(browser, AT_CONFIRM);
    const char *form = keeps_open("/confirm");

    taro_takes_over();
    presses_later("/confirm", form, "do=continue");
    IS_AT(browser, AT_CONFIRM);
    presses_later("/confirm", keeps_open("/confirm"), "do=continue");
    IS_AT(browser, AT_ELSEWHERE);
}

Test(sessions, consent_of_one_resident_is_not_accepted_for_another)
{
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    const char *form = keeps_open("/consent");
    const char *shown = browser_field(browser, "/consent", "shown");

    taro_takes_over();
    int64_t before = provider_number(genkan, "SELECT count(*) FROM consent");
    presses_later("/consent", form, arena_printf(&browser->a, "shown=%s&do=allow&duration=year", shown));
    IS_AT(browser, AT_CONFIRM);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent"), before);
    presses_later("/cancel", form, "");
    IS_AT(browser, AT_CONFIRM);
}

Test(sessions, the_offer_to_read_the_card_of_one_resident_is_not_answered_by_another)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_PROFILE));
    const char *form = keeps_open("/profile");

    cr_assert(resident_logs_out(hanako));
    takes_card_of("residents/taro");
    opens(b_city);
    presses_later("/profile", form, "do=skip");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM interaction WHERE profile_offer = 1"), 0);
    presses_later("/profile", form, "do=read");
    IS_AT(browser, AT_CONFIRM);
}

Test(sessions, interests_ticked_by_one_resident_are_not_written_down_for_another)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/me/interests"));
    const char *form = keeps_open("/me/interests");

    taro_takes_over();
    presses_later("/me/interests", form, "interest-health=yes");
    IS_AT(browser, AT_ERROR);
    cr_expect_eq(browser->status, 403);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM profile WHERE field = 'interests'"), 0);
    cr_assert(browser_get(browser, "/me/interests"));
    presses_later("/me/interests", keeps_open("/me/interests"), "interest-health=yes");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM profile WHERE field = 'interests'"), 1, "his own are");
}

Test(sessions, log_out_pressed_for_one_resident_asks_again_for_another)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/end_session"));
    const char *form = keeps_open("/end_session");

    taro_takes_over();
    presses_later("/end_session", form, "do=logout");
    IS_AT(browser, AT_LOGOUT_CONFIRM);
    cr_expect_eq(open_sessions(), 1);
}

Test(sessions, a_login_page_goes_on_when_a_session_began_in_another_tab)
{
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    IS_AT(browser, AT_LOGIN);
    const char *form = keeps_open("/login/card");

    opens(a_city);
    presses_later("/login/card", form, "purpose=login");
    IS_AT(browser, AT_CONFIRM);
}

Test(sessions, a_login_page_goes_on_when_the_session_was_ended_in_another_tab)
{
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=login")));
    IS_AT(browser, AT_LOGIN);
    const char *form = keeps_open("/login/card");

    cr_assert(resident_logs_out(hanako));
    presses_later("/login/card", form, "purpose=reauth");
    IS_AT(browser, AT_LOGIN);
    cr_expect(resident_goes_to(hanako, AT_ELSEWHERE));
}

/* --- the same resident again ------------------------------------------------------------------------------------ */

static const char *sid_of(struct service *s, struct tokens t)
{
    return arena_text(&browser->a, view_text(claim(s, t.claims, "sid")));
}

static void shows_the_card_again(const char *more)
{
    provider_pass(genkan, 10);
    cr_assert(browser_get(browser, service_begin(a_city, more)));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
}

Test(sessions, showing_the_card_again_logs_her_out_nowhere)
{
    struct tokens a = opens(a_city), b = opens(b_city);
    const char *sid = sid_of(a_city, a);

    shows_the_card_again("prompt=login");
    struct tokens again = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_expect_eq(json_member_int(again.claims, "auth_time", 0), provider_now(genkan));
    cr_expect_str_eq(sid_of(a_city, again), sid, "the service knows the session by it");
    cr_expect_eq(open_sessions(), 1);
    cr_expect_eq(notices(), 0);
    cr_expect_eq(userinfo_status(b_city, b.access), 200);
    cr_expect_eq(service_refresh(b_city, b.refresh).status, 200);
}

Test(sessions, log_out_after_showing_the_card_again_is_told_to_every_service_of_before)
{
    struct tokens a = opens(a_city), b = opens(b_city);
    const char *sid = sid_of(a_city, a);

    shows_the_card_again("max_age=5");
    service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert(resident_logs_out(hanako));
    cr_expect_eq(provider_deliver(genkan), 2);
    cr_expect_str_eq(claim(a_city, service_last_logout(a_city), "sid"), sid);
    cr_expect_neq(service_refresh(b_city, b.refresh).status, 200);
}

/* OIDC Core 12.2: the auth_time of an ID token after a refresh is that of the login the refresh token comes from. */
Test(sessions, a_refresh_after_showing_the_card_again_does_not_claim_the_new_login)
{
    opens(a_city);
    struct tokens b = opens(b_city);

    shows_the_card_again("prompt=login");
    struct tokens next = service_refresh(b_city, b.refresh);
    cr_expect_eq(next.status, 200);
    cr_expect_null(next.id_token);
}

Test(sessions, the_card_after_an_idle_time_goes_on_with_her_session)
{
    opens(a_city);
    struct tokens b = opens(b_city);

    provider_pass(genkan, IDLE);
    shows_the_card_again(NULL);
    cr_expect_eq(open_sessions(), 1);
    cr_expect_eq(notices(), 0);
    cr_expect_eq(service_refresh(b_city, b.refresh).status, 200);
}

Test(sessions, the_card_after_the_absolute_end_begins_another_session)
{
    struct tokens a = opens(a_city);

    provider_pass(genkan, 12 * 3600);
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens again = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_expect_str_neq(sid_of(a_city, again), sid_of(a_city, a));
    cr_expect_eq(open_sessions(), 1);
}

Test(sessions, a_code_is_worth_nothing_after_log_out)
{
    opens(a_city);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    const char *code = service_receive(a_city, browser, NULL);
    cr_assert(resident_logs_out(hanako));
    cr_expect_neq(service_redeem(a_city, code).status, 200);
}
