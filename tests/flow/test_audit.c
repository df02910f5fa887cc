/* Auditors: invited by the operator, logged in with their cards, everything they ask written down; two of them to learn
 * whose pseudonym is whose. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "consent/auditor.h"
#include "consent/block.h"
#include "consent/log/bundle.h"
#include "consent/publish.h"
#include "idp/state/lookup.h"
#include "sessions/profile.h"
#include "sessions/resident.h"
#include "tests/lib/stage.h"

#define HANAKO_BORN "1956-03-14"

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
    static const char *const programs[] = {"/audit/events", "/audit/counts?by=service",
                                           "/audit/events?limit=all&format=csv", "/audit/export", "/audit/identities"};
    struct browser nobody;
    provider_browser(genkan, &nobody);
    for (size_t i = 0; i < 3; i++) {
        (void)ask(&stage.hanako, pages[i]);
        cr_expect_eq(stage.hanako.browser.status, 404, "%s: %d", pages[i], stage.hanako.browser.status);
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        (void)ask(&stage.hanako, programs[i]);
        cr_expect_eq(stage.hanako.browser.status, 403, "%s", programs[i]);
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
        {"/audit/events?format=xml", "format must be"},      {"/audit/counts?by=colour", "by must be"},
        {"/audit/events?limit=all", "with limit=all"},       {"/audit/counts?limit=all&format=json", "with limit=all"},
        {"/audit/export?from=soon", "from must be"}};
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

/* --- the other way round: from a person to her pseudonyms --------------------------------------------------------- */

#define ASKS "do=ask&name=%E5%A4%A7%E9%98%AA%E8%8A%B1%E5%AD%90&birthdate=" /* 大阪花子 */

static int send_form(struct resident *who, const char *form)
{
    struct browser *b = &who->browser;
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit"));
    const char *csrf = browser_field(b, "/audit/identity", "csrf");
    cr_assert(browser_post(b, PROVIDER_ISSUER "/audit/identity", arena_printf(&b->a, "csrf=%s&%s", csrf, form)));
    return b->status;
}

static int look(struct resident *who, const char *id)
{
    (void)ask(who, arena_printf(&genkan->a, "/audit/identity?id=%s", id));
    return who->browser.status;
}

/* Asked by kansa, allowed by kenshi. */
static const char *person_allowed(void)
{
    cr_assert_eq(send_form(&kansa, ASKS HANAKO_BORN "&reason=Letter+7"), 200);
    const char *id = request_of(&kenshi.browser);
    cr_assert_not_null(id);
    cr_assert_eq(decide(&kenshi, id, "allow"), 200);
    return id;
}

Test(auditors, a_person_is_refused_without_name_day_and_reason_and_with_a_reason_that_says_who_it_is)
{
    static const char *const bad[] = {
        "do=ask&name=&birthdate=" HANAKO_BORN "&reason=Letter+7",
        ASKS "&reason=Letter+7",
        ASKS "1990-02-30&reason=Letter+7",
        ASKS HANAKO_BORN "&reason=",
        ASKS HANAKO_BORN "&reason=%E8%8A%B1%E5%AD%90%20%E5%A4%A7%E9%98%AA", /* 花子 大阪 */
        ASKS HANAKO_BORN "&reason=Letter+of+" HANAKO_BORN,
        ASKS HANAKO_BORN "&reason=Letter+7&pseudonym=AAAA",
    };
    both_join();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(send_form(&kansa, bad[i]), 400, "%s: %d", bad[i], kansa.browser.status);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM identity_request"), 0);
    cr_expect_null(strstr(provider_ledger_list(genkan, NULL), "identity "));
}

