/* A new card whose holder is verified to be the person of an older registration: asked, told, waited, confirmed. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "store/sqlite.h"
#include "tests/lib/stage.h"

static struct provider genkan_, *genkan = &genkan_;
static struct service a_city_, *a_city = &a_city_;
static struct resident before, after;

enum { WAIT = 7 * 86400 };

static enum err sql_job(struct db *db, void *ctx)
{
    return db_script(db, ctx);
}

/* What an office or years would do. */
static void in_store(const char *sql)
{
    char text[256];
    snprintf(text, sizeof text, "%s", sql);
    cr_assert_eq(store_write(genkan->op->store, sql_job, text), ERR_OK);
}

static void log_in(struct resident *r)
{
    cr_assert(browser_get(&r->browser, "/"));
    cr_assert(PRESS(&r->browser, "/me/card", "do=login"));
    cr_assert(resident_goes_to(r, AT_HOME), "%s", r->browser.url);
}

/* With the signature password, or by reading. */
static void register_by(struct resident *r, const char *how)
{
    cr_assert(browser_get(&r->browser, "/"));
    cr_assert(PRESS(&r->browser, "/me/card", "do=update"));
    IS_AT(&r->browser, AT_PROFILE);
    cr_assert(PRESS(&r->browser, "/profile", how));
    cr_assert(resident_goes_to(r, AT_HOME), "%s", r->browser.url);
}

/* Her card so far: another number, of the same person. It ended when the new one was issued. */
static void her_card_ends(void)
{
    in_store("UPDATE card SET account_key = randomblob(32)");
}

static void open_flow(void)
{
    provider_open(genkan, NULL);
    service_open_a(a_city, genkan);
    resident_open(&before, genkan, "residents/renewed");
    resident_open(&after, genkan, "residents/renewed");
    log_in(&before);
}

static void close_flow(void)
{
    resident_close(&after);
    resident_close(&before);
    service_close(a_city);
    provider_close(genkan);
}

TestSuite(claim_flow, .init = open_flow, .fini = close_flow);

/* Both are verified; the new one is logged in. */
static void both_register(void)
{
    register_by(&before, "do=register");
    her_card_ends();
    provider_pass(genkan, 60);
    log_in(&after);
    register_by(&after, "do=register");
}

static void at_cards(struct resident *r)
{
    cr_assert(browser_get(&r->browser, "/me/cards"));
    cr_assert_eq(r->browser.status, 200);
}

static bool is_offered(struct resident *r)
{
    at_cards(r);
    return browser_says(&r->browser, "value=\"claim\"");
}

static bool may_confirm(struct resident *r)
{
    at_cards(r);
    return browser_says(&r->browser, "value=\"confirm\"");
}

static void claim_it(void)
{
    cr_assert(is_offered(&after));
    cr_assert(PRESS(&after.browser, "/me/cards", "do=claim"));
    cr_assert_eq(after.browser.status, 200);
}

static int64_t residents(void)
{
    return provider_number(genkan, "SELECT count(*) FROM resident");
}

static int64_t claims(void)
{
    return provider_number(genkan, "SELECT count(*) FROM claim");
}

static bool is_logged_in(struct resident *r)
{
    cr_assert(browser_get(&r->browser, "/"));
    return browser_has_id(&r->browser, "session");
}

/* A form of the page, sent whether it is shown or not. */
static void send(struct resident *r, const char *form)
{
    at_cards(r);
    const char *csrf = browser_field(&r->browser, "/me/card", "csrf");
    cr_assert_not_null(csrf);
    cr_assert(browser_post(&r->browser, "/me/cards", arena_printf(&r->browser.a, "csrf=%s&%s", csrf, form)));
}

/* --- what is refused -------------------------------------------------------------------------------------------- */

Test(claim_flow, nothing_is_offered_for_values_that_were_read)
{
    register_by(&before, "do=read");
    her_card_ends();
    provider_pass(genkan, 60);
    log_in(&after);
    register_by(&after, "do=register");
    cr_expect_not(is_offered(&after), "the older one was only read");
    send(&after, "do=claim");
    cr_expect_eq(claims(), 0);
}

Test(claim_flow, nothing_is_offered_to_who_was_only_read)
{
    register_by(&before, "do=register");
    her_card_ends();
    provider_pass(genkan, 60);
    log_in(&after);
    register_by(&after, "do=read");
    cr_expect_not(is_offered(&after));
    send(&after, "do=claim");
    cr_expect_eq(claims(), 0);
}

