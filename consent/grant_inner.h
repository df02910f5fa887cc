/* grant_inner: what the files about grants share among themselves. */
#ifndef CONSENT_GRANT_INNER_H
#define CONSENT_GRANT_INNER_H

#include "consent/grant.h"

/* An event about a grant, to be completed with type, grant and fields. */
struct ledger_event grant_event(const struct ledger_parties *who, const uint8_t ask_hash[32], int64_t at_ms,
                                const char *via);
void grant_event_add(struct ledger_event *e, const struct field *f);
void grant_event_add_detail(struct ledger_event *e, struct view type, struct view json);
void grant_event_add_details(struct ledger_event *e, const struct grant *g); /* those that are given */

/* Must she be asked for this one of facts->details? */
enum grant_reason grant_decide_detail(const struct grant_facts *facts, const struct detail *detail);

/* What OUT (a new grant, all else in it set) says of what may be done elsewhere: first her word on each that was ASKED,
 * until UNTIL, then what PREVIOUS (NULL: nothing) says besides. */
enum err grant_take_details(struct grant *out, struct arena *a, const struct detail_list *asked,
                            const struct grant_choice *choice, const struct grant *previous, int64_t until) MUST_CHECK;

/* Writes a live grant as it is now. ERR_NOT_FOUND: it ended meanwhile. */
enum err grant_rewrite(struct arena *a, struct db *db, const struct grant *g) MUST_CHECK;

#endif
