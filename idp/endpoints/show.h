/* show: pages for people, filled from what the flow has loaded. One function a page; each answers the request. */
#ifndef IDP_ENDPOINTS_SHOW_H
#define IDP_ENDPOINTS_SHOW_H

#include "http/route.h"
#include "idp/rules/refusal.h"
#include "idp/state/visit.h"
#include "webui/page.h"

struct flow; /* idp/endpoints/flow.h */

/* The pages of a login, called by /next. */
void show_login(struct visit *v, const struct flow *f);
void show_confirm(struct visit *v, const struct flow *f);
void show_profile_offer(struct visit *v, const struct flow *f);
void show_consent(struct visit *v, const struct flow *f);

/* The last try with the card failed: its page comes before anything else, with a new try on it. PURPOSE: what it was
 * for, PAGE_PURPOSE_READ also for registering. False: it did not fail. */
bool show_card_problem(struct visit *v, const struct flow *f, enum page_purpose purpose);

/* An error page with STATUS, quoting the request id. PARAMETER and RULE only for PAGE_ERROR_PARAMETER. */
void show_error(struct visit *v, int status, enum page_fault fault);
void show_parameter_error(struct visit *v, struct view parameter, const char *rule);

/* 413 for a POST that is asked for again with GET (visit_redirect), but is too long for that; names the limit. */
void show_too_long(struct visit *v);

/* 429: this address has begun too much; RETRY_S seconds later it may again. WHAT is for the log. */
void show_throttled(struct visit *v, const char *what, int64_t retry_s);

/* 429: one resident's card, whatever the address. */
void show_card_throttled(struct visit *v, const char *what, int64_t retry_s);

/* "We could not": 503 for ERR_BUSY and ERR_STORE (store full or locked), else 500; logged here, once. */
void show_failure(struct visit *v, enum err e, const char *what);

/* "The answer is no", of those told on a page. */
void show_refusal(struct visit *v, enum refusal r);

/* Log-out. HIDDEN go back to POST /end_session. SERVICE absent: nobody asks. */
void show_logout_confirm(struct visit *v, struct view service, const struct page_hidden *hidden, size_t n_hidden);
/* The same at a kiosk; they may lead back to the agent. */
void show_logout_confirm_at_kiosk(struct visit *v);
void show_card_taken(struct visit *v, struct page_logged_out *facts);
void show_logged_out(struct visit *v, struct page_logged_out *facts);

/* The fault callback of the server for URLs of people (routes.c picks JSON for the others). */
void show_fault(struct visit *v, const struct fault *fault);

#endif
