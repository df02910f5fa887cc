/* tlog_proof: a file that proves offline that one leaf is in a log (C2SP tlog-proof). */
#ifndef CONSENT_LOG_TLOG_PROOF_H
#define CONSENT_LOG_TLOG_PROOF_H

#include "consent/log/checkpoint.h"

struct tlog_proof {
    struct view extra; /* not authenticated; absent: none */
    int64_t index;
    struct tree_proof path;
    struct view checkpoint_text; /* verbatim */
    struct checkpoint checkpoint;
};

enum err tlog_proof_read(struct tlog_proof *out, struct arena *a, struct view v) MUST_CHECK;

/* Writes index, extra, path and checkpoint_text. */
void tlog_proof_put(struct buf *out, const struct tlog_proof *p);

#endif
