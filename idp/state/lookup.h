/* lookup: from a name and a birth date to the pseudonyms of the ledger, once another auditor has allowed it
 * (consent/auditor.h). Values lie sealed, each with its resident's own key, so that everybody's birth date is opened
 * and looked at: in batches, over several requests if need be, never in a job of the writer. */
#ifndef IDP_STATE_LOOKUP_H
#define IDP_STATE_LOOKUP_H

#include "base/arena.h"
#include "consent/auditor.h"

struct master;
struct store;

/* Name, birth date and reason as typed. ERR_SYNTAX: *KEY breaks *RULE, both static ("name", "birthdate", "reason"). A
 * reason must not say who it is: it goes into the ledger. */
enum err lookup_read(struct identity_person *out, struct arena *a, struct view name, struct view birthdate,
                     struct view reason, const char **key, const char **rule) MUST_CHECK;

struct lookup {
    struct ledger *ledger;
    struct store *store;
    struct db *db; /* a reading connection */
    struct master *master;
    struct arena *arena;
    const struct auditor *who;
    int64_t now_ms;
    int patience_ms; /* how long it may look before it is carried on in the next request; one batch in any case */
    size_t batch;    /* 0: as many as are fit */
};

struct lookup_answer {
    bool over; /* everybody was looked at; else ask again */
    bool many; /* so many were found that it was not looked on: there may be more */
    size_t n;
    struct view pseudonyms[IDENTITY_FOUND_MAX]; /* of those found who are still registered; in the arena */
};

/* Looks on, for request R, which names a person, is S->who's and is allowed: the caller has seen to that. That a search
 * begins and which pseudonyms are answered is in the ledger before this returns. ERR_NOT_FOUND: the person is
 * forgotten. ERR_MISMATCH and others: somebody's value could
 * not be read, and nobody may say that there is no more. */
enum err lookup_run(struct lookup_answer *out, const struct lookup *s, const struct identity_request *r) MUST_CHECK;

#endif
