/* history: what the ledger holds about one resident, for her to read: who received which field, when and why. An index
 * from resident to leaves follows the ledger from behind. */
#ifndef CONSENT_HISTORY_H
#define CONSENT_HISTORY_H

#include "consent/ledger.h"

/* Inside a write job: takes at most MAX further leaves into the index; *MORE: there are others. ARENA for one batch. */
enum err history_follow(struct db *db, struct arena *a, size_t max, bool *more) MUST_CHECK;

struct history_entry {
    int64_t position, at; /* milliseconds */
    enum ledger_type type;
    struct view client, via;
    uint8_t terms[32]; /* zeros: none */
    const struct field *fields[FIELD_MAX];
    size_t n_fields;
    uint32_t verified;          /* field_bit of those that went out as proven */
    const struct json *details; /* types of things to be done elsewhere, an array; NULL: none */
};

/* Events about RESIDENT that are in the index, newest first, in A: those before position BEFORE (0: the newest), at
 * most MAX. CLIENT absent: of all services. Erased ones are left out. *MORE: there are older ones. */
enum err history_find(struct history_entry **out, size_t *n, bool *more, const struct ledger *l, struct db *db,
                      struct arena *a, struct ident resident, struct view client, int64_t before,
                      size_t max) MUST_CHECK;

/* Inside a write job, for whoever leaves: takes RESIDENT out of the index and gives all leaves that still say something
 * about her, those not yet in the index, too; in A. */
enum err history_take(int64_t **positions, size_t *n, const struct ledger *l, struct db *db, struct arena *a,
                      struct ident resident) MUST_CHECK;

/* Is the event of LEAF about RESIDENT? */
bool history_is_of(const struct ledger *l, struct arena *a, const struct ledger_leaf *leaf, struct ident resident);

#endif
