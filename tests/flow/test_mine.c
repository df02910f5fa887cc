/* What a resident enters herself, sees of herself, and takes away with her when she leaves. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/file.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(mine, .init = open_stage, .fini = close_stage);

static int64_t stored(const char *field)
{
    return provider_number(genkan, arena_printf(&genkan->a, "SELECT count(*) FROM profile WHERE field = '%s'", field));
}

static void is_at(const char *path)
{
    const char *at = strstr(browser->url, path);
    cr_assert(at && strlen(at) == strlen(path), "at %s (%d) and not at %s", browser->url, browser->status, path);
}

/* --- who may ---------------------------------------------------------------------------------------------------- */

static const char *const paths[] = {"/me", "/me/household", "/me/contact", "/me/interests", "/me/leave"};

Test(mine, pages_need_a_login)
{
    cr_assert(resident_logs_out(&stage.hanako));
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        cr_assert(browser_get(browser, paths[i]));
        IS_AT(browser, AT_HOME);
    }
}

Test(mine, forms_refuse_what_our_page_did_not_send)
{
    static const char *const forms[][2] = {{"/me/household", "do=save&size=2&rows=4"},
                                           {"/me/contact", "email=evil@example.jp&phone="},
                                           {"/me/leave", "sure=yes"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        cr_assert(browser_get(browser, forms[i][0]));
        const char *csrf = browser_field(browser, forms[i][0], "csrf");
        cr_assert_not_null(csrf, "%s", forms[i][0]);
        cr_assert(browser_post(browser, forms[i][0], forms[i][1]));
        cr_expect_eq(browser->status, 403, "%s without token: %d", forms[i][0], browser->status);
        cr_assert(browser_post_from_elsewhere(browser, forms[i][0],
                                              arena_printf(&browser->a, "csrf=%s&%s", csrf, forms[i][1])));
        cr_expect_eq(browser->status, 403, "%s from elsewhere: %d", forms[i][0], browser->status);
    }
    cr_expect_eq(stored("household") + stored("email"), 0);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM resident"), 1);
}

/* --- easy Japanese ----------------------------------------------------------------------------------------------- */

Test(mine, profile_and_cards_are_there_in_easy_japanese)
{
    static const char *const rows[][2] = {{"/me", "あなたが いいと 言った サービスにだけ"},
                                          {"/me/household", "何人で 住んでいますか"},
                                          {"/me/contact", "本当に とどくかは"},
                                          {"/me/interests", "知りたいことを えらんで"},
                                          {"/me/cards", "今 使っている カードです"},
                                          {"/me/leave", "ぜんぶ 消えます"}};
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "登録している情報"));
    cr_assert(PRESS(browser, "/lang", "lang=ja-simple"));
    is_at("/me");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(browser_get(browser, rows[i][0]));
        cr_expect(browser_says(browser, rows[i][1]), "%s: %s", rows[i][0], rows[i][1]);
        cr_expect(browser_says(browser, "lang=\"ja-simple\""));
    }
    cr_assert(browser_get(browser, "/me/household"));
    cr_assert(PRESS(browser, "/me/household", "do=save", "size=0"));
    cr_expect(browser_says(browser, "1から 30までの 数字"), "what is wrong, too");
}

/* --- household -------------------------------------------------------------------------------------------------- */

/* Is the parameter of LINE among CHANGES? */
static bool is_set(const char *const changes[4], const char *line)
{
    for (size_t i = 0; i < 4 && changes[i]; i++)
        if (strncmp(changes[i], line, strcspn(line, "=") + 1) == 0)
            return true;
    return false;
}

