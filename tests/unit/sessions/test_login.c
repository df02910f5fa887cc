#include "sessions/login.h"

#include <criterion/criterion.h>

#include "sessions/resident.h"
#include "sessions/token.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident hanako, taro, first, second;

enum { NOW = 1000000, DAY = 86400 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(resident_mint(&hanako, db, NOW), ERR_OK);
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
    first = ident_of(VIEW("first"));
    second = ident_of(VIEW("second"));
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(login, .init = open_box, .fini = close_box);

static void logs_in(struct ident resident, struct ident session, int64_t at)
{
    const struct login l = {.resident = resident,
                            .session = session,
                            .at = at,
                            .agent = VIEW("firefox windows"),
                            .network = VIEW("12345678")};
    cr_assert_eq(login_record(db, &l), ERR_OK);
}

static struct login *of(struct ident resident, size_t expected)
{
    struct login *logins;
    size_t n;
    cr_assert_eq(login_list(&logins, &n, db, &box.a, resident, 10), ERR_OK);
    cr_assert_eq(n, expected, "%zu", n);
    return logins;
}

Test(login, of_one_resident_is_not_told_to_another)
{
    logs_in(hanako, first, NOW);
    of(taro, 0);
}

Test(login, are_listed_newest_first_with_all_that_is_kept)
{
    logs_in(hanako, first, NOW);
    logs_in(hanako, second, NOW + 5);
    logs_in(hanako, second, NOW + 5); /* the same */
    struct login *l = of(hanako, 2);
    cr_expect(ident_equal(l[0].session, second) && l[0].at == NOW + 5);
    cr_expect(ident_equal(l[1].session, first) && l[1].at == NOW);
    cr_expect(view_equal_text(l[1].agent, "firefox windows"));
    cr_expect(view_equal_text(l[1].network, "12345678"));
    cr_expect_eq(l[1].disowned_at, 0);
}

Test(login, has_room_for_the_newest_only)
{
    struct login *logins;
    size_t n;
    for (int i = 0; i < 5; i++)
        logs_in(hanako, first, NOW + i);
    cr_assert_eq(login_list(&logins, &n, db, &box.a, hanako, 3), ERR_OK);
    cr_expect_eq(n, 3);
    cr_expect_eq(logins[2].at, NOW + 2);
}

/* --- this was not me ---------------------------------------------------------------------------------------------- */

static struct ident mint_family(const char *name, struct ident resident, struct ident session, int64_t at, bool offline)
{
    const struct family f = {.id = token_family_id(view_text(name), at),
                             .client = VIEW("a-city"),
                             .resident = resident,
                             .session = session,
                             .scope = VIEW("openid"),
                             .minted_at = at,
                             .expires_at = at + DAY,
                             .offline = offline,
                             .refreshable = true};
    cr_assert_eq(token_record(db, &f), ERR_OK);
    return f.id;
}

static bool is_revoked(struct ident family)
{
    struct token_facts facts;
    cr_assert_eq(token_find_family(&facts, db, &box.a, family), ERR_OK);
    return facts.family.revoked_at != 0;
}

Test(login, of_somebody_else_cannot_be_disowned)
{
    logs_in(hanako, first, NOW);
    struct ident family = mint_family("a", hanako, first, NOW, true);
    cr_expect_eq(login_disown(db, &box.a, taro, first, NOW + 9), ERR_NOT_FOUND);
    cr_expect_eq(login_disown(db, &box.a, hanako, second, NOW + 9), ERR_NOT_FOUND);
    cr_expect_eq(of(hanako, 1)[0].disowned_at, 0);
    cr_expect_not(is_revoked(family));
}

Test(login, that_is_disowned_takes_every_token_along_and_no_other)
{
    logs_in(hanako, first, NOW);
    logs_in(hanako, first, NOW + 60);
    logs_in(hanako, second, NOW + 30);
    struct ident offline = mint_family("offline", hanako, first, NOW + 1, true),
                 device = mint_family("device", hanako, IDENT_NONE, NOW + 2, true),
                 older = mint_family("older device", hanako, IDENT_NONE, NOW - 1, true),
                 others = mint_family("other", hanako, second, NOW + 31, true),
                 his = mint_family("his", taro, IDENT_NONE, NOW + 2, true);
    cr_assert_eq(login_disown(db, &box.a, hanako, first, NOW + 99), ERR_OK);
    cr_expect(is_revoked(offline), "with offline_access, too");
    cr_expect(is_revoked(device), "allowed on another device while the stranger was in");
    cr_expect_not(is_revoked(older), "before the stranger came");
    cr_expect_not(is_revoked(others) || is_revoked(his));
    struct login *l = of(hanako, 3);
    cr_expect(l[0].disowned_at == NOW + 99 && l[2].disowned_at == NOW + 99);
    cr_expect_eq(l[1].disowned_at, 0);
}

Test(login, disowned_twice_stays_as_it_was_said_first)
{
    logs_in(hanako, first, NOW);
    cr_assert_eq(login_disown(db, &box.a, hanako, first, NOW + 1), ERR_OK);
    cr_assert_eq(login_disown(db, &box.a, hanako, first, NOW + 2), ERR_OK);
    cr_expect_eq(of(hanako, 1)[0].disowned_at, NOW + 1);
}

Test(login, that_are_disowned_are_listed_for_the_operator)
{
    struct login *logins;
    size_t n;
    logs_in(hanako, first, NOW);
    logs_in(taro, second, NOW);
    cr_assert_eq(login_list_disowned(&logins, &n, db, &box.a, 10), ERR_OK);
    cr_expect_eq(n, 0);
    cr_assert_eq(login_disown(db, &box.a, taro, second, NOW + 1), ERR_OK);
    cr_assert_eq(login_list_disowned(&logins, &n, db, &box.a, 10), ERR_OK);
    cr_expect_eq(n, 1);
    cr_expect(ident_equal(logins[0].session, second));
}

/* --- forgetting ----------------------------------------------------------------------------------------------------
 */

Test(login, is_forgotten_after_its_time_and_not_before)
{
    size_t done;
    logs_in(hanako, first, NOW);
    logs_in(hanako, second, NOW + 1);
    cr_assert_eq(login_forget(&done, db, NOW, 10), ERR_OK);
    cr_expect_eq(done, 0);
    cr_assert_eq(login_forget(&done, db, NOW + 1, 10), ERR_OK);
    cr_expect_eq(done, 1);
    cr_expect(ident_equal(of(hanako, 1)[0].session, second));
}

Test(login, are_forgotten_in_small_batches)
{
    size_t done;
    for (int i = 0; i < 5; i++)
        logs_in(hanako, first, NOW + i);
    cr_assert_eq(login_forget(&done, db, NOW + DAY, 3), ERR_OK);
    cr_expect_eq(done, 3);
    cr_assert_eq(login_forget(&done, db, NOW + DAY, 3), ERR_OK);
    cr_expect_eq(done, 2);
}

Test(login, goes_with_its_resident)
{
    logs_in(hanako, first, NOW);
    cr_assert_eq(resident_erase(db, hanako), ERR_OK);
    of(hanako, 0);
}
