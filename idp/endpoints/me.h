/* me: the pages of a resident who is logged in, outside of a login. */
#ifndef IDP_ENDPOINTS_ME_H
#define IDP_ENDPOINTS_ME_H

#include "consent/ask.h"
#include "consent/grant.h"
#include "idp/rules/client.h"
#include "idp/state/visit.h"
#include "sessions/session.h"

struct me {
    struct session session;
    struct field_profile profile; /* everything that is stored of her */
    struct view name;             /* absent: none is registered */
};

/* Her session and profile; a POST must come from a form of ours that was shown to this session. False: answered. */
bool me_open(struct visit *v, struct me *me);

/* Did her card prove within the last ME_FRESH_S seconds? What cannot be undone wants that. */
#define ME_FRESH_S 300
bool me_is_fresh(const struct visit *v, const struct me *me);

/* One service as her pages show it, with the newest consent for it. */
struct me_service {
    struct view id;
    struct grant grant;
    const struct client *client; /* as it is registered now; NULL: removed */
    const struct client *seen;   /* as it was registered when she agreed; never NULL */
    bool live;                   /* neither withdrawn nor run out */
};

/* ERR_NOT_FOUND: she never had a consent for ID, or nothing is known any more of what it was for. */
enum err me_service_find(struct me_service *out, struct visit *v, const struct me *me, struct view id) MUST_CHECK;

/* "/me/services/ID" and what follows. Absent when out of memory. */
struct view me_service_url(const struct visit *v, struct view id, const char *more);

/* Titles of the fields the grant gives, joined; absent: none. */
struct view me_given_titles(const struct visit *v, const struct grant *g);

#endif
