/* renewal: what is known of a resident with a new card and an older registration, and what she and that one do. */
#ifndef IDP_STATE_RENEWAL_H
#define IDP_STATE_RENEWAL_H

#include "idp/rules/renewal.h"
#include "idp/state/visit.h"
#include "sessions/claim.h"
#include "sessions/session.h"

/* After values of RESIDENT have changed: records what she is like now. Inside their store job. */
enum err renewal_follow(struct db *db, const struct visit *v, struct ident resident) MUST_CHECK;

struct renewal {
    enum renewal_verdict verdict;
    struct claim claim; /* the one that stands, or (RENEWAL_OFFER) the one she may make */
};

/* For the resident of SESSION, read through DB. */
enum err renewal_load(struct renewal *out, struct db *db, const struct visit *v, const struct session *s) MUST_CHECK;

/* Does somebody with a new card say to be RESIDENT? */
enum err renewal_is_claimed(bool *is, const struct visit *v, struct ident resident) MUST_CHECK;

/* She claims / confirms. ERR_CONFLICT: the verdict is another one by now. After renewal_confirm her own registration is
 * gone with all its logins, and the card opens the older one. */
enum err renewal_claim(struct visit *v, const struct session *s) MUST_CHECK;
enum err renewal_confirm(struct visit *v, const struct session *s) MUST_CHECK;

/* "This was not me": ends the claim named CARD (card_id) for good, and every login of the claimant. ERR_NOT_FOUND. */
enum err renewal_refuse(struct visit *v, struct ident account, struct ident card) MUST_CHECK;

#endif
