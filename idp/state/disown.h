/* disown: a resident says of a login that it was not her. */
#ifndef IDP_STATE_DISOWN_H
#define IDP_STATE_DISOWN_H

#include "idp/state/visit.h"

/* In one durable step: the login SESSION of RESIDENT ends if it has not, every service of it is told, and every token
 * that came of it dies, those with offline_access too; the operator finds it in the log and in `genkan login
 * disowned`. What its consents gave is hers to look at. ERR_NOT_FOUND: she has no such login. */
enum err disown_login(struct visit *v, struct ident resident, struct ident session) MUST_CHECK;

#endif
