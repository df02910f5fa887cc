/* documents: what stands at an address that a service named, got for one request by threads of their own, so that a
 * slow server of somebody else keeps none of our workers. Kept for that request and no longer. Safe between threads. */
#ifndef IDP_STATE_DOCUMENTS_H
#define IDP_STATE_DOCUMENTS_H

#include "http/fetch.h"
#include "idp/state/visit.h"

#define DOCUMENTS_MS       3000  /* for one answer */
#define DOCUMENTS_BODY_MAX 65536 /* bytes of one */

struct documents;

/* Fetches with F, which must outlive it. */
enum err documents_open(struct documents **out, struct fetch *f) MUST_CHECK;
/* No request may be under way any more. */
void documents_close(struct documents *d);

/* GETs URL for V; what came, in its arena. ERR_BUSY: the request waits (answer_wait) and its handler is called again
 * from the beginning, having written nothing to the store; json_answer_failure takes it as that. Otherwise as
 * fetch_get, ERR_TIMEOUT and ERR_UNAVAILABLE among it. */
enum err documents_get(struct fetched *out, struct visit *v, struct view url) MUST_CHECK;

#endif
