/* spent: what a request may be sent with once, the jti of its client assertion and of its DPoP proof. They are used up
 * in the transaction of what the request writes, where its handler says so; whatever becomes of it, they are used up.
 */
#ifndef IDP_STATE_SPENT_H
#define IDP_STATE_SPENT_H

#include "idp/state/visit.h"

/* From now on spend_once only notes; the handler ends with spend_rest. */
void spend_later(struct visit *v);

/* Uses ONCE up, or notes that it is to be. ERR_OK with *refusal = REPLAYED: it came before. */
enum err spend_once(struct visit *v, const struct once *once, enum refusal replayed, enum refusal *refusal) MUST_CHECK;

/* As store_write_soon, in one transaction with what was noted. ERR_OK with *refusal: JOB did not run, since this
 * request came before. An error: nothing of it is there, and what was noted still is. */
enum err spend_and_write(struct visit *v, enum err (*job)(struct db *db, void *ctx), void *ctx,
                         enum refusal *refusal) MUST_CHECK;

/* Uses up what is noted still, of a request that was refused above all. *REFUSAL changes only if it came before. */
enum err spend_rest(struct visit *v, enum refusal *refusal) MUST_CHECK;

#endif
