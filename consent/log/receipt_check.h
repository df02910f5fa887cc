/* receipt_check: is a consent receipt what it says: signed by the issuer, and written down in a log that a policy
 * trusts? (docs/ledger.md, "A receipt and its proof") */
#ifndef CONSENT_LOG_RECEIPT_CHECK_H
#define CONSENT_LOG_RECEIPT_CHECK_H

#include "base/json.h"
#include "consent/log/leaf.h"
#include "consent/log/policy.h"

#define RECEIPT_CHECK_MAX (256 * 1024)

enum receipt_answer {
    RECEIPT_GOOD,
    RECEIPT_NOT_SIGNED,   /* no key of the set made the signature */
    RECEIPT_NO_LEDGER,    /* its ledger member is missing or wrong */
    RECEIPT_BAD_EVENT,    /* the event is not canonical JSON of a known type */
    RECEIPT_OTHER_LEAF,   /* the proof is for another leaf or another log */
    RECEIPT_NOT_INCLUDED, /* the leaf is not in the tree of the checkpoint */
    RECEIPT_POLICY        /* the policy does not accept the checkpoint: see verdict */
};
const char *receipt_answer_text(enum receipt_answer a);

struct receipt_verdict {
    enum receipt_answer answer;
    struct policy_verdict policy;
    int64_t index, size;
    struct view origin, payload, event; /* in the arena; absent if it did not come to that */
    enum ledger_type type;
};

/* RECEIPT: compact JWS. JWKS: the issuer's key set as JSON. PROOF: a .tlog-proof file. ERR_SYNTAX: one of the texts is
 * not what it should be, *WHICH says which. */
enum err receipt_check(struct receipt_verdict *out, struct arena *a, struct view receipt, struct view jwks,
                       struct view proof, const struct policy *policy, const char **which) MUST_CHECK;

#endif
