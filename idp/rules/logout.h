/* logout: OIDC RP-Initiated Logout 1.0. Whether to ask, to end, and where to go then. Pure. */
#ifndef IDP_RULES_LOGOUT_H
#define IDP_RULES_LOGOUT_H

#include "base/view.h"

enum logout_hint {
    LOGOUT_HINT_NONE,
    LOGOUT_HINT_BAD,   /* not a token of ours, or for another service than client_id says */
    LOGOUT_HINT_OTHER, /* ours, but of another session than this browser's */
    LOGOUT_HINT_SAME   /* ours, of this browser's session, or there is no session any more */
};

struct logout_facts {
    enum logout_hint hint;
    bool has_session;
    bool confirmed;       /* the resident pressed "log out" on our page */
    bool declined;        /* ... or "stay" */
    bool redirect_asked;  /* post_logout_redirect_uri was sent */
    bool redirect_listed; /* ... and is registered for the client, byte for byte */
};

enum logout_step {
    LOGOUT_ASK, /* show the page that asks */
    LOGOUT_END, /* end the session (if there is one), then say so or redirect */
    LOGOUT_STAY /* nothing ends */
};

struct logout_verdict {
    enum logout_step step;
    bool redirect; /* after LOGOUT_END: to post_logout_redirect_uri with state */
};

/* At a kiosk: the card was taken (docs/decisions/kiosk.md). */
struct logout_card_facts {
    bool has_session;
    bool key_fits; /* the key opens the lock that came with this browser's login */
};
/* LOGOUT_END: at once; also without a session, where there is nothing to ask. LOGOUT_ASK: anybody could have sent it.
 */
enum logout_step logout_card_decide(const struct logout_card_facts *facts);

struct logout_verdict logout_decide(const struct logout_facts *facts);

#endif
