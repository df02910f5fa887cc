#include "sessions/decoupled.h"

#include <criterion/criterion.h>

#include "sessions/resident.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct ident hanako, taro;

enum { NOW = 1000000, END = NOW + DECOUPLED_LIFE_S };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(resident_mint(&hanako, db, NOW), ERR_OK);
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(decoupled, .init = open_box, .fini = close_box);

static struct decoupled device(const char *code, const char *user_code)
{
    return (struct decoupled){.id = ident_of(view_text(code)),
                              .kind = DECOUPLED_DEVICE,
                              .client = VIEW("tv"),
                              .user_code = ident_of(view_text(user_code)),
                              .request = VIEW("{}"),
                              .created_at = NOW,
                              .expires_at = END};
}

static struct decoupled counter(const char *code, struct ident resident)
{
    return (struct decoupled){.id = ident_of(view_text(code)),
                              .kind = DECOUPLED_COUNTER,
                              .client = VIEW("desk"),
                              .resident = resident,
                              .request = VIEW("{}"),
                              .binding = VIEW("47"),
                              .created_at = NOW,
                              .expires_at = END};
}

static void mint(const struct decoupled *d)
{
    cr_assert_eq(decoupled_mint(db, d, NOW), ERR_OK);
}

static enum err allow(struct decoupled d, struct ident who, int64_t now)
{
    d.resident = who;
    d.session = ident_of(VIEW("session"));
    d.scope = VIEW("openid");
    return decoupled_allow(db, &d, now);
}

Test(decoupled, a_user_code_belongs_to_one_request)
{
    struct decoupled one = device("a", "123"), same = device("b", "123");
    mint(&one);
    cr_expect_eq(decoupled_mint(db, &same, NOW), ERR_CONFLICT);
}

Test(decoupled, a_user_code_is_entered_once_and_not_after_its_end)
{
    struct decoupled d = device("a", "123"), found;
    mint(&d);
    cr_expect_eq(decoupled_find_by_code(&found, db, &box.a, ident_of(VIEW("124")), NOW), ERR_NOT_FOUND);
    cr_expect_eq(decoupled_find_by_code(&found, db, &box.a, d.user_code, END), ERR_NOT_FOUND);
    cr_expect_eq(decoupled_take_code(db, d.id, END), ERR_CONFLICT);
    cr_assert_eq(decoupled_find_by_code(&found, db, &box.a, d.user_code, NOW), ERR_OK);
    cr_expect(ident_equal(found.id, d.id));
    cr_assert_eq(decoupled_take_code(db, d.id, NOW), ERR_OK);
    cr_expect_eq(decoupled_take_code(db, d.id, NOW), ERR_CONFLICT);
    cr_expect_eq(decoupled_find_by_code(&found, db, &box.a, d.user_code, NOW), ERR_NOT_FOUND);
}

Test(decoupled, what_was_decided_or_is_over_cannot_be_decided)
{
    struct decoupled late = device("a", "1"), refused = device("b", "2"), allowed = device("c", "3");
    mint(&late);
    mint(&refused);
    mint(&allowed);
    cr_expect_eq(allow(late, hanako, END), ERR_CONFLICT);
    cr_expect_eq(decoupled_refuse(db, late.id, END), ERR_CONFLICT);
    cr_assert_eq(decoupled_refuse(db, refused.id, NOW), ERR_OK);
    cr_expect_eq(allow(refused, hanako, NOW), ERR_CONFLICT);
    cr_assert_eq(allow(allowed, hanako, NOW), ERR_OK);
    cr_expect_eq(decoupled_refuse(db, allowed.id, NOW), ERR_CONFLICT);
    cr_expect_eq(allow(allowed, hanako, NOW), ERR_CONFLICT);
    cr_expect_eq(decoupled_refuse(db, ident_of(VIEW("nobody's")), NOW), ERR_CONFLICT);
}

Test(decoupled, only_who_was_asked_at_the_counter_may_allow)
{
    struct decoupled d = counter("a", hanako), found;
    mint(&d);
    cr_expect_eq(allow(d, taro, NOW), ERR_CONFLICT);
    cr_assert_eq(allow(d, hanako, NOW + 1), ERR_OK);
    cr_assert_eq(decoupled_find(&found, db, &box.a, d.id), ERR_OK);
    cr_expect_eq(found.state, DECOUPLED_ALLOWED);
    cr_expect(ident_equal(found.resident, hanako) && ident_is(found.session) && !ident_is(found.grant));
    cr_expect(view_equal_text(found.scope, "openid") && view_equal_text(found.binding, "47"));
    cr_expect_eq(found.decided_at, NOW + 1);
}

Test(decoupled, counters_cannot_heap_requests_on_a_resident)
{
    char code[] = "a";
    for (int i = 0; i < DECOUPLED_OPEN_MAX; i++, code[0]++) {
        struct decoupled d = counter(code, hanako);
        mint(&d);
    }
    struct decoupled more = counter("more", hanako), others = counter("others", taro);
    cr_expect_eq(decoupled_mint(db, &more, NOW), ERR_LIMIT);
    mint(&others);
    cr_assert_eq(decoupled_refuse(db, ident_of(VIEW("a")), NOW), ERR_OK);
    mint(&more);
}

Test(decoupled, the_list_has_what_waits_for_her_alone)
{
    struct decoupled a = counter("a", hanako), b = counter("b", hanako), c = counter("c", taro), d = device("d", "1");
    struct decoupled *list;
    size_t n;
    b.created_at = NOW + 1;
    mint(&a);
    mint(&b);
    mint(&c);
    mint(&d);
    cr_assert_eq(decoupled_list(&list, &n, db, &box.a, hanako, NOW), ERR_OK);
    cr_assert_eq(n, 2);
    cr_expect(ident_equal(list[0].id, b.id) && ident_equal(list[1].id, a.id));
    cr_expect(view_equal_text(list[0].client, "desk"));
    cr_assert_eq(decoupled_list(&list, &n, db, &box.a, hanako, END), ERR_OK);
    cr_expect_eq(n, 0);
}

Test(decoupled, a_counter_code_is_good_once_and_the_newest_counts)
{
    struct ident first = ident_of(VIEW("111")), second = ident_of(VIEW("222")), who;
    cr_assert_eq(counter_code_record(db, first, hanako, END), ERR_OK);
    cr_assert_eq(counter_code_record(db, second, hanako, END), ERR_OK);
    cr_expect_eq(counter_code_record(db, second, taro, END), ERR_CONFLICT);
    cr_expect_eq(counter_code_take(&who, db, &box.a, first, NOW), ERR_NOT_FOUND);
    cr_expect_eq(counter_code_take(&who, db, &box.a, second, END), ERR_NOT_FOUND);
    cr_assert_eq(counter_code_take(&who, db, &box.a, second, NOW), ERR_OK);
    cr_expect(ident_equal(who, hanako));
    cr_expect_eq(counter_code_take(&who, db, &box.a, second, NOW), ERR_NOT_FOUND);
}
