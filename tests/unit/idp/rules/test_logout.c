/* OIDC RP-Initiated Logout 1.0, case by case; the names of the certification suite's modules stand beside. */
#include <criterion/criterion.h>

#include "idp/rules/logout.h"

static void expect(const char *why, struct logout_facts f, enum logout_step step, bool redirect)
{
    struct logout_verdict v = logout_decide(&f);

    cr_expect_eq(v.step, step, "%s: step %d, not %d", why, v.step, step);
    cr_expect_eq(v.redirect, redirect, "%s: redirect %d", why, v.redirect);
}

Test(logout, asks_and_does_not_redirect_when_the_hint_is_bad)
{
    struct logout_facts f = {
        .hint = LOGOUT_HINT_BAD, .has_session = true, .redirect_asked = true, .redirect_listed = true};

    expect("bad-id-token-hint, modified-id-token-hint", f, LOGOUT_ASK, false);
    f.confirmed = true;
    expect("even after the resident agreed", f, LOGOUT_END, false);
    f = (struct logout_facts){.hint = LOGOUT_HINT_BAD};
    expect("even when nobody is logged in", f, LOGOUT_ASK, false);
}

Test(logout, asks_and_does_not_redirect_to_an_address_that_is_not_registered)
{
    struct logout_facts f = {.hint = LOGOUT_HINT_SAME, .has_session = true, .redirect_asked = true};

    expect("bad-post-logout-redirect-uri, query-added-to-post-logout-redirect-uri", f, LOGOUT_ASK, false);
    f.confirmed = true;
    expect("even after the resident agreed", f, LOGOUT_END, false);
}

Test(logout, asks_and_does_not_redirect_without_a_hint)
{
    struct logout_facts f = {.has_session = true, .redirect_asked = true, .redirect_listed = true};

    expect("no-id-token-hint", f, LOGOUT_ASK, false);
    f.confirmed = true;
    expect("section 3", f, LOGOUT_END, false);
}

Test(logout, asks_when_the_hint_is_of_another_session_than_this_browsers)
{
    struct logout_facts f = {
        .hint = LOGOUT_HINT_OTHER, .has_session = true, .redirect_asked = true, .redirect_listed = true};

    expect("section 2: it is another's session", f, LOGOUT_ASK, false);
    f.confirmed = true;
    expect("the hint is good all the same", f, LOGOUT_END, true);
}

Test(logout, asks_when_anybody_could_have_sent_the_link)
{
    struct logout_facts f = {.has_session = true};

    expect("no-params, only-state", f, LOGOUT_ASK, false);
    f.confirmed = true;
    expect("confirmed", f, LOGOUT_END, false);
}

Test(logout, ends_nothing_when_the_resident_stays)
{
    struct logout_facts f = {.hint = LOGOUT_HINT_SAME, .has_session = true, .declined = true};

    expect("stay", f, LOGOUT_STAY, false);
}

Test(logout, says_so_when_nobody_is_logged_in)
{
    expect("nothing to end", (struct logout_facts){0}, LOGOUT_END, false);
}

Test(logout, ends_at_once_with_this_sessions_token)
{
    struct logout_facts f = {.hint = LOGOUT_HINT_SAME, .has_session = true};

    expect("no-post-logout-redirect-uri", f, LOGOUT_END, false);
    f.redirect_asked = f.redirect_listed = true;
    expect("rp-initiated-logout, no-state", f, LOGOUT_END, true);
    f.has_session = false;
    expect("the session was over already", f, LOGOUT_END, true);
}

Test(logout, at_a_kiosk_needs_the_key_of_this_login_or_asks)
{
    static const struct {
        const char *why;
        struct logout_card_facts facts;
        enum logout_step step;
    } rows[] = {
        {"a bare link, or another login's key", {.has_session = true}, LOGOUT_ASK},
        {"the key of this login", {.has_session = true, .key_fits = true}, LOGOUT_END},
        {"nobody is logged in", {.has_session = false}, LOGOUT_END},
        {"the same answer twice", {.key_fits = true}, LOGOUT_END},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(logout_card_decide(&rows[i].facts), rows[i].step, "%s", rows[i].why);
}
