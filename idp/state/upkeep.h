/* upkeep: the background thread. It tells services of log-outs (the durable queue of sessions/notice), deletes what has
 * expired, and ends grants that ran out. */
#ifndef IDP_STATE_UPKEEP_H
#define IDP_STATE_UPKEEP_H

#include "idp/state/op.h"

struct upkeep;

enum err upkeep_open(struct upkeep **out, const struct op *op) MUST_CHECK;
void upkeep_close(struct upkeep *u); /* waits for the delivery under way; NULL is allowed */

/* There is something to deliver: do not wait for the next look. Any thread; NULL is allowed. */
void upkeep_wake(struct upkeep *u);

/* One round of deliveries by the calling thread (what the background thread does): everything that is due is tried
 * once. *TRIED and *TOLD count. */
enum err upkeep_deliver(const struct op *op, size_t *tried, size_t *told) MUST_CHECK;

#endif
