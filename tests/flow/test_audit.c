/* Auditors: invited by the operator, logged in with their cards, everything they ask written down; two of them to learn
 * whose pseudonym is whose. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "consent/auditor.h"
#include "consent/block.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct resident kansa, kenshi;

static void open_all(void)
{
    stage_open(&stage);
    resident_open(&kansa, genkan, "residents/taro");
    resident_open(&kenshi, genkan, "residents/heisei-first");
    cr_assert(resident_visits(&stage.hanako, &stage.a_city), "%s", stage.hanako.browser.url);
    struct tokens t = service_redeem(&stage.a_city, service_receive(&stage.a_city, &stage.hanako.browser, NULL));
    cr_assert_not_null(service_userinfo(&stage.a_city, t.access, NULL));
    cr_assert(resident_visits(&kansa, &stage.b_city), "%s", kansa.browser.url);
    cr_assert(resident_visits(&kenshi, &stage.b_city), "%s", kenshi.browser.url);
}

static void close_all(void)
{
    resident_close(&kenshi);
    resident_close(&kansa);
    stage_close(&stage);
}

TestSuite(auditors, .init = open_all, .fini = close_all);

struct inviting {
    struct arena *a;
    struct view name, code;
};

static enum err invite_job(struct db *db, void *ctx)
{
    struct inviting *i = ctx;
    struct ident id;
    return auditor_invite(&id, genkan->op->ledger, i->a, db, i->name, i->code, provider_now(genkan) * 1000);
}

static void invite(const char *name, const char *code)
{
    struct inviting i = {&genkan->a, view_text(name), view_text(code)};
    cr_assert_eq(store_write(genkan->op->store, invite_job, &i), ERR_OK);
}

static bool join(struct resident *who, const char *code)
{
    struct browser *b = &who->browser;
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/join"));
    cr_assert_eq(b->status, 200, "%d %s", b->status, b->url);
    cr_assert(PRESS(b, "/audit/join", arena_printf(&b->a, "code=%s", code)));
    return b->status == 200 && browser_has_form(b, "/audit");
}

static void both_join(void)
{
    invite("監査 太郎", "code-1");
    invite("検視 次郎", "code-2");
    cr_assert(join(&kansa, "code-1"), "%d %s", kansa.browser.status, kansa.browser.url);
    cr_assert(join(&kenshi, "code-2"));
}

static const struct json *ask(struct resident *who, const char *path)
{
    struct browser *b = &who->browser;
    struct json *j = NULL;
    cr_assert(browser_get(b, arena_printf(&b->a, PROVIDER_ISSUER "%s", path)));
    return json_read(&j, &b->a, b->body, NULL) == ERR_OK ? j : NULL;
}

/* --- the role ----------------------------------------------------------------------------------------------------- */

Test(auditors, strangers_find_nothing_there)
{
    static const char *const pages[] = {"/audit", "/audit?event=disclosed",
                                        "/audit/identity?id=AAAAAAAAAAAAAAAAAAAAAA"};
    static const char *const programs[] = {"/audit/events", "/audit/counts?by=service"};
    struct browser nobody;
    provider_browser(genkan, &nobody);
    for (size_t i = 0; i < 3; i++) {
        (void)ask(&stage.hanako, pages[i]);
        cr_expect_eq(stage.hanako.browser.status, 404, "%s: %d", pages[i], stage.hanako.browser.status);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)ask(&stage.hanako, programs[i]);
        cr_expect_eq(stage.hanako.browser.status, 403);
        cr_assert(browser_get(&nobody, arena_printf(&nobody.a, PROVIDER_ISSUER "%s", programs[i])));
        cr_expect_eq(nobody.status, 401);
    }
    cr_expect_null(strstr(provider_ledger_list(genkan, NULL), ",auditor,"), "nothing was asked");
    browser_close(&nobody);
}

