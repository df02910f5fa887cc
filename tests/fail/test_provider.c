/* Store full or locked while people and services are on their way: 503 with a number to quote, nothing half written,
 * and when it is over, the way goes on from where it was. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/sqlite.h"
#include "tests/lib/stage.h"

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

TestSuite(provider_failures, .init = open_stage, .fini = close_stage);

/* Every commit appends to the log file; a file that may not grow is what a full disk is. */
static void fill_up(void)
{
    struct stat st;
    struct rlimit limit;
    cr_assert_eq(stat(arena_printf(&genkan->a, "%s/data/genkan.db-wal", genkan->folder), &st), 0);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = (rlim_t)st.st_size;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void make_room(void)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#define COUNT(TABLE) "SELECT count(*) FROM " TABLE
static const char *const COUNTS[] = {
    COUNT("interaction"), COUNT("card_txn"), COUNT("session"), COUNT("session_service"), COUNT("family"),
    COUNT("resident"),    COUNT("card"),     COUNT("profile"), COUNT("consent"),         COUNT("ledger_event")};
enum { COUNTS_N = sizeof COUNTS / sizeof COUNTS[0] };

struct census {
    int64_t rows[COUNTS_N];
};

static struct census count(void)
{
    struct census c;
    for (size_t i = 0; i < COUNTS_N; i++)
        c.rows[i] = provider_number(genkan, COUNTS[i]);
    return c;
}

static void unchanged(const struct census *before, const char *what)
{
    struct census now = count();
    for (size_t i = 0; i < COUNTS_N; i++)
        cr_assert_eq(now.rows[i], before->rows[i], "%s changed %s", what, COUNTS[i]);
}

/* She does what the page asks for while the store is full. True: it answered 503 with a number, nothing is half
 * written, and she is back on her page. False: this step needs no writing, and she is a step further. */
static bool is_stopped(void)
{
    struct census before = count();
    enum at at = browser_at(browser);
    const char *here = browser->url;
    fill_up();
    bool came = resident_goes_on(hanako);
    make_room();
    bool stopped = browser->status == 503;
    cr_assert(came || stopped, "stuck at %s: %d %s", at_name(browser_at(browser)), browser->status, browser->url);
    if (!stopped)
        return false;
    unchanged(&before, at_name(at));
    cr_assert(browser_get(browser, here), "%s", here);
    return true;
}

/* Every step of a login is tried with a full store first; how many were stopped. */
static int walk_with_full_store(const char *url)
{
    int stopped = 1;
    fill_up();
    cr_assert(browser_get(browser, url));
    cr_assert_eq(browser->status, 503);
    cr_assert_not_null(browser_quote(browser), "a number to quote");
    make_room();
    cr_assert(browser_get(browser, url));
    for (int i = 0; i < 20 && browser_at(browser) != AT_ELSEWHERE; i++) {
        if (!is_stopped())
            continue;
        stopped++;
        if (browser_at(browser) != AT_ELSEWHERE)
            cr_assert(resident_goes_on(hanako), "stuck at %s: %s", at_name(browser_at(browser)), browser->url);
    }
    return stopped;
}

Test(provider_failures, a_full_store_stops_each_step_and_breaks_none)
{
    int stopped = walk_with_full_store(service_begin(a_city, NULL));
    IS_AT(browser, AT_ELSEWHERE);
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(t.status, 200);
    cr_assert_not_null(service_userinfo(a_city, t.access, NULL));
    cr_assert_geq(stopped, 6, "only %d steps wrote", stopped);
    cr_assert(provider_ledger_is_whole(genkan));
    cr_assert_eq(store_check_integrity(genkan->op->store), ERR_OK);
}

/* With tokens that are good: 503 and a number, and no field. */
static void services_are_told(const struct tokens *t)
{
    int status;
    service_userinfo(b_city, t->access, &status);
    cr_assert_eq(status, 503, "no leaf, no data");
    cr_assert(service_may_quote(b_city), "%.*s", (int)b_city->channel.body.n, (const char *)b_city->channel.body.p);
    cr_assert(!browser_says(&b_city->channel, "name"));
    cr_assert_eq(service_refresh(b_city, t->refresh).status, 503);
    cr_assert(service_may_quote(b_city), "%.*s", (int)b_city->channel.body.n, (const char *)b_city->channel.body.p);
}

Test(provider_failures, a_full_store_is_503_with_a_number_for_services_too)
{
    cr_assert(resident_visits(hanako, b_city));
    struct tokens t = service_redeem(b_city, service_receive(b_city, browser, NULL));
    cr_assert(browser_get(browser, service_begin(b_city, "prompt=none")));
    const char *code = service_receive(b_city, browser, NULL);
    struct census before = count();

    fill_up();
    cr_assert_eq(service_redeem(b_city, code).status, 503);
    cr_assert(service_may_quote(b_city));
    services_are_told(&t);
    make_room();

    unchanged(&before, "a full store");
    cr_assert_eq(service_redeem(b_city, code).status, 200, "the code is still good");
    cr_assert_eq(service_refresh(b_city, t.refresh).status, 200, "and so is the refresh token");
    cr_assert(provider_ledger_is_whole(genkan));
}

/* --- locked ----------------------------------------------------------------------------------------------------- */

static struct db *lock(void)
{
    struct db *other;
    enum store_fault fault;
    struct db_config config = {.path = arena_printf(&genkan->a, "%s/data/genkan.db", genkan->folder),
                               .mode = DB_WRITER,
                               .busy_ms = 1000,
                               .cache_kib = 100};
    cr_assert_eq(db_open(&other, &config, &fault), ERR_OK);
    cr_assert_eq(db_begin(other), ERR_OK);
    return other;
}

static void unlock(struct db *other)
{
    db_rollback(other);
    db_close(other);
}

Test(provider_failures, a_locked_store_is_503_with_a_number_for_people_and_services)
{
    const char *code;
    struct tokens t;
    cr_assert(resident_visits(hanako, b_city));
    t = service_redeem(b_city, service_receive(b_city, browser, NULL));
    cr_assert(browser_get(browser, service_begin(b_city, "prompt=none")));
    code = service_receive(b_city, browser, NULL);
    struct census before = count();

    struct db *other = lock();
    cr_assert(browser_get(browser, service_begin(a_city, NULL)), "an interaction cannot begin");
    cr_assert_eq(browser->status, 503);
    IS_AT(browser, AT_ERROR);
    cr_assert_not_null(browser_quote(browser));
    cr_assert_eq(service_redeem(b_city, code).status, 503);
    cr_assert(service_may_quote(b_city));
    services_are_told(&t);
    cr_assert(browser_send(browser, "/readyz", NULL, NULL, VIEW_NONE));
    cr_assert_eq(browser->status, 503);
    cr_assert(browser_send(browser, "/healthz", NULL, NULL, VIEW_NONE));
    cr_assert_eq(browser->status, 200);
    unlock(other);

    unchanged(&before, "a locked store");
    cr_assert_eq(service_redeem(b_city, code).status, 200, "the code is still good");
    cr_assert_eq(service_refresh(b_city, t.refresh).status, 200, "and so is the refresh token");
    cr_assert(browser_send(browser, "/readyz", NULL, NULL, VIEW_NONE));
    cr_assert_eq(browser->status, 200);
    cr_assert(provider_ledger_is_whole(genkan));
}
