/* tally: events counted in groups: "how many addresses went to whom in May". */
#ifndef CONSENT_TALLY_H
#define CONSENT_TALLY_H

#include "consent/listing.h"
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

/* The same in steps, for who must not work for long: tally_add as often as W says that there is more (W as for
 * query_each, without a limit, that pauses), then tally_end. */
struct counting;
enum err tally_begin(struct counting **out, struct arena *a, const struct tally_by *by) MUST_CHECK;
enum err tally_add(struct counting *c, struct query_walk *w, struct db *db, const struct query *q) MUST_CHECK;
void tally_end(struct tally *out, struct counting *c);

/* Everything lives in A. ERR_LIMIT: more than TALLY_GROUPS groups. W as for query_each; its limit must be 0. */
enum err tally_count(struct tally *out, struct arena *a, struct query_walk *w, struct db *db, const struct query *q,
                     const struct tally_by *by) MUST_CHECK;

/* As people and programs read them: the line above the groups (none in JSON), and one group, one line. */
void tally_put_head(struct buf *out, const struct tally_by *by, enum listing_format format);
void tally_put_group(struct buf *out, const struct tally_by *by, enum listing_format format,
                     const struct tally_group *g);

#endif
