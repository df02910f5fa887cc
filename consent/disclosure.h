/* disclosure: one release of fields to a service. What goes out is decided here, and written down before it goes. */
#ifndef CONSENT_DISCLOSURE_H
#define CONSENT_DISCLOSURE_H

#include "consent/grant.h"

struct disclosure {
    struct field_value values[FIELD_MAX]; /* what is released, in catalogue order of the registration */
    size_t n;
    uint32_t plain;              /* field_bit of those that go out as claims of their own */
    uint32_t verified;           /* field_bit of those inside of `verified_claims` */
    struct view verified_claims; /* its JSON value; absent: nothing goes out as proven */
    const struct grant *grant;
    const struct ask *ask;
};

struct disclosure_facts {
    const struct ask *ask;     /* what the token's scope asks for of today's registration (ask_requested) */
    const struct grant *grant; /* NULL or ended: nothing goes out */
    const struct field_profile *profile;
    int64_t now; /* unix seconds */
};

/* Asked, registered, given, still covered (grant_covers) and present: only such fields, all of them plain. Derived
 * values in ARENA. */
enum err disclosure_decide(struct disclosure *out, struct arena *a, const struct disclosure_facts *facts) MUST_CHECK;

/* Of all that may go out, what does: PLAIN, and VERIFIED as it stands in VERIFIED_CLAIMS. */
void disclosure_keep(struct disclosure *d, uint32_t plain, uint32_t verified, struct view verified_claims);

/* Writes the claims, `verified_claims`, and `sources` about all of them, as members of the object that is open in O. */
void disclosure_put_claims(struct json_out *o, const struct disclosure *d);

/* Inside a write job: appends the disclosed event. VIA like "userinfo". Nothing is written when no field goes out. */
enum err disclosure_record(struct ledger *l, struct db *db, const struct disclosure *d, const char *via,
                           int64_t at_ms) MUST_CHECK;

#endif
