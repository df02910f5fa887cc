/* A new card, and the registration of the old one: linked by logging in with the old card while it lives. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "base/json.h"
#include "store/sqlite.h"
#include "tests/lib/stage.h"
#include "webui/page_def.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;
static struct software_card new_card, old_card;

static void open_stage(void)
{
    stage_open(&stage);
    old_card = hanako->card;
    card_open(&new_card, provider_persona(genkan, "residents/renewed"));
}

static void close_stage(void)
{
    hanako->card = old_card;
    card_close(&new_card);
    stage_close(&stage);
}

TestSuite(renewal, .init = open_stage, .fini = close_stage);

/* --- ways ------------------------------------------------------------------------------------------------------- */

static bool shows(enum page_problem problem)
{
    struct view title;
    struct words *words;
    const char *why;
    struct arena a;
    arena_open(&a, 1 << 20);
    cr_assert_eq(page_words(&words, &a, PAGE_JA, &why), ERR_OK);
    cr_assert(words_find(words, view_text(arena_printf(&a, "problem.%s.title", page_problem_name(problem))), &title));
    bool shown = browser_says(browser, arena_printf(&a, "<h1>%.*s</h1>", (int)title.n, title.p));
    arena_close(&a);
    return shown;
}

static void log_in(void)
{
    cr_assert(browser_get(browser, "/"));
    cr_assert(PRESS(browser, "/me/card", "do=login"));
    cr_assert(resident_goes_to(hanako, AT_HOME), "%s", browser->url);
}

static void ask_for_new_card(void)
{
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/card", "do=link"));
    IS_AT(browser, AT_LOGIN);
    cr_assert(PRESS(browser, "/login/card", NULL));
    IS_AT(browser, AT_CARD_START);
}

static void show_new_card(void)
{
    hanako->card = new_card;
    cr_assert(resident_uses_card(hanako, NULL));
}

static void link_new_card(void)
{
    log_in();
    ask_for_new_card();
    show_new_card();
    cr_assert_str_eq(strrchr(browser->url, '/'), "/cards", "%s", browser->url);
}

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

static int64_t cards(void)
{
    return provider_number(genkan, "SELECT count(*) FROM card");
}

static int64_t residents(void)
{
    return provider_number(genkan, "SELECT count(*) FROM resident");
}

static const char *sub_at_a_city(void)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return claim(a_city, service_userinfo(a_city, t.access, NULL), "sub");
}

/* --- what is refused -------------------------------------------------------------------------------------------- */

Test(renewal, another_residents_card_is_not_linked)
{
    struct resident taro;
    struct software_card his;
    resident_open(&taro, genkan, "residents/taro");
    cr_assert(resident_visits(&taro, a_city));
    his = taro.card;
    log_in();
    ask_for_new_card();
    hanako->card = his;
    cr_assert(resident_uses_card(hanako, NULL));
    IS_AT(browser, AT_CARD_PROBLEM);
    cr_expect(shows(PAGE_PROBLEM_CARD_TAKEN), "%s", browser_heading(browser));
    cr_expect_eq(provider_number(genkan, "SELECT count(DISTINCT resident) FROM card"), 2);
    cr_expect_eq(cards(), 2);
    resident_close(&taro);
}

Test(renewal, the_old_card_is_not_the_new_one)
{
    log_in();
    ask_for_new_card();
    cr_assert(resident_uses_card(hanako, NULL));
    cr_expect(shows(PAGE_PROBLEM_CARD_SAME), "%s", browser_heading(browser));
    cr_expect_eq(cards(), 1);
    cr_assert(PRESS(browser, "/login/card", NULL), "and she can try again");
    show_new_card();
    cr_expect_eq(cards(), 2);
}

Test(renewal, nothing_is_linked_when_the_old_card_was_shown_too_long_ago)
{
    log_in();
    provider_pass(genkan, 301);
    cr_assert(browser_get(browser, "/me/cards"));
    cr_expect_not(browser_says(browser, "value=\"link\""));
    cr_assert(PRESS(browser, "/me/card", "do=link"), "a page of before");
    cr_expect_str_eq(strrchr(browser->url, '/'), "/cards");
    cr_expect_eq(cards(), 1);
}

Test(renewal, a_page_left_open_links_nothing_later)
{
    log_in();
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/card", "do=link"));
    provider_pass(genkan, 301);
    cr_assert(PRESS(browser, "/login/card", NULL));
    cr_expect_str_eq(strrchr(browser->url, '/'), "/cards");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM card_txn"), 1, "only that of the login");
}

Test(renewal, nothing_is_linked_after_log_out)
{
    log_in();
    ask_for_new_card();
    const char *request = card_request_of(browser_link(browser, "/v1/auth/"));
    cr_assert(resident_logs_out(hanako));
    cr_assert(resident_returns(hanako, card_answer(&new_card, &browser->a, request, NULL)));
    cr_expect_eq(cards(), 1);
    cr_expect_eq(residents(), 1);
}

Test(renewal, nobody_else_links_a_card_to_a_login_of_before)
{
    log_in();
    ask_for_new_card();
    const char *request = card_request_of(browser_link(browser, "/v1/auth/"));
    cr_assert(resident_logs_out(hanako));
    struct software_card his;
    card_open(&his, provider_persona(genkan, "residents/taro"));
    hanako->card = his;
    log_in();
    cr_assert(resident_returns(hanako, card_answer(&new_card, &browser->a, request, NULL)));
    cr_expect_eq(cards(), 2, "hers and his");
    hanako->card = old_card;
    card_close(&his);
}

