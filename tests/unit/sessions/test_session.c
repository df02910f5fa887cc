#include <criterion/criterion.h>

#include "base/clock.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "sessions/token.h"
#include "store/sqlite.h"
#include "store/used.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct session made;

enum { NOW = 1000000, IDLE = 900 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    made = (struct session){.id = ident_of(VIEW("ticket")),
                            .ticket = ident_of(VIEW("ticket")),
                            .browser = ident_of(VIEW("browser")),
                            .acr = VIEW("urn:acr"),
                            .amr = VIEW("sc pin"),
                            .auth_at = NOW - 1,
                            .created_at = NOW,
                            .seen_at = NOW,
                            .expires_at = NOW + 43200};
    cr_assert_eq(resident_mint(&made.resident, db, NOW), ERR_OK);
    cr_assert_eq(session_mint(db, &made), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(session, .init = open_box, .fini = close_box);

static struct session found(void)
{
    struct session s;
    cr_assert_eq(session_find(&s, db, &box.a, made.id), ERR_OK);
    return s;
}

Test(session, an_unknown_ticket_finds_nothing)
{
    struct session s;
    cr_assert_eq(session_find(&s, db, &box.a, ident_of(VIEW("ticket2"))), ERR_NOT_FOUND);
    cr_assert_eq(session_find(&s, db, &box.a, IDENT_NONE), ERR_NOT_FOUND);
}

Test(session, needs_a_resident)
{
    made.id = made.ticket = ident_of(VIEW("ticket2"));
    made.resident = ident_mint();
    cr_assert_eq(session_mint(db, &made), ERR_CONFLICT);
}

Test(session, is_not_live_in_another_browser)
{
    struct session s = found();
    cr_assert_eq(session_check(&s, ident_of(VIEW("thief")), IDLE, NOW), SESSION_OTHER_BROWSER);
    cr_assert_eq(session_check(&s, IDENT_NONE, IDLE, NOW), SESSION_OTHER_BROWSER);
}

Test(session, ends_when_idle_to_the_second)
{
    struct session s = found();
    cr_assert_eq(session_check(&s, made.browser, IDLE, NOW + IDLE - 1), SESSION_LIVE);
    cr_assert_eq(session_check(&s, made.browser, IDLE, NOW + IDLE), SESSION_IDLE);
}

Test(session, ends_absolutely_however_active)
{
    cr_assert_eq(session_touch(db, made.id, made.expires_at - 1), ERR_OK);
    struct session s = found();
    cr_assert_eq(session_check(&s, made.browser, IDLE, made.expires_at - 1), SESSION_LIVE);
    cr_assert_eq(session_check(&s, made.browser, IDLE, made.expires_at), SESSION_EXPIRED);
}

Test(session, ends_once)
{
    cr_assert_eq(session_end(db, made.id, NOW + 5), ERR_OK);
    cr_assert_eq(session_end(db, made.id, NOW + 6), ERR_CONFLICT);
    cr_assert_eq(session_end(db, ident_of(VIEW("ticket2")), NOW), ERR_CONFLICT);
    struct session s = found();
    cr_assert_eq(s.ended_at, NOW + 5);
    cr_assert_eq(session_check(&s, made.browser, IDLE, NOW + 6), SESSION_ENDED);
}

Test(session, activity_does_not_wake_an_ended_one)
{
    cr_assert_eq(session_end(db, made.id, NOW + 5), ERR_OK);
    cr_assert_eq(session_touch(db, made.id, NOW + 100), ERR_OK);
    cr_assert_eq(found().seen_at, NOW);
}

Test(session, activity_never_moves_back)
{
    cr_assert_eq(session_touch(db, made.id, NOW + 100), ERR_OK);
    cr_assert_eq(session_touch(db, made.id, NOW + 50), ERR_OK);
    cr_assert_eq(found().seen_at, NOW + 100);
}

Test(session, activity_is_written_once_a_minute)
{
    struct session s = found();
    cr_assert(!session_is_due(&s, NOW + SESSION_TOUCH_S - 1));
    cr_assert(session_is_due(&s, NOW + SESSION_TOUCH_S));
}

Test(session, ending_it_ends_its_refresh_tokens_but_not_the_offline_ones)
{
    struct family f = {.id = ident_of(VIEW("f1")),
                       .client = VIEW("a"),
                       .resident = made.resident,
                       .session = made.id,
                       .scope = VIEW("openid"),
                       .minted_at = NOW,
                       .expires_at = NOW + 9000,
                       .refreshable = true};
    enum redeem_verdict v;
    struct token_facts facts;
    cr_assert_eq(token_redeem(&v, db, &f, NOW), ERR_OK);
    f.id = ident_of(VIEW("f2"));
    f.offline = true;
    cr_assert_eq(token_redeem(&v, db, &f, NOW), ERR_OK);
    cr_assert_eq(session_end(db, made.id, NOW + 5), ERR_OK);
    cr_assert_eq(token_find_family(&facts, db, &box.a, ident_of(VIEW("f1"))), ERR_OK);
    cr_assert_eq(token_check(&facts, NOW + 6), TOKEN_REVOKED);
    cr_assert_eq(token_find_family(&facts, db, &box.a, ident_of(VIEW("f2"))), ERR_OK);
    cr_assert_eq(token_check(&facts, NOW + 6), TOKEN_LIVE);
}

Test(session, keeps_its_services_once_each_in_order)
{
    struct view *clients;
    size_t n;
    bool has;
    cr_assert_eq(session_services(&clients, &n, db, &box.a, made.id), ERR_OK);
    cr_assert_eq(n, 0);
    cr_assert_eq(session_add_service(db, made.id, VIEW("b-city"), NOW + 1), ERR_OK);
    cr_assert_eq(session_add_service(db, made.id, VIEW("a-city"), NOW + 2), ERR_OK);
    cr_assert_eq(session_add_service(db, made.id, VIEW("b-city"), NOW + 3), ERR_OK);
    cr_assert_eq(session_services(&clients, &n, db, &box.a, made.id), ERR_OK);
    cr_assert_eq(n, 2);
    cr_assert(view_equal(clients[0], VIEW("b-city")) && view_equal(clients[1], VIEW("a-city")));
    struct session same;
    cr_assert(session_find_for(&same, &has, db, &box.a, made.ticket, VIEW("a-city")) == ERR_OK && has);
    cr_assert(ident_equal(same.id, made.id));
    cr_assert(session_find_for(&same, &has, db, &box.a, made.ticket, VIEW("c-city")) == ERR_OK && !has);
    cr_assert_eq(session_find_for(&same, &has, db, &box.a, ident_of(VIEW("another")), VIEW("a-city")), ERR_NOT_FOUND);
}

Test(session, a_service_needs_a_session)
{
    cr_assert_eq(session_add_service(db, ident_mint(), VIEW("a-city"), NOW), ERR_CONFLICT);
}

Test(session, lists_those_that_live_newest_first)
{
    struct session *list;
    size_t n;
    const char *names[] = {"s2", "s3", "s4"};
    for (int i = 0; i < 3; i++) {
        made.id = made.ticket = ident_of(view_text(names[i]));
        made.created_at = NOW + 10 + i;
        made.expires_at = i == 1 ? NOW + 20 : NOW + 5000;
        cr_assert_eq(session_mint(db, &made), ERR_OK);
    }
    cr_assert_eq(session_end(db, ident_of(VIEW("s4")), NOW + 15), ERR_OK);
    cr_assert_eq(session_list(&list, &n, db, &box.a, made.resident, NOW + 30), ERR_OK);
    cr_assert_eq(n, 2);
    cr_assert(ident_equal(list[0].id, ident_of(VIEW("s2"))));
    cr_assert(ident_equal(list[1].id, ident_of(VIEW("ticket"))));
    cr_assert(view_equal(list[1].amr, VIEW("sc pin")));
}

Test(session, gives_back_what_was_minted)
{
    struct session s = found();
    cr_assert(ident_equal(s.resident, made.resident) && ident_equal(s.browser, made.browser));
    cr_assert(view_equal(s.acr, made.acr) && view_equal(s.amr, made.amr));
    cr_assert(s.auth_at == NOW - 1 && s.created_at == NOW && s.seen_at == NOW && s.expires_at == NOW + 43200);
    cr_assert_eq(s.ended_at, 0);
}

/* --- the same resident logs in again ---------------------------------------------------------------------------- */

static struct session again(int64_t at)
{
    struct session s = made;
    s.ticket = ident_of(VIEW("ticket2"));
    s.auth_at = s.seen_at = at;
    s.expires_at = at + 43200;
    return s;
}

Test(session, a_renewed_one_is_found_by_its_new_ticket_only)
{
    struct session s = again(NOW + 100);
    cr_assert_eq(session_renew(db, &s), ERR_OK);
    cr_assert_eq(session_find_by_ticket(&s, db, &box.a, ident_of(VIEW("ticket"))), ERR_NOT_FOUND);
    cr_assert_eq(session_find_by_ticket(&s, db, &box.a, ident_of(VIEW("ticket2"))), ERR_OK);
    cr_assert(ident_equal(s.id, made.id) && ident_equal(s.ticket, ident_of(VIEW("ticket2"))));
    cr_assert(s.auth_at == NOW + 100 && s.seen_at == NOW + 100 && s.expires_at == NOW + 100 + 43200);
    cr_assert_eq(s.created_at, NOW);
}

Test(session, an_ended_one_is_not_renewed)
{
    struct session s = again(NOW + 100);
    cr_assert_eq(session_end(db, made.id, NOW + 5), ERR_OK);
    cr_assert_eq(session_renew(db, &s), ERR_CONFLICT);
    cr_assert(ident_equal(found().ticket, made.ticket));
}

Test(session, one_past_its_end_is_not_renewed)
{
    struct session s = again(made.expires_at);
    cr_assert_eq(session_renew(db, &s), ERR_CONFLICT);
    s = again(made.expires_at - 1);
    cr_assert_eq(session_renew(db, &s), ERR_OK);
}

Test(session, one_that_is_unknown_is_not_renewed)
{
    struct session s = again(NOW);
    s.id = ident_of(VIEW("nobody"));
    cr_assert_eq(session_renew(db, &s), ERR_CONFLICT);
}

Test(session, keeps_what_it_was_made_with_and_takes_on_what_it_is_renewed_with)
{
    cr_expect_not(view_is(found().agent) || view_is(found().network));
    made.agent = VIEW("firefox windows");
    made.network = VIEW("12345678");
    made.acr = VIEW("aal4");
    made.amr = VIEW("hwk pin");
    cr_assert_eq(session_renew(db, &made), ERR_OK);
    cr_expect(view_equal_text(found().acr, "aal4") && view_equal_text(found().amr, "hwk pin"));
    cr_expect(view_equal_text(found().agent, "firefox windows") && view_equal_text(found().network, "12345678"));
    made.network = VIEW("too short"); /* one byte too long, to be exact */
    cr_expect_neq(session_renew(db, &made), ERR_OK);
}

static bool is_at(struct session s, const char *country, const char *country_en, const char *city, const char *city_en)
{
    return view_equal_text(s.place.country, country) && view_equal_text(s.place.country_en, country_en) &&
           view_equal_text(s.place.city, city) && view_equal_text(s.place.city_en, city_en);
}

Test(session, has_the_place_of_its_newest_login_and_none_of_before)
{
    struct session *list;
    size_t n;
    struct session s = again(NOW);
    cr_expect_not(view_is(found().place.country) || view_is(found().place.city_en));
    s.place = (struct session_place){VIEW("日本"), VIEW("Japan"), VIEW("大阪市"), VIEW("Osaka")};
    cr_assert_eq(session_renew(db, &s), ERR_OK);
    cr_expect(is_at(found(), "日本", "Japan", "大阪市", "Osaka"));
    cr_assert_eq(session_list(&list, &n, db, &box.a, made.resident, NOW), ERR_OK);
    cr_expect(n == 1 && is_at(list[0], "日本", "Japan", "大阪市", "Osaka"));
    s = again(NOW + 1);
    s.place = (struct session_place){.country = VIEW("日本"), .country_en = VIEW("Japan")};
    cr_assert_eq(session_renew(db, &s), ERR_OK);
    cr_expect_not(view_is(found().place.city) || view_is(found().place.city_en), "she has gone somewhere else");
    s = again(NOW + 2);
    cr_assert_eq(session_renew(db, &s), ERR_OK);
    cr_expect_not(view_is(found().place.country));

    made.id = made.ticket = ident_of(VIEW("of another browser"));
    made.place = (struct session_place){VIEW("日本"), VIEW("Japan"), VIEW("堺市"), VIEW("Sakai")};
    cr_assert_eq(session_mint(db, &made), ERR_OK);
    cr_expect(is_at(found(), "日本", "Japan", "堺市", "Sakai"));
}

Test(session, that_has_ended_has_no_place_any_more)
{
    struct session s = again(NOW);
    s.place = (struct session_place){VIEW("日本"), VIEW("Japan"), VIEW("大阪市"), VIEW("Osaka")};
    cr_assert_eq(session_renew(db, &s), ERR_OK);
    cr_assert_eq(session_end(db, made.id, NOW), ERR_OK);
    cr_expect_not(view_is(found().place.country) || view_is(found().place.country_en));
    cr_expect_not(view_is(found().place.city) || view_is(found().place.city_en));
}

Test(session, has_no_name_of_a_place_that_is_none)
{
    char name[122];
    memset(name, 'x', 121);
    name[121] = 0;
    struct session s = again(NOW);
    s.place.city = view_bytes("", 0);
    cr_expect_neq(session_renew(db, &s), ERR_OK);
    s.place.city = view_text(name);
    cr_expect_neq(session_renew(db, &s), ERR_OK);
    s.place.city = view_bytes(name, 120);
    cr_expect_eq(session_renew(db, &s), ERR_OK);
}

Test(session, has_a_number_that_people_can_read_out)
{
    char number[SESSION_NUMBER_SIZE];
    struct ident id = {{0x3f, 0xa9, 0x12, 0xc0, 0xff}};

    session_number(number, id);
    cr_expect_str_eq(number, "3fa9-12c0");
}

/* --- for those who do not look into the database ------------------------------------------------------------------ */

static bool may_have_ended(void)
{
    return used_may_have_ended(store_used(box.store), made.id, clock_steady_ms() + USED_END_MS / 2);
}

Test(session, whatever_ends_it_is_noted)
{
    enum { ONE, ALL, ERASE, END_WAYS };
    for (int way = ONE; way < END_WAYS; way++) {
        close_box();
        open_box();
        cr_expect_not(may_have_ended());
        cr_assert_eq(way == ONE   ? session_end(db, made.id, NOW)
                     : way == ALL ? session_end_all(db, made.resident, NOW)
                                  : resident_erase(db, made.resident),
                     ERR_OK);
        cr_expect(may_have_ended(), "%d", way);
    }
}

Test(session, cannot_be_ended_where_nobody_would_hear_of_it)
{
    db_share(db, NULL);
    cr_expect_eq(session_end(db, made.id, NOW), ERR_STORE);
    cr_expect_eq(session_end_all(db, made.resident, NOW), ERR_STORE);
    cr_expect_eq(found().ended_at, 0);
}
