/* An operator disables a resident's registration, beside the running server: everything of it ends at once, no way
 * leads around it, nothing is lost, and it can be enabled again. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/json.h"
#include "tests/lib/stage.h"
#include "webui/page_def.h"

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

TestSuite(accounts, .init = open_stage, .fini = close_stage);

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static struct tokens gives_offline_access(void)
{
    b_city->scope = "openid offline_access name";
    cr_assert(browser_get(browser, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", browser->url);
    struct tokens t = service_redeem(b_city, service_receive(b_city, browser, NULL));
    cr_assert(t.status == 200 && t.refresh, "%s", t.error);
    return t;
}

static void disables(const char *sub, const char *reason)
{
    cr_assert_eq(provider_command(genkan, "resident disable --service a-city --subject %s --reason %s", sub, reason),
                 0);
}

static void enables(const char *sub)
{
    cr_assert_eq(provider_command(genkan, "resident enable --service a-city --subject %s", sub), 0);
}

static bool says_disabled(enum page_lang lang)
{
    struct view title;
    struct words *words;
    const char *why;
    struct arena a;
    arena_open(&a, 1 << 20);
    cr_assert_eq(page_words(&words, &a, lang, &why), ERR_OK);
    cr_assert(words_find(words, VIEW("problem.account_disabled.title"), &title));
    bool same = browser_heading(browser) && view_equal_text(title, browser_heading(browser));
    arena_close(&a);
    return same;
}

static bool is_logged_in(void)
{
    cr_assert(browser_get(browser, "/me"));
    return browser_at(browser) != AT_HOME && browser->status == 200;
}

static void begins_login(void)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_LOGIN), "at %s: %s", at_name(browser_at(browser)), browser->url);
    cr_assert(PRESS(browser, "/login/card", NULL));
    IS_AT(browser, AT_CARD_START);
}

/* --- what ends ---------------------------------------------------------------------------------------------------- */

Test(accounts, nobody_is_disabled_by_a_wrong_word)
{
    struct tokens t = opens(a_city);

    cr_expect_eq(provider_command(genkan, "resident disable --service a-city --subject %s", t.sub), 2, "no reason");
    cr_expect_eq(provider_command(genkan, "resident disable --service a-city --subject %s --reason so", t.sub), 2);
    cr_expect_eq(provider_command(genkan, "resident disable --reason order"), 2, "nobody is named");
    cr_expect_eq(provider_command(genkan, "resident disable --service a-city --reason order"), 2);
    cr_expect_eq(provider_command(genkan, "resident disable --login zz --reason order"), 2);
    cr_expect_eq(provider_command(genkan, "resident disable --login 0000-0000 --reason order"), 1);
    cr_expect_eq(provider_command(genkan, "resident disable --service b-city --subject %s --reason order", t.sub), 1,
                 "A's name of her is not B's");
    cr_expect_eq(provider_command(genkan, "resident enable --service a-city --subject %s", t.sub), 1, "it is not");
    cr_expect(is_logged_in());
}

Test(accounts, that_are_disabled_have_no_session_and_no_token_left)
{
    struct tokens at_a = opens(a_city), at_b = gives_offline_access();
    int status;

    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    const char *code = service_receive(a_city, browser, NULL);
    disables(at_a.sub, "hijacking");
    cr_expect_eq(service_redeem(a_city, code).status, 400, "a code of before");
    cr_expect_null(service_userinfo(a_city, at_a.access, &status));
    cr_expect_eq(status, 401);
    cr_expect_null(service_userinfo(b_city, at_b.access, &status), "offline_access too");
    cr_expect_eq(status, 401);
    cr_expect_str_eq(service_refresh(b_city, at_b.refresh).error, "invalid_grant");
    cr_expect_not(is_logged_in());
    cr_expect_eq(provider_command(genkan, "resident disable --service a-city --subject %s --reason order", at_a.sub),
                 1);
    provider_pass(genkan, 60); /* the command has the real time */
    cr_expect_geq(provider_deliver(genkan), 1);
    cr_expect(view_equal_text(json_member_text(service_last_logout(a_city), "sub"), at_a.sub), "back-channel log-out");
}

static enum err end_of_time(struct db *db, void *now)
{
    return db_run(db, "UPDATE session SET expires_at = $1", VALUES(V_INT(*(int64_t *)now)));
}

/* Its last access token lives for minutes more, and no row tells of it. */
Test(accounts, that_are_disabled_have_no_token_of_a_session_that_ran_out)
{
    struct tokens t = opens(a_city);
    int64_t now = provider_now(genkan);
    int status;

    cr_assert_eq(store_write(genkan->op->store, end_of_time, &now), ERR_OK);
    cr_assert_not_null(service_userinfo(a_city, t.access, NULL));
    disables(t.sub, "hijacking");
    cr_expect_null(service_userinfo(a_city, t.access, &status));
    cr_expect_eq(status, 401);
}

Test(accounts, that_are_disabled_keep_what_is_stored)
{
    struct tokens t = opens(a_city);
    int64_t values = provider_number(genkan, "SELECT count(*) FROM profile");

    disables(t.sub, "other");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM profile"), values);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE ended_at IS NULL"), 1);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM card"), 1);
}

/* --- no way around -------------------------------------------------------------------------------------------------
 */

