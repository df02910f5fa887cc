/* query: what an auditor asks of the ledger, and the walk over the events that answer it. A walk sees the ledger as it
 * was when it began (SNAPSHOT events), however much is appended meanwhile. */
#ifndef CONSENT_QUERY_H
#define CONSENT_QUERY_H

#include "consent/log/leaf.h"
#include "store/row.h"
#include "store/store.h"

struct query {
    int64_t since, until; /* milliseconds, SINCE <= at < UNTIL; 0: no limit */
    struct view client, org, sector, field, ground, via, subject, grant, session; /* absent: any */
    struct view resident;                                                         /* the pseudonym in base64url */
    enum ledger_type type;                                                        /* 0: any */
};

/* One event. An erased one is known by position and type only, and matches nothing but a type. */
struct query_event {
    int64_t position;
    enum ledger_type type;
    struct view text; /* canonical JSON; absent: erased */
};

bool query_matches(const struct query *q, const struct query_event *e);

/* Is there anything in it but a type, so that an erased event cannot match? */
bool query_is_about_content(const struct query *q);

typedef enum err query_fn(void *ctx, const struct query_event *e);
typedef void query_progress(void *ctx, int64_t done, int64_t size);

struct query_walk {
    int64_t from;     /* first position to look at */
    int64_t snapshot; /* events there are; 0: as many as now (written back) */
    int64_t limit;    /* at most so many events; 0: all */
    int64_t look_max; /* at most so many events are looked at; 0: as many as it takes */
    bool pauses;      /* then it ends with NEXT, and not with ERR_LIMIT; it may have found nothing */
    bool every_event; /* do not trust the index */
    query_progress *progress;
    void *progress_ctx;
    int64_t matched; /* out */
    int64_t next;    /* out: where to go on; -1: that was all */
};

/* Calls FN for every match in order of position. FN's error ends the walk and is returned. ERR_STORE: an event that
 * cannot be one; `genkan audit verify` says which. ERR_LIMIT: look_max. */
enum err query_each(struct query_walk *w, struct db *db, const struct query *q, query_fn *fn, void *ctx) MUST_CHECK;

/* "POSITION.SNAPSHOT": where the next page begins, and of which moment it is. query_read_cursor is false for anything
 * else. */
char *query_cursor(struct arena *a, const struct query_walk *w);
bool query_read_cursor(struct query_walk *w, struct view cursor);

/* The question as words, for the ledger and for people: "since=2026-05-01 service=a-booking field=address". */
char *query_words(struct arena *a, const struct query *q);

/* A day in Japan, "YYYY-MM-DD", as milliseconds of its beginning. False: no such day. */
bool query_read_day(int64_t *ms, struct view day);

/* What an outside word means. KEY like "since"; ERR_SYNTAX with *RULE (static) when VALUE cannot be, ERR_NOT_FOUND:
 * there is no such key. Both days are included. Views are shared with VALUE. */
enum err query_set(struct query *q, struct view key, struct view value, const char **rule) MUST_CHECK;

/* The keys query_set knows, NULL behind the last. */
extern const char *const query_keys[];

#endif
