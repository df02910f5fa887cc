#include "idp/rules/link.h"

enum link_verdict link_decide_begin(const struct link_facts *f)
{
    if (!f->has_session)
        return LINK_NO_SESSION;
    if (!f->same_session)
        return LINK_OTHER_SESSION;
    /* A clock that went back is no fresh card. */
    if (f->began_at < f->auth_at || f->began_at - f->auth_at > LINK_FRESH_S)
        return LINK_STALE;
    return LINK_GOOD;
}

enum link_verdict link_decide(const struct link_facts *f)
{
    enum link_verdict begun = link_decide_begin(f);

    if (begun != LINK_GOOD)
        return begun;
    if (f->of == LINK_OF_OTHER)
        return LINK_TAKEN;
    if (f->of == LINK_OF_HER)
        return LINK_HERS;
    return f->cards >= f->cards_max ? LINK_TOO_MANY : LINK_GOOD;
}

const char *link_verdict_name(enum link_verdict v)
{
    static const char *const names[] = {"good", "no_session", "other_session", "stale", "taken", "hers", "too_many"};

    return names[v];
}
