/* What a resident allows, afterwards: she looks, changes, suspends, withdraws; the service is told; she takes receipts.
 */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "consent/grant_change.h"
#include "consent/log/leaf.h"
#include "idp/state/consent_change.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct browser *hers = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(consents, .init = open_stage, .fini = close_stage);

#define A_PAGE "/me/services/a-city"
#define B_PAGE "/me/services/b-city"

static const char *const gives_age[] = {"give-age_over_65=yes", NULL};

static struct tokens visits(struct service *s)
{
    cr_assert(resident_visits(&stage.hanako, s), "%s", hers->url);
    struct tokens t = service_redeem(s, service_receive(s, hers, NULL));
    cr_assert_eq(t.status, 200);
    return t;
}

static struct tokens allows_age(void)
{
    stage.hanako.ticks = gives_age;
    return visits(a_city);
}

static void opens(const char *path)
{
    cr_assert(browser_get(hers, path) && hers->status == 200, "%s: %d", path, hers->status);
}

/* Two steps: the button, and the button on the page that asks. */
#define DOES(ACT, ...)                                                                                                 \
    do {                                                                                                               \
        opens(A_PAGE);                                                                                                 \
        cr_assert(PRESS(hers, A_PAGE, "do=" ACT, ##__VA_ARGS__), ACT);                                                 \
        cr_assert(browser_says(hers, "name=\"sure\""), "not asked: %d %s", hers->status, browser_heading(hers));       \
        cr_assert(PRESS(hers, A_PAGE, "do=" ACT), ACT);                                                                \
    } while (0)

static bool has(const struct json *claims, const char *name)
{
    return json_member(claims, name) != NULL;
}

static int64_t count(const char *type)
{
    return provider_number(genkan, arena_printf(&genkan->a,
                                                "SELECT count(*) FROM ledger_event WHERE event LIKE "
                                                "'%%\"type\":\"%s\"%%'",
                                                type));
}

static const struct json *event_of(struct service *s, const char *kind)
{
    const struct json *claims = service_last_event(s), *events = json_member(claims, "events");
    const char *type = arena_printf(&genkan->a, PROVIDER_ISSUER "/events/consent/%s", kind);
    cr_assert_eq(json_count(events), 1);
    cr_assert(json_member(events, type), "no %s in %s", type, s->last_event);
    return json_member(events, type);
}

static bool lists(const struct json *array, const char *text)
{
    struct view v;
    for (size_t i = 0; i < json_count(array); i++)
        if (json_text(json_at(array, i), &v) && view_equal_text(v, text))
            return true;
    return false;
}

/* --- who may look ----------------------------------------------------------------------------------------------- */

Test(consents, nobody_sees_or_changes_what_is_not_hers)
{
    static const char *const pages[] = {A_PAGE,
                                        A_PAGE "/receipt",
                                        A_PAGE "/receipt.jws",
                                        "/me/history/0.jws",
                                        "/me/services/nobody",
                                        "/me/history?service=a-city",
                                        "/me/history/0.tlog-proof",
                                        "/me/history/zero.jws",
                                        "/me/history/99999.jws",
                                        "/me/services/",
                                        "/me/services/a-city/other",
                                        "/me/services/../a-city"};
    struct resident taro;
    allows_age();
    resident_open(&taro, genkan, "residents/taro");
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        cr_assert(browser_get(&taro.browser, pages[i]));
        cr_expect_eq(browser_at(&taro.browser), AT_HOME, "%s without a login: %s", pages[i], taro.browser.url);
    }
    cr_assert(resident_visits(&taro, b_city));
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        cr_assert(browser_get(&taro.browser, pages[i]));
        cr_expect_eq(taro.browser.status, 404, "%s: %d", pages[i], taro.browser.status);
    }
    cr_assert(browser_get(&taro.browser, "/"));
    const char *csrf = browser_field(&taro.browser, "/end_session", "csrf");
    cr_assert(browser_post(&taro.browser, A_PAGE, arena_printf(&taro.browser.a, "csrf=%s&do=withdraw&sure=yes", csrf)));
    cr_expect_eq(taro.browser.status, 404);
    cr_expect_eq(count("withdrawn"), 0);
    resident_close(&taro);
}

