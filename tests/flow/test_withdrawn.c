/* A consent that ends while a service is asking: the ledger never shows a disclosure after the end of its ground. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "consent/grant.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(withdrawn, .init = open_stage, .fini = close_stage);

enum { UNDER_WAY_US = 300 * 1000 }; /* long enough for a request to get as far as it can */

struct withdrawal {
    struct arena a;
    _Atomic bool begun;
    enum err e;
};

/* Her withdrawal has the writing connection, and takes its time. */
static enum err withdraw_job(struct db *db, void *ctx)
{
    struct withdrawal *w = ctx;
    struct row r;
    enum err e = db_one(db, &w->a, "SELECT resident, id FROM consent WHERE ended_at IS NULL", NO_VALUES, &r);

    w->begun = true;
    usleep(UNDER_WAY_US);
    return e ? e
             : grant_withdraw(genkan->op->ledger, &w->a, db, row_ident(&r, 0), row_ident(&r, 1), "home",
                              clock_ms(&genkan->op->clock));
}

static void *withdraw(void *ctx)
{
    struct withdrawal *w = ctx;

    w->e = store_write(genkan->op->store, withdraw_job, w);
    return NULL;
}

Test(withdrawn, while_a_service_is_asking_it_gets_nothing_any_more)
{
    struct withdrawal w = {.begun = false};
    pthread_t thread;
    int status = 0;

    arena_open(&w.a, 1 << 20);
    cr_assert(resident_visits(&stage.hanako, a_city), "%s", stage.hanako.browser.url);
    struct tokens t = service_redeem(a_city, service_receive(a_city, &stage.hanako.browser, NULL));
    cr_assert_eq(t.status, 200);
    cr_assert_eq(pthread_create(&thread, NULL, withdraw, &w), 0);
    while (!w.begun)
        usleep(1000);
    const struct json *claims = service_userinfo(a_city, t.access, &status);
    pthread_join(thread, NULL);
    cr_assert_eq(w.e, ERR_OK);
    const char *events = provider_ledger_list(genkan, NULL);
    cr_expect_not_null(strstr(events, ",withdrawn,"));
    cr_expect_null(strstr(events, ",disclosed,"), "a leaf that follows the end of its ground: %s", events);
    cr_expect(status != 200 || !json_member(claims, "name"), "and the name left");
    cr_expect(provider_ledger_is_whole(genkan));
    arena_close(&w.a);
}
