#include "idp/rules/session_update.h"

enum session_update session_update_decide(const struct session_update_facts *f)
{
    /* OIDC Core 11: offline_access is for when the resident is not present; it tells nothing of her. */
    if (f->offline)
        return SESSION_UPDATE_NONE;
    if (f->now >= f->seen_at + f->idle_s)
        return SESSION_UPDATE_IDLE;
    return f->registered ? SESSION_UPDATE_TOUCH : SESSION_UPDATE_NONE;
}