Test(claim_flow, the_older_one_is_offered_nothing)
{
    both_register();
    cr_expect_not(is_offered(&before));
    send(&before, "do=claim");
    cr_expect_eq(claims(), 0);
}

Test(claim_flow, nothing_is_offered_to_somebody_else)
{
    struct resident taro;
    register_by(&before, "do=register");
    provider_pass(genkan, 60);
    resident_open(&taro, genkan, "residents/taro");
    log_in(&taro);
    register_by(&taro, "do=register");
    cr_expect_not(is_offered(&taro));
    resident_close(&taro);
}

Test(claim_flow, of_two_older_ones_none_is_offered)
{
    both_register();
    cr_assert(is_offered(&after));
    in_store("INSERT INTO resident (id, created_at) VALUES (randomblob(16), 1)");
    in_store("INSERT INTO likeness (resident, digest) SELECT r.id, l.digest FROM resident r, likeness l "
             "WHERE r.created_at = 1 LIMIT 1");
    cr_expect_not(is_offered(&after));
    send(&after, "do=claim");
    cr_expect_eq(claims(), 0);
}

static void disable_the_older_one(void)
{
    in_store("UPDATE resident SET disabled_at = 1, disabled_reason = 'order' "
             "WHERE created_at = (SELECT min(created_at) FROM resident)");
}

Test(claim_flow, one_that_the_operator_disabled_is_not_offered)
{
    both_register();
    cr_assert(is_offered(&after));
    disable_the_older_one();
    cr_expect_not(is_offered(&after));
    send(&after, "do=claim");
    cr_expect_eq(claims(), 0);
}

Test(claim_flow, one_that_is_disabled_while_a_claim_waits_is_not_taken_over)
{
    both_register();
    claim_it();
    disable_the_older_one();
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_expect_not(may_confirm(&after));
    send(&after, "do=confirm&sure=yes");
    cr_expect_eq(residents(), 2);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM card c JOIN resident r ON r.id = c.resident "
                                         "WHERE r.disabled_at IS NOT NULL"),
                 1, "no further card leads to it");
    in_store("UPDATE resident SET disabled_at = NULL, disabled_reason = NULL");
    cr_expect(may_confirm(&after), "the claim stood all the time");
}

Test(claim_flow, nothing_is_offered_to_who_has_agreed_with_a_service)
{
    both_register();
    cr_assert(resident_visits(&after, a_city));
    cr_expect_not(is_offered(&after));
    send(&after, "do=claim");
    cr_expect_eq(claims(), 0);
}

Test(claim_flow, agreeing_with_a_service_while_it_waits_ends_it)
{
    both_register();
    claim_it();
    cr_assert(resident_visits(&after, a_city));
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_expect_not(may_confirm(&after));
    send(&after, "do=confirm&sure=yes");
    cr_expect_eq(residents(), 2);
}

Test(claim_flow, nothing_moves_before_the_time_is_over)
{
    both_register();
    claim_it();
    provider_pass(genkan, WAIT - 1);
    log_in(&after);
    cr_expect_not(may_confirm(&after));
    send(&after, "do=confirm&sure=yes");
    cr_expect_eq(residents(), 2);
    provider_pass(genkan, 1);
    cr_expect_not(may_confirm(&after), "the login is one of before");
    send(&after, "do=confirm&sure=yes");
    cr_expect_eq(residents(), 2);
}

Test(claim_flow, this_was_not_me_ends_the_claim_and_the_claimants_login_at_once)
{
    both_register();
    claim_it();
    cr_assert(browser_get(&before.browser, "/"));
    cr_expect(browser_has_id(&before.browser, "claimed"), "the first page says so");
    cr_assert(browser_get(&before.browser, "/me"));
    cr_expect(browser_has_id(&before.browser, "claimed"), "so does what is registered");
    at_cards(&before);
    cr_assert(PRESS(&before.browser, "/me/cards", "do=refuse"));
    cr_expect_not(is_logged_in(&after));
    cr_expect(is_logged_in(&before));
    cr_expect_not(browser_has_id(&before.browser, "claimed"));
    cr_expect_not_null(strstr(provider_log(genkan), "renewal_refused"));
    log_in(&after);
    cr_expect_not(is_offered(&after), "never again");
    send(&after, "do=claim");
    provider_pass(genkan, WAIT);
    log_in(&after);
    send(&after, "do=confirm&sure=yes");
    cr_expect_eq(residents(), 2);
}