Test(auditors, it_takes_two_to_get_from_a_person_to_her_pseudonym)
{
    both_join();
    const char *pseudonym = pseudonym_of_hanako();
    cr_assert_eq(send_form(&kansa, ASKS HANAKO_BORN "&reason=Letter+7"), 200);
    const char *id = request_of(&kenshi.browser);
    cr_assert_not_null(id);
    cr_expect(browser_says(&kenshi.browser, "大阪花子"), "who decides must know on whom");
    cr_expect_eq(decide(&kansa, id, "allow"), 403, "not by herself");
    cr_expect_eq(look(&kansa, id), 404, "not before it is allowed");
    cr_expect_eq(decide(&kenshi, id, "allow"), 200);
    cr_expect(!browser_says(&kenshi.browser, "大阪花子"), "no more than it takes");
    cr_expect_eq(look(&kenshi, id), 404, "only who asked may look");
    cr_expect_null(strstr(provider_ledger_list(genkan, NULL), "identity look"), "nobody has looked");
    cr_expect_eq(look(&kansa, id), 200);
    cr_expect(browser_says(&kansa.browser, pseudonym));
    cr_expect(!browser_says(&kansa.browser, "大阪　花子") && !browser_says(&kansa.browser, "堺市"), "no more of her");
    const char *ledger = provider_ledger_list(genkan, NULL);
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "identity ask person %s: Letter 7 by ", id)), "%s", ledger);
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "identity allow person %s: Letter 7 by ", id)));
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "identity look person %s by ", id)));
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "identity found person %s: 1 %s by ", id, pseudonym)));
    cr_expect(!strstr(ledger, "花子") && !strstr(ledger, HANAKO_BORN));
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(auditors, a_refused_person_is_looked_for_by_nobody)
{
    both_join();
    cr_assert_eq(send_form(&kansa, ASKS HANAKO_BORN "&reason=Letter+7"), 200);
    const char *id = request_of(&kenshi.browser);
    cr_expect_eq(decide(&kenshi, id, "deny"), 200);
    cr_expect_eq(look(&kansa, id), 404);
    cr_expect_eq(decide(&kenshi, id, "allow"), 403, "once");
    cr_expect(strstr(provider_ledger_list(genkan, NULL), "identity deny person "));
}

Test(auditors, a_person_is_shown_for_a_day_and_then_forgotten)
{
    both_join();
    const char *id = person_allowed();
    cr_expect_eq(look(&kansa, id), 200);
    provider_pass(genkan, IDENTITY_LIFE);
    cr_assert(resident_visits(&kansa, &stage.b_city), "a new session");
    cr_expect_eq(look(&kansa, id), 404);
    (void)ask(&kansa, "/audit");
    cr_expect(!browser_says(&kansa.browser, "大阪花子"));
    provider_sweep(genkan);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM identity_request WHERE person IS NOT NULL OR found IS "
                                         "NOT NULL"),
                 0);
}

static enum err remove_kansa(struct db *db, void *ctx)
{
    static const char SQL[] = "SELECT id FROM auditor WHERE name = '監査 太郎'";
    struct row row;
    (void)ctx;
    enum err e = db_one(db, &genkan->a, SQL, NO_VALUES, &row);
    return e ? e : auditor_remove(genkan->op->ledger, &genkan->a, db, row_ident(&row, 0), provider_now(genkan) * 1000);
}

Test(auditors, who_lost_the_role_meanwhile_sees_nothing_of_what_was_allowed)
{
    both_join();
    const char *id = person_allowed();
    cr_assert_eq(store_write(genkan->op->store, remove_kansa, NULL), ERR_OK);
    cr_expect_eq(look(&kansa, id), 404);
    invite("監査 太郎", "code-3");
    cr_assert(join(&kansa, "code-3"));
    cr_expect_eq(look(&kansa, id), 404, "she is another auditor now");
}

static enum err erase_job(struct db *db, void *ctx)
{
    return resident_erase(db, *(struct ident *)ctx);
}

static struct ident hanako_id(void)
{
    struct ident id;
    struct db *db = store_borrow(genkan->op->store);
    cr_assert_eq(identity_resident(&id, genkan->op->ledger, db, view_text(pseudonym_of_hanako())), ERR_OK);
    store_return(genkan->op->store, db);
    return id;
}