Test(mine, a_household_with_anything_wrong_is_not_stored_and_nothing_typed_is_lost)
{
    static const struct {
        const char *change[4], *says;
    } wrong[] = {
        {{"do=save", "size=0"}, "1から30"},
        {{"do=save", "size=31"}, "1から30"},
        {{"do=save", "size=ふたり"}, "1から30"},
        {{"do=save", "size="}, "1から30"},
        {{"do=save", "size=2", "relation-1="}, "1人目の続柄"},
        {{"do=save", "size=2", "relation-1=cat"}, "1人目の続柄"},
        {{"do=save", "size=2", "year-1=21"}, "1人目の生まれた年"},
        {{"do=save", "size=2", "month-1=13"}, "1人目の生まれた月"},
        {{"do=save", "size=2", "month-1="}, "1人目の生まれた月"},
        {{"do=save", "size=2", "year-1=2199"}, "今月より後"},
        {{"do=save", "size=1"}, "合わせた人数より少なく"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert(browser_get(browser, "/me/household"));
        static const char *const base[] = {"relation-1=child", "year-1=2021", "month-1=5"};
        const char *changes[8];
        size_t n = 0;
        for (size_t k = 0; k < 4 && wrong[i].change[k]; k++)
            changes[n++] = wrong[i].change[k];
        for (size_t k = 0; k < 3; k++)
            if (!is_set(wrong[i].change, base[k]))
                changes[n++] = base[k];
        changes[n] = NULL;
        cr_assert(browser_press(browser, "/me/household", changes));
        cr_expect_eq(browser->status, 422, "row %zu: %d", i, browser->status);
        cr_expect(browser_says(browser, wrong[i].says), "row %zu", i);
        cr_expect(browser_has_id(browser, "problems"), "row %zu", i);
        cr_expect(browser_says(browser, "autofocus"), "the focus goes there");
        cr_expect(browser_says(browser, "aria-invalid=\"true\""), "row %zu", i);
        if (i < 4)
            cr_expect_str_eq(browser_field(browser, "/me/household", "year-1"), "2021");
    }
    cr_expect_eq(stored("household"), 0);
}

Test(mine, a_household_is_stored_shown_changed_and_taken_away)
{
    cr_assert(browser_get(browser, "/me/household"));
    cr_assert(
        PRESS(browser, "/me/household", "do=more", "size=3", "relation-4=child", "year-4=２０２１", "month-4=05"));
    cr_expect_eq(browser->status, 200);
    cr_expect(browser_has_id(browser, "year-8") && !browser_has_id(browser, "year-9"), "four more lines");
    cr_expect_str_eq(browser_field(browser, "/me/household", "year-4"), "２０２１", "and nothing is lost");
    cr_expect_eq(stored("household"), 0);
    cr_assert(PRESS(browser, "/me/household", "do=save", "relation-4=child"));
    is_at("/me/household?saved=1");
    cr_expect_eq(stored("household"), 1);
    cr_expect_str_eq(browser_field(browser, "/me/household", "size"), "3");
    cr_expect_str_eq(browser_field(browser, "/me/household", "year-1"), "2021");
    cr_expect_str_eq(browser_field(browser, "/me/household", "month-1"), "5");
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "3人、子（2021年5月生まれ）"));
    cr_assert(browser_get(browser, "/me/household"));
    cr_assert(PRESS(browser, "/me/household", "do=clear"));
    cr_expect_eq(stored("household"), 0);
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "登録を消しました"), "the history says so");
}

Test(mine, who_saves_in_a_second_tab_is_told_that_the_first_was_faster)
{
    cr_assert(browser_get(browser, "/me/household"));
    const char *csrf = browser_field(browser, "/me/household", "csrf");
    const char *version = browser_field(browser, "/me/household", "version");
    cr_assert(PRESS(browser, "/me/household", "do=save", "size=5"));
    cr_assert(browser_post(browser, "/me/household",
                           arena_printf(&browser->a, "csrf=%s&version=%s&rows=4&size=2&do=save", csrf, version)));
    cr_expect_eq(browser->status, 409);
    cr_expect(browser_has_id(browser, "changed"));
    cr_expect_str_eq(browser_field(browser, "/me/household", "size"), "2", "what she typed");
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "5人"), "the first one stands");
    cr_assert(browser_post(browser, "/me/household",
                           arena_printf(&browser->a, "csrf=%s&version=%s&rows=4&size=2&do=clear", csrf, version)));
    cr_expect_eq(browser->status, 409, "it is not taken away either");
    cr_assert(PRESS(browser, "/me/household", "do=save"));
    cr_expect_eq(browser->status, 200, "now she knows");
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "2人"));
}

Test(mine, interests_of_a_second_tab_do_not_overwrite_those_of_the_first)
{
    cr_assert(browser_get(browser, "/me/interests"));
    const char *csrf = browser_field(browser, "/me/interests", "csrf");
    cr_assert(PRESS(browser, "/me/interests", "interest-health=yes"));
    cr_assert(browser_post(browser, "/me/interests",
                           arena_printf(&browser->a, "csrf=%s&version=0&interest-tourism=yes", csrf)));
    cr_expect_eq(browser->status, 409);
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "健康・医療"));
    cr_expect_not(browser_says(browser, "観光"));
}

/* --- contact ---------------------------------------------------------------------------------------------------- */

Test(mine, a_contact_that_is_none_is_not_stored_and_the_other_one_neither)
{
    cr_assert(browser_get(browser, "/me/contact"));
    cr_assert(PRESS(browser, "/me/contact", "email=hanako", "phone=090-1234-5678"));
    cr_expect_eq(browser->status, 422);
    cr_expect(browser_says(browser, "メールアドレス：「hanako@example.jp」"));
    cr_expect_str_eq(browser_field(browser, "/me/contact", "phone"), "090-1234-5678");
    cr_assert(PRESS(browser, "/me/contact", "email=hanako@example.jp", "phone=1234"));
    cr_expect_eq(browser->status, 422);
    cr_expect(browser_says(browser, "電話番号：市外局番"));
    cr_expect_eq(stored("email") + stored("phone_number"), 0);
}

Test(mine, a_contact_is_stored_changed_and_taken_away)
{
    cr_assert(browser_get(browser, "/me/contact"));
    cr_assert(PRESS(browser, "/me/contact", "email=hanako@example.jp", "phone=０９０－１２３４－５６７８"));
    is_at("/me/contact?saved=1");
    cr_expect_str_eq(browser_field(browser, "/me/contact", "phone"), "09012345678");
    cr_assert(PRESS(browser, "/me/contact", "email=osaka@example.jp"));
    is_at("/me/contact?saved=1");
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "osaka@example.jp") && browser_says(browser, "hanako@example.jp"), "and before");
    cr_assert(browser_get(browser, "/me/contact"));
    cr_assert(PRESS(browser, "/me/contact", "email=", "phone= "));
    cr_expect_eq(stored("email") + stored("phone_number"), 0);
}

