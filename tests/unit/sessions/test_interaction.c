#include <criterion/criterion.h>

#include "sessions/interaction.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct interaction made;

enum { NOW = 1000000 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    made = (struct interaction){.id = ident_of(VIEW("ticket")),
                                .browser = ident_of(VIEW("browser")),
                                .client = VIEW("a-city"),
                                .request = VIEW("{\"scope\":\"openid\"}"),
                                .created_at = NOW,
                                .expires_at = NOW + INTERACTION_LIFE_S};
    cr_assert_eq(interaction_mint(db, &made), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(interaction, .init = open_box, .fini = close_box);

static struct interaction found(void)
{
    struct interaction i;
    cr_assert_eq(interaction_find(&i, db, &box.a, made.id), ERR_OK);
    return i;
}

Test(interaction, an_unknown_ticket_finds_nothing)
{
    struct interaction i;
    cr_assert_eq(interaction_find(&i, db, &box.a, ident_of(VIEW("ticket2"))), ERR_NOT_FOUND);
    cr_assert_eq(interaction_find(&i, db, &box.a, IDENT_NONE), ERR_NOT_FOUND);
}

Test(interaction, the_same_ticket_cannot_be_minted_twice)
{
    cr_assert_eq(interaction_mint(db, &made), ERR_CONFLICT);
}

Test(interaction, is_closed_to_another_browser_and_to_none)
{
    struct interaction i = found();
    cr_assert_eq(interaction_check(&i, ident_of(VIEW("thief")), NOW), INTERACTION_OTHER_BROWSER);
    cr_assert_eq(interaction_check(&i, IDENT_NONE, NOW), INTERACTION_OTHER_BROWSER);
    cr_assert_eq(interaction_check(&i, ident_of(VIEW("thief")), NOW + 100000), INTERACTION_OTHER_BROWSER,
                 "a stranger does not even learn that it has expired");
}

Test(interaction, expires_to_the_second)
{
    struct interaction i = found();
    cr_assert_eq(interaction_check(&i, made.browser, NOW + INTERACTION_LIFE_S - 1), INTERACTION_OPEN);
    cr_assert_eq(interaction_check(&i, made.browser, NOW + INTERACTION_LIFE_S), INTERACTION_EXPIRED);
}

Test(interaction, is_taken_once)
{
    cr_assert_eq(interaction_take(db, made.id, NOW + 10), ERR_OK);
    cr_assert_eq(interaction_take(db, made.id, NOW + 11), ERR_CONFLICT);
    struct interaction i = found();
    cr_assert_eq(i.done_at, NOW + 10);
    cr_assert_eq(interaction_check(&i, made.browser, NOW + 12), INTERACTION_DONE);
}

Test(interaction, cannot_be_taken_when_expired_or_unknown)
{
    cr_assert_eq(interaction_take(db, made.id, NOW + INTERACTION_LIFE_S), ERR_CONFLICT);
    cr_assert_eq(interaction_take(db, ident_of(VIEW("ticket2")), NOW), ERR_CONFLICT);
    cr_assert_eq(found().done_at, 0);
}

static enum err record_each(int which, int64_t now)
{
    struct ident id = ident_of(VIEW("x"));
    switch (which) {
    case 0:
        return interaction_record_login(db, made.id, id, now);
    case 1:
        return interaction_record_session(db, made.id, id, now);
    case 2:
        return interaction_record_want_login(db, made.id, now);
    case 3:
        return interaction_record_profile_offer(db, made.id, PROFILE_SKIPPED, now);
    case 4:
        return interaction_record_problem(db, made.id, VIEW("pin_blocked"), now);
    case 5:
        return interaction_record_grant(db, made.id, id, now);
    default:
        return interaction_record_refusal(db, made.id, VIEW("access_denied"), now);
    }
}

Test(interaction, nothing_is_recorded_once_it_is_done_or_expired)
{
    for (int i = 0; i <= 6; i++)
        cr_assert_eq(record_each(i, NOW + INTERACTION_LIFE_S), ERR_CONFLICT, "record %d after the end", i);
    cr_assert_eq(interaction_take(db, made.id, NOW), ERR_OK);
    for (int i = 0; i <= 6; i++)
        cr_assert_eq(record_each(i, NOW + 1), ERR_CONFLICT, "record %d after the take", i);
    struct interaction i = found();
    cr_assert(!ident_is(i.session) && !ident_is(i.grant) && !view_is(i.problem) && !view_is(i.refusal));
    cr_assert(i.login_at == 0 && !i.want_login && i.profile_offer == PROFILE_NOT_OFFERED);
}

Test(interaction, begins_empty)
{
    struct interaction i = found();
    cr_assert(ident_equal(i.id, made.id) && ident_equal(i.browser, made.browser));
    cr_assert(view_equal(i.client, made.client) && view_equal(i.request, made.request));
    cr_assert(i.created_at == NOW && i.expires_at == NOW + INTERACTION_LIFE_S);
    cr_assert(!ident_is(i.session) && !ident_is(i.grant) && !view_is(i.problem) && !view_is(i.refusal));
    cr_assert(i.login_at == 0 && i.done_at == 0 && !i.want_login && i.profile_offer == PROFILE_NOT_OFFERED);
    cr_assert_eq(interaction_check(&i, made.browser, NOW), INTERACTION_OPEN);
}

Test(interaction, a_login_forgets_the_last_problem)
{
    struct ident session = ident_of(VIEW("session"));
    cr_assert_eq(interaction_record_problem(db, made.id, VIEW("card_removed"), NOW + 1), ERR_OK);
    cr_assert(view_equal(found().problem, VIEW("card_removed")));
    cr_assert_eq(interaction_record_login(db, made.id, session, NOW + 2), ERR_OK);
    struct interaction i = found();
    cr_assert(!view_is(i.problem));
    cr_assert(ident_equal(i.session, session));
    cr_assert_eq(i.login_at, NOW + 2);
}

Test(interaction, somebody_else_forgets_whose_it_was)
{
    struct ident session = ident_of(VIEW("session"));
    cr_assert_eq(interaction_record_session(db, made.id, session, NOW + 1), ERR_OK);
    cr_assert_eq(interaction_record_grant(db, made.id, ident_of(VIEW("grant")), NOW + 1), ERR_OK);
    cr_assert_eq(interaction_record_want_login(db, made.id, NOW + 2), ERR_OK);
    struct interaction i = found();
    cr_assert(i.want_login && !ident_is(i.session) && !ident_is(i.grant) && i.login_at == 0);
    cr_assert_eq(interaction_record_login(db, made.id, session, NOW + 3), ERR_OK);
    cr_assert(!found().want_login);
}

Test(interaction, remembers_each_thing_recorded)
{
    struct ident grant = ident_of(VIEW("grant"));
    cr_assert_eq(interaction_record_profile_offer(db, made.id, PROFILE_DONE, NOW), ERR_OK);
    cr_assert_eq(interaction_record_grant(db, made.id, grant, NOW), ERR_OK);
    cr_assert_eq(interaction_record_refusal(db, made.id, VIEW("access_denied"), NOW), ERR_OK);
    struct interaction i = found();
    cr_assert_eq(i.profile_offer, PROFILE_DONE);
    cr_assert(ident_equal(i.grant, grant));
    cr_assert(view_equal(i.refusal, VIEW("access_denied")));
}