Test(claim_flow, leaving_and_coming_again_does_not_undo_a_refusal)
{
    both_register();
    claim_it();
    at_cards(&before);
    cr_assert(PRESS(&before.browser, "/me/cards", "do=refuse"));
    log_in(&after);
    cr_assert(browser_get(&after.browser, "/me/leave"));
    cr_assert(PRESS(&after.browser, "/me/leave", "sure=yes"));
    cr_assert_eq(residents(), 1);
    log_in(&after);
    register_by(&after, "do=register");
    cr_expect_not(is_offered(&after));
}

Test(claim_flow, a_stranger_refuses_nothing)
{
    struct resident taro;
    both_register();
    claim_it();
    at_cards(&before);
    const char *id = browser_field(&before.browser, "/me/cards", "card");
    resident_open(&taro, genkan, "residents/taro");
    log_in(&taro);
    send(&taro, arena_printf(&taro.browser.a, "do=refuse&card=%s", id));
    cr_expect(is_logged_in(&after));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM claim WHERE refused_at IS NULL"), 1);
    resident_close(&taro);
}

Test(claim_flow, values_that_change_meanwhile_wait_anew)
{
    both_register();
    claim_it();
    in_store("UPDATE likeness SET digest = (SELECT account_key FROM card LIMIT 1)");
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_expect_not(may_confirm(&after));
    cr_expect(is_offered(&after));
}

Test(claim_flow, an_older_one_that_has_left_is_not_taken_over)
{
    both_register();
    claim_it();
    cr_assert(browser_get(&before.browser, "/me/leave"));
    cr_assert(PRESS(&before.browser, "/me/leave", "sure=yes"));
    cr_expect_eq(claims(), 0);
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_expect_not(may_confirm(&after));
    send(&after, "do=confirm&sure=yes");
    cr_expect_eq(residents(), 1);
}

Test(claim_flow, she_confirms_with_a_tick_or_not_at_all)
{
    both_register();
    claim_it();
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_assert(may_confirm(&after));
    cr_assert(PRESS(&after.browser, "/me/cards", "do=confirm"));
    cr_expect_eq(after.browser.status, 422);
    cr_expect(browser_has_id(&after.browser, "problems"));
    cr_expect_eq(residents(), 2);
}

/* --- what is right ---------------------------------------------------------------------------------------------- */

Test(claim_flow, after_the_time_her_new_card_opens_the_older_registration)
{
    cr_assert(browser_get(&before.browser, "/me/contact"));
    cr_assert(PRESS(&before.browser, "/me/contact", "email=megumi@example.jp", "phone="));
    both_register();
    cr_assert(browser_get(&after.browser, "/"));
    cr_expect(browser_has_id(&after.browser, "renewal"), "the first page says that there may be one");
    claim_it();
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_assert(may_confirm(&after));
    cr_assert(PRESS(&after.browser, "/me/cards", "do=confirm", "sure=yes"));
    cr_expect_eq(residents(), 1);
    cr_expect_eq(claims(), 0);
    IS_AT(&after.browser, AT_LOGIN);
    for (int i = 0; i < 2; i++)
        cr_assert(resident_goes_on(&after));
    cr_expect_str_eq(strrchr(after.browser.url, '/'), "/cards", "%s", after.browser.url);
    cr_assert(browser_get(&after.browser, "/me"));
    cr_expect(browser_says(&after.browser, "megumi@example.jp"), "what she entered long ago");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM card"), 2);
    cr_expect_eq(residents(), 1);
    cr_expect_not_null(strstr(provider_log(genkan), "renewal_claimed"));
}

Test(claim_flow, services_of_the_older_registration_are_told_of_the_card_when_it_is_confirmed_and_not_before)
{
    service_hears_of_cards(a_city);
    cr_assert(resident_visits(&before, a_city));
    struct tokens t = service_redeem(a_city, service_receive(a_city, &before.browser, NULL));
    both_register();
    claim_it();
    provider_deliver(genkan);
    cr_expect_null(service_told_card_change(a_city, t.sub), "only said so far");
    provider_pass(genkan, WAIT);
    log_in(&after);
    cr_assert(may_confirm(&after));
    cr_assert(PRESS(&after.browser, "/me/cards", "do=confirm", "sure=yes"));
    cr_assert_eq(residents(), 1);
    provider_deliver(genkan);
    cr_expect_str_eq(service_told_card_change(a_city, t.sub), "update");
}

Test(claim_flow, nothing_of_it_lies_readable_in_the_database)
{
    both_register();
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM likeness WHERE length(digest) = 32"), 2);
    cr_expect_eq(provider_number(genkan, "SELECT count(DISTINCT digest) FROM likeness"), 1);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM likeness WHERE instr(digest, '池田') > 0"), 0);
}
