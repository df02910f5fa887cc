/* card_lock: how a browser at a kiosk remembers which key ends its session: the cookie __Host-lock holds the lock of
 * the login (SHA-256 of the key, base64url), or, with a "-" in front, one whose key was shown already: a login that is
 * still on its way with it comes too late. Nothing of it is in the store. */
#ifndef IDP_ENDPOINTS_CARD_LOCK_H
#define IDP_ENDPOINTS_CARD_LOCK_H

#include "idp/state/visit.h"

/* The lock that KEY (base64url of 32 bytes) opens, as it stands in the cookie; absent: no key, or out of memory. */
struct view card_lock_of_key(struct arena *a, struct view key);

/* Has this browser a lock, spent or not: is it at a kiosk? */
bool card_lock_is_there(const struct visit *v);

/* Is LOCK the one of this browser's login? Also when it is spent: the same answer twice. */
bool card_lock_fits(const struct visit *v, struct view lock);

/* Was the key of BYTES (a response's lock; absent: it has none) shown in this browser before? */
bool card_lock_is_spent(const struct visit *v, struct view bytes);

/* The login is done: this browser keeps its lock, or forgets an older one. */
void card_lock_set(struct visit *v, struct view bytes);

/* The key of LOCK was shown. */
void card_lock_spend(struct visit *v, struct view lock);

#endif
