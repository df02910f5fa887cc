#include "idp/rules/step.h"

#include "idp/rules/authorization_request.h"

static struct step_verdict go(enum step s)
{
    return (struct step_verdict){.step = s};
}

static struct step_verdict refuse(enum refusal r)
{
    return (struct step_verdict){.step = STEP_REFUSE, .refusal = r};
}

/* OIDC Core 3.1.2.1: "if the elapsed time is greater than this value, the OP MUST attempt to actively re-authenticate";
 * max_age=0 is the same as prompt=login. */
static bool too_old(const struct step_facts *f)
{
    if (f->max_age < 0)
        return false;
    return f->max_age == 0 || f->now - f->login_at > f->max_age;
}

/* A card login inside this interaction is as fresh as anybody can ask for, however long the consent page was read. */
static bool needs_login(const struct step_facts *f)
{
    if (!f->has_session)
        return true;
    if (f->login_here)
        return false;
    return (f->prompt & PROMPT_LOGIN) || f->acr == ACR_LOGIN || f->other_wanted || too_old(f) || f->hint == HINT_OTHER;
}

/* Anyone on a shared PC sees whose session it is before a service opens that it has not opened yet. */
static bool needs_confirmation(const struct step_facts *f)
{
    if (f->login_here || f->confirmed_here)
        return false;
    return !f->opened_before || (f->prompt & PROMPT_SELECT);
}

/* For no service: log in, what the card says, back to the first page. Nobody is shown to anybody. */
static struct step_verdict decide_own(const struct step_facts *f)
{
    if (f->refused != REFUSAL_NONE)
        return go(STEP_HOME);
    if (needs_login(f))
        return go(STEP_LOGIN);
    return go(f->offer == OFFER_OPEN || f->offer == OFFER_HELD ? STEP_PROFILE : STEP_HOME);
}

struct step_verdict step_decide(const struct step_facts *f)
{
    bool silent = f->prompt & PROMPT_NONE;

    if (f->own)
        return decide_own(f);
    if (f->refused != REFUSAL_NONE)
        return refuse(f->refused);
    /* OIDC Core 5.5.1.1: what is essential and cannot be met "MUST" fail; no card would help. */
    if (f->acr == ACR_IMPOSSIBLE)
        return refuse(REFUSAL_ACR_UNMET);
    if (needs_login(f))
        return silent ? refuse(REFUSAL_LOGIN_REQUIRED) : go(STEP_LOGIN);
    /* OIDC Core 3.1.2.1, id_token_hint: another resident logged in "as a result of the request". */
    if (f->hint == HINT_OTHER)
        return refuse(REFUSAL_OTHER_RESIDENT);
    if (needs_confirmation(f))
        return silent ? refuse(REFUSAL_INTERACTION_REQUIRED) : go(STEP_CONFIRM);
    /* Grant Management 5.4: only now it is sure whose it would have to be. */
    if (f->grant_unfit)
        return refuse(REFUSAL_GRANT_ID_UNKNOWN);
    if (f->offer == OFFER_HELD)
        return silent ? refuse(REFUSAL_INTERACTION_REQUIRED) : go(STEP_PROFILE);
    if (f->consent_silent)
        return go(STEP_CODE);
    if (silent)
        return refuse(REFUSAL_CONSENT_REQUIRED);
    if (f->card_fields_missing && f->offer == OFFER_OPEN)
        return go(STEP_PROFILE);
    return go(STEP_CONSENT);
}

const char *step_name(enum step s)
{
    static const char *const names[] = {"login", "confirm", "profile", "consent", "code", "refuse", "home"};

    return names[s];
}
