/* consent_change: what a resident or the operator does to a consent that stands, whole: the grant, its ledger event,
 * its tokens, and the notice to the service, in one transaction. */
#ifndef IDP_STATE_CONSENT_CHANGE_H
#define IDP_STATE_CONSENT_CHANGE_H

#include "consent/grant_change.h"
#include "idp/rules/client.h"

enum consent_act { CONSENT_WITHDRAW, CONSENT_EDIT, CONSENT_SUSPEND, CONSENT_RESUME };

struct consent_change {
    enum consent_act act;
    struct ledger *ledger;
    struct arena *arena;
    struct view issuer;
    const struct client *client;   /* who is told, if it has an address for events; NULL: removed, nobody */
    struct grant_stopping who;     /* whose grant, which, via, when; RESIDENT none: the operator (suspend, resume) */
    const struct grant_edit *edit; /* CONSENT_EDIT */
    struct grant grant;            /* out: as it was before WITHDRAW, as it is now otherwise */
    struct grant_turned turned;    /* out, of an edit */
};

/* A store job; CTX is the struct consent_change. Errors as grant_withdraw, grant_edit, grant_suspend, grant_resume. The
 * caller wakes the deliverer (upkeep_wake). */
enum err consent_change_job(struct db *db, void *ctx) MUST_CHECK;

#endif
