#include <criterion/criterion.h>

#include "sessions/card_txn.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct card_txn made;

enum { NOW = 1000000 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    made = (struct card_txn){.id = ident_of(VIEW("txn")),
                             .cookie = ident_of(VIEW("cookie")),
                             .interaction = ident_of(VIEW("interaction")),
                             .nonce = {1, 2, 3, 0, 5},
                             .purpose = CARD_READ,
                             .carrier = CARRIER_PC_AGENT,
                             .request = VIEW("a.b.c"),
                             .bind = VIEW("47 さくら"),
                             .created_at = NOW,
                             .expires_at = NOW + CARD_TXN_LIFE_S};
    cr_assert_eq(card_txn_mint(db, &made), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(card_txn, .init = open_box, .fini = close_box);

static enum card_txn_verdict take(struct ident id, struct ident cookie, int64_t now)
{
    struct card_txn t;
    enum card_txn_verdict v;
    cr_assert_eq(card_txn_take(&t, &v, db, &box.a, id, cookie, now), ERR_OK);
    return v;
}

Test(card_txn, an_unknown_one_is_unknown)
{
    struct card_txn t;
    cr_assert_eq(take(ident_of(VIEW("other")), made.cookie, NOW), CARD_TXN_UNKNOWN);
    cr_assert_eq(take(IDENT_NONE, made.cookie, NOW), CARD_TXN_UNKNOWN);
    cr_assert_eq(card_txn_find(&t, db, &box.a, ident_of(VIEW("other"))), ERR_NOT_FOUND);
    cr_assert_eq(card_txn_find_newest(&t, db, &box.a, ident_of(VIEW("other"))), ERR_NOT_FOUND);
}

Test(card_txn, is_taken_once)
{
    cr_assert_eq(take(made.id, made.cookie, NOW + 1), CARD_TXN_GOOD);
    cr_assert_eq(take(made.id, made.cookie, NOW + 1), CARD_TXN_USED);
}

Test(card_txn, another_browser_burns_it)
{
    struct card_txn t;
    cr_assert_eq(take(made.id, ident_of(VIEW("thief")), NOW + 1), CARD_TXN_OTHER_BROWSER);
    cr_assert_eq(take(made.id, made.cookie, NOW + 1), CARD_TXN_USED);
    cr_assert_eq(card_txn_find(&t, db, &box.a, made.id), ERR_OK);
    cr_assert(t.state == CARD_FAILED && view_equal(t.reason, VIEW("other_browser")));
}

Test(card_txn, no_cookie_is_another_browser)
{
    cr_assert_eq(take(made.id, IDENT_NONE, NOW + 1), CARD_TXN_OTHER_BROWSER);
}

Test(card_txn, expires_to_the_second)
{
    struct card_txn t;
    cr_assert_eq(take(made.id, made.cookie, NOW + CARD_TXN_LIFE_S), CARD_TXN_EXPIRED);
    cr_assert_eq(card_txn_find(&t, db, &box.a, made.id), ERR_OK);
    cr_assert(t.state == CARD_FAILED && view_equal(t.reason, VIEW("expired")));
    made.id = ident_of(VIEW("txn2"));
    cr_assert_eq(card_txn_mint(db, &made), ERR_OK);
    cr_assert_eq(take(made.id, made.cookie, NOW + CARD_TXN_LIFE_S - 1), CARD_TXN_GOOD);
}

Test(card_txn, has_no_result_before_it_is_taken_and_only_one_after)
{
    cr_assert_eq(card_txn_record_result(db, made.id, CARD_DONE, VIEW_NONE), ERR_CONFLICT);
    cr_assert_eq(take(made.id, made.cookie, NOW), CARD_TXN_GOOD);
    cr_assert_eq(card_txn_record_result(db, made.id, CARD_FAILED, VIEW("signature")), ERR_OK);
    cr_assert_eq(card_txn_record_result(db, made.id, CARD_DONE, VIEW_NONE), ERR_CONFLICT);
    struct card_txn t;
    cr_assert_eq(card_txn_find(&t, db, &box.a, made.id), ERR_OK);
    cr_assert(t.state == CARD_FAILED && view_equal(t.reason, VIEW("signature")));
}

Test(card_txn, gives_back_what_the_message_is_rebuilt_from)
{
    struct card_txn t;
    enum card_txn_verdict v;
    cr_assert_eq(card_txn_take(&t, &v, db, &box.a, made.id, made.cookie, NOW + 5), ERR_OK);
    cr_assert_eq(v, CARD_TXN_GOOD);
    cr_assert_arr_eq(t.nonce, made.nonce, sizeof made.nonce);
    cr_assert(view_equal(t.request, made.request) && view_equal(t.bind, made.bind));
    cr_assert(t.purpose == CARD_READ && t.carrier == CARRIER_PC_AGENT);
    cr_assert(ident_equal(t.interaction, made.interaction) && t.taken_at == NOW + 5);
    cr_assert(t.created_at == NOW && t.expires_at == NOW + CARD_TXN_LIFE_S);
}

Test(card_txn, the_newest_of_an_interaction_is_found_even_within_one_second)
{
    static const char *const NAMES[] = {"b", "c", "d", "e", "f", "g"};
    struct card_txn t;
    for (int i = 0; i < 6; i++) {
        made.id = ident_of(view_text(NAMES[i]));
        cr_assert_eq(card_txn_mint(db, &made), ERR_OK);
        cr_assert_eq(card_txn_find_newest(&t, db, &box.a, made.interaction), ERR_OK);
        cr_assert(ident_equal(t.id, made.id));
    }
}
