/* tally: events counted in groups: "how many addresses went to whom in May". */
#ifndef CONSENT_TALLY_H
#define CONSENT_TALLY_H

#include "consent/query.h"

#define TALLY_KEYS   4
#define TALLY_GROUPS 20000

/* Counts by at most TALLY_KEYS of: service org sector field event ground via subject resident session month day. An
 * event with three fields counts once for each of them when it is counted by field; a key the event has not is "". */
struct tally_by {
    const char *keys[TALLY_KEYS];
    size_t n;
};

/* "service,field". ERR_SYNTAX with *RULE (static): unknown, twice, too many, none. Keys become static texts. */
enum err tally_read(struct tally_by *by, struct view words, const char **rule) MUST_CHECK;

struct tally_group {
    struct view key[TALLY_KEYS];
    int64_t n;
};

struct tally {
    struct tally_group *groups; /* sorted by their keys */
    size_t n;
    int64_t events;
};

/* Everything lives in A. ERR_LIMIT: more than TALLY_GROUPS groups. W as for query_each; its limit must be 0. */
enum err tally_count(struct tally *out, struct arena *a, struct query_walk *w, struct db *db, const struct query *q,
                     const struct tally_by *by) MUST_CHECK;

#endif
