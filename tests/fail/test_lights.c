/* The lights go out over a whole Genkan, or its disk fails to take the log, between the redemption of a code, the
 * disclosure and whatever came of it: a code is never good twice, and nothing is disclosed without its leaf
 * (docs/decisions/sealed-codes.md). */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "tests/fail/disk.h"
#include "tests/lib/box.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;

static const char *in_data(const char *name)
{
    return arena_printf(&genkan->a, "%s/data/%s", genkan->folder, name);
}

/* Hanako has been at both services; from now on the disk remembers only what is flushed. */
static void open_stage(void)
{
    stage_open(&stage);
    cr_assert_eq(mkdir(in_data("image"), 0700), 0);
    disk_watch(in_data("image"));
    for (int i = 0; i < 2; i++) {
        struct service *s = i ? b_city : a_city;
        cr_assert(browser_get(&stage.hanako.browser, service_begin(s, NULL)));
        cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
        cr_assert_eq(service_redeem(s, service_receive(s, &stage.hanako.browser, NULL)).status, 200);
    }
    cr_assert_eq(store_settle(genkan->op->store), ERR_OK);
    cr_assert_eq(store_checkpoint(genkan->op->store), ERR_OK);
}

static void close_stage(void)
{
    disk_watch(NULL);
    stage_close(&stage);
}

TestSuite(lights, .init = open_stage, .fini = close_stage);

static const char *silent_code(struct service *s)
{
    cr_assert(browser_get(&stage.hanako.browser, service_begin(s, "prompt=none")));
    return service_receive(s, &stage.hanako.browser, NULL);
}

static void follow(void)
{
    browser_move(&stage.hanako.browser, genkan->port);
    browser_move(&a_city->channel, genkan->port);
    browser_move(&b_city->channel, genkan->port);
}

/* What a boot changes: /proc/sys/kernel/random/boot_id. */
static void boot(void)
{
    static const char SQL[] = "UPDATE setting SET value = 'another' || substr(value, 8) WHERE name = 'epoch'";
    struct store_config config = {.path = in_data("genkan.db"), .readers = 1};
    struct box b = {.folder = ""};
    cr_assert_eq(store_open(&b.store, &config, NULL), ERR_OK);
    cr_assert_eq(box_write(&b, SQL), ERR_OK);
    store_close(b.store);
}

/* The machine loses its current and starts again: the files are what the disk remembered. */
static void lights_out(void)
{
    cr_assert_eq(mkdir(in_data("remembered"), 0700), 0);
    cr_assert(disk_restore(in_data("remembered")));
    disk_watch(NULL);
    provider_stop(genkan);
    unlink(in_data("genkan.db-wal"));
    cr_assert_eq(rename(in_data("remembered/genkan.db"), in_data("genkan.db")), 0);
    cr_assert_eq(rename(in_data("remembered/genkan.db-wal"), in_data("genkan.db-wal")), 0);
    boot();
    provider_restart(genkan);
    follow();
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM setting WHERE name = 'epoch' AND value LIKE 'another%'"),
                 0, "an epoch is written that is this boot's");
}

static int info(struct service *s, const char *access)
{
    int status;
    service_userinfo(s, access, &status);
    return status;
}

static int64_t disclosed(void)
{
    return provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE class = 5");
}

/* Nothing is written when it is redeemed: there is nothing to lose but that it was. Its session is on the disk. */
Test(lights, a_code_redeemed_before_an_outage_is_worth_nothing_after_it_and_coming_again_ends_what_came_of_it)
{
    const char *code = silent_code(a_city);
    struct tokens t = service_redeem(a_city, code);
    int64_t families = provider_number(genkan, "SELECT count(*) FROM family");
    cr_assert_eq(t.status, 200);
    lights_out();
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM family"), families);
    cr_expect_eq(info(a_city, t.access), 200, "she is still logged in, and it says all there is to know");
    cr_expect_eq(disclosed(), 1);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant", "not twice");
    cr_expect_eq(info(a_city, t.access), 401, "RFC 6749 4.1.2: a code that comes twice ends what came of it");
    t = service_redeem(a_city, silent_code(a_city));
    cr_expect_eq(t.status, 200, "the service logs in again");
    cr_expect_eq(info(a_city, t.access), 200);
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(lights, a_code_not_used_before_an_outage_is_refused_too_since_nobody_can_know)
{
    const char *code = silent_code(a_city);
    lights_out();
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
}

Test(lights, what_was_disclosed_before_an_outage_is_in_the_ledger_and_its_code_stays_used)
{
    const char *code = silent_code(a_city);
    struct tokens t = service_redeem(a_city, code);
    cr_assert_eq(info(a_city, t.access), 200);
    lights_out();
    cr_expect_eq(disclosed(), 1);
    cr_expect_eq(info(a_city, t.access), 200, "what it hangs on is on the disk");
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(info(a_city, t.access), 401, "RFC 6749 4.1.2: a code that comes twice ends what came of it");
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(lights, a_refresh_token_that_was_told_lives_through_an_outage)
{
    struct tokens t = service_redeem(b_city, silent_code(b_city));
    cr_assert_eq(t.status, 200);
    cr_assert_not_null(t.refresh);
    lights_out();
    cr_expect_eq(service_refresh(b_city, t.refresh).status, 200);
}

Test(lights, a_code_that_came_twice_stays_revoked_after_an_outage)
{
    const char *code = silent_code(a_city);
    struct tokens t = service_redeem(a_city, code);
    cr_assert_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    lights_out();
    cr_expect_eq(info(a_city, t.access), 401);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM family WHERE revoked_at IS NOT NULL"), 1);
}

static enum err touch(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db, "UPDATE session SET seen_at = seen_at + 1", NO_VALUES);
}

static void restart(void)
{
    provider_restart(genkan);
    follow();
}

static enum err forget_logins(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db, "DELETE FROM session", NO_VALUES);
}

Test(lights, an_access_token_of_a_login_that_was_lost_is_refused)
{
    struct tokens t = service_redeem(a_city, silent_code(a_city));
    cr_assert_eq(t.status, 200);
    cr_assert_eq(store_write(genkan->op->store, forget_logins, NULL), ERR_OK);
    cr_expect_eq(info(a_city, t.access), 401);
    cr_expect_eq(disclosed(), 0, "no leaf, no data");
}

/* The end of the process alone, however it ends, loses nothing: tests/fail/test_killed.c. */
Test(lights, a_code_lives_through_a_restart)
{
    const char *code = silent_code(a_city);
    restart();
    cr_expect_eq(service_redeem(a_city, code).status, 200);
}

Test(lights, a_code_is_good_once_whatever_restarts)
{
    const char *code = silent_code(a_city);
    struct tokens t = service_redeem(a_city, code);
    restart();
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(info(a_city, t.access), 401);
}

/* A disk that failed to take the log may have lost what was told: codes from before are refused, though the machine
 * never stopped. */
Test(lights, a_flush_that_failed_ends_the_codes_from_before_it)
{
    const char *code = silent_code(a_city);
    cr_assert_eq(store_write_soon(genkan->op->store, touch, NULL), ERR_OK);
    disk_fail(DISK_FLUSH, 1, EIO);
    cr_assert_eq(store_settle(genkan->op->store), ERR_STORE);
    restart();
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    const char *next = silent_code(a_city);
    restart();
    cr_expect_eq(service_redeem(a_city, next).status, 200, "the next epoch goes on");
}