Test(accounts, no_card_opens_while_they_are_disabled_and_a_page_says_what_to_do)
{
    struct tokens t = opens(a_city);

    disables(t.sub, "request");
    begins_login();
    cr_assert(resident_uses_card(hanako, NULL));
    IS_AT(browser, AT_CARD_PROBLEM);
    cr_expect(says_disabled(PAGE_JA), "%s", browser_heading(browser));
    cr_expect_not(is_logged_in());
    browser->language = "en";
    begins_login();
    cr_assert(resident_uses_card(hanako, NULL));
    cr_expect(says_disabled(PAGE_EN), "%s", browser_heading(browser));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 0);
}

Test(accounts, a_login_under_way_does_not_slip_past_the_operator)
{
    struct tokens t = opens(a_city);

    cr_assert(resident_logs_out(hanako));
    begins_login();
    disables(t.sub, "order");
    cr_assert(resident_uses_card(hanako, NULL));
    IS_AT(browser, AT_CARD_PROBLEM);
    cr_expect(says_disabled(PAGE_JA));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 0);
}

Test(accounts, a_page_of_hers_left_open_neither_agrees_nor_leaves)
{
    struct tokens t = opens(a_city);

    cr_assert(browser_get(browser, "/me/leave"));
    cr_assert(browser_has_form(browser, "/me/leave"));
    disables(t.sub, "order");
    cr_assert(PRESS(browser, "/me/leave", "sure=yes"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM resident"), 1, "or her card would come as a new one");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM resident WHERE disabled_at IS NOT NULL"), 1);
}

Test(accounts, of_others_go_on)
{
    struct resident taro;
    struct tokens t = opens(a_city);

    resident_open(&taro, genkan, "residents/taro");
    cr_assert(resident_visits(&taro, a_city));
    struct tokens his = service_redeem(a_city, service_receive(a_city, &taro.browser, NULL));
    disables(t.sub, "bulk-account");
    cr_expect_not_null(service_userinfo(a_city, his.access, NULL));
    cr_assert(resident_visits(&taro, a_city));
    resident_close(&taro);
}

/* --- and back ------------------------------------------------------------------------------------------------------
 */

Test(accounts, that_are_enabled_again_are_what_they_were)
{
    struct tokens t = opens(a_city);
    int status;

    disables(t.sub, "hijacking");
    enables(t.sub);
    cr_expect_null(service_userinfo(a_city, t.access, &status), "what has ended stays so");
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s", at_name(browser_at(browser)));
    struct tokens again = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_expect_str_eq(again.sub, t.sub);
    cr_expect_not_null(service_userinfo(a_city, again.access, NULL));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent"), 1, "her consent stood all the time");
}

/* --- who is told ---------------------------------------------------------------------------------------------------
 */

#define RISC "https://schemas.openid.net/secevent/risc/event-type/"

static const char *basic_of_a(void)
{
    struct buf b;
    const char *text;
    buf_open(&b, &a_city->channel.a, 1024);
    buf_put_text(&b, "Authorization: Basic ");
    base64_put(&b, VIEW("a-city:the%20secret%20of%20A%2C%200123456789"));
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

/* The one event that A fetches, of TYPE; it is acknowledged. */
static const struct json *event_of(const char *type)
{
    struct browser *c = &a_city->channel;
    const char *headers[] = {basic_of_a(), NULL};
    struct json *answer;
    struct view jti, text;
    const struct json *set;
    cr_assert(browser_send(c, "/events/poll", headers, "application/json", VIEW("{\"returnImmediately\":true}")));
    cr_assert_eq(json_read(&answer, &c->a, c->body, NULL), ERR_OK);
    const struct json *sets = json_member(answer, "sets");
    cr_assert_eq(json_count(sets), 1);
    cr_assert(json_member_at(sets, 0, &jti, &set) && json_text(set, &text));
    const struct json *claims = service_verified(a_city, arena_text(&c->a, text), "secevent+jwt");
    const struct json *event = json_member(json_member(claims, "events"), type);
    cr_assert_not_null(event, "%s", type);
    const char *ack = arena_printf(&c->a, "{\"maxEvents\":0,\"ack\":[\"%.*s\"]}", (int)jti.n, (const char *)jti.p);
    cr_assert(browser_send(c, "/events/poll", headers, "application/json", view_text(ack)));
    return event;
}

Test(accounts, tell_the_services_as_risc_has_it)
{
    const char *address =
        arena_printf(&browser->a, "\"events_uri\":\"http://127.0.0.1:%u/events\"", server_port(a_city->ear, 0));
    service_update(a_city, address,
                   "\"events_poll\":true,\"events_requested\":[\"account-disabled\",\"account-enabled\"]");
    struct tokens t = opens(a_city);

    disables(t.sub, "order");
    const struct json *event = event_of(RISC "account-disabled");
    cr_expect_eq(json_count(event), 0, "2.3: a reason that is not in its list is not told");
    enables(t.sub);
    cr_expect_eq(json_count(event_of(RISC "account-enabled")), 0, "2.4: no attributes");
    disables(t.sub, "hijacking");
    cr_expect(view_equal_text(json_member_text(event_of(RISC "account-disabled"), "reason"), "hijacking"), "2.3");
}

Test(accounts, are_disabled_for_the_record)
{
    struct tokens t = opens(a_city);

    disables(t.sub, "hijacking");
    enables(t.sub);
    const char *list = provider_ledger_list(genkan, NULL);
    cr_expect_not_null(strstr(list, "resident disable"));
    cr_expect_not_null(strstr(list, "hijacking"));
    cr_expect_not_null(strstr(list, "resident enable"));
    cr_expect(provider_ledger_is_whole(genkan));
    cr_expect_eq(provider_command(genkan, "resident show --service a-city --subject %s", t.sub), 0);
}