Test(auditors, a_code_opens_the_room_once)
{
    invite("監査 太郎", "code-1");
    cr_expect(!join(&kansa, "code-0"));
    cr_expect_eq(kansa.browser.status, 422);
    cr_expect(browser_has_id(&kansa.browser, "code-problem"));
    cr_expect(join(&kansa, "code-1"));
    cr_expect(!join(&kenshi, "code-1"));
    cr_expect_eq(kenshi.browser.status, 422);
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

Test(auditors, a_question_is_in_the_ledger_before_it_is_answered)
{
    both_join();
    const struct json *j = ask(&kansa, "/audit/events?event=disclosed&field=name&service=a-city");
    cr_assert_eq(kansa.browser.status, 200, "%d", kansa.browser.status);
    const struct json *events = json_member(j, "events");
    cr_assert_eq(json_count(events), 1);
    cr_expect(view_is(json_member_text(json_at(events, 0), "resident")));
    cr_expect(view_is(json_member_text(json_at(events, 0), "session")));
    cr_expect(!view_is(json_member_text(j, "next")));
    const char *ledger = provider_ledger_list(genkan, NULL);
    cr_expect(strstr(ledger, "query event=disclosed field=name service=a-city by "), "%s", ledger);
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(auditors, no_leaf_no_answer)
{
    both_join();
    cr_assert_eq(store_limit_pages(genkan->op->store, 1), ERR_OK);
    const struct json *j = NULL;
    int asked = 0;
    do
        j = ask(&kansa, "/audit/counts"); /* what is free in the last page is used up first */
    while (kansa.browser.status == 200 && ++asked < 200);
    cr_expect_eq(kansa.browser.status, 503);
    cr_expect(!json_member(j, "groups"));
    cr_assert_eq(store_limit_pages(genkan->op->store, 0), ERR_OK);
}

Test(auditors, the_page_answers_too_and_goes_on)
{
    both_join();
    struct browser *b = &kansa.browser;
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit?since=&until=&service=a-city&org=&field=name&event=disclosed"));
    cr_expect_eq(b->status, 200);
    cr_expect(browser_says(b, "<td>渡った</td>") && browser_says(b, ">監査人の操作</option>"));
    cr_expect(browser_says(b, "disclosed") && browser_link(b, "/audit/events?service=a-city&field=name"));
    cr_assert(browser_get(b, browser_link(b, "format=csv")));
    cr_expect_eq(b->status, 200);
    cr_expect(strncmp((const char *)b->body.p, "\xEF\xBB\xBFposition,", 12) == 0);
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit?since=soon"));
    cr_expect_eq(b->status, 400);
    cr_expect(browser_says(b, "since"));
}

Test(auditors, pages_of_programs_go_on_by_cursor)
{
    both_join();
    int64_t n = 0, all = provider_number(genkan, "SELECT size FROM ledger_head");
    const char *path = "/audit/events?limit=2";
    for (int page = 0; path && page < 50; page++) {
        const struct json *j = ask(&kansa, path);
        cr_assert_eq(kansa.browser.status, 200);
        n += (int64_t)json_count(json_member(j, "events"));
        struct view next = json_member_text(j, "next");
        path = view_is(next)
                   ? arena_printf(&genkan->a, "/audit/events?limit=2&cursor=%.*s", (int)next.n, (const char *)next.p)
                   : NULL;
    }
    cr_expect_eq(n, all, "%ld of %ld", (long)n, (long)all);
}

Test(auditors, counts_answer_how_many_went_to_whom)
{
    both_join();
    const struct json *j = ask(&kansa, "/audit/counts?event=disclosed&field=name&by=service");
    const struct json *groups = json_member(j, "groups");
    cr_assert_eq(json_count(groups), 1);
    cr_expect(view_equal_text(json_member_text(json_at(groups, 0), "service"), "a-city"));
    cr_expect_eq(json_member_int(json_at(groups, 0), "n", 0), 1);
    cr_assert(browser_get(&kansa.browser, PROVIDER_ISSUER "/audit/counts?by=event&format=csv"));
    cr_expect(browser_says(&kansa.browser, "event,n\r\n"));
}

Test(auditors, bad_questions_are_400_naming_parameter_and_rule)
{
    static const char *const bad[][2] = {
        {"/audit/events?since=soon", "since must be a day"}, {"/audit/events?field=shoe", "field must be a field"},
        {"/audit/events?event=danced", "event must be"},     {"/audit/events?limit=0", "limit must be"},
        {"/audit/events?limit=201", "limit must be"},        {"/audit/events?cursor=5", "cursor must be"},
        {"/audit/events?format=table", "format must be"},    {"/audit/counts?by=colour", "by must be"}};
    both_join();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)ask(&kansa, bad[i][0]);
        cr_expect_eq(kansa.browser.status, 400, "%s: %d", bad[i][0], kansa.browser.status);
        cr_expect(browser_says(&kansa.browser, bad[i][1]), "%s", bad[i][0]);
    }
    (void)ask(&kansa, "/audit/events?since=2026-01-01&since=2026-01-02");
    cr_expect_eq(kansa.browser.status, 400);
}

Test(auditors, another_sites_page_cannot_ask_in_her_name)
{
    static const char *const foreign[] = {"Sec-Fetch-Site: cross-site", NULL};
    static const char *const twice[] = {"Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site", NULL};
    both_join();
    cr_assert(browser_send(&kansa.browser, "/audit/events", foreign, NULL, VIEW_NONE));
    cr_expect_eq(kansa.browser.status, 403);
    cr_assert(browser_send(&kansa.browser, "/audit/events", twice, NULL, VIEW_NONE));
    cr_expect_eq(kansa.browser.status, 403);
}

/* --- four eyes ---------------------------------------------------------------------------------------------------- */

