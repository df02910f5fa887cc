/* counts: how often what came of asking whether certificates are revoked; written without a lock, read as the text that
 * Prometheus collects. */
#ifndef JPKI_PKI_COUNTS_H
#define JPKI_PKI_COUNTS_H

#include <stdatomic.h>

#include "base/buf.h"
#include "jpki/pki/revocation.h"

struct counts {
    atomic_ullong answers[REVOCATION_STATES][REVOCATION_SOURCES]; /* good and revoked, by source */
    atomic_ullong unknown[REVOCATION_WHYS];
    atomic_ullong asked, failed_over,
        given_up; /* questions to responders; to another one after a failure; breakers opened */
    atomic_ullong reloads, reload_failures; /* of the folder of lists */
};

/* One more answer. */
void counts_add(struct counts *c, const struct revocation_answer *answer);

/* The text format 0.0.4 of Prometheus; only lines that are not zero, but the names of all. */
void counts_put(struct buf *out, struct counts *c);

/* Good, revoked and unknown answers so far. */
void counts_sum(struct counts *c, uint64_t *good, uint64_t *revoked, uint64_t *unknown);

#endif