Test(auditors, who_has_left_is_not_found_also_when_she_was_found_before)
{
    both_join();
    const char *pseudonym = pseudonym_of_hanako(), *id = person_allowed();
    struct ident hanako = hanako_id();
    cr_expect_eq(look(&kansa, id), 200);
    cr_expect(browser_says(&kansa.browser, pseudonym));
    cr_assert_eq(store_write(genkan->op->store, erase_job, &hanako), ERR_OK);
    cr_expect_eq(look(&kansa, id), 200);
    cr_expect(!browser_says(&kansa.browser, pseudonym));
    cr_expect(browser_says(&kansa.browser, "見つかりませんでした"));
    cr_expect(strstr(provider_ledger_list(genkan, NULL), arena_printf(&genkan->a, "found person %s: 0 by ", id)));
}

/* --- the search ----------------------------------------------------------------------------------------------------
 */

struct registering {
    const char *name, *birthdate;
    struct ident id;
};

static enum err register_job(struct db *db, void *ctx)
{
    struct registering *r = ctx;
    int64_t now = provider_now(genkan);
    struct profile_value name = {.field = VIEW("name"), .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-22")};
    struct profile_value born = name;
    name.json = view_text(arena_printf(&genkan->a, "\"%s\"", r->name));
    born.field = VIEW("birthdate");
    born.json = view_text(arena_printf(&genkan->a, "\"%s\"", r->birthdate));
    enum err e = resident_mint(&r->id, db, now);
    if (!e)
        e = profile_record(db, &genkan->a, genkan->op->master, r->id, &name, now);
    return e ? e : profile_record(db, &genkan->a, genkan->op->master, r->id, &born, now);
}

static struct ident registers(const char *name, const char *birthdate)
{
    struct registering r = {.name = name, .birthdate = birthdate};
    cr_assert_eq(store_write(genkan->op->store, register_job, &r), ERR_OK);
    return r.id;
}

static struct identity_request request(const char *id)
{
    struct identity_request r;
    struct view bytes;
    struct db *db = store_borrow(genkan->op->store);
    cr_assert_eq(base64url_read(&genkan->a, view_text(id), &bytes), ERR_OK);
    cr_assert_eq(identity_find(&r, &genkan->a, db, ident_read(bytes)), ERR_OK);
    store_return(genkan->op->store, db);
    return r;
}

static enum err search_on(struct lookup_answer *out, const struct identity_request *r, size_t batch)
{
    struct auditor who = {.id = r->auditor, .name = VIEW("監査 太郎")};
    struct lookup s = {.ledger = genkan->op->ledger,
                       .store = genkan->op->store,
                       .db = store_borrow(genkan->op->store),
                       .master = genkan->op->master,
                       .arena = &genkan->a,
                       .who = &who,
                       .now_ms = provider_now(genkan) * 1000,
                       .patience_ms = 0,
                       .batch = batch};
    enum err e = lookup_run(out, &s, r);
    store_return(genkan->op->store, s.db);
    return e;
}

static enum err search(struct lookup_answer *out, const char *id, size_t batch)
{
    struct identity_request r = request(id);
    return search_on(out, &r, batch);
}

Test(auditors, two_windows_on_one_search_carry_it_on_once)
{
    struct lookup_answer answer;
    both_join();
    const char *id = person_allowed();
    struct identity_request old = request(id);
    cr_assert_eq(search_on(&answer, &old, 0), ERR_OK);
    cr_expect(answer.over && answer.n == 1);
    cr_assert_eq(search_on(&answer, &old, 0), ERR_OK);
    cr_expect(!answer.over && answer.n == 0, "the slower one asks again");
    cr_assert_eq(search(&answer, id, 0), ERR_OK);
    cr_expect(answer.over && answer.n == 1);
}

Test(auditors, a_search_goes_on_where_the_last_request_ended_and_finds_all_who_are_alike)
{
    struct lookup_answer answer;
    both_join();
    (void)registers("大阪　花子", HANAKO_BORN);
    (void)registers("大阪　華子", HANAKO_BORN);
    (void)registers("大阪　花子", "1950-00-00");
    const char *id = person_allowed();
    int steps = 0;
    do
        cr_assert_eq(search(&answer, id, 1), ERR_OK);
    while (!answer.over && ++steps < 20);
    cr_expect_geq(steps, 5, "one registration at a time");
    cr_expect_eq(answer.n, 2, "%zu", answer.n);
    cr_expect(!answer.many && !view_equal(answer.pseudonyms[0], answer.pseudonyms[1]));
    const char *ledger = provider_ledger_list(genkan, NULL), *first = strstr(ledger, "identity look person ");
    cr_expect(first && !strstr(first + 1, "identity look person "), "one search, one event");
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "found person %s: 2 ", id)));
}

