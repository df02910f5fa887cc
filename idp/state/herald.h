/* herald: the thread that makes the ledger public (consent/publish): every second new leaves go into the tiles, every
 * few seconds the head is signed, shown to the witnesses and published. It has a thread of its own, so that no slow
 * service and no slow witness delays anything else. */
#ifndef IDP_STATE_HERALD_H
#define IDP_STATE_HERALD_H

#include "idp/state/op.h"

struct herald;

#define HERALD_INTEGRATE_MS 500  /* leaves are in the tiles within a second: this, or one witness's time */
#define HERALD_PUBLISH_MS   4000 /* from the beginning of one checkpoint to that of the next, if it has ended by then */

/* What fails is tried again later and later: a try may read every leaf since the last checkpoint. */
#define HERALD_PATIENCE_MS 240000

/* Pure, steady milliseconds: is it time for the next checkpoint, when the last one was begun at BEGAN, and it and those
 * before it failed FAILURES times in a row? */
bool herald_is_due(int64_t began, int64_t now, unsigned failures);

/* Checks first that this log is the one that was signed last. ERR_CONFLICT: it is not. ERR_CONFIG: the policy cannot be
 * used. *WHY in ARENA, which must outlive the herald, or static. When another process publishes with this key already,
 * it waits for that one to end and takes over within HERALD_INTEGRATE_MS; the check is made then. */
enum err herald_open(struct herald **out, const struct op *op, struct arena *arena, const char **why) MUST_CHECK;
/* Seconds since it last published, or since it began; -1: another process does. Any thread. */
int64_t herald_age_s(const struct herald *h);
void herald_close(struct herald *h); /* publishes what there is, waits for it; NULL is allowed */

#endif
