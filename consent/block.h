/* block: an index over the ledger, made behind it: 256 events a block, with the time they span, their types and marks
 * of who they are about. A question looks only into blocks that may hold an answer. The index says where to look and
 * never what is there; it can be thrown away and made again (`genkan audit reindex`).
 * With the blocks come the monthly counts of consent/month.h: each event is counted once, when its block is made. */
#ifndef CONSENT_BLOCK_H
#define CONSENT_BLOCK_H

#include "consent/month.h"
#include "consent/query.h"

#define BLOCK_EVENTS 256
#define BLOCK_MARKS                                                                                                    \
    512 /* bytes of a block's Bloom filter: three bits for each client, org, sector, resident, session */

struct block {
    int64_t first, at_min, at_max; /* milliseconds; at_min > at_max: all of its events are erased */
    int64_t types;                 /* bit of each type */
    uint8_t marks[BLOCK_MARKS];
};

/* May an event of the block match? Never false when one does. */
bool block_may_match(const struct block *b, const struct query *q);

/* The next blocks at or behind FROM that overlap the query's time, at most MAX; *END: position behind the last block
 * there is (not only of these). BLOCKS has room for MAX. */
enum err block_find(struct block *blocks, size_t *n, size_t max, struct db *db, const struct query *q,
                    int64_t from) MUST_CHECK;
enum err block_end(int64_t *end, struct db *db) MUST_CHECK;

/* Makes at most MAX blocks of events that have none yet; *DONE: how many. Reads by itself, writes in jobs of its own:
 * not inside a write job. An incomplete block is left for later. */
enum err block_catch_up(size_t *done, struct store *store, size_t max) MUST_CHECK;

/* The monthly counts for the public at NOW_MS: of the month that is running as far as blocks go, so that nobody can
 * watch a number go up; of those that are over, to the last event. In A, in the order of month_list. */
enum err block_months(struct month_count **out, size_t *n, struct arena *a, struct db *db, int64_t now_ms) MUST_CHECK;

/* Inside a write job: forgets all blocks and monthly counts. */
enum err block_forget(struct db *db) MUST_CHECK;

#endif