Test(auditors, a_search_that_finds_too_many_says_so)
{
    struct lookup_answer answer;
    both_join();
    for (int i = 0; i < IDENTITY_FOUND_MAX + 3; i++)
        (void)registers("大阪　花子", HANAKO_BORN);
    cr_assert_eq(search(&answer, person_allowed(), 0), ERR_OK);
    cr_expect(answer.over && answer.many && answer.n == IDENTITY_FOUND_MAX);
}

static enum err spoil_job(struct db *db, void *ctx)
{
    static const char SQL[] = "UPDATE profile SET sealed = x'0102' WHERE resident = $1 AND field = 'birthdate'";
    return db_run(db, SQL, VALUES(V_IDENT(*(struct ident *)ctx)));
}

Test(auditors, a_value_that_cannot_be_read_is_never_nobody)
{
    struct lookup_answer answer;
    both_join();
    struct ident other = registers("大阪　次郎", "1960-01-01");
    cr_assert_eq(store_write(genkan->op->store, spoil_job, &other), ERR_OK);
    const char *id = person_allowed();
    cr_expect_eq(search(&answer, id, 0), ERR_MISMATCH);
    cr_expect_eq(look(&kansa, id), 500);
}

/* --- programs ------------------------------------------------------------------------------------------------------
 */

static const struct json *post(struct resident *who, const char *type, const char *body)
{
    struct browser *b = &who->browser;
    struct json *j = NULL;
    cr_assert(browser_send(b, "/audit/identities", NULL, type, view_text(body)));
    return json_read(&j, &b->a, b->body, NULL) == ERR_OK ? j : NULL;
}

#define NAMES_HANAKO "{\"do\":\"ask\",\"name\":\"花子 大阪\",\"birthdate\":\"" HANAKO_BORN "\","

Test(auditors, programs_that_name_a_person_are_held_to_the_same_rules)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{\"do\":\"dance\"}",
                                      NAMES_HANAKO "\"reason\":\"\"}",
                                      NAMES_HANAKO "\"reason\":\"大阪花子\"}",
                                      NAMES_HANAKO "\"who\":1}"};
    static const char *const foreign[] = {"Sec-Fetch-Site: cross-site", NULL};
    both_join();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)post(&kansa, "application/json", bad[i]);
        cr_expect_eq(kansa.browser.status, 400, "%s: %d", bad[i], kansa.browser.status);
    }
    (void)post(&kansa, "text/plain", NAMES_HANAKO "\"reason\":\"x\"}");
    cr_expect_eq(kansa.browser.status, 415, "what a form could send");
    (void)post(&stage.hanako, "application/json", NAMES_HANAKO "\"reason\":\"x\"}");
    cr_expect_eq(stage.hanako.browser.status, 403);
    cr_assert(browser_send(&kansa.browser, "/audit/identities", foreign, "application/json",
                           VIEW(NAMES_HANAKO "\"reason\":\"x\"}")));
    cr_expect_eq(kansa.browser.status, 403);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM identity_request"), 0);
}

