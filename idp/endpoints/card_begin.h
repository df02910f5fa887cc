/* card_begin: one new card transaction for a login in progress. */
#ifndef IDP_ENDPOINTS_CARD_BEGIN_H
#define IDP_ENDPOINTS_CARD_BEGIN_H

#include "idp/endpoints/flow.h"
#include "sessions/card_txn.h"

/* Mints transaction, request and cookie, records them, and sends the browser to /login/card/start. */
void card_begin(struct visit *v, const struct flow *f, enum card_purpose purpose);

#endif
