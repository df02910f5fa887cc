/* The one table of a login: facts -> what comes next. Refusals first. */
#include <criterion/criterion.h>

#include "idp/rules/authorization_request.h"
#include "idp/rules/step.h"

enum { LOGIN_AT = 1000, NOW = 1100 };

/* A resident who is logged in, has been in this service in this session, and has agreed: nothing to do. */
static struct step_facts settled(void)
{
    return (struct step_facts){.max_age = -1,
                               .has_session = true,
                               .login_at = LOGIN_AT,
                               .now = NOW,
                               .opened_before = true,
                               .consent_silent = true};
}

/* Nobody is logged in. */
static struct step_facts stranger(void)
{
    return (struct step_facts){.max_age = -1, .now = NOW};
}

static void expect(const char *why, const struct step_facts *f, enum step step, enum refusal refusal)
{
    struct step_verdict v = step_decide(f);

    cr_expect_eq(v.step, step, "%s: step %s, not %s", why, step_name(v.step), step_name(step));
    cr_expect_eq(v.refusal, refusal, "%s: refusal %d, not %d", why, v.refusal, refusal);
}

#define WITH(BASE, ...)                                                                                                \
    struct step_facts f = BASE();                                                                                      \
    __VA_ARGS__

/* --- prompt=none: never a page (OIDC Core 3.1.2.1) --- */

Test(step, prompt_none_without_a_session_is_login_required)
{
    WITH(stranger, f.prompt = PROMPT_NONE);
    expect("OIDC Core 3.1.2.6", &f, STEP_REFUSE, REFUSAL_LOGIN_REQUIRED);
}

Test(step, prompt_none_with_a_login_older_than_max_age_is_login_required)
{
    WITH(settled, f.prompt = PROMPT_NONE; f.max_age = 99);
    expect("OIDC Core 3.1.2.1 max_age", &f, STEP_REFUSE, REFUSAL_LOGIN_REQUIRED);
}

Test(step, prompt_none_with_a_hint_for_another_resident_is_login_required)
{
    WITH(settled, f.prompt = PROMPT_NONE; f.hint = HINT_OTHER);
    expect("OIDC Core 3.1.2.1 id_token_hint", &f, STEP_REFUSE, REFUSAL_LOGIN_REQUIRED);
}

Test(step, prompt_none_at_a_service_not_opened_in_this_session_is_interaction_required)
{
    WITH(settled, f.prompt = PROMPT_NONE; f.opened_before = false);
    expect("shared PC", &f, STEP_REFUSE, REFUSAL_INTERACTION_REQUIRED);
}

Test(step, prompt_none_without_consent_is_consent_required)
{
    WITH(settled, f.prompt = PROMPT_NONE; f.consent_silent = false);
    expect("product.md consent", &f, STEP_REFUSE, REFUSAL_CONSENT_REQUIRED);
}

Test(step, prompt_none_offers_no_reading_of_the_card)
{
    WITH(settled, f.prompt = PROMPT_NONE; f.consent_silent = false; f.card_fields_missing = true);
    expect("OIDC Core 3.1.2.1", &f, STEP_REFUSE, REFUSAL_CONSENT_REQUIRED);
}

/* --- the resident said no --- */

Test(step, a_refusal_ends_it_whatever_else_is_true)
{
    WITH(settled, f.refused = REFUSAL_CANCELLED);
    expect("RFC 6749 4.1.2.1", &f, STEP_REFUSE, REFUSAL_CANCELLED);
}

Test(step, a_refusal_ends_it_even_before_the_login)
{
    WITH(stranger, f.refused = REFUSAL_CANCELLED);
    expect("RFC 6749 4.1.2.1", &f, STEP_REFUSE, REFUSAL_CANCELLED);
}

Test(step, a_login_as_somebody_else_than_the_hint_names_is_refused)
{
    WITH(settled, f.login_here = true; f.hint = HINT_OTHER);
    expect("OIDC Core 3.1.2.1", &f, STEP_REFUSE, REFUSAL_OTHER_RESIDENT);
}

/* --- login --- */

