/* Is the service asked about a card, and what follows from its answer? Facts -> verdict; refusals first. */
#include "idp/rules/succession.h"

#include <criterion/criterion.h>

enum { NOW = 100 * 86400, ISSUED = NOW - 86400 };

/* A card never seen, one older registration that was not used since. */
static struct succession_facts ready(void)
{
    return (struct succession_facts){
        .now = NOW, .not_before = ISSUED, .accounts = 1, .used_at = ISSUED - 1, .account_cards = 1, .cards_max = 8};
}

/* It has made a registration with nothing in it. */
static struct succession_standing bare(void)
{
    return (struct succession_standing){.known = true, .linked_at = NOW - 60, .cards = 1};
}

static void expect(const struct succession_facts *f, enum succession_verdict verdict)
{
    enum succession_verdict v = succession_decide(f);
    cr_expect_eq(v, verdict, "%s and not %s", succession_verdict_name(v), succession_verdict_name(verdict));
}

static void expect_kept(struct succession_standing s, const char *why)
{
    struct succession_facts f = ready();
    f.card = s;
    cr_expect_not(succession_asks(&s, NOW), "%s", why);
    enum succession_verdict v = succession_decide(&f);
    cr_expect_eq(v, SUCCESSION_KEPT, "%s: %s", why, succession_verdict_name(v));
}

Test(succession_rule, a_registration_with_anything_in_it_stays)
{
    struct succession_standing s = bare();
    s.has_values = true;
    expect_kept(s, "values");
    s = bare();
    s.has_consents = true;
    expect_kept(s, "consents");
    s = bare();
    s.has_role = true;
    expect_kept(s, "an auditor");
    s = bare();
    s.disabled = true;
    expect_kept(s, "disabled by the operator");
    s = bare();
    s.cards = 2;
    expect_kept(s, "two cards");
}

Test(succession_rule, what_was_answered_is_not_asked_again)
{
    struct succession_standing s = bare();
    s.answered = true;
    expect_kept(s, "answered");
}

Test(succession_rule, after_a_month_nobody_is_asked_any_more)
{
    struct succession_standing s = bare();
    s.linked_at = NOW - SUCCESSION_PATIENCE_S;
    cr_expect(succession_asks(&s, NOW));
    s.linked_at--;
    expect_kept(s, "a month");
}

Test(succession_rule, nobody_is_none)
{
    struct succession_facts f = ready();
    f.accounts = 0;
    expect(&f, SUCCESSION_NOBODY);
}

Test(succession_rule, of_two_nobody_knows_which)
{
    struct succession_facts f = ready();
    f.accounts = 2;
    expect(&f, SUCCESSION_SEVERAL);
}

Test(succession_rule, an_older_card_that_was_used_since_did_not_end)
{
    struct succession_facts f = ready();
    f.used_at = ISSUED;
    expect(&f, SUCCESSION_ALIVE);
    f.used_at = NOW;
    expect(&f, SUCCESSION_ALIVE);
}

Test(succession_rule, a_card_that_was_refused_stays_refused)
{
    struct succession_facts f = ready();
    f.refused = true;
    expect(&f, SUCCESSION_REFUSED);
}

Test(succession_rule, there_is_a_last_card)
{
    struct succession_facts f = ready();
    f.account_cards = 8;
    expect(&f, SUCCESSION_CARDS);
}

Test(succession_rule, one_older_registration_gets_the_card)
{
    struct succession_facts f = ready();
    cr_expect(succession_asks(&f.card, NOW));
    expect(&f, SUCCESSION_LINK);
    f.card = bare();
    cr_expect(succession_asks(&f.card, NOW));
    expect(&f, SUCCESSION_LINK);
}
