/* checkpoint: the signed head of a log (C2SP tlog-checkpoint): origin, size, root. */
#ifndef CONSENT_LOG_CHECKPOINT_H
#define CONSENT_LOG_CHECKPOINT_H

#include "consent/log/note.h"
#include "consent/log/tree.h"

struct checkpoint {
    struct view origin;
    int64_t size;
    uint8_t root[TREE_HASH];
    struct note note; /* its signatures; nothing is verified by reading */
};

/* Views in V or A. Extension lines are refused: nobody audits them, and we write none. */
enum err checkpoint_read(struct checkpoint *out, struct arena *a, struct view v) MUST_CHECK;

/* The note's text. */
void checkpoint_put_text(struct buf *out, struct view origin, int64_t size, const uint8_t root[TREE_HASH]);

/* May NAME be the first line of a checkpoint and the name of the key that signs it? */
bool checkpoint_is_origin(struct view name);

#endif