/* --- leaving ---------------------------------------------------------------------------------------------------- */

static bool file_has(const char *name, struct view bytes)
{
    struct view all;
    const char *path = arena_printf(&genkan->a, "%s/data/%s", genkan->folder, name);
    return file_read(&genkan->a, path, 32 << 20, &all) == ERR_OK && all.n &&
           memmem(all.p, all.n, bytes.p, bytes.n) != NULL;
}

Test(mine, nobody_leaves_without_the_card_a_moment_ago_or_without_saying_so)
{
    cr_assert(browser_get(browser, "/me/leave"));
    cr_assert(PRESS(browser, "/me/leave", NULL));
    cr_expect_eq(browser->status, 422);
    cr_expect(browser_has_id(browser, "problems"));
    provider_pass(genkan, 301);
    const char *csrf = browser_field(browser, "/me/leave", "csrf");
    cr_assert(browser_get(browser, "/me/leave"));
    cr_expect_not(browser_has_form(browser, "/me/leave"), "the card first");
    cr_assert(browser_post(browser, "/me/leave", arena_printf(&browser->a, "csrf=%s&sure=yes", csrf)));
    cr_expect_not(browser_has_form(browser, "/me/leave"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM resident"), 1);
}

Test(mine, the_card_shown_once_more_leads_back_to_leaving)
{
    provider_pass(genkan, 301);
    cr_assert(browser_get(browser, "/me/leave"));
    cr_assert(PRESS(browser, "/me/card", "do=leave"));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(&stage.hanako, AT_OTHER), "at %s %s", at_name(browser_at(browser)), browser->url);
    is_at("/me/leave");
    cr_expect(browser_has_form(browser, "/me/leave"), "now she may");
}

Test(mine, leaving_erases_her_and_tells_the_services_and_the_ledger_stays_whole)
{
    struct tokens t = service_redeem(&stage.a_city, service_receive(&stage.a_city, browser, NULL));
    int status;
    service_userinfo(&stage.a_city, t.access, &status);
    cr_assert_eq(status, 200);
    cr_assert(browser_get(browser, "/me/history"));
    cr_assert_gt(provider_number(genkan, "SELECT count(*) FROM history"), 0, "some of it is in the index");
    cr_assert(browser_get(browser, "/me/leave"));
    cr_expect(browser_says(browser, "A市"), "whose consent ends");
    cr_assert(PRESS(browser, "/me/leave", "sure=yes"));
    cr_expect_eq(browser->status, 200);
    static const char *const tables[] = {"resident", "card",    "profile", "profile_history",
                                         "consent",  "session", "history"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        cr_expect_eq(provider_number(genkan, arena_printf(&genkan->a, "SELECT count(*) FROM %s", tables[i])), 0, "%s",
                     tables[i]);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE event LIKE '%\"resident\"%'"), 0,
                 "the ledger says nothing of her");
    cr_expect_gt(provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE class = 8"), 0, "but that it did");
    cr_expect(provider_ledger_is_whole(genkan));
    service_userinfo(&stage.a_city, t.access, &status);
    cr_expect_eq(status, 401, "her tokens are dead");
    provider_deliver(genkan);
    cr_expect_gt(stage.a_city.told, 0, "A was told");
    cr_assert_eq(stage.a_city.events_told, 1, "of the consent, too");
    const struct json *events = json_member(service_last_event(&stage.a_city), "events");
    cr_expect_not_null(json_member(events, PROVIDER_ISSUER "/events/consent/withdrawn"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE class = 6"), 1,
                 "the leaf of its end stays, without what it said");
    cr_assert(browser_get(browser, "/me"));
    IS_AT(browser, AT_HOME);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city), "she may come again, as somebody new");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM resident"), 1);
}

Test(mine, of_her_key_nothing_is_left_in_the_database_and_its_log)
{
    struct browser *b = browser;
    struct store_config config = {
        .path = arena_printf(&genkan->a, "%s/data/genkan.db", genkan->folder), .readers = 1, .read_only = true};
    struct store *store;
    struct row r;
    cr_assert_eq(store_open(&store, &config, NULL), ERR_OK);
    struct db *db = store_borrow(store);
    cr_assert_eq(db_one(db, &genkan->a, "SELECT sealed FROM profile WHERE field = ''", NO_VALUES, &r), ERR_OK);
    store_return(store, db);
    store_close(store);
    cr_assert(file_has("genkan.db", row_blob(&r, 0)) || file_has("genkan.db-wal", row_blob(&r, 0)));
    cr_assert(browser_get(b, "/me/leave"));
    cr_assert(PRESS(b, "/me/leave", "sure=yes"));
    cr_expect_not(file_has("genkan.db", row_blob(&r, 0)), "in the database");
    cr_expect_not(file_has("genkan.db-wal", row_blob(&r, 0)), "in its log");
}
