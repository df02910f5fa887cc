/* bundle: a stretch of the ledger as one file that verifies elsewhere: leaves FROM to SIZE with salts and events, the
 * right edge of the tree before them, and the signed checkpoint after them (docs/ledger.md). Every byte is either fixed
 * by the format or bound by the root that the checkpoint signs. Written and read line by line. */
#ifndef CONSENT_LOG_BUNDLE_H
#define CONSENT_LOG_BUNDLE_H

#include <stdio.h>

#include "consent/log/leaf.h"
#include "consent/log/policy.h"

/* BEFORE: the tree of the leaves before the first one. */
enum err bundle_write_head(FILE *out, struct view origin, const struct tree *before) MUST_CHECK;
/* EVENT and SALT absent: erased, DIGEST stands for them. */
enum err bundle_write_leaf(FILE *out, unsigned type, struct view salt, struct view event,
                           const uint8_t digest[SHA256_SIZE]) MUST_CHECK;
enum err bundle_write_end(FILE *out, struct view checkpoint) MUST_CHECK;

#define BUNDLE_FAULTS_MAX 32

struct bundle_fault {
    int64_t index; /* leaf; -1: the whole */
    const char *what;
};

struct bundle_report {
    struct view origin; /* in the arena */
    int64_t from, size;
    int64_t erased;
    int64_t of_type[LEDGER_TYPE_LAST + 1];
    uint8_t root[TREE_HASH];
    struct policy_verdict verdict; /* on the checkpoint */
    int64_t faults;                /* all of them */
    struct bundle_fault first[BUNDLE_FAULTS_MAX];
};

/* Reads IN to its end. EARLIER (may be NULL): a checkpoint the auditor kept; the bundle must begin right there.
 * ERR_SYNTAX: not a bundle, *LINE says where. ERR_OK with faults == 0: it is what the checkpoint signs. */
enum err bundle_verify(struct bundle_report *out, struct arena *a, FILE *in, const struct policy *policy,
                       const struct checkpoint *earlier, int64_t *line) MUST_CHECK;

#endif