Test(auditors, programs_ask_decide_and_look_like_people)
{
    both_join();
    const char *pseudonym = pseudonym_of_hanako();
    const struct json *j = post(&kansa, "application/json", NAMES_HANAKO "\"reason\":\"Letter 7\"}");
    cr_assert_eq(kansa.browser.status, 200, "%d", kansa.browser.status);
    const char *id = arena_text(&genkan->a, json_member_text(j, "id"));
    const char *allow = arena_printf(&genkan->a, "{\"do\":\"allow\",\"id\":\"%s\"}", id);
    const char *path = arena_printf(&genkan->a, "/audit/identities/%s", id);
    (void)post(&kansa, "application/json", allow);
    cr_expect_eq(kansa.browser.status, 403);
    (void)ask(&kansa, path);
    cr_expect_eq(kansa.browser.status, 404);
    const struct json *first = json_at(json_member(ask(&kenshi, "/audit/identities"), "requests"), 0);
    cr_expect(view_equal_text(json_member_text(first, "of"), "person") && json_member_bool(first, "may_decide", false));
    cr_expect(view_equal_text(json_member_text(first, "name"), "花子 大阪"));
    (void)post(&kenshi, "application/json", allow);
    cr_expect_eq(kenshi.browser.status, 200);
    (void)ask(&kenshi, path);
    cr_expect_eq(kenshi.browser.status, 404);
    j = ask(&kansa, path);
    cr_assert_eq(kansa.browser.status, 200);
    cr_expect(json_member_bool(j, "over", false) && !json_member_bool(j, "more", true));
    cr_expect_eq(json_count(json_member(j, "pseudonyms")), 1);
    struct view found;
    cr_assert(json_text(json_at(json_member(j, "pseudonyms"), 0), &found));
    cr_expect(view_equal_text(found, pseudonym));
}

Test(auditors, programs_learn_whose_a_pseudonym_is_like_people)
{
    both_join();
    const char *body = arena_printf(&genkan->a, "{\"do\":\"ask\",\"pseudonym\":\"%s\",\"reason\":\"Letter 7\"}",
                                    pseudonym_of_hanako());
    const struct json *j = post(&kansa, "application/json", body);
    const char *id = arena_text(&genkan->a, json_member_text(j, "id"));
    (void)post(&kenshi, "application/json", arena_printf(&genkan->a, "{\"do\":\"allow\",\"id\":\"%s\"}", id));
    cr_assert_eq(kenshi.browser.status, 200);
    j = ask(&kansa, arena_printf(&genkan->a, "/audit/identities/%s", id));
    cr_assert_eq(kansa.browser.status, 200);
    cr_expect(view_equal_text(json_member_text(json_member(j, "values"), "name"), "大阪　花子"));
}

/* --- the operator, at the server's machine -------------------------------------------------------------------------
 */

static const char *person_file(const char *text)
{
    const char *path = arena_printf(&genkan->a, "%s/person", genkan->folder);
    cr_assert_eq(file_write(path, view_text(text), 0600), ERR_OK);
    return path;
}

/* Commands go by the real clock, so the server does too. */
static void it_is_today(void)
{
    provider_pass(genkan, clock_s(&clock_real) - provider_now(genkan));
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    cr_assert(resident_visits(&kansa, &stage.b_city) && resident_visits(&kenshi, &stage.b_city));
}

