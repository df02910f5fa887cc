/* grant_change: what happens to a grant after it was given, beside its end: single fields withdrawn or given later,
 * suspended, resumed. Everything here runs inside a write job and appends to the ledger in the same transaction. */
#ifndef CONSENT_GRANT_CHANGE_H
#define CONSENT_GRANT_CHANGE_H

#include "consent/grant.h"

/* The resident's new word on optional fields of a live grant, and on what may be done elsewhere. */
struct grant_edit {
    const struct ask *ask;               /* what her page showed: items of today's registration that she once decided */
    const struct field_profile *profile; /* stored values of these */
    bool given[FIELD_MAX];               /* by position in ask->items; ignored for required items */
    struct detail_list details;          /* of the grant, what her page let her choose from */
    bool details_given[GRANT_DETAILS_MAX];
    struct ident resident, id;
    const char *via;
    int64_t at_ms;
};

/* What an edit turned over. */
struct grant_turned {
    const struct field *off[FIELD_MAX], *on[FIELD_MAX];
    size_t n_off, n_on;
    struct detail details_off[GRANT_DETAILS_MAX], details_on[GRANT_DETAILS_MAX];
    size_t n_details_off, n_details_on;
};
bool grant_turned_is(const struct grant_turned *t); /* anything? */

/* Appends withdrawn for what was turned off and given for what was turned on; nothing when nothing was. A field can
 * only be turned on under the terms and the purpose it has today, and with a value; what may be done, in the words she
 * read. *OUT: the grant as it is now.
 * ERR_NOT_FOUND: not hers, or ended. ERR_CONFLICT: suspended; or something to be turned on has other terms, purpose or
 * no value: then she must be shown them first. */
enum err grant_edit(struct grant *out, struct grant_turned *turned, struct ledger *l, struct arena *a, struct db *db,
                    const struct grant_edit *edit) MUST_CHECK;

/* Who suspends or resumes. RESIDENT is IDENT_NONE for the operator. */
struct grant_stopping {
    struct ident resident, id;
    const char *via;
    int64_t at_ms;
};

/* Nothing goes out until it is resumed. The operator's word stands over hers. ERR_NOT_FOUND: no such grant (of hers),
 * or ended. ERR_CONFLICT: it is suspended that way already. */
enum err grant_suspend(struct grant *out, struct ledger *l, struct arena *a, struct db *db,
                       const struct grant_stopping *s) MUST_CHECK;

/* ERR_CONFLICT: it is not suspended, or a resident wants to resume what the operator suspended. */
enum err grant_resume(struct grant *out, struct ledger *l, struct arena *a, struct db *db,
                      const struct grant_stopping *s) MUST_CHECK;

#endif