Test(consents, forms_refuse_what_our_page_did_not_send)
{
    static const char *const acts[] = {"withdraw", "change", "suspend", "resume"};
    allows_age();
    opens(A_PAGE);
    const char *csrf = browser_field(hers, A_PAGE, "csrf");
    for (size_t i = 0; i < 4; i++) {
        cr_assert(browser_post(hers, A_PAGE, arena_printf(&hers->a, "do=%s&sure=yes", acts[i])));
        cr_expect_eq(hers->status, 403);
        cr_assert(
            browser_post_from_elsewhere(hers, A_PAGE, arena_printf(&hers->a, "csrf=%s&do=%s&sure=yes", csrf, acts[i])));
        cr_expect_eq(hers->status, 403);
    }
    cr_assert(browser_post(hers, A_PAGE, arena_printf(&hers->a, "csrf=%s&do=dance&sure=yes", csrf)));
    cr_expect_eq(hers->status, 400);
    cr_assert(browser_post(hers, A_PAGE "/receipt", arena_printf(&hers->a, "csrf=%s&do=withdraw&sure=yes", csrf)));
    cr_expect_eq(hers->status, 404);
    cr_expect_eq(count("withdrawn") + count("suspended"), 0);
}

/* --- looking ---------------------------------------------------------------------------------------------------- */

Test(consents, she_sees_what_goes_to_whom_on_what_ground_and_since_when)
{
    struct tokens t = allows_age();
    opens(A_PAGE);
    cr_expect(browser_says(hers, "まだ渡っていません"));
    service_userinfo(a_city, t.access, NULL);
    opens("/");
    cr_expect_not_null(browser_link(hers, "/me/services"));
    opens("/me/services");
    cr_expect_not_null(browser_link(hers, A_PAGE));
    opens(A_PAGE);
    static const char *const says[] = {"予約者の確認",        "条例第5条", "1年",    "A市文化財団",
                                       "help@a-city.example", "有効です",  "2026年", "サービスは何も示していません"};
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        cr_expect(browser_says(hers, says[i]), "%s", says[i]);
    opens("/me/history");
    cr_expect(browser_says(hers, "渡りました"));
    cr_expect(browser_says(hers, "渡すことに同意しました"));
    cr_expect(browser_says(hers, "使い道：予約者の確認"));
    opens("/me/history?service=a-city");
    cr_expect(browser_says(hers, "A市 施設予約"));
    cr_assert(browser_get(hers, "/me/history?before=x"));
    cr_expect_eq(hers->status, 400);
}

Test(consents, the_history_is_paged_and_loses_nothing)
{
    struct tokens t = allows_age();
    for (int i = 0; i < 60; i++)
        service_userinfo(a_city, t.access, NULL);
    int64_t events = provider_number(genkan, "SELECT count(*) FROM ledger_event"), seen = 0;
    opens("/me/history");
    for (int pages = 0; pages < 3; pages++) {
        for (const char *p = arena_text(&hers->a, hers->body); (p = strstr(p, "class=\"field\"")); p++)
            seen++;
        const char *more = browser_link(hers, "before=");
        if (!more)
            break;
        opens(more);
    }
    cr_expect_eq(seen, events);
    cr_expect_null(browser_link(hers, "before="));
}

