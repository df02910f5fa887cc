/* flow: one login in progress, loaded: the interaction, what the service asks, the session, the grant. */
#ifndef IDP_ENDPOINTS_FLOW_H
#define IDP_ENDPOINTS_FLOW_H

#include "idp/rules/authorization_request.h"
#include "idp/rules/step.h"
#include "idp/state/visit.h"

struct ask;
struct grant;
struct interaction;
struct profile;
struct session;

struct flow {
    struct view id;                        /* the interaction's ticket, as it stands in the URL */
    const struct interaction *interaction; /* sessions/interaction.h; NULL on the silent path of /authorize */
    struct authz_request request;
    const struct client *client;
    const struct ask *asked;       /* asked by scope and registered (consent/ask.h) */
    const struct session *session; /* NULL: none alive in this browser */
    const struct grant *grant;     /* the stored one, or the one given in this interaction; NULL: none */
    const struct profile *profile; /* values of the resident for the asked fields; NULL without a session */
    struct step_verdict verdict;   /* what comes next */
};

/* Loads the interaction I (the parameter "i") of this browser with everything above and asks step_decide. False: the
 * request was answered already (unknown, over, of another browser, or we could not look). */
bool flow_open(struct visit *v, struct view i, struct flow *out);

/* The same for a POST of one of our forms: checks csrf first (visit_is_own_form). */
bool flow_open_form(struct visit *v, struct view i, struct view csrf, struct flow *out);

/* The answer to the service: redirect_uri with code, state, iss / with error, state, iss (RFC 6749 4.1.2, RFC 9207 2).
 */
void flow_answer_code(struct visit *v, const struct flow *f);
void flow_answer_refusal(struct visit *v, const struct authz_request *request, enum refusal r);

#endif