static const char *pseudonym_of_hanako(void)
{
    const struct json *j = ask(&kansa, "/audit/events?event=disclosed");
    struct view p = json_member_text(json_at(json_member(j, "events"), 0), "resident");
    return arena_text(&genkan->a, p);
}

static const char *request_of(struct browser *b)
{
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit"));
    const char *id = browser_field(b, "/audit/identity", "id");
    return id ? arena_text(&genkan->a, view_text(id)) : NULL;
}

static int decide(struct resident *who, const char *id, const char *verb)
{
    struct browser *b = &who->browser;
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit"));
    const char *csrf = browser_field(b, "/audit/identity", "csrf");
    cr_assert(
        browser_post(b, PROVIDER_ISSUER "/audit/identity", arena_printf(&b->a, "csrf=%s&id=%s&do=%s", csrf, id, verb)));
    return b->status;
}

Test(auditors, it_takes_two_to_learn_whose_pseudonym_it_is)
{
    both_join();
    const char *pseudonym = pseudonym_of_hanako();
    struct browser *b = &kansa.browser;
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit"));
    const char *csrf = browser_field(b, "/audit/identity", "csrf");
    cr_assert(browser_post(b, PROVIDER_ISSUER "/audit/identity",
                           arena_printf(&b->a, "csrf=%s&do=ask&pseudonym=%s&reason=Complaint+12", csrf, pseudonym)));
    cr_assert_eq(b->status, 200);
    const char *id = request_of(&kenshi.browser);
    cr_assert_not_null(id);
    cr_expect_eq(decide(&kansa, id, "allow"), 403, "not by herself");
    (void)ask(&kansa, arena_printf(&genkan->a, "/audit/identity?id=%s", id));
    cr_expect_eq(b->status, 404, "not before it is allowed");
    cr_expect_eq(decide(&kenshi, id, "perhaps"), 400);
    cr_expect_eq(decide(&kenshi, id, "allow"), 200);
    (void)ask(&kenshi, arena_printf(&genkan->a, "/audit/identity?id=%s", id));
    cr_expect_eq(kenshi.browser.status, 404, "only who asked may look");
    (void)ask(&kansa, arena_printf(&genkan->a, "/audit/identity?id=%s", id));
    cr_expect_eq(b->status, 200);
    cr_expect(browser_says(b, "花子"));
    const char *ledger = provider_ledger_list(genkan, NULL);
    cr_expect(strstr(ledger, "identity ask ") && strstr(ledger, "identity allow ") && strstr(ledger, "identity look "));
    cr_expect_null(strstr(ledger, "花子"));
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(auditors, a_form_of_elsewhere_decides_nothing)
{
    both_join();
    struct browser *b = &kansa.browser;
    cr_assert(browser_post_from_elsewhere(b, PROVIDER_ISSUER "/audit/identity", "do=ask&pseudonym=x&reason=y"));
    cr_expect_neq(b->status, 200);
    cr_assert(browser_post(b, PROVIDER_ISSUER "/audit/identity", "do=ask&pseudonym=x&reason=y"));
    cr_expect_eq(b->status, 403);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM identity_request"), 0);
}

/* --- for the public ----------------------------------------------------------------------------------------------- */

struct many {
    struct ledger_event event;
    int n;
};

static enum err append_job(struct db *db, void *ctx)
{
    struct many *m = ctx;
    enum err e = ERR_OK;
    for (int i = 0; i < m->n && !e; i++)
        e = ledger_append(genkan->op->ledger, db, &m->event, NULL);
    return e;
}

static void append(const char *client, const char *field, int n)
{
    struct many m = {{.type = LEDGER_DISCLOSED,
                      .at = provider_now(genkan) * 1000,
                      .who = {.client = view_text(client)},
                      .fields = {field_find(view_text(field))},
                      .n_fields = 1},
                     n};
    cr_assert_eq(store_write(genkan->op->store, append_job, &m), ERR_OK);
}

Test(auditors, the_public_sees_numbers_and_no_small_ones)
{
    struct browser nobody;
    size_t done;
    provider_browser(genkan, &nobody);
    append("a-city", "phone_number", 300);
    append("b-city", "gender", 9);
    append("b-city", "name", 600);
    cr_assert_eq(block_catch_up(&done, genkan->op->store, 100), ERR_OK);
    cr_assert(browser_get(&nobody, PROVIDER_ISSUER "/statistics.csv"));
    cr_expect_eq(nobody.status, 200);
    cr_expect(browser_says(&nobody, "\"a-city\",\"phone_number\",disclosed,300\r\n"));
    cr_expect(browser_says(&nobody, "\"b-city\",\"gender\",disclosed,<10\r\n"));
    cr_assert(browser_get(&nobody, PROVIDER_ISSUER "/statistics"));
    cr_expect(browser_says(&nobody, "10未満") && browser_says(&nobody, ">300<"));
    browser_close(&nobody);
}
