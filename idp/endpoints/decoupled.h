/* decoupled: what a device or a counter asked becomes a login like any other: an interaction that begins at /device or
 * /me/counter, and whose end is written down for whoever asked instead of being sent to a redirect address. */
#ifndef IDP_ENDPOINTS_DECOUPLED_H
#define IDP_ENDPOINTS_DECOUPLED_H

#include "idp/endpoints/flow.h"
#include "sessions/decoupled.h"
#include "webui/page.h"

/* "Did you begin this?", with CODE going back in the form; BINDING is what the other screen shows, or absent. */
void decoupled_show(struct visit *v, const struct decoupled *d, struct view binding, struct view code);

/* She did: begins the interaction and sends the browser to /next. SESSION: the counter's resident, who is logged in;
 * NULL for a device, which asks for whoever logs in. A user code is used up by it. */
void decoupled_begin(struct visit *v, const struct decoupled *d, const struct session *session);

/* She did not. */
void decoupled_refuse_now(struct visit *v, const struct decoupled *d);

/* The end in /next of an interaction whose request says `decoupled`: STEP_CODE or STEP_REFUSE. */
void decoupled_answer(struct visit *v, const struct flow *f);

/* The page that ends it. CLIENT NULL: unknown. */
void decoupled_show_done(struct visit *v, const struct client *client, enum page_outcome outcome);

#endif