Test(step, nobody_logged_in_must_log_in)
{
    WITH(stranger, (void)0);
    expect("no session", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, an_interaction_that_lost_its_session_begins_with_the_card_again)
{
    WITH(stranger, f.consent_silent = true; f.offer = OFFER_DONE);
    expect("session ended meanwhile", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, prompt_login_asks_for_the_card_although_somebody_is_logged_in)
{
    WITH(settled, f.prompt = PROMPT_LOGIN);
    expect("OIDC Core 3.1.2.1 prompt=login", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, confirming_an_older_session_does_not_satisfy_prompt_login)
{
    WITH(settled, f.prompt = PROMPT_LOGIN; f.confirmed_here = true);
    expect("OIDC Core 3.1.2.1 prompt=login", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, max_age_zero_is_a_new_login)
{
    WITH(settled, f.max_age = 0; f.login_at = NOW);
    expect("OIDC Core 3.1.2.1: same as prompt=login", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, a_login_older_than_max_age_must_be_renewed)
{
    WITH(settled, f.max_age = 99);
    expect("100 s > 99 s", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, a_login_exactly_max_age_old_is_still_good)
{
    WITH(settled, f.max_age = 100);
    expect("100 s is not greater than 100 s", &f, STEP_CODE, REFUSAL_NONE);
}

Test(step, i_am_somebody_else_asks_for_another_card)
{
    WITH(settled, f.other_wanted = true);
    expect("confirm page", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, a_hint_for_another_resident_asks_for_that_resident)
{
    WITH(settled, f.hint = HINT_OTHER);
    expect("OIDC Core 3.1.2.1", &f, STEP_LOGIN, REFUSAL_NONE);
}

Test(step, a_login_inside_the_interaction_satisfies_prompt_login_and_max_age)
{
    WITH(settled, f.prompt = PROMPT_LOGIN; f.max_age = 0; f.login_here = true; f.other_wanted = true);
    expect("the card was just here", &f, STEP_CODE, REFUSAL_NONE);
}

/* --- continue as --- */

Test(step, a_service_not_opened_yet_shows_whose_session_it_is)
{
    WITH(settled, f.opened_before = false);
    expect("shared PC", &f, STEP_CONFIRM, REFUSAL_NONE);
}

Test(step, whose_session_it_is_comes_before_whose_data_is_shown)
{
    WITH(settled, f.opened_before = false; f.consent_silent = false; f.card_fields_missing = true);
    expect("shared PC", &f, STEP_CONFIRM, REFUSAL_NONE);
}

Test(step, select_account_asks_although_the_service_was_opened_before)
{
    WITH(settled, f.prompt = PROMPT_SELECT);
    expect("OIDC Core 3.1.2.1 select_account", &f, STEP_CONFIRM, REFUSAL_NONE);
}

Test(step, a_confirmation_counts_once_it_is_given)
{
    WITH(settled, f.opened_before = false; f.prompt = PROMPT_SELECT; f.confirmed_here = true);
    expect("confirmed", &f, STEP_CODE, REFUSAL_NONE);
}

Test(step, who_put_the_card_on_the_reader_is_not_asked_who_it_is)
{
    WITH(settled, f.opened_before = false; f.login_here = true);
    expect("logged in here", &f, STEP_CODE, REFUSAL_NONE);
}

/* --- profile and consent --- */

Test(step, card_fields_nobody_has_read_are_offered_to_be_read)
{
    WITH(settled, f.consent_silent = false; f.card_fields_missing = true);
    expect("first login", &f, STEP_PROFILE, REFUSAL_NONE);
}

Test(step, an_offer_that_was_skipped_is_not_made_twice)
{
    WITH(settled, f.consent_silent = false; f.card_fields_missing = true; f.offer = OFFER_SKIPPED);
    expect("skipped", &f, STEP_CONSENT, REFUSAL_NONE);
}

Test(step, an_offer_that_was_taken_is_not_made_again)
{
    WITH(settled, f.consent_silent = false; f.card_fields_missing = true; f.offer = OFFER_DONE);
    expect("done", &f, STEP_CONSENT, REFUSAL_NONE);
}

Test(step, a_stored_consent_without_values_asks_for_nothing)
{
    WITH(settled, f.card_fields_missing = true);
    expect("silent", &f, STEP_CODE, REFUSAL_NONE);
}

Test(step, no_consent_no_code)
{
    WITH(settled, f.consent_silent = false);
    expect("product.md", &f, STEP_CONSENT, REFUSAL_NONE);
}

Test(step, no_prompt_of_the_service_suppresses_the_consent)
{
    for (unsigned prompt = 0; prompt < 16; prompt++) {
        WITH(settled, f.prompt = prompt; f.consent_silent = false; f.login_here = true);
        cr_expect_neq(step_decide(&f).step, STEP_CODE, "prompt %u", prompt);
    }
}

Test(step, no_session_never_ends_in_a_code)
{
    for (unsigned bits = 0; bits < 256; bits++) {
        WITH(stranger, f.prompt = bits & 15; f.opened_before = bits & 16; f.login_here = bits & 32;
             f.confirmed_here = bits & 64; f.consent_silent = bits & 128);
        cr_expect_neq(step_decide(&f).step, STEP_CODE, "facts %x", bits);
    }
}

/* --- and when all is well --- */

Test(step, a_settled_login_is_silent)
{
    WITH(settled, (void)0);
    expect("single sign-on", &f, STEP_CODE, REFUSAL_NONE);
}

Test(step, prompt_none_is_silent_when_all_is_settled)
{
    WITH(settled, f.prompt = PROMPT_NONE; f.hint = HINT_SAME; f.max_age = 10000);
    expect("single sign-on", &f, STEP_CODE, REFUSAL_NONE);
}

/* --- for no service: she came from the first page --- */

Test(step, at_home_a_login_leads_home)
{
    WITH(stranger, f.own = true);
    expect("nobody is logged in", &f, STEP_LOGIN, REFUSAL_NONE);
    f = settled();
    f.own = true;
    f.offer = OFFER_SKIPPED;
    expect("nothing is offered", &f, STEP_HOME, REFUSAL_NONE);
    f.offer = OFFER_OPEN;
    f.opened_before = false;
    f.consent_silent = false;
    expect("nobody is shown to anybody, so nothing is confirmed", &f, STEP_PROFILE, REFUSAL_NONE);
    f.offer = OFFER_HELD;
    expect("her word is missing", &f, STEP_PROFILE, REFUSAL_NONE);
    f.offer = OFFER_DONE;
    expect("the card was used", &f, STEP_HOME, REFUSAL_NONE);
    f.offer = OFFER_OPEN;
    f.refused = REFUSAL_CANCELLED;
    expect("no service is told", &f, STEP_HOME, REFUSAL_NONE);
}

Test(step, what_the_card_says_otherwise_waits_for_her_word)
{
    WITH(settled, f.offer = OFFER_HELD);
    expect("even where nothing else is to be asked", &f, STEP_PROFILE, REFUSAL_NONE);
    f.prompt = PROMPT_NONE;
    expect("OIDC Core 3.1.2.6", &f, STEP_REFUSE, REFUSAL_INTERACTION_REQUIRED);
}

/* --- how the login was proven --- */

Test(step, an_acr_that_is_impossible_is_refused_before_anything_is_asked)
{
    WITH(stranger, f.acr = ACR_IMPOSSIBLE);
    expect("OIDC Core 5.5.1.1", &f, STEP_REFUSE, REFUSAL_ACR_UNMET);
    f.prompt = PROMPT_NONE;
    expect("OIDC Core 5.5.1.1", &f, STEP_REFUSE, REFUSAL_ACR_UNMET);
}

Test(step, a_higher_acr_asks_for_the_card_once)
{
    WITH(settled, f.acr = ACR_LOGIN);
    expect("step-up", &f, STEP_LOGIN, REFUSAL_NONE);
    f.login_here = true;
    expect("she has shown it in this interaction", &f, STEP_CODE, REFUSAL_NONE);
    f.login_here = false;
    f.prompt = PROMPT_NONE;
    expect("OIDC Core 3.1.2.6", &f, STEP_REFUSE, REFUSAL_LOGIN_REQUIRED);
}

/* --- a grant that the service names (Grant Management, draft 03, 5.4) --- */

Test(step, a_grant_that_is_not_hers_is_refused_once_it_is_sure_who_she_is)
{
    WITH(settled, f.grant_unfit = true);
    expect("5.4", &f, STEP_REFUSE, REFUSAL_GRANT_ID_UNKNOWN);
    f.prompt = PROMPT_NONE;
    expect("5.4", &f, STEP_REFUSE, REFUSAL_GRANT_ID_UNKNOWN);
    f.prompt = 0;
    f.opened_before = false;
    expect("a shared PC: first whose session it is", &f, STEP_CONFIRM, REFUSAL_NONE);
}
