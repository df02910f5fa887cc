#include <criterion/criterion.h>

#include "sessions/resident.h"
#include "sessions/session.h"
#include "sessions/token.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct session session;
static struct family made;

enum { NOW = 1000000 };

static void open_box(void)
{
    enum redeem_verdict v;
    box_open(&box);
    db = box_db(&box);
    session = (struct session){.id = ident_of(VIEW("session")),
                               .ticket = ident_of(VIEW("session")),
                               .browser = ident_of(VIEW("browser")),
                               .acr = VIEW("acr"),
                               .amr = VIEW("sc pin"),
                               .auth_at = NOW - 5,
                               .created_at = NOW - 5,
                               .seen_at = NOW,
                               .expires_at = NOW + 43200};
    cr_assert_eq(resident_mint(&session.resident, db, NOW), ERR_OK);
    cr_assert_eq(session_mint(db, &session), ERR_OK);
    made = (struct family){.id = token_family_id(VIEW("code"), NOW),
                           .client = VIEW("a-city"),
                           .resident = session.resident,
                           .session = session.id,
                           .grant = ident_of(VIEW("grant")),
                           .scope = VIEW("openid name"),
                           .minted_at = NOW,
                           .expires_at = NOW + 600,
                           .refreshable = true,
                           .refresh = {ident_of(VIEW("r1")), NOW, NOW + 500}};
    cr_assert_eq(token_redeem(&v, db, &made, NOW + 1), ERR_OK);
    cr_assert_eq(v, CODE_REDEEMED);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(token, .init = open_box, .fini = close_box);

static enum token_state state_at(int64_t now)
{
    struct token_facts facts;
    cr_assert_eq(token_find_family(&facts, db, &box.a, made.id), ERR_OK);
    return token_check(&facts, now);
}

Test(token, a_code_is_good_once_and_the_second_time_kills_what_came_of_it)
{
    enum redeem_verdict v;
    cr_assert_eq(state_at(NOW + 2), TOKEN_LIVE);
    cr_assert_eq(token_redeem(&v, db, &made, NOW + 2), ERR_OK);
    cr_assert_eq(v, CODE_USED_BEFORE);
    cr_assert_eq(state_at(NOW + 2), TOKEN_REVOKED);
    cr_assert_eq(token_redeem(&v, db, &made, NOW + 9), ERR_OK);
    cr_assert_eq(v, CODE_USED_BEFORE, "and it stays used");
    struct token_facts facts;
    cr_assert_eq(token_find_family(&facts, db, &box.a, made.id), ERR_OK);
    cr_assert_eq(facts.family.revoked_at, NOW + 2, "revoked when first noticed");
}

Test(token, a_family_never_redeemed_is_not_found)
{
    struct token_facts facts;
    cr_assert_eq(token_find_family(&facts, db, &box.a, token_family_id(VIEW("code"), NOW + 1)), ERR_NOT_FOUND);
    cr_assert_eq(token_find_family(&facts, db, &box.a, IDENT_NONE), ERR_NOT_FOUND);
}

Test(token, expires_to_the_second)
{
    cr_assert_eq(state_at(NOW + 599), TOKEN_LIVE);
    cr_assert_eq(state_at(NOW + 600), TOKEN_EXPIRED);
}

Test(token, dies_with_its_session)
{
    cr_assert_eq(session_end(db, session.id, NOW + 5), ERR_OK);
    cr_assert_neq(state_at(NOW + 6), TOKEN_LIVE);
}

Test(token, one_without_refresh_dies_with_its_session_though_its_row_is_not_touched)
{
    enum redeem_verdict v;
    made.id = token_family_id(VIEW("code 2"), NOW);
    made.refreshable = false;
    cr_assert_eq(token_redeem(&v, db, &made, NOW), ERR_OK);
    cr_assert_eq(state_at(NOW + 6), TOKEN_LIVE);
    cr_assert_eq(session_end(db, session.id, NOW + 5), ERR_OK);
    cr_assert_eq(state_at(NOW + 6), TOKEN_SESSION_ENDED);
}

Test(token, a_session_that_is_gone_is_an_ended_one)
{
    struct token_facts facts = {.family = {.session = session.id, .expires_at = NOW + 1}, .has_session = false};
    cr_assert_eq(token_check(&facts, NOW), TOKEN_SESSION_ENDED);
    facts.family.offline = true;
    cr_assert_eq(token_check(&facts, NOW), TOKEN_LIVE);
}

static struct family of_a_service_itself(void)
{
    struct family f = {.id = token_family_mint(NOW),
                       .client = VIEW("a-city"),
                       .scope = VIEW("read"),
                       .resource = VIEW("https://data.example"),
                       .minted_at = NOW,
                       .expires_at = NOW + 600};
    cr_assert(cnf_read(&f.cnf, CNF_JKT, VIEW("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")));
    cr_assert_eq(token_record(db, &f), ERR_OK);
    return f;
}

Test(token, a_family_of_no_resident_and_no_session_lives_to_its_end)
{
    struct family f = of_a_service_itself();
    struct token_facts facts;
    cr_assert_eq(token_find_family(&facts, db, &box.a, f.id), ERR_OK);
    cr_expect_not(ident_is(facts.family.resident) || ident_is(facts.family.session) || facts.has_session);
    cr_expect(view_equal(facts.family.resource, f.resource));
    cr_expect(cnf_equal(&facts.family.cnf, &f.cnf));
    cr_expect_eq(token_check(&facts, NOW + 599), TOKEN_LIVE);
    cr_expect_eq(token_check(&facts, NOW + 600), TOKEN_EXPIRED);
    cr_assert_eq(token_revoke_family(db, f.id, NOW + 1), ERR_OK);
    cr_assert_eq(token_find_family(&facts, db, &box.a, f.id), ERR_OK);
    cr_expect_eq(token_check(&facts, NOW + 2), TOKEN_REVOKED);
}

Test(token, a_family_is_recorded_once_and_its_id_begins_with_the_time)
{
    struct family f = of_a_service_itself();
    static const uint8_t TIME[] = {0, 0x0F, 0x42, 0x40};
    cr_expect_eq(token_record(db, &f), ERR_CONFLICT);
    cr_expect_arr_eq(f.id.b, TIME, 4, "the sweep finds it by that");
    cr_expect_not(ident_equal(token_family_mint(NOW), token_family_mint(NOW)));
}

Test(token, a_family_whose_key_is_damaged_is_not_one_without_a_key)
{
    struct family f = of_a_service_itself();
    struct token_facts facts;
    cr_assert_eq(box_write(&box, "UPDATE family SET cnf = zeroblob(33) WHERE cnf IS NOT NULL"), ERR_OK);
    cr_expect_eq(token_find_family(&facts, db, &box.a, f.id), ERR_STORE);
}

Test(token, revoking_by_grant_reaches_the_refreshable)
{
    cr_assert_eq(token_revoke_grant(db, ident_of(VIEW("other")), NOW + 3), ERR_OK);
    cr_assert_eq(state_at(NOW + 3), TOKEN_LIVE);
    cr_assert_eq(token_revoke_grant(db, made.grant, NOW + 3), ERR_OK);
    cr_assert_eq(state_at(NOW + 3), TOKEN_REVOKED);
}

Test(token, an_erased_resident_ends_even_what_is_offline)
{
    enum redeem_verdict v;
    made.id = token_family_id(VIEW("code 2"), NOW);
    made.offline = true;
    cr_assert_eq(token_redeem(&v, db, &made, NOW), ERR_OK);
    cr_assert_eq(resident_erase(db, session.resident), ERR_OK);
    cr_assert_eq(state_at(NOW + 3), TOKEN_REVOKED);
}

Test(token, family_ids_begin_with_the_time_and_differ_by_code)
{
    struct ident a = token_family_id(VIEW("a"), 0x01020304), b = token_family_id(VIEW("b"), 0x01020304);
    cr_assert_arr_eq(a.b, ((const uint8_t[]){1, 2, 3, 4}), 4);
    cr_assert(memcmp(a.b + 4, b.b + 4, 12) != 0);
}

static void expect_login(const struct token_facts *f)
{
    cr_expect(view_equal(f->session_acr, session.acr) && view_equal(f->session_amr, session.amr));
    cr_expect(f->session_auth_at == session.auth_at && f->session_seen_at == session.seen_at);
    cr_expect_eq(f->session_expires_at, session.expires_at);
}

static void expect_no_login(const struct token_facts *f)
{
    cr_expect_not(view_is(f->session_acr) || view_is(f->session_amr));
    cr_expect(f->session_auth_at == 0 && f->session_seen_at == 0 && f->session_expires_at == 0);
}

Test(token, gives_back_what_was_redeemed)
{
    struct token_facts f;
    cr_assert_eq(token_find_family(&f, db, &box.a, made.id), ERR_OK);
    cr_assert(view_equal(f.family.client, made.client) && view_equal(f.family.scope, made.scope));
    cr_assert(ident_equal(f.family.resident, made.resident) && ident_equal(f.family.session, made.session));
    cr_assert(ident_equal(f.family.grant, made.grant) && f.family.minted_at == NOW && f.family.expires_at == NOW + 600);
    cr_assert(f.family.refreshable && !f.family.offline && f.has_session);
    cr_assert_eq(f.session_ended_at, 0);
    expect_no_login(&f);
}

/* --- refresh ---------------------------------------------------------------------------------------------------- */

static enum err rotate(const char *before, const char *next, int64_t life)
{
    struct family f = made;
    f.refresh = (struct refresh){ident_of(view_text(next)), NOW, NOW + life};
    f.expires_at = NOW + life;
    return refresh_rotate(db, &f, ident_of(view_text(before)));
}

static enum refresh_verdict take(const char *ticket, const char *client, int64_t now)
{
    struct token_facts facts;
    enum refresh_verdict v;
    cr_assert_eq(refresh_take(&facts, &v, db, &box.a, made.id, ident_of(view_text(ticket)), view_text(client), now),
                 ERR_OK);
    return v;
}

Test(token, a_refresh_token_is_refused_to_all_but_its_client_and_when_it_is_over)
{
    cr_assert_eq(take("r1", "a-city", NOW + 501), REFRESH_EXPIRED);
    cr_assert_eq(take("r1", "a-city", NOW + 1), REFRESH_GOOD);
    cr_assert_eq(take("r1", "a-city", NOW + 2), REFRESH_GOOD, "FAPI 2.0 5.3.2.1: it is not rotated");
    cr_assert_eq(take("r1", "b-city", NOW + 3), REFRESH_OTHER_CLIENT);
    cr_assert_eq(take("r1", "a-city", NOW + 4), REFRESH_REVOKED, "it leaked");
}

Test(token, a_refresh_token_of_an_unknown_family_is_unknown_and_hurts_nobody)
{
    struct token_facts facts;
    enum refresh_verdict v;
    cr_assert_eq(refresh_take(&facts, &v, db, &box.a, ident_of(VIEW("no")), made.refresh.id, VIEW("a-city"), NOW),
                 ERR_OK);
    cr_assert_eq(v, REFRESH_UNKNOWN);
    cr_assert_eq(state_at(NOW), TOKEN_LIVE);
}

Test(token, a_refresh_token_used_twice_kills_its_family)
{
    cr_assert_eq(take("r1", "a-city", NOW + 1), REFRESH_GOOD);
    cr_assert_eq(rotate("r1", "r2", 500), ERR_OK);
    cr_assert_eq(take("r1", "a-city", NOW + 2), REFRESH_USED);
    cr_assert_eq(state_at(NOW + 2), TOKEN_REVOKED);
    cr_assert_eq(take("r2", "a-city", NOW + 3), REFRESH_REVOKED,
                 "the one the thief or the owner holds is dead as well");
}

Test(token, one_used_long_ago_kills_its_family_too)
{
    cr_assert_eq(rotate("r1", "r2", 500), ERR_OK);
    cr_assert_eq(rotate("r2", "r3", 500), ERR_OK);
    cr_assert_eq(take("r3", "a-city", NOW + 1), REFRESH_GOOD);
    cr_assert_eq(take("r1", "a-city", NOW + 2), REFRESH_USED);
    cr_assert_eq(state_at(NOW + 2), TOKEN_REVOKED);
}

Test(token, only_the_refresh_token_that_is_good_makes_room_for_the_next)
{
    cr_assert_eq(rotate("r1", "r2", 500), ERR_OK);
    cr_assert_eq(rotate("r1", "r3", 500), ERR_CONFLICT);
    cr_assert_eq(take("r2", "a-city", NOW + 1), REFRESH_GOOD);
}

Test(token, a_family_that_was_given_no_refresh_token_takes_none)
{
    cr_assert_eq(box_write(&box, "UPDATE family SET refresh = NULL, refresh_at = NULL, refresh_until = NULL"), ERR_OK);
    cr_assert_eq(take("r1", "a-city", NOW + 1), REFRESH_USED);
    cr_assert_eq(rotate("r1", "r2", 500), ERR_CONFLICT);
}

Test(token, a_refresh_token_of_another_client_kills_its_family)
{
    cr_assert_eq(take("r1", "b-city", NOW + 1), REFRESH_OTHER_CLIENT);
    cr_assert_eq(state_at(NOW + 1), TOKEN_REVOKED);
}

Test(token, an_expired_refresh_token_is_expired)
{
    cr_assert_eq(take("r1", "a-city", NOW + 500), REFRESH_EXPIRED);
    cr_assert_eq(state_at(NOW + 500), TOKEN_LIVE, "which is nobody's fault");
}

Test(token, a_refresh_token_does_not_outlive_its_family)
{
    cr_assert_eq(rotate("r1", "r2", 5000), ERR_OK);
    cr_assert_eq(box_write(&box, "UPDATE family SET expires_at = 1000600"), ERR_OK);
    cr_assert_eq(take("r2", "a-city", NOW + 600), REFRESH_EXPIRED);
}

Test(token, a_refresh_token_of_an_ended_session_is_refused)
{
    cr_assert_eq(session_end(db, session.id, NOW + 1), ERR_OK);
    enum refresh_verdict v = take("r1", "a-city", NOW + 2);
    cr_assert(v == REFRESH_REVOKED || v == REFRESH_SESSION_ENDED);
}

Test(token, a_family_tells_of_its_refresh_token_and_of_the_login)
{
    struct token_facts f;
    cr_assert_eq(refresh_find(&f, db, &box.a, made.id), ERR_OK);
    cr_assert(ident_equal(f.family.refresh.id, made.refresh.id));
    cr_assert(f.family.refresh.minted_at == NOW && f.family.refresh.expires_at == NOW + 500);
    expect_login(&f);
    cr_assert_eq(refresh_find(&f, db, &box.a, ident_of(VIEW("no"))), ERR_NOT_FOUND);
}

Test(token, rotation_goes_on_and_lengthens_the_family)
{
    struct token_facts facts;
    cr_assert_eq(rotate("r1", "r2", 5000), ERR_OK);
    cr_assert_eq(token_extend(db, made.id, NOW + 10), ERR_OK);
    cr_assert_eq(token_find_family(&facts, db, &box.a, made.id), ERR_OK);
    cr_assert_eq(facts.family.expires_at, NOW + 5000, "and nothing shortens it");
    cr_assert_eq(take("r2", "a-city", NOW + 4000), REFRESH_GOOD);
}

/* --- without a row ------------------------------------------------------------------------------------------------ */

static struct family plain_one(void)
{
    return (struct family){.id = token_family_id(VIEW("plain"), NOW),
                           .client = VIEW("a-city"),
                           .session = session.id,
                           .grant = ident_of(VIEW("grant")),
                           .scope = VIEW("openid name"),
                           .minted_at = NOW,
                           .expires_at = NOW + 600};
}

Test(token, a_family_is_plain_when_a_row_would_say_nothing_more)
{
    struct family f = plain_one();
    cr_expect(token_is_plain(&f));
    f.refreshable = true;
    cr_expect_not(token_is_plain(&f));
    f = plain_one();
    f.offline = true;
    cr_expect_not(token_is_plain(&f));
    f = plain_one();
    f.wish = ident_of(VIEW("wish"));
    cr_expect_not(token_is_plain(&f));
    f = plain_one();
    f.resource = VIEW("https://data.example/");
    cr_expect_not(token_is_plain(&f));
    f = plain_one();
    f.session = IDENT_NONE;
    cr_expect_not(token_is_plain(&f));
    cr_expect_eq(token_family_minted_at(plain_one().id), NOW);
}

static enum token_state plain_state(const struct family *f)
{
    struct token_facts facts;
    cr_assert_eq(token_find_plain(&facts, db, &box.a, f), ERR_OK);
    cr_expect(ident_equal(facts.family.resident, session.resident), "whose session it is");
    expect_no_login(&facts);
    return token_check(&facts, NOW + 1);
}

Test(token, a_plain_family_lives_as_long_as_its_session_and_is_found_without_a_row)
{
    struct family f = plain_one();
    cr_expect_eq(plain_state(&f), TOKEN_LIVE);
    cr_assert_eq(session_end(db, session.id, NOW + 1), ERR_OK);
    cr_expect_eq(plain_state(&f), TOKEN_SESSION_ENDED);
}

Test(token, a_plain_family_whose_session_is_gone_is_not_found)
{
    struct family f = plain_one();
    struct token_facts facts;
    f.session = ident_of(VIEW("another session"));
    cr_expect_eq(token_find_plain(&facts, db, &box.a, &f), ERR_NOT_FOUND);
}

Test(token, a_plain_family_is_revoked_by_a_row_and_once_more_by_the_same)
{
    struct family f = plain_one();
    struct token_facts facts;
    cr_assert_eq(token_revoke_plain(db, &f, NOW + 1), ERR_OK);
    cr_expect_eq(plain_state(&f), TOKEN_REVOKED);
    cr_assert_eq(token_revoke_plain(db, &f, NOW + 2), ERR_OK);
    cr_assert_eq(token_find_family(&facts, db, &box.a, f.id), ERR_OK);
    cr_expect_eq(facts.family.revoked_at, NOW + 1);
    cr_expect_eq(token_check(&facts, NOW + 1), TOKEN_REVOKED);
}
