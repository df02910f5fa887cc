/* following: keeps the index from residents to leaves (consent/history.h) behind the ledger. */
#ifndef IDP_STATE_FOLLOWING_H
#define IDP_STATE_FOLLOWING_H

#include "idp/state/op.h"

/* Takes in what the ledger has more, a batch a transaction, at most BATCHES of them. Any thread. */
enum err following_run(const struct op *op, size_t batches) MUST_CHECK;

#endif
