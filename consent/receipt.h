/* receipt: what a resident keeps of a consent: a consent record and receipt by ISO/IEC TS 27560:2023 (member names of
 * its tables; one purpose for each field), with the leaf of the ledger it was written down as, and the same in the form
 * of the Kantara Consent Receipt 1.1. Pure: facts in, JSON out; the caller signs. */
#ifndef CONSENT_RECEIPT_H
#define CONSENT_RECEIPT_H

#include "consent/grant.h"
#include "consent/party.h"

#define RECEIPT_MAX 262144 /* bytes of either form */

/* Texts belong to the caller. Names are the registered Japanese and English ones. */
struct receipt {
    struct view id; /* of this receipt */
    struct view issuer;
    int64_t at;                /* unix seconds: when it is made */
    const struct grant *grant; /* as it is now */
    const struct ask *ask;     /* the registration she agreed to */
    struct view service, service_en, org, org_en;
    struct view contact, policy_uri; /* absent: none is registered */
    struct party party;              /* of the organisation; what is absent was not registered and is left out */
    struct view withdraw_url;        /* where she withdraws it */
    struct view origin;              /* of the log */
    struct view salt, event;         /* of leaf grant->leaf; absent: erased */
};

/* "given" "suspended" "withdrawn" "expired": what the record says of GRANT at NOW. */
const char *receipt_state(const struct grant *g, int64_t now);

void receipt_put(struct buf *out, struct arena *a, const struct receipt *r);
void receipt_put_kantara(struct buf *out, struct arena *a, const struct receipt *r);

/* The member "ledger" (docs/ledger.md, "A receipt and its proof"), key and all; nothing when salt or event is absent.
 */
void receipt_put_ledger(struct json_out *o, struct view origin, int64_t index, struct view salt, struct view event);

#endif
