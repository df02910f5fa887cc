/* leaving: a resident leaves Genkan. */
#ifndef IDP_STATE_LEAVING_H
#define IDP_STATE_LEAVING_H

#include "idp/state/visit.h"

/* In one durable step: services are told that her sessions end, her consents are withdrawn, what the ledger says of her
 * is erased, and she goes with everything that is stored of her, her data key first of all. Then the database's log is
 * emptied, so that it holds no older copy either. ERR_NOT_FOUND: she has left already. ERR_CONFLICT: the
 * operator has disabled her registration, which then stays. */
struct leaving {
    struct visit *visit;
    struct ident resident;
    size_t leaves; /* out: of the ledger, erased */
};
enum err leaving_run(struct visit *v, struct ident resident) MUST_CHECK;

/* Its parts, for being part of another step. The job; CTX: the struct leaving. What follows when the step is durable.
 */
enum err leaving_job(struct db *db, void *ctx) MUST_CHECK;
void leaving_done(struct visit *v);

#endif
