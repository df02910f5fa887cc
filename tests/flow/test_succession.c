/* A renewed card and a service that knows which serial numbers it follows: it opens the same registration. Whatever
 * the service is or says, a card never opens somebody else's, and the login goes on. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "store/sqlite.h"
#include "tests/lib/office.h"
#include "tests/lib/stage.h"

static struct provider genkan_, *genkan = &genkan_;
static struct service a_city_, *a_city = &a_city_;
static struct resident before, after, taro;
static struct office office;

static enum err sql_job(struct db *db, void *ctx)
{
    return db_script(db, ctx);
}

/* What years would do. */
static void in_store(const char *sql)
{
    char text[256];
    snprintf(text, sizeof text, "%s", sql);
    cr_assert_eq(store_write(genkan->op->store, sql_job, text), ERR_OK);
}

/* Five years are over: every card so far was used before the new one was issued. */
static void years_pass(void)
{
    in_store("UPDATE card SET linked_at = 1000000, used_at = 1000000");
}

static void log_in(struct resident *r)
{
    cr_assert(browser_get(&r->browser, "/"));
    cr_assert(PRESS(&r->browser, "/me/card", "do=login"));
    cr_assert(resident_goes_to(r, AT_HOME), "%s", r->browser.url);
}

static int64_t residents(void)
{
    return provider_number(genkan, "SELECT count(*) FROM resident");
}

static int64_t cards(void)
{
    return provider_number(genkan, "SELECT count(*) FROM card");
}

static bool was_logged(const char *what)
{
    return strstr(provider_log(genkan), what) != NULL;
}