Test(auditors, the_command_refuses_what_the_page_refuses)
{
    static const char *const bad[] = {"", "大阪 花子\n", "大阪 花子\nsoon\n", "大阪 花子\n" HANAKO_BORN "\nmore\n",
                                      "\n" HANAKO_BORN "\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(provider_command(genkan, "identity ask --reason x %s", person_file(bad[i])), 2, "%s", bad[i]);
    const char *good = person_file("大阪 花子\n" HANAKO_BORN "\n");
    cr_expect_eq(provider_command(genkan, "identity ask %s", good), 2, "a reason");
    cr_expect_eq(provider_command(genkan, "identity ask --reason 花子大阪 %s", good), 2);
    cr_expect_eq(provider_command(genkan, "identity show AAAAAAAAAAAAAAAAAAAAAA"), 1);
    cr_expect_eq(provider_command(genkan, "identity show"), 2);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM identity_request"), 0);
}

Test(auditors, the_operator_finds_a_person_when_an_auditor_has_allowed_it)
{
    it_is_today();
    both_join();
    const char *pseudonym = pseudonym_of_hanako();
    const char *good = person_file("大阪 花子\n昭和31年3月14日\n");
    cr_assert_eq(provider_command(genkan, "identity ask --reason Letter-7 %s", good), 0);
    const char *id = request_of(&kenshi.browser);
    cr_expect(browser_says(&kenshi.browser, "運用者"), "who asks");
    cr_expect_eq(provider_command(genkan, "identity show %s", id), 1, "not before it is allowed");
    cr_assert_eq(decide(&kenshi, id, "allow"), 200);
    cr_expect_eq(look(&kenshi, id), 404);
    cr_expect_eq(provider_command(genkan, "identity show %s", id), 0);
    cr_expect_eq(provider_command(genkan, "identity list"), 0);
    const char *ledger = provider_ledger_list(genkan, NULL);
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "audit identity ask person %s: Letter-7", id)), "%s", ledger);
    cr_expect(strstr(ledger, arena_printf(&genkan->a, "audit identity found person %s: 1 %s", id, pseudonym)));
    /* what an auditor asked for is not the operator's to see */
    cr_assert_eq(send_form(&kansa, ASKS HANAKO_BORN "&reason=Letter+8"), 200);
    const char *hers = request_of(&kenshi.browser);
    cr_assert_eq(decide(&kenshi, hers, "allow"), 200);
    cr_expect_eq(provider_command(genkan, "identity show %s", hers), 1);
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

/* --- without an end to look for ------------------------------------------------------------------------------------
 */

static size_t lines(const struct browser *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->body.n; i++)
        n += b->body.p[i] == '\n';
    return n;
}

Test(auditors, everything_that_matches_comes_in_one_answer_of_one_moment)
{
    static const char *const wants[] = {"Accept: application/x-ndjson", NULL};
    struct browser *b = &kansa.browser;
    both_join();
    append("a-city", "phone_number", 1300);
    append("b-city", "name", 5);
    int64_t before = provider_number(genkan, "SELECT size FROM ledger_head");
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/events?limit=all&format=csv"));
    cr_assert_eq(b->status, 200);
    cr_expect_eq((int64_t)lines(b), before + 1, "a head, and everything before the question: %zu", lines(b));
    cr_expect(strncmp((const char *)b->body.p, "\xEF\xBB\xBFposition,", 12) == 0);
    cr_expect_eq(provider_number(genkan, "SELECT size FROM ledger_head"), before + 1, "one question, one event");
    cr_assert(browser_send(b, "/audit/events?limit=all&field=phone_number", wants, NULL, VIEW_NONE));
    cr_expect_eq(b->status, 200);
    cr_expect_eq(lines(b), 1300);
    cr_expect(b->body.n && b->body.p[0] == '{' && b->body.p[b->body.n - 2] == '}');
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/events?limit=all&format=table&event=withdrawn"));
    cr_expect_eq(lines(b), 1, "only the head");
    cr_assert(browser_get(b, PROVIDER_ISSUER
                          "/audit/events?limit=all&format=jsonl&every_event=yes&service=b-city&field=name"));
    cr_expect_geq(lines(b), 5);
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(auditors, counting_everything_gives_what_counting_at_once_gives)
{
    struct browser *b = &kansa.browser;
    both_join();
    append("a-city", "phone_number", 300);
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/counts?event=disclosed&by=service,field&format=csv"));
    struct view once = arena_copy(&genkan->a, b->body);
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/counts?event=disclosed&by=service,field&format=csv&limit=all"));
    cr_assert_eq(b->status, 200);
    cr_expect(view_equal(once, b->body) && browser_says(b, "\"a-city\",\"phone_number\",300"));
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/counts?event=disclosed&by=service&format=table"));
    cr_expect(browser_says(b, "service              n\n"));
}

/* Sends her question and reads its first bytes; the rest waits in the server for whoever reads on. */
static int begin_reading(struct resident *who, const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(genkan->port)};
    char first[12];
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost:8080\r\nCookie: __Host-browser=%s; __Host-session=%s\r\n\r\n", path,
            browser_cookie_value(&who->browser, "__Host-browser"),
            browser_cookie_value(&who->browser, "__Host-session"));
    cr_assert_eq(recv(fd, first, sizeof first, MSG_WAITALL), (ssize_t)sizeof first);
    cr_assert_eq(memcmp(first, "HTTP/1.1 200", sizeof first), 0, "%.12s", first);
    return fd;
}