Test(consents, easy_japanese_is_shown_to_whoever_chose_it)
{
    cr_assert(browser_get(hers, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(&stage.hanako, AT_CONSENT));
    cr_expect(browser_says(hers, "予約者の確認"));
    cr_expect_not(browser_says(hers, "だれの 予約か"));
    cr_assert(PRESS(hers, "/lang", "lang=ja-simple"));
    cr_expect_eq(browser_at(hers), AT_CONSENT);
    cr_expect(browser_says(hers, "だれの 予約か 知る ため"));
    cr_expect(browser_says(hers, "lang=\"ja-simple\""));
    cr_expect(browser_says(hers, "市民料金"), "without an easy purpose the ordinary one");
    cr_expect(browser_says(hers, "かならず 渡す 情報"));
}

/* --- one field -------------------------------------------------------------------------------------------------- */

Test(consents, one_field_withdrawn_is_absent_at_once_and_the_service_is_told)
{
    struct tokens t = allows_age();
    cr_expect_str_eq(t.scope, "openid name address age_over_65");
    cr_expect(has(service_userinfo(a_city, t.access, NULL), "age_over_65"));
    DOES("change", "give-age_over_65");
    cr_expect(browser_says(hers, "変えました"));
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_expect(has(claims, "name") && !has(claims, "age_over_65"));
    cr_expect_eq(count("withdrawn"), 1);
    cr_expect_eq(provider_deliver(genkan), 1);
    const struct json *event = event_of(a_city, "changed");
    cr_expect(lists(json_member(event, "withdrawn"), "age_over_65"));
    cr_expect_not(has(event, "given"));
    cr_expect(view_equal_text(json_member_text(event, "initiating_entity"), "user"));
    cr_expect_str_eq(claim(a_city, json_member(service_last_event(a_city), "sub_id"), "sub"), t.sub);
    cr_expect_not(has(service_last_event(a_city), "sub"), "RFC 8417 4.6: nobody takes it for a login");
    cr_expect_str_eq(visits(a_city).scope, "openid name address", "and the next login is silent, with less");
    DOES("change", "give-age_over_65=yes");
    cr_expect(has(service_userinfo(a_city, visits(a_city).access, NULL), "age_over_65"), "given again later");
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(consents, she_may_think_better_of_it)
{
    struct tokens t = allows_age();
    opens(A_PAGE);
    cr_assert(PRESS(hers, A_PAGE, "do=withdraw"));
    cr_assert(PRESS(hers, A_PAGE, "do=keep"));
    cr_expect_eq(count("withdrawn"), 0);
    opens(A_PAGE);
    cr_assert(PRESS(hers, A_PAGE, "do=change"));
    cr_assert(PRESS(hers, A_PAGE, "do=change"));
    cr_expect(browser_says(hers, "何も変わっていません"));
    cr_expect(has(service_userinfo(a_city, t.access, NULL), "age_over_65"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice"), 0);
}

Test(consents, a_change_of_a_page_that_shows_older_words_changes_nothing)
{
    struct tokens t = allows_age();
    opens(A_PAGE);
    cr_assert(PRESS(hers, A_PAGE, "do=change", "give-age_over_65"));
    service_update(a_city, "高齢者割引", "高齢者の名簿");
    cr_assert(PRESS(hers, A_PAGE, "do=change"));
    cr_expect(browser_says(hers, "何も変わっていません"));
    opens(A_PAGE);
    cr_expect(browser_says(hers, "高齢者割引"), "what she agreed to, not what it says now");
    cr_expect_not(browser_says(hers, "高齢者の名簿"));
    cr_expect_not(has(service_userinfo(a_city, t.access, NULL), "age_over_65"));
}

Test(consents, words_that_change_are_asked_again_and_the_field_stays_here_until_then)
{
    struct tokens t = allows_age();
    service_update(a_city, "P1Y", "P9Y");
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_expect(!has(claims, "name") && has(claims, "address"), "kept for longer than she agreed to");
    cr_assert(browser_get(hers, service_begin(a_city, NULL)));
    IS_AT(hers, AT_CONSENT);
    cr_expect(browser_says(hers, "9年"));
}

/* --- everything ------------------------------------------------------------------------------------------------- */

Test(consents, withdrawn_ends_tokens_tells_the_service_and_asks_again)
{
    struct tokens t = allows_age();
    int status;
    DOES("withdraw");
    cr_expect(browser_says(hers, "取り消しました"));
    cr_expect_not_null(browser_link(hers, A_PAGE "/receipt"));
    service_userinfo(a_city, t.access, &status);
    cr_expect_eq(status, 401, "RFC 6750 3.1");
    cr_expect_eq(provider_deliver(genkan), 1);
    const struct json *event = event_of(a_city, "withdrawn");
    cr_expect(lists(json_member(event, "withdrawn"), "name"));
    opens("/me/services");
    cr_expect(browser_says(hers, "取り消し済み"));
    opens(A_PAGE);
    cr_expect_not(browser_says(hers, "value=\"withdraw\""), "once");
    cr_assert(browser_get(hers, service_begin(a_city, NULL)));
    IS_AT(hers, AT_CONSENT);
    cr_expect(browser_says(hers, "前の同意は取り消されています"));
    cr_expect(provider_ledger_is_whole(genkan));
}

/* Nothing is asked for, so nothing is written down and no writer is needed: what ended counts nevertheless. */
Test(consents, withdrawn_ends_also_an_access_token_that_asks_for_no_field)
{
    int status = 0;
    struct tokens t = visits(b_city), narrow;

    narrow = service_token_request(
        b_city, arena_printf(&b_city->channel.a, "grant_type=refresh_token&scope=openid&refresh_token=%s", t.refresh));
    cr_assert_str_eq(narrow.scope, "openid");
    const struct json *claims = service_userinfo(b_city, narrow.access, NULL);
    cr_expect_str_eq(claim(b_city, claims, "sub"), t.sub);
    cr_expect_not(has(claims, "name"));
    opens(B_PAGE);
    cr_assert(PRESS(hers, B_PAGE, "do=withdraw"));
    cr_assert(PRESS(hers, B_PAGE, "do=withdraw"));
    cr_expect_null(service_userinfo(b_city, narrow.access, &status));
    cr_expect_eq(status, 401);
}

Test(consents, withdrawn_kills_refresh_tokens)
{
    b_city->scope = "openid offline_access name municipality";
    cr_assert(browser_get(hers, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE), "%s", hers->url);
    struct tokens t = service_redeem(b_city, service_receive(b_city, hers, NULL));
    cr_assert_not_null(t.refresh);
    t = service_refresh(b_city, t.refresh);
    cr_assert_eq(t.status, 200);
    opens("/me/services/b-city");
    cr_assert(PRESS(hers, "/me/services/b-city", "do=withdraw"));
    cr_assert(PRESS(hers, "/me/services/b-city", "do=withdraw"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM family WHERE revoked_at IS NULL"), 0);
    t = service_refresh(b_city, t.refresh);
    cr_expect_eq(t.status, 400);
    cr_expect_str_eq(t.error, "invalid_grant");
}

Test(consents, a_service_that_does_not_take_an_event_hears_the_same_one_again)
{
    allows_age();
    a_city->event_answer = 503;
    DOES("withdraw");
    cr_expect_eq(provider_deliver(genkan), 0);
    cr_assert_eq(a_city->events_told, 1);
    const char *jti = claim(a_city, service_last_event(a_city), "jti");
    provider_restart(genkan);
    cr_expect_eq(provider_deliver(genkan), 0);
    cr_expect_eq(a_city->events_told, 1, "not before its time");
    a_city->event_answer = 202;
    provider_pass(genkan, 6);
    cr_expect_eq(provider_deliver(genkan), 1);
    cr_expect_eq(a_city->events_told, 2);
    cr_expect_str_eq(claim(a_city, service_last_event(a_city), "jti"), jti, "RFC 8935 2: known by its jti");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice"), 0);
}

Test(consents, a_service_that_never_answers_is_given_up)
{
    allows_age();
    a_city->event_answer = 400;
    DOES("withdraw");
    for (int i = 0; i < 40; i++) {
        provider_deliver(genkan);
        provider_pass(genkan, 3600);
    }
    cr_expect_geq(a_city->events_told, 10);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE given_up_at IS NULL"), 0);
    cr_expect_not_null(strstr(provider_log(genkan), "event_not_told"));
}

static enum err break_job(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db, "CREATE TRIGGER full BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'no notices'); END",
                  NO_VALUES);
}

static enum err mend_job(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db, "DROP TRIGGER full", NO_VALUES);
}

Test(consents, a_withdrawal_that_cannot_queue_its_notice_did_not_happen)
{
    struct tokens t = allows_age();
    opens(A_PAGE);
    cr_assert(PRESS(hers, A_PAGE, "do=withdraw"));
    cr_assert_eq(store_write(genkan->op->store, break_job, NULL), ERR_OK);
    cr_assert(PRESS(hers, A_PAGE, "do=withdraw"));
    cr_assert_eq(store_write(genkan->op->store, mend_job, NULL), ERR_OK);
    cr_expect_eq(count("withdrawn"), 0);
    cr_expect(has(service_userinfo(a_city, t.access, NULL), "name"));
    cr_expect(provider_ledger_is_whole(genkan));
}

/* --- suspended -------------------------------------------------------------------------------------------------- */

Test(consents, suspended_by_herself_nothing_goes_out_until_she_resumes)
{
    struct tokens t = allows_age();
    DOES("suspend");
    cr_expect(browser_says(hers, "止めました"));
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_expect(has(claims, "sub") && !has(claims, "name") && !has(claims, "age_over_65"));
    cr_expect_eq(count("suspended"), 1);
    provider_deliver(genkan);
    event_of(a_city, "suspended");
    DOES("resume");
    cr_expect(has(service_userinfo(a_city, t.access, NULL), "name"));
    provider_deliver(genkan);
    cr_expect(lists(json_member(event_of(a_city, "resumed"), "given"), "name"));
    cr_expect(provider_ledger_is_whole(genkan));
}

static enum err stop_job(struct db *db, void *ctx)
{
    struct consent_change *c = ctx;
    struct row r;
    enum err e = db_one(db, &genkan->a, "SELECT id FROM consent WHERE ended_at IS NULL", NO_VALUES, &r);
    c->who.id = e ? IDENT_NONE : row_ident(&r, 0);
    return e ? e : consent_change_job(db, c);
}

/* What `genkan grant suspend` and `resume` do. */
static void operator_does(enum consent_act act)
{
    struct consent_change c = {.act = act,
                               .ledger = genkan->op->ledger,
                               .arena = &genkan->a,
                               .issuer = genkan->op->issuer,
                               .who = {.via = "command", .at_ms = clock_ms(&genkan->op->clock)}};
    cr_assert_eq(store_write(genkan->op->store, stop_job, &c), ERR_OK);
}

Test(consents, suspended_by_the_operator_cannot_be_answered_but_withdrawn)
{
    static const char *error;
    struct tokens t = allows_age();
    operator_does(CONSENT_SUSPEND);
    cr_expect_not(has(service_userinfo(a_city, t.access, NULL), "name"));
    cr_assert(browser_get(hers, service_begin(a_city, NULL)));
    IS_AT(hers, AT_CONSENT);
    cr_expect(browser_says(hers, "運用者が止めています"));
    cr_expect_not(browser_says(hers, "value=\"allow\""));
    cr_assert(PRESS(hers, "/consent", "do=allow", "duration=year"));
    IS_AT(hers, AT_CONSENT);
    cr_expect_eq(count("given"), 1);
    cr_assert(browser_get(hers, service_begin(a_city, "prompt=none")));
    service_receive(a_city, hers, &error);
    cr_expect_str_eq(error, "consent_required");
    opens(A_PAGE);
    cr_expect_not(browser_says(hers, "value=\"resume\""));
    operator_does(CONSENT_RESUME);
    cr_expect(has(service_userinfo(a_city, t.access, NULL), "name"));
    operator_does(CONSENT_SUSPEND);
    DOES("withdraw");
    cr_expect(browser_says(hers, "取り消しました"));
}

Test(consents, a_refresh_token_waits_while_the_consent_is_suspended)
{
    b_city->scope = "openid offline_access name";
    cr_assert(browser_get(hers, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(b_city, service_receive(b_city, hers, NULL)), refused;
    operator_does(CONSENT_SUSPEND);
    refused = service_refresh(b_city, t.refresh);
    cr_expect_eq(refused.status, 400);
    cr_expect_str_eq(refused.error, "invalid_grant");
    operator_does(CONSENT_RESUME);
    cr_expect_eq(service_refresh(b_city, t.refresh).status, 200, "the same token, taken only now");
}

/* --- how long ---------------------------------------------------------------------------------------------------- */

Test(consents, for_this_time_only_is_over_after_a_quarter_of_an_hour)
{
    stage.hanako.duration = "once";
    b_city->scope = "openid offline_access name";
    cr_assert(browser_get(hers, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(b_city, service_receive(b_city, hers, NULL));
    cr_expect(has(service_userinfo(b_city, t.access, NULL), "name"));
    provider_pass(genkan, 14 * 60);
    t = service_refresh(b_city, t.refresh);
    cr_assert_eq(t.status, 200, "its time is not over yet");
    cr_expect(has(service_userinfo(b_city, t.access, NULL), "name"));
    provider_pass(genkan, 60);
    int status;
    const struct json *claims = service_userinfo(b_city, t.access, &status);
    cr_expect(status != 200 || !has(claims, "name"), "nothing more goes out");
    t = service_refresh(b_city, t.refresh);
    cr_expect_eq(t.status, 400);
    cr_expect_str_eq(t.error, "invalid_grant");
}

/* Not by the next request, which may never come: the background ends it, once, and writes it down. */
Test(consents, that_ran_out_is_ended_and_written_down_without_anybody_asking)
{
    stage.hanako.duration = "once";
    b_city->scope = "openid name";
    cr_assert(browser_get(hers, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    provider_pass(genkan, 14 * 60);
    provider_sweep(genkan);
    cr_expect_eq(count("expired"), 0, "its time is not over yet");
    provider_pass(genkan, 2 * 60);
    provider_sweep(genkan);
    cr_expect_eq(count("expired"), 1);
    provider_sweep(genkan);
    cr_expect_eq(count("expired"), 1, "once");
    cr_expect(provider_ledger_is_whole(genkan));
}

/* --- receipts --------------------------------------------------------------------------------------------------- */

static struct view decoded(const char *text)
{
    struct view v;
    cr_assert_eq(base64url_read(&genkan->a, view_text(text), &v), ERR_OK);
    return v;
}

/* The digest of salt and event is the one in the tree. */
static void is_in_the_ledger(const struct json *ledger)
{
    uint8_t digest[SHA256_SIZE];
    struct view event = json_member_text(ledger, "event");
    leaf_digest(digest, decoded(claim(a_city, ledger, "salt")), event);
    struct buf b;
    const char *sql;
    buf_open(&b, &genkan->a, 1024);
    buf_printf(&b, "SELECT count(*) FROM ledger_event WHERE position = %lld AND digest = x'",
               (long long)json_member_int(ledger, "index", -1));
    for (size_t i = 0; i < sizeof digest; i++)
        buf_printf(&b, "%02x", digest[i]);
    buf_put_text(&b, "'");
    cr_assert_eq(buf_done_text(&b, &sql), ERR_OK);
    cr_expect_eq(provider_number(genkan, sql), 1);
}

static const struct json *takes(const char *path, const char *typ)
{
    opens(path);
    cr_assert_str_eq(hers->content_type, "application/jose");
    cr_assert(strstr(hers->headers, "Content-Disposition: attachment"));
    return service_verified(a_city, arena_text(&hers->a, hers->body), typ);
}

Test(consents, a_receipt_says_what_was_agreed_and_is_in_the_ledger)
{
    struct tokens t = allows_age();
    const struct json *receipt = takes(A_PAGE "/receipt.jws", "consent-receipt+jwt");
    cr_expect_str_eq(claim(a_city, receipt, "pii_principal_id"), t.sub);
    const struct json *purposes = json_member(json_member(receipt, "pii_processing"), "purposes");
    cr_assert_eq(json_count(purposes), 4);
    const struct json *name = json_at(purposes, 0), *interests = json_at(purposes, 3);
    cr_expect_str_eq(claim(a_city, name, "purpose"), "予約者の確認");
    cr_expect_str_eq(claim(a_city, name, "lawful_basis"), "条例第5条");
    cr_expect_str_eq(claim(a_city, name, "retention_period"), "P1Y");
    cr_expect_str_eq(claim(a_city, name, "jurisdiction"), "JP");
    cr_expect_eq(json_count(json_member(name, "storage_locations")), 2);
    cr_expect_null(json_member(interests, "storage_locations"), "not registered, not invented");
    const struct json *org = json_at(json_member(receipt, "party_identification"), 0);
    cr_expect_str_eq(claim(a_city, org, "party_address"), "〒590-0078 大阪府A市本町1番1号");
    const struct json *information = json_at(json_member(name, "pii_information"), 0);
    bool flag = true;
    cr_expect(json_bool(json_member(information, "special_pii_category"), &flag) && !flag);
    cr_expect(json_bool(json_member(information, "sensitive_pii_category"), &flag));
    cr_expect_eq(json_count(json_member(name, "recipient_third_parties")), 1);
    cr_expect_str_eq(claim(a_city, json_at(json_member(interests, "pii_information"), 0), "decision"), "refused");
    const struct json *ledger = json_member(receipt, "ledger");
    is_in_the_ledger(ledger);
    cr_expect_not_null(strstr(claim(a_city, ledger, "event"), "\"type\":\"given\""));
    cr_expect_null(strstr(arena_text(&hers->a, hers->body), "大阪"), "no value");
    opens(A_PAGE "/receipt.kantara.json");
    struct json *kantara;
    cr_assert_eq(json_read(&kantara, &hers->a, hers->body, NULL), ERR_OK);
    cr_expect_str_eq(claim(a_city, kantara, "version"), "KI-CR-v1.1.0");
    const struct json *service = json_at(json_member(kantara, "services"), 0);
    cr_expect_eq(json_count(json_member(service, "purposes")), 3, "only what was given");
    const struct json *controller = json_at(json_member(kantara, "piiControllers"), 0);
    cr_expect_str_eq(claim(a_city, controller, "phone"), "072-233-1101");
    cr_expect_str_eq(claim(a_city, controller, "email"), "koho@a-city.example");
    cr_expect_str_eq(claim(a_city, json_member(controller, "address"), "addressLocality"), "A市");
    opens(A_PAGE "/receipt.json");
    cr_expect(browser_says(hers, "\"schema_version\""));
    opens(A_PAGE "/receipt");
    cr_expect(browser_says(hers, "同意の控え"));
    cr_expect(browser_says(hers, "保存する場所：日本（A市役所）、アメリカ"));
    cr_expect(browser_says(hers, "〒590-0078 大阪府A市本町1番1号"));
    opens(A_PAGE);
    cr_expect(browser_says(hers, "日本（A市役所）、アメリカ"));
    cr_expect(browser_says(hers, "072-233-1101"));
}

/* Nothing is told of a place that is not registered: of B city nothing is. */
Test(consents, where_a_field_is_kept_is_on_the_consent_page_in_three_registers)
{
    cr_assert(browser_get(hers, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(&stage.hanako, AT_CONSENT));
    cr_expect(browser_says(hers, "保存する場所"));
    cr_expect(browser_says(hers, "日本（A市役所）、アメリカ"));
    cr_assert(PRESS(hers, "/lang", "lang=ja-simple"));
    cr_expect(browser_says(hers, "どこに 置いておくか"));
    cr_expect(browser_says(hers, "日本（A市役所）、アメリカ"));
    cr_assert(PRESS(hers, "/lang", "lang=en"));
    cr_expect(browser_says(hers, "Kept in"));
    cr_expect(browser_says(hers, "Japan (A City Hall), United States"));
    cr_assert(PRESS(hers, "/lang", "lang=ja"));
    cr_assert(browser_get(hers, service_begin(b_city, NULL)));
    cr_assert(resident_goes_to(&stage.hanako, AT_CONSENT));
    cr_expect_not(browser_says(hers, "日本（"));
}

Test(consents, the_receipt_of_a_withdrawal_proves_the_withdrawal)
{
    allows_age();
    DOES("withdraw");
    const struct json *receipt = takes(A_PAGE "/receipt.jws", "consent-receipt+jwt");
    const struct json *events = json_member(receipt, "event_section"), *ledger = json_member(receipt, "ledger");
    cr_assert_eq(json_count(events), 2);
    cr_expect_str_eq(claim(a_city, json_at(events, 1), "event_state"), "withdrawn");
    cr_expect_not_null(strstr(claim(a_city, ledger, "event"), "\"type\":\"withdrawn\""));
    is_in_the_ledger(ledger);
}

Test(consents, a_record_of_the_history_can_be_taken_away)
{
    struct tokens t = allows_age();
    service_userinfo(a_city, t.access, NULL);
    int64_t last = provider_number(genkan, "SELECT max(position) FROM ledger_event");
    const struct json *record =
        takes(arena_printf(&genkan->a, "/me/history/%lld.jws", (long long)last), "ledger-record+jwt");
    is_in_the_ledger(json_member(record, "ledger"));
    cr_expect_not_null(strstr(claim(a_city, json_member(record, "ledger"), "event"), "\"type\":\"disclosed\""));
}

/* --- children --------------------------------------------------------------------------------------------------- */

Test(consents, a_child_cannot_agree_alone)
{
    const char *error;
    struct resident child;
    struct browser *b = &child.browser;
    resident_open(&child, genkan, "residents/minor");
    cr_assert(browser_get(b, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(&child, AT_CONSENT), "%s", b->url);
    cr_expect(browser_says(b, "15歳になるまでは"));
    cr_expect_not(browser_says(b, "value=\"allow\""));
    cr_expect_not(browser_says(b, "name=\"give-"), "nothing to tick");
    cr_assert(PRESS(b, "/consent", "do=allow", "duration=year", "give-age_over_65=yes"));
    IS_AT(b, AT_CONSENT);
    cr_expect_eq(count("given"), 0, "a form made by hand changes nothing");
    cr_assert(PRESS(b, "/consent", "do=refuse"));
    service_receive(a_city, b, &error);
    cr_expect_str_eq(error, "access_denied");
    a_city->scope = "openid age_over_65";
    cr_assert(browser_get(b, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(&child, AT_CONSENT), "%s", b->url);
    cr_assert(PRESS(b, "/consent", "do=allow", "duration=year", "give-age_over_65=yes"));
    struct tokens t = service_redeem(a_city, service_receive(a_city, b, NULL));
    cr_expect_str_eq(t.scope, "openid", "a login alone is hers to decide");
    cr_expect_not(has(service_userinfo(a_city, t.access, NULL), "age_over_65"));
    cr_assert(browser_get(b, A_PAGE) && b->status == 200);
    cr_expect(browser_says(b, "65歳以上"), "what she did not give");
    cr_expect_not(browser_says(b, "name=\"give-"), "nor can she give it later");
    const char *csrf = browser_field(b, A_PAGE, "csrf");
    cr_assert(browser_post(b, A_PAGE, arena_printf(&b->a, "csrf=%s&do=change&give-age_over_65=yes&sure=yes", csrf)));
    cr_expect_not(has(service_userinfo(a_city, t.access, NULL), "age_over_65"));
    resident_close(&child);
}

Test(consents, a_grown_up_of_the_household_does_not_agree_for_the_child)
{
    struct resident child;
    resident_open(&child, genkan, "residents/minor");
    cr_assert(resident_visits(&stage.hanako, a_city));
    cr_assert(browser_get(&child.browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(&child, AT_CONSENT));
    const char *i = browser_field(&child.browser, "/consent", "i"),
               *shown = browser_field(&child.browser, "/consent", "shown");
    opens("/");
    const char *csrf = browser_field(hers, "/end_session", "csrf");
    int64_t given = count("given");
    cr_assert(browser_post(hers, "/consent",
                           arena_printf(&hers->a, "i=%s&csrf=%s&shown=%s&do=allow&duration=year", i, csrf, shown)));
    cr_expect_eq(hers->status, 400, "the login of another browser");
    cr_expect_eq(count("given"), given);
    resident_close(&child);
}

Test(consents, of_a_household_only_children_are_told)
{
    service_update(b_city, "\"id\":\"municipality\"", "\"id\":\"household\"");
    b_city->scope = "openid name household";
    visits(a_city);
    opens("/me/household");
    cr_assert(PRESS(hers, "/me/household", "do=save", "size=4", "relation-1=spouse", "year-1=1955", "month-1=3",
                    "relation-2=grandchild", "year-2=2020", "month-2=6"));
    opens("/me/household");
    cr_expect(browser_says(hers, "1955"), "she wrote it down");
    opens(service_begin(b_city, NULL));
    cr_assert(resident_goes_to(&stage.hanako, AT_CONSENT), "%s", hers->url);
    cr_expect(browser_says(hers, "2020年6月"));
    cr_expect_not(browser_says(hers, "1955"), "neither shown nor given");
    static const char *const household[] = {"give-household=yes", NULL};
    stage.hanako.ticks = household;
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE), "%s", hers->url);
    struct tokens t = service_redeem(b_city, service_receive(b_city, hers, NULL));
    const struct json *told = json_member(service_userinfo(b_city, t.access, NULL), "household");
    cr_assert(told);
    cr_expect_eq(json_member_int(told, "size", 0), 4);
    cr_expect_eq(json_count(json_member(told, "members")), 1);
    cr_expect_str_eq(claim(b_city, json_at(json_member(told, "members"), 0), "born"), "2020-06");
}
