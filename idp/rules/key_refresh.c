#include "idp/rules/key_refresh.h"

/* What is got by waiting, and what is left when there is nothing to wait for. */
static enum key_refresh wait_or(const struct key_refresh_facts *f, enum key_refresh otherwise)
{
    if (f->waited)
        return otherwise;
    if (f->fetching)
        return KEYS_WAIT;
    return f->asked || !f->may_ask ? otherwise : KEYS_FETCH;
}

enum key_refresh key_refresh_decide(const struct key_refresh_facts *f)
{
    if (!f->has || f->age_s >= KEYS_KEEP_S)
        return wait_or(f, KEYS_UNAVAILABLE);
    /* OIDC Core 10.1.1: an unfamiliar kid is the sign that the service has changed its keys. */
    if (f->unknown || f->age_s >= KEYS_LIFE_S)
        return wait_or(f, KEYS_USE);
    return f->age_s >= KEYS_SOON_S && !f->fetching && f->may_ask ? KEYS_USE_AND_FETCH : KEYS_USE;
}
