#include "idp/state/tally.h"

#include <stdatomic.h>

#include "idp/state/op.h"

void tally(const struct op *op, enum tally_what what)
{
    if (op->tally)
        atomic_fetch_add_explicit(&op->tally->happened[what], 1, memory_order_relaxed);
}

void tally_refusal(const struct op *op, enum refusal r)
{
    if (op->tally)
        atomic_fetch_add_explicit(&op->tally->refusals[r], 1, memory_order_relaxed);
}
