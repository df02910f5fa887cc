/* step: the one order of a login. Given an interaction, perhaps a session, perhaps a grant: what comes next. Pure. */
#ifndef IDP_RULES_STEP_H
#define IDP_RULES_STEP_H

#include "base/view.h"
#include "idp/rules/acr.h"
#include "idp/rules/refusal.h"

/* STEP_HOME: back to the first page, where an interaction for no service began. */
enum step { STEP_LOGIN, STEP_CONFIRM, STEP_PROFILE, STEP_CONSENT, STEP_CODE, STEP_REFUSE, STEP_HOME };

/* The resident's answer to "shall your card's four items be read?" inside this interaction. OFFER_HELD: the card said
 * something else than what is verified, and she has not said yet which stays. */
enum step_offer { OFFER_OPEN, OFFER_SKIPPED, OFFER_DONE, OFFER_HELD };

enum step_hint { HINT_NONE, HINT_SAME, HINT_OTHER };

struct step_facts {
    bool own; /* for no service: the resident came from the first page to log in or to use her card */
    /* asked by the service */
    unsigned prompt; /* enum authz_prompt */
    int64_t max_age; /* -1: not asked */
    enum step_hint hint;
    enum acr_verdict acr; /* what the service asks of the login, beside what the session's has */
    /* the session of this browser */
    bool has_session;
    int64_t login_at, now; /* unix seconds; login_at of the session */
    bool opened_before;    /* this session has been in this service already */
    /* this interaction */
    bool login_here;      /* the session was made by a card login inside this interaction */
    bool confirmed_here;  /* the resident said "continue as" inside this interaction */
    bool other_wanted;    /* "I am somebody else": an older session will not do */
    enum refusal refused; /* the resident said no: REFUSAL_CANCELLED */
    enum step_offer offer;
    bool card_fields_missing; /* the service asks for card fields that we do not have */
    /* the grant */
    bool grant_unfit;    /* the service names a grant that is not this resident's, or over */
    bool consent_silent; /* a stored grant, or one given inside this interaction, covers what is asked (grant_decide) */
};

struct step_verdict {
    enum step step;
    enum refusal refusal; /* only with STEP_REFUSE */
};

struct step_verdict step_decide(const struct step_facts *facts);

const char *step_name(enum step s);

#endif
