/* What comes of a code and needs no row (docs/decisions/sealed-codes.md): an access token that says all there is to
 * know of it. It must die as any other does. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "base/json.h"
#include "sessions/token.h"
#include "store/store.h"
#include "store/used.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city; /* b_city's tokens are refreshed */
static struct resident *hanako = &stage.hanako;
static struct browser *hers = &stage.hanako.browser;

static void open_all(void)
{
    stage_open(&stage);
}

static void close_all(void)
{
    stage_close(&stage);
}

TestSuite(plain, .init = open_all, .fini = close_all);

static const char *fresh_code(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s", hers->url);
    return service_receive(s, hers, NULL);
}

static struct tokens redeemed(struct service *s, const char *code)
{
    struct tokens t = service_redeem(s, code);
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static int info(struct service *s, const struct tokens *t)
{
    int status;
    service_userinfo(s, t->access, &status);
    return status;
}

static const struct json *shown(struct service *s, const struct tokens *t)
{
    const struct json *answer;
    cr_assert_eq(service_call(s, "/introspect", arena_printf(&s->channel.a, "token=%s", t->access), NULL, &answer),
                 200);
    return answer;
}

static bool is_active(struct service *s, const struct tokens *t)
{
    return json_member_bool(shown(s, t), "active", false);
}

static int64_t rows(void)
{
    return provider_number(genkan, "SELECT count(*) FROM family");
}

static int64_t revoked(void)
{
    return provider_number(genkan, "SELECT count(*) FROM family WHERE revoked_at IS NOT NULL");
}

static void is_dead(struct service *s, const struct tokens *t)
{
    int64_t disclosed = provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE class = 5");
    cr_expect_eq(info(s, t), 401);
    cr_expect_not(is_active(s, t));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM ledger_event WHERE class = 5"), disclosed);
}

Test(plain, a_code_without_a_refresh_token_leaves_no_row_and_its_token_says_what_one_would)
{
    struct tokens t = redeemed(a_city, fresh_code(a_city));
    cr_expect_eq(rows(), 0);
    cr_expect_eq(info(a_city, &t), 200);
    const struct json *answer = shown(a_city, &t);
    cr_expect(json_member_bool(answer, "active", false));
    cr_expect(view_equal_text(json_member_text(answer, "client_id"), a_city->id));
    cr_expect(view_equal_text(json_member_text(answer, "sub"), t.sub));
    cr_expect_eq(json_member_int(answer, "exp", 0) - json_member_int(answer, "iat", 0), 600);
    redeemed(b_city, fresh_code(b_city));
    cr_expect_eq(rows(), 1, "what is refreshed has one");
}

Test(plain, a_code_that_comes_twice_is_refused_and_ends_what_came_of_it)
{
    const char *code = fresh_code(a_city);
    struct tokens t = redeemed(a_city, code);
    cr_assert_eq(info(a_city, &t), 200);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant", "RFC 6749 4.1.2");
    is_dead(a_city, &t);
    cr_expect_eq(revoked(), 1);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(rows(), 1);
}

Test(plain, a_code_that_comes_late_ends_what_came_of_it_too)
{
    static const int64_t late[] = {31, 59, 60, 63, 64, 65, 300, 599};
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
        const char *code = fresh_code(a_city);
        struct tokens t = redeemed(a_city, code);
        provider_pass(genkan, late[i]);
        cr_expect_eq(info(a_city, &t), 200);
        cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
        is_dead(a_city, &t);
    }
}

Test(plain, a_code_that_comes_again_with_the_wrong_verifier_ends_what_came_of_it)
{
    const char *code = fresh_code(a_city);
    struct tokens t = redeemed(a_city, code);
    a_city->verifier = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    is_dead(a_city, &t);
}

Test(plain, a_code_that_was_not_redeemed_is_not_ended_by_a_wrong_verifier)
{
    const char *code = fresh_code(a_city), *right = a_city->verifier;
    a_city->verifier = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(rows(), 0);
    a_city->verifier = right;
    struct tokens t = redeemed(a_city, code);
    cr_expect_eq(info(a_city, &t), 200);
}

Test(plain, a_code_of_another_service_ends_nothing)
{
    const char *code = fresh_code(a_city), *verifier = b_city->verifier;
    struct tokens t = redeemed(a_city, code);
    b_city->verifier = a_city->verifier;
    cr_expect_str_eq(service_redeem(b_city, code).error, "invalid_grant");
    b_city->verifier = verifier;
    cr_expect_eq(info(a_city, &t), 200);
    cr_expect_eq(rows(), 0);
}

