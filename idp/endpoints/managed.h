/* managed: what an authorization request does to a consent that is alive (Grant Management for OAuth 2.0, draft 03),
 * for the page that asks her and for what she says there. */
#ifndef IDP_ENDPOINTS_MANAGED_H
#define IDP_ENDPOINTS_MANAGED_H

#include "idp/endpoints/flow.h"

struct managed {
    enum grant_action action;              /* GRANT_ACTION_NONE also when GRANT_CREATE finds nothing alive */
    struct ident grant;                    /* that is alive; IDENT_NONE: none */
    const struct field *others[FIELD_MAX]; /* taken away; of GRANT_MERGE: what stays besides */
    size_t n;
};
struct managed managed_of(const struct visit *v, const struct flow *f);

/* The living grant with those details only (RFC 9396) that are not asked now. In the visit's arena. */
enum err managed_details(struct grant *out, struct visit *v, const struct flow *f) MUST_CHECK;

/* consent_shown of the page, and what it says beside it: a yes to one change is never taken as a yes to another. */
struct view managed_shown(const struct visit *v, const struct flow *f);

/* Does the request name a grant that is not this resident's living one? Needs a session. */
bool managed_is_unfit(const struct visit *v, const struct flow *f);

#endif
