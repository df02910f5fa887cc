/* event_tell: puts a security event for one service into the queue, if it registered to hear of such events and how:
 * pushed (RFC 8935) or fetched by itself (RFC 8936). */
#ifndef IDP_STATE_EVENT_TELL_H
#define IDP_STATE_EVENT_TELL_H

#include "idp/rules/client.h"
#include "idp/state/visit.h"
#include "idp/tokens/event_token.h"

/* Inside a store job. EVENT's client_id is set here. CLIENT may be NULL: nobody is told. */
enum err event_tell(struct db *db, struct arena *a, const struct client *client, struct event_token event) MUST_CHECK;

/* The same for every service that RESIDENT has a living consent with; issuer, sub and at are set here. Inside a store
 * job of this visit. */
enum err event_tell_all(struct db *db, struct visit *v, struct ident resident, struct event_token event) MUST_CHECK;

#endif