Test(plain, its_service_revokes_it_and_no_other)
{
    struct tokens t = redeemed(a_city, fresh_code(a_city));
    const char *form = arena_printf(&a_city->channel.a, "token=%s", t.access);
    cr_expect_eq(service_post(b_city, "/revoke", form), 200, "RFC 7009 2.2");
    cr_expect_eq(info(a_city, &t), 200);
    cr_expect_eq(service_post(a_city, "/revoke", form), 200);
    is_dead(a_city, &t);
    provider_pass(genkan, 300);
    is_dead(a_city, &t);
}

Test(plain, a_row_that_revokes_stays_as_long_as_the_token_would_live)
{
    struct tokens t = redeemed(a_city, fresh_code(a_city));
    service_post(a_city, "/revoke", arena_printf(&a_city->channel.a, "token=%s", t.access));
    provider_pass(genkan, 599);
    provider_sweep(genkan);
    is_dead(a_city, &t);
    cr_expect_eq(rows(), 1);
    provider_pass(genkan, 2 * 86400);
    provider_sweep(genkan);
    cr_expect_eq(rows(), 0);
}

Test(plain, it_ends_with_the_login)
{
    struct tokens t = redeemed(a_city, fresh_code(a_city));
    cr_assert_eq(info(a_city, &t), 200);
    cr_assert(browser_get(hers, "/"));
    cr_assert(PRESS(hers, "/end_session", "do=logout"));
    is_dead(a_city, &t);
}

Test(plain, a_code_whose_login_has_ended_gives_nothing)
{
    const char *code = fresh_code(a_city);
    cr_assert(browser_get(hers, "/"));
    cr_assert(PRESS(hers, "/end_session", "do=logout"));
    struct tokens t = service_redeem(a_city, code);
    cr_expect_str_eq(t.error, "invalid_grant");
    cr_expect_null(t.access);
}

Test(plain, it_ends_with_the_consent)
{
    struct tokens t = redeemed(a_city, fresh_code(a_city));
    cr_assert_eq(info(a_city, &t), 200);
    cr_assert(browser_get(hers, "/me/services/a-city") && hers->status == 200);
    cr_assert(browser_press(hers, "/me/services/a-city", (const char *const[]){"do=withdraw", NULL}));
    cr_assert(PRESS(hers, "/me/services/a-city", "do=withdraw"));
    cr_expect_eq(info(a_city, &t), 401);
}

Test(plain, it_is_over_after_ten_minutes)
{
    struct tokens t = redeemed(a_city, fresh_code(a_city));
    provider_pass(genkan, 600);
    is_dead(a_city, &t);
}

Test(plain, a_code_stays_redeemed_and_its_token_lives_over_a_restart)
{
    const char *code = fresh_code(a_city), *verifier = a_city->verifier;
    struct tokens t = redeemed(a_city, code);
    const char *other = fresh_code(a_city);
    provider_restart(genkan);
    browser_move(&a_city->channel, genkan->port);
    cr_expect_eq(info(a_city, &t), 200);
    struct tokens u = redeemed(a_city, other);
    cr_expect_eq(info(a_city, &u), 200, "one that was not redeemed is good still");
    a_city->verifier = verifier;
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    is_dead(a_city, &t);
    cr_expect_eq(info(a_city, &u), 200);
}

Test(plain, a_code_from_before_the_memory_was_taken_away_is_refused)
{
    const char *code = fresh_code(a_city), *verifier = a_city->verifier;
    struct tokens t = redeemed(a_city, code);
    const char *other = fresh_code(a_city);
    cr_assert_eq(unlink(arena_printf(&hers->a, "%s/genkan.db-recent", genkan->config->data)), 0);
    provider_restart(genkan);
    browser_move(&a_city->channel, genkan->port);
    cr_expect_str_eq(service_redeem(a_city, other).error, "invalid_grant", "nobody can know");
    a_city->verifier = verifier;
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    is_dead(a_city, &t);
    browser_move(hers, genkan->port);
    redeemed(a_city, fresh_code(a_city));
}

/* What came twice stays dead, also where the first time comes to no end. */
Test(plain, a_code_with_a_row_that_revokes_it_is_not_redeemed)
{
    const char *code = fresh_code(a_city);
    struct used *used = store_used(genkan->op->store);
    struct ident id = token_family_id(view_text(code), provider_now(genkan));
    cr_assert_eq(used_take(used, id), USED_NEW);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(revoked(), 1);
    used_release(used, id);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect(used_is_taken(used, id), "who took it does not give it back");
    cr_expect_eq(rows(), 1);
    cr_expect_eq(revoked(), 1);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
}

Test(plain, a_code_that_is_long_over_leaves_no_row)
{
    const char *code = fresh_code(a_city);
    provider_pass(genkan, 691);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(rows(), 0);
}

/* --- without a look into the database ------------------------------------------------------------------------------
 */

