/* May this card become one more of hers? Facts -> verdict; refusals first. */
#include <criterion/criterion.h>

#include "idp/rules/link.h"

enum { AUTH_AT = 1000 };

/* Her old card a moment ago, and a card that nobody has. */
static const struct link_facts good = {.has_session = true,
                                       .same_session = true,
                                       .auth_at = AUTH_AT,
                                       .began_at = AUTH_AT + 10,
                                       .cards = 1,
                                       .cards_max = 8};

#define WITH(...)                                                                                                      \
    struct link_facts f = good;                                                                                        \
    __VA_ARGS__

static void expect(const struct link_facts *f, enum link_verdict verdict)
{
    enum link_verdict v = link_decide(f);
    cr_expect_eq(v, verdict, "%s and not %s", link_verdict_name(v), link_verdict_name(verdict));
}

Test(link, nobody_is_logged_in)
{
    WITH(f.has_session = false);
    expect(&f, LINK_NO_SESSION);
}

Test(link, another_login_than_the_one_that_asked)
{
    WITH(f.same_session = false);
    expect(&f, LINK_OTHER_SESSION);
}

Test(link, the_old_card_was_shown_too_long_ago)
{
    WITH(f.began_at = AUTH_AT + LINK_FRESH_S + 1);
    expect(&f, LINK_STALE);
    f.began_at = AUTH_AT - 1;
    expect(&f, LINK_STALE);
}

Test(link, another_residents_card)
{
    WITH(f.of = LINK_OF_OTHER);
    expect(&f, LINK_TAKEN);
}

Test(link, a_card_that_is_hers_already)
{
    WITH(f.of = LINK_OF_HER);
    expect(&f, LINK_HERS);
}

Test(link, more_cards_than_there_may_be)
{
    WITH(f.cards = 8);
    expect(&f, LINK_TOO_MANY);
}

Test(link, a_card_never_seen_behind_the_old_one)
{
    expect(&good, LINK_GOOD);
    WITH(f.began_at = AUTH_AT + LINK_FRESH_S);
    expect(&f, LINK_GOOD);
    f.cards = 7;
    expect(&f, LINK_GOOD);
}

Test(link, is_not_begun_without_the_old_card_whatever_the_new_one_is)
{
    WITH(f.of = LINK_OF_OTHER);
    cr_expect_eq(link_decide_begin(&f), LINK_GOOD, "no card is known yet");
    f.began_at = AUTH_AT + LINK_FRESH_S + 1;
    cr_expect_eq(link_decide_begin(&f), LINK_STALE);
}
