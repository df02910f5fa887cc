/* json_answer: answers to services: JSON, errors of RFC 6749 5.2 and RFC 6750 3. */
#ifndef IDP_ENDPOINTS_JSON_ANSWER_H
#define IDP_ENDPOINTS_JSON_ANSWER_H

#include "http/route.h"
#include "idp/rules/refusal.h"
#include "idp/state/visit.h"

/* 200 with what is in B, not to be stored by anybody. */
void json_answer(struct visit *v, const struct buf *b);

/* The error of a refusal told by JSON or by WWW-Authenticate; one told to services by redirect is told as JSON here
 * (RFC 9126 2.3). CLIENT, for the log: who asked; may be absent. */
void json_answer_refusal(struct visit *v, enum refusal r, struct view client);

/* The same where an access token is used: the error stands in WWW-Authenticate, in the scheme that the token was shown
 * with or should have been. */
void json_answer_challenge(struct visit *v, enum refusal r, struct view client);

/* Another error: STATUS, a word for programs, a sentence for people. Both static or in the arena. */
void json_answer_error(struct visit *v, int status, const char *error, const char *description);

/* 429: RETRY_S seconds later it may again. WHAT is for the log. */
void json_answer_throttled(struct visit *v, const char *what, int64_t retry_s);

/* "We could not": 503 or 500 with the number of the request; logged here, once. */
void json_answer_failure(struct visit *v, enum err e, const char *what);

/* The fault callback of the server for URLs of services. */
void json_answer_fault(const struct request *request, const struct fault *fault, struct answer *answer);

#endif
