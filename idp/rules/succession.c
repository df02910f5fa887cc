#include "idp/rules/succession.h"

/* What would go is nothing but the card: nobody loses anything without being asked. */
static bool is_bare(const struct succession_standing *s)
{
    return s->cards == 1 && !s->has_values && !s->has_consents && !s->has_role && !s->disabled;
}

static bool is_free(const struct succession_standing *s)
{
    return !s->known || is_bare(s);
}

bool succession_asks(const struct succession_standing *s, int64_t now)
{
    if (s->answered || !is_free(s))
        return false;
    return !s->known || now - s->linked_at <= SUCCESSION_PATIENCE_S;
}

enum succession_verdict succession_decide(const struct succession_facts *f)
{
    if (!succession_asks(&f->card, f->now))
        return SUCCESSION_KEPT;
    if (f->accounts == 0)
        return SUCCESSION_NOBODY;
    if (f->accounts > 1)
        return SUCCESSION_SEVERAL;
    if (f->used_at >= f->not_before)
        return SUCCESSION_ALIVE;
    if (f->refused)
        return SUCCESSION_REFUSED;
    return f->account_cards >= f->cards_max ? SUCCESSION_CARDS : SUCCESSION_LINK;
}

const char *succession_verdict_name(enum succession_verdict v)
{
    static const char *const names[] = {"link", "kept", "nobody", "several", "alive", "refused", "cards"};

    return names[v];
}
