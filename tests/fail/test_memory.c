/* A request that runs out of memory, at every step of the story and after every kilobyte: an error answer, nothing half
 * done, and the step can be made again. */
#include <criterion/criterion.h>

#include "tests/lib/halves.h"
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

TestSuite(memory, .init = open_stage, .fini = close_stage);

enum { STEP = 1024, ENOUGH = 512 * 1024 };

static void limit(size_t bytes)
{
    provider_limit_memory(genkan, bytes);
    browser_move(browser, genkan->port);
    browser_move(&a_city->channel, genkan->port);
    browser_move(&b_city->channel, genkan->port);
}

static void nothing_is_half_done(size_t bytes, const char *where)
{
    struct db *db = store_borrow(genkan->op->store);
    const char *half = half_done(db);
    store_return(genkan->op->store, db);
    cr_assert_null(half, "with %zu bytes at %s: %s", bytes, where, half);
}

static bool is_out_of_memory(int status, size_t bytes, const char *where)
{
    cr_assert(status == 200 || status == 302 || status == 303 || status == 400 || status >= 500,
              "with %zu bytes at %s: %d", bytes, where, status);
    return status >= 500;
}

/* What was too little on each kind of page. A card's answer that failed is used up, so she comes by some pages again.
 */
static size_t too_little[AT_OTHER + 1];

/* She does what the page asks for, with a kilobyte more than was too little for it. True: it was too little again. */
static bool lacks_memory(void)
{
    enum at at = browser_at(browser);
    const char *here = browser->url;
    size_t bytes = too_little[at] + STEP;
    cr_assert_lt(bytes, ENOUGH, "%s: never enough", at_name(at));
    limit(bytes);
    resident_goes_on(hanako);
    cr_assert_neq(browser->status, 0, "with %zu bytes at %s: no answer", bytes, at_name(at));
    bool failed = is_out_of_memory(browser->status, bytes, at_name(at)) || browser_at(browser) == AT_NOTHING;
    limit(0);
    nothing_is_half_done(bytes, at_name(at));
    if (!failed)
        return false;
    too_little[at] = bytes;
    cr_assert(browser_get(browser, here));
    return true;
}

Test(memory, each_page_fails_whole_or_not_at_all)
{
    int failures = 0;
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    for (int i = 0; i < 1000 && browser_at(browser) != AT_ELSEWHERE; i++) {
        failures += lacks_memory();
        if (browser_at(browser) == AT_ERROR) /* only the answer was lost */
            cr_assert(browser_get(browser, service_begin(a_city, NULL)));
        if (browser_at(browser) == AT_CARD_PROBLEM)
            cr_assert(PRESS(browser, "/login/card", NULL));
    }
    IS_AT(browser, AT_ELSEWHERE);
    service_receive(a_city, browser, NULL);
    cr_assert_gt(failures, 20, "only %d", failures);
    cr_assert(provider_ledger_is_whole(genkan));
}

static const char *code_for(struct service *s)
{
    limit(0);
    cr_assert(browser_get(browser, service_begin(s, NULL)) && resident_goes_to(hanako, AT_ELSEWHERE));
    return service_receive(s, browser, NULL);
}

Test(memory, tokens_and_userinfo_fail_whole_or_not_at_all)
{
    static const char DISCLOSED[] = "SELECT count(*) FROM ledger_event WHERE class = 5";
    int failures = 0, received = 0;
    for (size_t bytes = STEP; bytes < ENOUGH; bytes += STEP) {
        const char *code = code_for(b_city);
        limit(bytes);
        struct tokens t = service_redeem(b_city, code);
        failures += is_out_of_memory(t.status, bytes, "token");
        nothing_is_half_done(bytes, "token");
        if (t.status == 200)
            break;
    }
    struct tokens t = service_redeem(a_city, code_for(a_city));
    for (size_t bytes = STEP; bytes < ENOUGH && !received; bytes += STEP) {
        int status;
        limit(bytes);
        service_userinfo(a_city, t.access, &status);
        failures += is_out_of_memory(status, bytes, "userinfo");
        received += status == 200;
        nothing_is_half_done(bytes, "userinfo");
    }
    limit(0);
    cr_assert_geq(provider_number(genkan, DISCLOSED), received);
    cr_assert_gt(failures, 5, "only %d", failures);
    cr_assert(provider_ledger_is_whole(genkan));
}
