/* trial: what the answers of a registered service mean when `genkan client try` asks it from outside. */
#ifndef IDP_RULES_TRIAL_H
#define IDP_RULES_TRIAL_H

#include "consent/ask.h"
#include "idp/rules/client.h"

enum trial { TRIAL_GOOD, TRIAL_NOTE, TRIAL_BAD };

struct trial_verdict {
    enum trial trial;
    const char *words; /* what was seen and what it means, for the service's developer; static */
};

enum trial_probe {
    TRIAL_REDIRECT,      /* GET of a redirect address without any parameter */
    TRIAL_PAGE,          /* GET of a page that residents are led to */
    TRIAL_LOGOUT,        /* a logout token for a session that the service does not know */
    TRIAL_LOGOUT_FORGED, /* the same with a signature that is not ours */
    TRIAL_EVENT,         /* a security event about somebody it does not know */
    TRIAL_EVENT_FORGED   /* the same with a signature that is not ours */
};

/* STATUS: of its answer. */
struct trial_verdict trial_decide(enum trial_probe probe, int status);

/* Its initiate_login_uri was opened with iss: does it send the browser to ENDPOINT, our authorization endpoint, as
 * CLIENT_ID? LOCATION absent: it redirects nowhere. */
struct trial_verdict trial_initiate(int status, struct view location, struct view endpoint, struct view client_id);

/* Number I of what C registered too little of for its receipts to be whole: a member, and the field it is missing at if
 * it is one of a field. False: there is no number I. Who asks for no field lacks nothing. */
struct trial_lack {
    const char *member;
    struct view field; /* absent: of the service */
    struct trial_verdict verdict;
};
bool trial_lack(struct trial_lack *out, const struct client *c, size_t i);

#endif
