/* flow: one login in progress, loaded: the interaction, what the service asks, the session, the grant; and what comes
 * next. */
#ifndef IDP_ENDPOINTS_FLOW_H
#define IDP_ENDPOINTS_FLOW_H

#include "consent/ask.h"
#include "consent/grant.h"
#include "idp/rules/authorization_request.h"
#include "idp/rules/claims_request.h"
#include "idp/rules/details.h"
#include "idp/rules/link.h"
#include "idp/rules/step.h"
#include "idp/state/visit.h"
#include "sessions/interaction.h"
#include "sessions/session.h"
#include "sessions/wish.h"

/* What an interaction for no service is for. FLOW_LEAVE, FLOW_CARDS, FLOW_LINK: the card is asked for although somebody
 * is logged in, and the way leads to /me/leave or /me/cards. FLOW_LINK: a card that is not hers yet. */
enum flow_aim { FLOW_LOGIN, FLOW_UPDATE, FLOW_LEAVE, FLOW_CARDS, FLOW_LINK };

struct flow {
    struct view id;                        /* the interaction's ticket, as it stands in the URL */
    const struct interaction *interaction; /* NULL on the silent path of /authorize */
    struct authz_request request;
    struct ident
        pushed; /* the pushed request that it is (sessions/pushed.h); IDENT_NONE: it came through the browser */
    const struct client *client;
    bool own;                      /* for no service: CLIENT is Genkan itself, and nothing is asked or granted */
    enum flow_aim aim;             /* own: what the card is shown for */
    struct claims_request claims;  /* what is asked by name */
    struct wish wish;              /* what is asked beyond the scope, to be kept with the code */
    struct ask asked;              /* asked by scope or by name, and registered */
    struct detail_list details;    /* asked to be done elsewhere (RFC 9396) */
    const struct json *objects;    /* the same, as JSON */
    struct details_offers offers;  /* their types */
    const struct session *session; /* NULL: none alive in this browser */
    int64_t seen_ms;               /* by clock_steady_ms, before it was looked for */
    struct view sub;               /* of the session's resident for this client; absent without a session */
    const struct grant *grant;    /* newest of this resident for this client, ended or not (grant_find_for_login); NULL:
                                     none ever */
    struct field_profile profile; /* of the resident: the name and what is asked; empty without session; without an
                                     interaction only where its values are from and since when */
    struct grant_verdict consent; /* why the resident must be asked, GRANT_SILENT: not */
    struct step_verdict verdict;  /* what comes next */
};

/* Begins an interaction for no service, whose card is offered to be read or not, and sends the browser to /next.
 * FLOW_LINK only for the live SESSION of a resident, whose new card is then asked for. */
void flow_begin_own(struct visit *v, enum flow_aim aim, const struct session *session);

/* FLOW_LINK: what link_decide_begin says of this moment. */
enum link_verdict flow_link_verdict(const struct visit *v, const struct flow *f);

/* Is a new card to be linked inside this interaction? */
bool flow_is_link(const struct interaction *i);

/* Loads the interaction I (the parameter "i") of this browser with everything above and asks step_decide. False: the
 * request was answered already (unknown, over, of another browser, or we could not look). */
bool flow_open(struct visit *v, struct view i, struct flow *out);

/* The same for a POST of one of our forms: checks csrf first (visit_is_own_form). A form that was shown to another
 * session counts for nothing: the browser is sent to /next, which shows what there is now. */
bool flow_open_form(struct visit *v, struct view i, struct view csrf, struct flow *out);

/* Without an interaction: request and client are set, the rest is loaded and decided. */
enum err flow_decide(struct visit *v, struct flow *f) MUST_CHECK;

/* What is recorded when the service is answered without a page: is there anything? */
enum err flow_must_record(bool *must, struct visit *v, const struct flow *f) MUST_CHECK;

/* Inside a store job, when the service is answered: the request, if it was pushed, is so once and never again (RFC 9126
 * 4), ERR_CONFLICT: it was before; and what is asked beyond the scope is kept for the tokens. */
enum err flow_record_answer(struct db *db, const struct flow *f, int64_t now) MUST_CHECK;

/* Is the resident too young to agree alone (consent/minor.h)? Needs a session. The birth date is looked up for this:
 * the profile of a flow has only what is asked. */
enum err flow_is_minor(struct visit *v, const struct flow *f, bool *minor) MUST_CHECK;

/* The parties of ledger events about this login; needs a session. */
struct ledger_parties flow_parties(const struct flow *f);

/* The answer to the service (idp/endpoints/response.h): a code / an error (RFC 6749 4.1.2.1). Request and client are
 * set. */
void flow_answer_code(struct visit *v, const struct flow *f);
void flow_answer_refusal(struct visit *v, const struct flow *f, enum refusal r);

#endif
