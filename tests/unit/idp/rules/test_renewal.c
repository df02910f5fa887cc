/* May an older registration become that of a new card? Facts -> verdict; refusals first. */
#include "idp/rules/renewal.h"

#include <criterion/criterion.h>

enum { DUE = 100000, LOGIN = DUE + 50, NOW = DUE + 60 };

/* Claimed, waited, logged in just now. */
static struct renewal_facts ready(void)
{
    return (struct renewal_facts){.verified = true,
                                  .cards = 1,
                                  .login_at = LOGIN,
                                  .accounts = 1,
                                  .older = true,
                                  .account_cards = 1,
                                  .cards_max = 8,
                                  .claimed = true,
                                  .same_account = true,
                                  .same_values = true,
                                  .due_at = DUE,
                                  .now = NOW};
}

static void expect(const struct renewal_facts *f, enum renewal_verdict verdict)
{
    enum renewal_verdict v = renewal_decide(f);
    cr_expect_eq(v, verdict, "%s and not %s", renewal_verdict_name(v), renewal_verdict_name(verdict));
}

Test(renewal_rule, what_was_refused_before_stays_refused)
{
    struct renewal_facts f = ready();
    f.refused = true;
    expect(&f, RENEWAL_REFUSED);
}

Test(renewal_rule, refused_is_refused_also_when_nothing_else_stands)
{
    struct renewal_facts f = ready();
    f.refused = true;
    f.claimed = false;
    expect(&f, RENEWAL_REFUSED);
}

Test(renewal_rule, values_that_are_not_card_signed_are_nobodys)
{
    struct renewal_facts f = ready();
    f.verified = false;
    expect(&f, RENEWAL_NOT_VERIFIED);
}

Test(renewal_rule, an_older_one_that_is_not_card_signed_is_not_found)
{
    struct renewal_facts f = ready();
    f.accounts = 0;
    expect(&f, RENEWAL_NOBODY);
}

Test(renewal_rule, an_older_one_that_has_left_is_not_found)
{
    struct renewal_facts f = ready();
    f.accounts = 0;
    f.same_account = false;
    expect(&f, RENEWAL_NOBODY);
}

Test(renewal_rule, of_two_nobody_knows_which)
{
    struct renewal_facts f = ready();
    f.accounts = 2;
    expect(&f, RENEWAL_SEVERAL);
}

Test(renewal_rule, the_older_one_does_not_take_over_the_newer)
{
    struct renewal_facts f = ready();
    f.older = false;
    expect(&f, RENEWAL_NEWER);
}

Test(renewal_rule, one_that_the_operator_disabled_is_nobodys_to_take_over)
{
    struct renewal_facts f = ready();
    f.disabled = true;
    expect(&f, RENEWAL_DISABLED);
    f.claimed = false;
    expect(&f, RENEWAL_DISABLED);
}

Test(renewal_rule, more_than_the_new_card_is_more_than_a_renewal)
{
    struct renewal_facts f = ready();
    f.cards = 2;
    expect(&f, RENEWAL_CARDS);
}

Test(renewal_rule, no_card_is_no_renewal)
{
    struct renewal_facts f = ready();
    f.cards = 0;
    expect(&f, RENEWAL_CARDS);
}

Test(renewal_rule, the_older_one_has_as_many_cards_as_there_may_be)
{
    struct renewal_facts f = ready();
    f.account_cards = 8;
    expect(&f, RENEWAL_CARDS);
}

Test(renewal_rule, who_has_agreed_with_a_service_is_not_moved)
{
    struct renewal_facts f = ready();
    f.has_consents = true;
    expect(&f, RENEWAL_CONSENTS);
}

Test(renewal_rule, nothing_moves_before_she_asks)
{
    struct renewal_facts f = ready();
    f.claimed = false;
    expect(&f, RENEWAL_OFFER);
}

Test(renewal_rule, values_that_changed_meanwhile_wait_anew)
{
    struct renewal_facts f = ready();
    f.same_values = false;
    expect(&f, RENEWAL_OFFER);
}

Test(renewal_rule, a_claim_on_another_account_waits_anew)
{
    struct renewal_facts f = ready();
    f.same_account = false;
    expect(&f, RENEWAL_OFFER);
}

Test(renewal_rule, nothing_moves_before_the_time_is_over)
{
    struct renewal_facts f = ready();
    f.now = DUE - 1;
    expect(&f, RENEWAL_WAITING);
}

Test(renewal_rule, a_login_of_before_does_not_confirm)
{
    struct renewal_facts f = ready();
    f.login_at = DUE - 1;
    f.now = DUE + 1;
    expect(&f, RENEWAL_LOGIN);
}

Test(renewal_rule, a_login_too_long_ago_does_not_confirm)
{
    struct renewal_facts f = ready();
    f.now = LOGIN + RENEWAL_FRESH_S + 1;
    expect(&f, RENEWAL_LOGIN);
}

Test(renewal_rule, after_all_that_she_may_say_yes)
{
    struct renewal_facts f = ready();
    expect(&f, RENEWAL_CONFIRM);
}

Test(renewal_rule, to_the_last_second_of_the_login)
{
    struct renewal_facts f = ready();
    f.now = LOGIN + RENEWAL_FRESH_S;
    expect(&f, RENEWAL_CONFIRM);
}
