#include "idp/rules/logout.h"

/* OIDC RP-Initiated Logout 1.0 section 3: without a good id_token_hint, or to an address that is not registered, the OP
 * "MUST NOT perform post-logout redirection". */
static bool may_redirect(const struct logout_facts *f)
{
    bool hinted = f->hint == LOGOUT_HINT_SAME || f->hint == LOGOUT_HINT_OTHER;

    return hinted && f->redirect_asked && f->redirect_listed;
}

/* Section 2: a request that is in order and comes with this session's ID token ends it at once; every other one is only
 * a suggestion, which the resident decides on. */
static bool must_ask(const struct logout_facts *f)
{
    if (f->confirmed)
        return false;
    if (f->hint == LOGOUT_HINT_BAD || (f->redirect_asked && !may_redirect(f)))
        return true;
    return f->has_session && f->hint != LOGOUT_HINT_SAME;
}

struct logout_verdict logout_decide(const struct logout_facts *f)
{
    if (f->declined)
        return (struct logout_verdict){LOGOUT_STAY, false};
    if (must_ask(f))
        return (struct logout_verdict){LOGOUT_ASK, false};
    return (struct logout_verdict){LOGOUT_END, may_redirect(f)};
}

enum logout_step logout_card_decide(const struct logout_card_facts *f)
{
    return f->key_fits || !f->has_session ? LOGOUT_END : LOGOUT_ASK;
}