static const char *sub_of(struct resident *r)
{
    cr_assert(resident_visits(r, a_city), "at %s: %s", at_name(browser_at(&r->browser)), r->browser.url);
    struct tokens t = service_redeem(a_city, service_receive(a_city, &r->browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t.sub;
}

static void open_flow(void)
{
    static char lines[300];
    office_open(&office);
    snprintf(lines, sizeof lines,
             "crl = \"" BUILD_DIR
             "/testpki/crl\"\n ocsp = off\n renewal_service = \"http://127.0.0.1:%u/predecessors\"\n "
             "renewal_service_timeout = 1\n",
             (unsigned)office.port);
    provider_open(genkan, &(struct provider_options){.revocation = lines});
    service_open_a(a_city, genkan);
    resident_open(&before, genkan, "residents/hanako");
    resident_open(&after, genkan, "residents/renewed");
    resident_open(&taro, genkan, "residents/taro");
}

static void close_flow(void)
{
    resident_close(&taro);
    resident_close(&after);
    resident_close(&before);
    service_close(a_city);
    provider_close(genkan);
    if (office.server)
        office_close(&office);
}

TestSuite(succession, .init = open_flow, .fini = close_flow);

/* The old card has been here, years ago. */
static void she_was_here(void)
{
    log_in(&before);
    years_pass();
}

static void office_knows_her(void)
{
    office_knows(&office, after.card.cert, before.card.cert);
}

/* --- never a wrong registration ------------------------------------------------------------------------------------
 */

/* She has a registration of her own then, as without any service. */
static void expect_a_new_one(const char *why)
{
    int64_t there = residents();
    log_in(&after);
    cr_expect_eq(residents(), there + 1, "%s", why);
    cr_expect_eq(provider_number(genkan, "SELECT max(n) FROM (SELECT count(*) AS n FROM card GROUP BY resident)"), 1,
                 "%s: two cards open one registration", why);
    cr_expect_not(was_logged("card_linked"), "%s", why);
}

Test(succession, a_service_that_is_down_keeps_nobody_out)
{
    she_was_here();
    office_knows_her();
    office_close(&office);
    expect_a_new_one("down");
    cr_expect(was_logged("predecessors_asked"));
}

Test(succession, a_slow_service_is_not_waited_for)
{
    she_was_here();
    office_knows_her();
    office.mood = OFFICE_SLOW;
    expect_a_new_one("slow");
    cr_expect(was_logged("ERR_TIMEOUT"), "%s", provider_log(genkan));
}

static void expect_not_believed(enum office_mood mood, const char *why)
{
    she_was_here();
    office_knows_her();
    office.mood = mood;
    expect_a_new_one(why);
}

Test(succession, an_error_says_nothing)
{
    expect_not_believed(OFFICE_BROKEN, "500");
    cr_expect(was_logged("predecessors_refused"));
}

Test(succession, it_is_not_followed_elsewhere)
{
    expect_not_believed(OFFICE_ELSEWHERE, "302");
}

Test(succession, garbage_says_nothing)
{
    expect_not_believed(OFFICE_GARBAGE, "garbage");
    cr_expect(was_logged("predecessors_not_believed"));
}

Test(succession, an_answer_without_end_is_not_read)
{
    expect_not_believed(OFFICE_ENDLESS, "endless");
}

Test(succession, the_answer_to_another_question_is_not_believed)
{
    expect_not_believed(OFFICE_OLD_ANSWER, "nonce");
    cr_expect(was_logged("predecessors_not_believed"));
}

Test(succession, an_answer_about_another_card_is_not_believed)
{
    expect_not_believed(OFFICE_OTHER_CARD, "other card");
    cr_expect(was_logged("predecessors_not_believed"));
}

Test(succession, an_answer_that_contradicts_itself_is_not_believed)
{
    expect_not_believed(OFFICE_TWO_RESULTS, "two results");
}

Test(succession, no_card_follows_itself)
{
    expect_not_believed(OFFICE_ITSELF, "itself");
}

/* The service says that her card follows his. His was used since hers was issued, so it did not end then. */
Test(succession, a_card_that_lives_on_has_no_successor)
{
    log_in(&taro);
    office_knows(&office, after.card.cert, taro.card.cert);
    expect_a_new_one("alive");
    cr_expect(was_logged("succession_refused") && was_logged("\"alive\""), "%s", provider_log(genkan));
}

Test(succession, of_cards_of_two_residents_nobody_knows_which)
{
    she_was_here();
    log_in(&taro);
    years_pass();
    office_knows_her();
    office_knows(&office, after.card.cert, taro.card.cert);
    expect_a_new_one("several");
    cr_expect(was_logged("\"several\""), "%s", provider_log(genkan));
}

Test(succession, an_older_card_that_was_never_here_opens_nothing)
{
    office_knows_her();
    expect_a_new_one("nobody");
}

Test(succession, a_serial_number_that_the_service_does_not_know_opens_nothing)
{
    she_was_here();
    expect_a_new_one("unknown");
}

Test(succession, a_ninth_card_is_not_linked)
{
    she_was_here();
    for (int i = 0; i < 7; i++)
        in_store("INSERT INTO card (account_key, resident, linked_at, used_at) SELECT randomblob(32), id, 0, 0 "
                 "FROM resident");
    office_knows_her();
    log_in(&after);
    cr_expect_eq(residents(), 2);
    cr_expect(was_logged("\"cards\""));
}

/* What somebody made of a registration of her own is not taken away without asking. */
Test(succession, a_registration_with_consents_stays)
{
    she_was_here();
    office.mood = OFFICE_TOO_NEW;
    (void)sub_of(&after);
    office.mood = OFFICE_RIGHT;
    office_knows_her();
    int asked = office.asked;
    cr_assert(resident_logs_out(&after));
    log_in(&after);
    cr_expect_eq(office.asked, asked, "not asked any more");
    cr_expect_eq(residents(), 2);
}

Test(succession, without_a_service_nobody_is_asked)
{
    genkan->op->predecessors.ask = NULL;
    she_was_here();
    office_knows_her();
    expect_a_new_one("off");
    cr_expect_eq(office.asked, 0);
}

/* --- the same registration -----------------------------------------------------------------------------------------
 */

Test(succession, the_renewed_card_opens_the_registration_of_the_old_one)
{
    const char *old = sub_of(&before);
    years_pass();
    office_knows_her();
    cr_expect_str_eq(sub_of(&after), old);
    cr_expect_eq(residents(), 1);
    cr_expect_eq(cards(), 2);
    cr_expect(was_logged("card_linked") && was_logged("\"predecessors\""));
}

Test(succession, that_is_none_is_told_to_nobody)
{
    service_hears_of_cards(a_city);
    const char *sub = sub_of(&before);
    years_pass();
    office_knows(&office, after.card.cert, VIEW_NONE);
    log_in(&after);
    provider_deliver(genkan);
    cr_expect_null(service_told_card_change(a_city, sub));
}

Test(succession, is_told_to_her_services)
{
    service_hears_of_cards(a_city);
    const char *sub = sub_of(&before);
    years_pass();
    office_knows_her();
    log_in(&after);
    cr_assert_eq(residents(), 1);
    cr_expect_eq(provider_deliver(genkan), 1, "once");
    cr_expect_str_eq(service_told_card_change(a_city, sub), "update");
    cr_assert(resident_logs_out(&after));
    log_in(&after);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE event IS NOT NULL"), 0,
                 "no other login is");
}

Test(succession, a_card_that_was_renewed_twice_is_found_by_either)
{
    she_was_here();
    office_knows_her();
    office_knows(&office, after.card.cert, taro.card.cert); /* a number of hers from before Genkan */
    log_in(&after);
    cr_expect_eq(residents(), 1);
}

/* A certificate is known to the service some time after it was issued only. */
Test(succession, what_the_service_did_not_know_yet_it_is_asked_again)
{
    she_was_here();
    office.mood = OFFICE_TOO_NEW;
    log_in(&after);
    cr_expect_eq(residents(), 2, "she can do everything meanwhile");
    office.mood = OFFICE_RIGHT;
    office_knows_her();
    cr_assert(resident_logs_out(&after));
    log_in(&after);
    cr_expect_eq(residents(), 1, "the empty registration is gone");
    cr_expect_eq(cards(), 2);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL AND resident = "
                                         "(SELECT id FROM resident)"),
                 2, "of the old card, and of the new one");
}

Test(succession, it_is_asked_once_about_a_card_when_it_has_answered)
{
    office_knows(&office, after.card.cert, VIEW_NONE);
    log_in(&after);
    cr_expect_eq(office.asked, 1);
    cr_assert(resident_logs_out(&after));
    log_in(&after);
    cr_expect_eq(office.asked, 1);
}

/* Three failures in a row, and it is left alone for a while: nobody else waits. */
Test(succession, a_service_that_fails_is_left_alone)
{
    office.mood = OFFICE_BROKEN;
    for (int i = 0; i < 5; i++) {
        log_in(&after);
        cr_assert(resident_logs_out(&after));
    }
    cr_expect_eq(office.asked, 3);
    cr_expect(was_logged("predecessors_rest"));
}

Test(succession, leads_around_no_operator)
{
    log_in(&before);
    office_knows_her();
    char sub[128];
    snprintf(sub, sizeof sub, "%s", sub_of(&before));
    years_pass();
    cr_assert_eq(provider_command(genkan, "resident disable --service a-city --subject %s --reason order", sub), 0);
    cr_assert(browser_get(&after.browser, "/"));
    cr_assert(PRESS(&after.browser, "/me/card", "do=login"));
    resident_goes_to(&after, AT_HOME);
    IS_AT(&after.browser, AT_CARD_PROBLEM);
    cr_expect_eq(residents(), 1, "the new card is one more of the same registration");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE ended_at IS NULL"), 0);
}