/* Does it end as a whole answer does, with the last chunk (RFC 9112 7.1)? */
static bool ends_whole(int fd)
{
    static char got[65536];
    char end[5] = "";
    ssize_t n;
    while ((n = recv(fd, got, sizeof got, 0)) > 0) {
        size_t take = n < 5 ? (size_t)n : 5;
        memmove(end, end + take, 5 - take);
        memcpy(end + 5 - take, got + n - take, take);
        if (memcmp(end, "0\r\n\r\n", 5) == 0)
            break;
    }
    close(fd);
    return memcmp(end, "0\r\n\r\n", 5) == 0;
}

Test(auditors, who_loses_the_role_while_she_reads_gets_no_more)
{
    both_join();
    append("a-city", "phone_number", 20000);
    int stays = begin_reading(&kenshi, "/audit/events?limit=all&format=jsonl");
    int goes = begin_reading(&kansa, "/audit/events?limit=all&format=jsonl");
    cr_assert_eq(store_write(genkan->op->store, remove_kansa, NULL), ERR_OK);
    cr_expect(!ends_whole(goes));
    cr_expect(ends_whole(stays));
}

static const struct policy *log_policy(void)
{
    const char *vkey, *why, *path = arena_printf(&genkan->a, "%s/policy", genkan->folder);
    const struct policy *p;
    cr_assert_eq(
        publish_key_text(&vkey, &genkan->a, genkan->config->ledger.key, view_text(genkan->config->ledger.origin)),
        ERR_OK);
    cr_assert_eq(file_write(path, view_text(arena_printf(&genkan->a, "log %s\nquorum none\n", vkey)), 0600), ERR_OK);
    cr_assert_eq(policy_read_file(&p, &genkan->a, path, &why), ERR_OK, "%s", why);
    return p;
}

Test(auditors, a_bundle_can_be_taken_and_is_good_elsewhere)
{
    struct browser *b = &kansa.browser;
    struct bundle_report report;
    int64_t line;
    both_join();
    append("a-city", "phone_number", 900);
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/export"));
    cr_expect_eq(b->status, 404, "nothing is published yet");
    cr_expect_null(strstr(provider_ledger_list(genkan, NULL), "export from="));
    provider_publish(genkan);
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/export?from=3"));
    cr_assert_eq(b->status, 200);
    cr_expect(strstr(provider_ledger_list(genkan, NULL), "export from=3 by "));
    struct view bundle = arena_copy(&genkan->a, b->body);
    FILE *in = fmemopen((void *)(uintptr_t)bundle.p, bundle.n, "r");
    cr_assert_eq(bundle_verify(&report, &genkan->a, in, log_policy(), NULL, &line), ERR_OK, "line %ld", (long)line);
    fclose(in);
    cr_expect_eq(report.faults, 0);
    cr_expect(report.from == 3 && report.size > 900 && report.verdict.answer == POLICY_GOOD);
    cr_assert(browser_get(b, PROVIDER_ISSUER "/audit/export?from=1000000"));
    cr_expect_eq(b->status, 400);
}