Test(renewal, inside_it_a_card_neither_logs_in_nor_reads)
{
    log_in();
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/card", "do=link"));
    cr_assert(PRESS(browser, "/login/card", "purpose=login"));
    IS_AT(browser, AT_LOGIN);
    cr_assert(PRESS(browser, "/login/card", "purpose=read"));
    IS_AT(browser, AT_LOGIN);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM card_txn"), 1);
}

Test(renewal, a_ninth_card_is_not_linked)
{
    log_in();
    for (int i = 0; i < 7; i++)
        in_store("INSERT INTO card (account_key, resident, linked_at, used_at) SELECT randomblob(32), id, 0, 0 "
                 "FROM resident");
    ask_for_new_card();
    show_new_card();
    cr_expect(shows(PAGE_PROBLEM_CARDS_TOO_MANY), "%s", browser_heading(browser));
    cr_expect_eq(cards(), 8);
}

Test(renewal, only_her_own_form_changes_her_cards)
{
    link_new_card();
    const char *id = browser_field(browser, "/me/cards", "card");
    cr_assert_not_null(id);
    cr_assert(browser_post(browser, PROVIDER_ISSUER "/me/cards", arena_printf(&browser->a, "do=remove&card=%s", id)));
    cr_expect_eq(browser->status, 403);
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/cards", "card=xyz"));
    cr_expect_eq(browser->status, 400);
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/cards", "do=all"));
    cr_expect_eq(browser->status, 400);
    cr_expect_eq(cards(), 2);
}

/* --- what is right ---------------------------------------------------------------------------------------------- */

Test(renewal, the_new_card_opens_the_same_registration_and_the_old_one_still_does)
{
    const char *before = sub_at_a_city();
    cr_assert(resident_logs_out(hanako));
    link_new_card();
    cr_expect_eq(cards(), 2);
    cr_expect_eq(residents(), 1);
    cr_assert(resident_logs_out(hanako));
    cr_expect_str_eq(sub_at_a_city(), before, "by the new card");
    cr_assert(resident_logs_out(hanako));
    hanako->card = old_card;
    cr_expect_str_eq(sub_at_a_city(), before, "by the old card");
    cr_expect_eq(residents(), 1);
    cr_expect_not_null(strstr(provider_log(genkan), "card_linked"));
}

Test(renewal, without_a_fresh_login_the_old_card_is_asked_for_first)
{
    log_in();
    provider_pass(genkan, 301);
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/card", "do=cards"));
    IS_AT(browser, AT_LOGIN);
    for (int i = 0; i < 2; i++)
        cr_assert(resident_goes_on(hanako));
    cr_expect_str_eq(strrchr(browser->url, '/'), "/cards", "%s", browser->url);
    ask_for_new_card();
    show_new_card();
    cr_expect_eq(cards(), 2);
}

Test(renewal, the_card_of_this_login_cannot_be_removed_and_the_other_one_can)
{
    link_new_card();
    const char *new_id = browser_field(browser, "/me/cards", "card");
    cr_assert_not_null(new_id, "the only form is that of the new card");
    cr_assert(resident_logs_out(hanako));
    log_in();
    cr_assert(browser_get(browser, "/me/cards"));
    const char *old_id = browser_field(browser, "/me/cards", "card");
    cr_expect_str_neq(old_id, new_id);
    cr_assert(PRESS(browser, "/me/cards", arena_printf(&browser->a, "card=%s", new_id)));
    cr_expect_eq(cards(), 2, "that of this login");
    cr_assert(PRESS(browser, "/me/cards", arena_printf(&browser->a, "card=%s", old_id)));
    cr_expect_eq(cards(), 1);
    cr_expect_null(browser_field(browser, "/me/cards", "card"));
    cr_assert(resident_logs_out(hanako));
    hanako->card = old_card;
    log_in();
    cr_expect_eq(residents(), 2, "the old card is one never seen now");
}

Test(renewal, a_card_that_is_removed_takes_its_logins_along)
{
    struct resident other = {0};
    resident_open(&other, genkan, "residents/hanako");
    cr_assert(resident_visits(&other, a_city));
    link_new_card();
    cr_assert(resident_logs_out(hanako));
    log_in(); /* with the new card */
    cr_assert(browser_get(browser, "/me/cards"));
    cr_assert(PRESS(browser, "/me/cards", NULL));
    cr_expect_eq(cards(), 1);
    cr_assert(browser_get(&other.browser, "/"));
    cr_expect_not(browser_has_id(&other.browser, "session"), "the login of the old card");
    cr_assert(browser_get(browser, "/"));
    cr_expect(browser_has_id(browser, "session"), "that of the new one goes on");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice"), 1, "A City is told");
    resident_close(&other);
}

Test(renewal, cards_are_removed_only_behind_a_card_shown_just_before)
{
    link_new_card();
    const char *csrf = browser_field(browser, "/me/cards", "csrf"), *id = browser_field(browser, "/me/cards", "card");
    provider_pass(genkan, 301);
    cr_assert(browser_post(browser, "/me/cards", arena_printf(&browser->a, "csrf=%s&do=remove&card=%s", csrf, id)));
    cr_expect_eq(cards(), 2);
}

Test(renewal, her_services_are_told_that_a_card_was_added_and_that_one_was_removed)
{
    service_hears_of_cards(a_city);
    const char *sub = arena_text(&genkan->a, view_text(sub_at_a_city()));
    cr_assert(resident_logs_out(hanako));
    provider_deliver(genkan);
    link_new_card();
    cr_expect_eq(provider_deliver(genkan), 1);
    cr_expect_str_eq(service_told_card_change(a_city, sub), "create");
    cr_assert(PRESS(browser, "/me/cards", NULL));
    cr_assert_eq(cards(), 1);
    provider_deliver(genkan);
    cr_expect_str_eq(service_told_card_change(a_city, sub), "delete");
}
