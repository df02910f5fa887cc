#include "idp/rules/renewal.h"

/* A claim on what is not there any more is none. */
static bool stands(const struct renewal_facts *f)
{
    return f->claimed && f->same_account && f->same_values;
}

enum renewal_verdict renewal_decide(const struct renewal_facts *f)
{
    if (f->refused)
        return RENEWAL_REFUSED;
    if (!f->verified)
        return RENEWAL_NOT_VERIFIED;
    if (f->accounts == 0)
        return RENEWAL_NOBODY;
    if (f->accounts > 1)
        return RENEWAL_SEVERAL;
    if (!f->older)
        return RENEWAL_NEWER;
    if (f->disabled)
        return RENEWAL_DISABLED;
    if (f->cards != 1 || f->account_cards >= f->cards_max)
        return RENEWAL_CARDS;
    if (f->has_consents)
        return RENEWAL_CONSENTS;
    if (!stands(f))
        return RENEWAL_OFFER;
    if (f->now < f->due_at)
        return RENEWAL_WAITING;
    if (f->login_at < f->due_at || f->now - f->login_at > RENEWAL_FRESH_S)
        return RENEWAL_LOGIN;
    return RENEWAL_CONFIRM;
}

const char *renewal_verdict_name(enum renewal_verdict v)
{
    static const char *const names[] = {"refused", "not_verified", "nobody", "several", "newer", "disabled",
                                        "cards",   "consents",     "offer",  "waiting", "login", "confirm"};

    return names[v];
}
