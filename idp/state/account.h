/* account: the operator disables a resident's registration, or enables it again. */
#ifndef IDP_STATE_ACCOUNT_H
#define IDP_STATE_ACCOUNT_H

#include "idp/rules/account.h"
#include "idp/state/logout.h"

struct keys;
struct ledger;

/* In one durable step. Disabling: every session of hers ends and their services are told by a log-out token, every
 * token dies, those with offline_access too, what waits at a counter is refused, services with a consent of hers that
 * asked for it hear account-disabled, and the ledger says so. Nothing of hers is deleted; her cards open no session
 * until it is enabled, which account-enabled tells. Consents go on as they were. */
struct account_change {
    struct logout_many logins; /* whose, and through what the services are known */
    struct ledger *ledger;
    bool enable;
    enum account_reason reason; /* disabling */
    const char *via;            /* "command" */
    int64_t at_ms;
    enum account_verdict verdict; /* out */
};

/* A store job; CTX: the struct account_change. ERR_OK with another verdict than ACCOUNT_GO: nothing has changed. The
 * caller wakes the deliverer. */
enum err account_change_job(struct db *db, void *ctx) MUST_CHECK;

#endif
