/* upkeep: the background thread. It tells services of log-outs and of consents that changed (the durable queue of
 * sessions/notice), deletes what has expired, and ends grants that ran out. */
#ifndef IDP_STATE_UPKEEP_H
#define IDP_STATE_UPKEEP_H

#include "idp/state/op.h"

struct upkeep;

enum err upkeep_open(struct upkeep **out, const struct op *op) MUST_CHECK;
void upkeep_close(struct upkeep *u); /* waits for the one POST under way, no more; NULL is allowed */

/* There is something to deliver: do not wait for the next look. Any thread; NULL is allowed. */
void upkeep_wake(struct upkeep *u);

struct upkeep_round {
    int timeout_ms;          /* of a POST; 0: 5000 */
    bool (*over)(void *ctx); /* asked before each delivery: shall the round end here? NULL: never */
    void *ctx;
    size_t tried, told; /* out */
};

/* One round of deliveries by the calling thread (what the background thread does): everything that is due is tried
 * once, but a service that does not answer only once in all. */
enum err upkeep_deliver(const struct op *op, struct upkeep_round *round) MUST_CHECK;

/* One sweep by the calling thread (what the background thread does once a minute): grants that ran out are ended, each
 * with its leaf, then expired rows are deleted. ERR of the store or the ledger; what was done before it stays done. */
enum err upkeep_sweep(const struct op *op) MUST_CHECK;

#endif