static struct ident session_of_hanako(void)
{
    struct ident id = IDENT_NONE;
    struct row r;
    static const char SQL[] = "SELECT id FROM session WHERE ended_at IS NULL";
    struct db *db = store_borrow(genkan->op->store);
    if (db_one(db, &a_city->channel.a, SQL, NO_VALUES, &r) == ERR_OK)
        id = row_ident(&r, 0);
    store_return(genkan->op->store, db);
    cr_assert(ident_is(id));
    return id;
}

static enum err run_job(struct db *db, void *ctx)
{
    return db_run(db, ctx, NO_VALUES);
}

/* Nobody does this: it shows that the login comes out of the code, and that what the token is good for does not. */
Test(plain, a_code_tells_of_its_login_and_the_database_of_what_the_token_is_good_for)
{
    static char sql[] = "UPDATE session SET ended_at = 1, acr = 'another'";
    const char *code = fresh_code(a_city);
    cr_assert_eq(store_write(genkan->op->store, run_job, sql), ERR_OK);
    struct tokens t = redeemed(a_city, code);
    cr_expect_not(view_equal_text(json_member_text(t.claims, "acr"), "another"));
    is_dead(a_city, &t);
}

/* Another session that has the same place has ended, or this one really. */
Test(plain, a_code_of_a_session_that_may_have_ended_is_looked_for)
{
    static char sql[] = "UPDATE session SET ended_at = 1";
    struct used *used = store_used(genkan->op->store);
    const char *code = fresh_code(a_city);
    used_note_end(used, session_of_hanako(), clock_steady_ms());
    struct tokens t = redeemed(a_city, code);
    cr_expect_eq(info(a_city, &t), 200, "it has not");
    code = fresh_code(a_city);
    cr_assert_eq(store_write(genkan->op->store, run_job, sql), ERR_OK);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant", "it has");
    cr_expect_eq(rows(), 0);
}

/* What a boot changes is /proc/sys/kernel/random/boot_id, with which the epoch's name begins. */
static void boot(void)
{
    static char sql[] = "UPDATE setting SET value = 'another' || substr(value, 8) WHERE name = 'epoch'";
    cr_assert_eq(store_write(genkan->op->store, run_job, sql), ERR_OK);
    provider_restart(genkan);
    browser_move(hers, genkan->port);
    browser_move(&a_city->channel, genkan->port);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM setting WHERE name = 'epoch' AND value LIKE 'another%'"),
                 0, "an epoch is written that is this boot's");
}

/* The clock before had run for a day longer: whatever it noted would be newer than every code. */
Test(plain, what_was_noted_before_the_machine_started_anew_makes_nobody_look)
{
    static char sql[] = "UPDATE session SET ended_at = 1";
    const char *code = fresh_code(a_city);
    used_note_end(store_used(genkan->op->store), session_of_hanako(), clock_steady_ms() + 86400000);
    boot();
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant", "it is of the epoch before");
    code = fresh_code(a_city);
    cr_assert_eq(store_write(genkan->op->store, run_job, sql), ERR_OK);
    redeemed(a_city, code);
}

/* --- when not all can be remembered --------------------------------------------------------------------------------
 */

static struct ident id_of_code(const char *code)
{
    return token_family_id(view_text(code), provider_now(genkan));
}

/* Another one that would stand in the same place: the first two bytes behind the time say where. */
static struct ident neighbour(struct ident id, unsigned n)
{
    memset(id.b + 6, 0x55, sizeof id.b - 6);
    id.b[6] = (uint8_t)n;
    return id;
}

Test(plain, a_code_for_which_there_is_no_place_is_good_once_by_its_row)
{
    const char *code = fresh_code(a_city);
    for (unsigned n = 0; used_take(store_used(genkan->op->store), neighbour(id_of_code(code), n)) == USED_NEW; n++)
        cr_assert_lt(n, 255);
    struct tokens t = redeemed(a_city, code);
    cr_expect_eq(rows(), 1);
    cr_expect_eq(info(a_city, &t), 200);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    is_dead(a_city, &t);
    cr_expect_eq(rows(), 1);
}

/* As after a clock was set back: whether it was redeemed is forgotten. */
Test(plain, a_code_where_newer_ones_stand_is_refused)
{
    const char *code = fresh_code(a_city);
    struct ident newer = neighbour(id_of_code(code), 0);
    for (int i = 3, carry = 62; i >= 0; i--, carry >>= 8) {
        carry += newer.b[i];
        newer.b[i] = (uint8_t)carry;
    }
    cr_assert_eq(used_take(store_used(genkan->op->store), newer), USED_NEW);
    cr_expect_str_eq(service_redeem(a_city, code).error, "invalid_grant");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM family WHERE revoked_at IS NULL"), 0);
}
