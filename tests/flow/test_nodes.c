/* Two processes of `genkan serve` on one data folder, as while one takes over from the other: whatever one of them
 * was told, the other knows with the very next request, and so it is with what a command changes beside both. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "store/sqlite.h"
#include "tests/lib/child.h"
#include "tests/lib/halves.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct child first, second;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *hers = &stage.hanako.browser;

static void open_both(void)
{
    signal(SIGPIPE, SIG_IGN);
    stage_open(&stage);
    child_open(&first, &stage.genkan);
    child_open_beside(&second, &first, &stage.genkan);
    child_start(&first);
    child_start(&second);
    browser_move(hers, first.port);
    browser_move(&a_city->channel, second.port);
    browser_move(&b_city->channel, second.port);
}

static void close_both(void)
{
    if (second.pid)
        child_end(&second, SIGKILL);
    resident_close(hanako);
    service_close(b_city);
    service_close(a_city);
    child_close(&first, &stage.genkan);
}

TestSuite(nodes, .init = open_both, .fini = close_both);

/* She is at the one, the service asks for tokens at the other. */
static struct tokens visits(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(hers)), hers->url);
    struct tokens t = service_redeem(s, service_receive(s, hers, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static struct tokens gives_offline_access(void)
{
    b_city->scope = "openid offline_access name";
    cr_assert(browser_get(hers, service_begin(b_city, "prompt=consent")));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", hers->url);
    struct tokens t = service_redeem(b_city, service_receive(b_city, hers, NULL));
    cr_assert(t.status == 200 && t.refresh, "%s", t.error);
    return t;
}

static int info(struct service *s, const struct tokens *t)
{
    int status;
    service_userinfo(s, t->access, &status);
    return status;
}

static bool is_active(struct service *s, const struct tokens *t)
{
    const struct json *answer;
    cr_assert_eq(service_call(s, "/introspect", arena_printf(&s->channel.a, "token=%s", t->access), NULL, &answer),
                 200);
    return json_member_bool(answer, "active", false);
}

static void does(const char *page, const char *act, const char *change)
{
    cr_assert(browser_get(hers, page) && hers->status == 200, "%s: %d", page, hers->status);
    cr_assert(browser_press(hers, page, (const char *const[]){act, change, NULL}));
    cr_assert(browser_says(hers, "name=\"sure\""), "not asked: %d", hers->status);
    cr_assert(PRESS(hers, page, act));
}

Test(nodes, what_is_withdrawn_at_one_is_gone_at_the_other_with_the_next_request)
{
    struct tokens t = gives_offline_access();
    cr_assert(info(b_city, &t) == 200 && is_active(b_city, &t));
    does("/me/services/b-city", "do=withdraw", NULL);
    cr_expect_eq(info(b_city, &t), 401, "RFC 6750 3.1");
    cr_expect_not(is_active(b_city, &t));
    cr_expect_str_eq(service_refresh(b_city, t.refresh).error, "invalid_grant");
}

Test(nodes, a_field_taken_back_at_one_is_absent_at_the_other)
{
    static const char *const age[] = {"give-age_over_65=yes", NULL};
    hanako->ticks = age;
    struct tokens t = visits(a_city);
    cr_assert_not_null(json_member(service_userinfo(a_city, t.access, NULL), "age_over_65"));
    does("/me/services/a-city", "do=change", "give-age_over_65");
    const struct json *claims = service_userinfo(a_city, t.access, NULL);
    cr_expect(json_member(claims, "name") && !json_member(claims, "age_over_65"));
}

Test(nodes, a_code_that_one_made_is_good_once_for_both_together)
{
    cr_assert(resident_visits(hanako, a_city));
    const char *code = service_receive(a_city, hers, NULL);
    struct tokens t = service_redeem(a_city, code);
    cr_assert(t.status == 200 && info(a_city, &t) == 200);
    browser_move(&a_city->channel, first.port);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    browser_move(&a_city->channel, second.port);
    cr_expect_eq(info(a_city, &t), 401, "RFC 6749 4.1.2: what it was redeemed for is revoked");
}

Test(nodes, a_code_of_a_login_that_ended_at_one_gives_nothing_at_the_other)
{
    cr_assert(resident_visits(hanako, a_city));
    const char *code = service_receive(a_city, hers, NULL);
    cr_assert(browser_get(hers, "/"));
    cr_assert(PRESS(hers, "/end_session", "do=logout"));
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
}

Test(nodes, a_log_out_at_one_ends_the_session_at_the_other)
{
    struct tokens t = visits(a_city);
    cr_assert(browser_get(hers, "/"));
    cr_assert(PRESS(hers, "/end_session", "do=logout"));
    cr_expect_eq(info(a_city, &t), 401);
    browser_move(hers, second.port);
    cr_assert(browser_get(hers, service_begin(a_city, "prompt=none")));
    const char *error;
    service_receive(a_city, hers, &error);
    cr_expect_str_eq(error, "login_required");
}

/* The command is a third process, and only one of the two is told by it (docs/decisions/admin.md). */
Test(nodes, a_command_beside_them_counts_at_both_with_the_next_request)
{
    struct tokens a = visits(a_city), b = gives_offline_access();
    cr_assert(info(a_city, &a) == 200 && info(b_city, &b) == 200);
    browser_move(&b_city->channel, first.port);
    cr_assert_eq(child_command(&first, (const char *const[]){"resident", "disable", "--service", "a-city", "--subject",
                                                             a.sub, "--reason", "hijacking", NULL}),
                 0);
    cr_expect_eq(info(a_city, &a), 401);
    cr_expect_eq(info(b_city, &b), 401);
    cr_expect_str_eq(service_refresh(b_city, b.refresh).error, "invalid_grant");
}

/* Codes of both kinds: one that leaves no row, for which nobody asks the database, and one that gives a refresh token.
 */
Test(nodes, a_code_made_before_a_command_disabled_the_account_gives_nothing_at_the_other)
{
    struct tokens before = visits(a_city);
    gives_offline_access();
    cr_assert(resident_visits(hanako, a_city));
    const char *plain = service_receive(a_city, hers, NULL);
    cr_assert(resident_visits(hanako, b_city));
    const char *offline = service_receive(b_city, hers, NULL);
    cr_assert_eq(child_command(&first, (const char *const[]){"resident", "disable", "--service", "a-city", "--subject",
                                                             before.sub, "--reason", "hijacking", NULL}),
                 0);
    struct tokens a = service_redeem(a_city, plain), b = service_redeem(b_city, offline);
    cr_expect_str_eq(a.error, "invalid_grant");
    cr_expect_str_eq(b.error, "invalid_grant");
    cr_expect(!a.access && !b.access && !b.refresh);
}

/* --- the ledger ----------------------------------------------------------------------------------------------------
 */

enum { DISCLOSURES = 100 };

struct asking {
    struct service *service;
    struct tokens tokens;
    int told;
};

static void *asks_often(void *ctx)
{
    struct asking *q = ctx;
    for (int i = 0; i < DISCLOSURES; i++)
        q->told += info(q->service, &q->tokens) == 200;
    return NULL;
}

/* As a third process sees it. */
static int64_t number(const char *sql)
{
    const struct store_config config = {
        .path = arena_printf(&stage.genkan.a, "%s/genkan.db", first.data), .readers = 1, .read_only = true};
    struct store *store;
    int64_t n = 0;
    cr_assert_eq(store_open(&store, &config, NULL), ERR_OK);
    struct db *db = store_borrow(store);
    cr_expect_null(half_done(db), "%s", half_done(db));
    cr_assert_eq(db_number(db, sql, &n), ERR_OK);
    store_return(store, db);
    store_close(store);
    return n;
}

/* Each of them keeps the tree's edge in its memory: it must see that the other has gone on. */
Test(nodes, write_one_ledger_both_at_the_same_time)
{
    struct asking a = {.service = a_city, .tokens = visits(a_city)}, b = {.service = b_city, .tokens = visits(b_city)};
    pthread_t thread;
    browser_move(&b_city->channel, first.port);
    cr_assert_eq(pthread_create(&thread, NULL, asks_often, &b), 0);
    asks_often(&a);
    pthread_join(thread, NULL);
    cr_expect(a.told == DISCLOSURES && b.told == DISCLOSURES, "%d %d", a.told, b.told);
    cr_expect_eq(number("SELECT count(*) FROM ledger_event WHERE class = 5"), 2 * DISCLOSURES);
    cr_expect_eq(child_command(&first, (const char *const[]){"audit", "verify", NULL}), 0);
}

/* --- what only one of them does -------------------------------------------------------------------------------------
 */

static bool has_published(int64_t size)
{
    struct view text, line;
    const char *path = arena_printf(&stage.genkan.a, "%s/ledger/checkpoint", first.data);
    if (file_read(&stage.genkan.a, path, 65536, &text) != ERR_OK)
        return false;
    bool has = view_next(&text, '\n', &line) && view_next(&text, '\n', &line);
    return has && view_equal(line, view_text(arena_printf(&stage.genkan.a, "%lld", (long long)size)));
}

static void wait_for(bool (*is_so)(int64_t), int64_t n)
{
    for (int i = 0; i < 400 && !is_so(n); i++)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    cr_assert(is_so(n));
}

static bool are_told(int64_t n)
{
    return a_city->told >= n;
}

/* A restart without a moment in which nobody answers: the new one is started, the old one is told to stop. */
Test(nodes, one_takes_over_what_the_other_did_alone)
{
    struct tokens t = visits(a_city);
    child_wait_for(&first, &stage.genkan, "upkeep_taken");
    child_wait_for(&second, &stage.genkan, "ledger_published_elsewhere");
    int status = child_end(&first, SIGTERM);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    browser_move(hers, second.port);
    child_wait_for(&second, &stage.genkan, "ledger_published_here");
    cr_expect_eq(info(a_city, &t), 200);
    cr_assert(browser_get(hers, "/"));
    cr_assert(PRESS(hers, "/end_session", "do=logout"), "she is logged in still");
    wait_for(are_told, 1);
    child_wait_for(&second, &stage.genkan, "upkeep_taken");
    wait_for(has_published, number("SELECT size FROM ledger_head"));
    cr_expect_eq(child_command(&second, (const char *const[]){"audit", "verify", NULL}), 0);
}
