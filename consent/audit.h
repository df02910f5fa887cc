/* audit: was the record altered? */
#ifndef CONSENT_AUDIT_H
#define CONSENT_AUDIT_H

#include <stdio.h>

#include "consent/ledger.h"
#include "consent/log/policy.h"

#define AUDIT_FAULTS_MAX 32

enum audit_fault_kind {
    AUDIT_CHANGED,    /* an event, salt, class or leaf is not what it was */
    AUDIT_MISSING,    /* leaves have no row */
    AUDIT_EXTRA,      /* rows or files nobody counts */
    AUDIT_ERASED,     /* salt and event are gone and no erased event owns up to it, or the other way round */
    AUDIT_TILE,       /* a published file does not say what the database says */
    AUDIT_CHECKPOINT, /* a signed checkpoint does not fit this log, or is not well signed */
    AUDIT_HEAD        /* the tree as a whole */
};
const char *audit_fault_name(enum audit_fault_kind k); /* "changed" ... */

/* One thing that is wrong. */
struct audit_fault {
    enum audit_fault_kind kind;
    int64_t index;    /* leaf, or the first leaf of a tile; -1 for the head and checkpoints */
    int64_t many;     /* so many leaves from INDEX on */
    const char *what; /* static, like "salt and event do not fit the digest" */
    int phase;        /* how faults are ordered: by phase, then by index */
};

struct audit_report {
    int64_t leaves, erased; /* counted */
    int64_t hashed;         /* events that were hashed again */
    int64_t published;      /* size of the published checkpoint; -1: none was looked at */
    size_t witnesses;       /* of the policy, that cosigned it */
    int64_t faults;         /* all of them; the first AUDIT_FAULTS_MAX are in `first` */
    struct audit_fault first[AUDIT_FAULTS_MAX];
    struct ledger_head stored, computed;
};

/* Called now and then, by any thread but never by two at once, with the number of leaves done and the size. */
typedef void audit_progress(void *ctx, int64_t done, int64_t size);

/* What is verified beside the database. All of it may be zero. */
struct audit_scope {
    const char *folder;            /* published files */
    const char *last;              /* the checkpoint signed last, beside the key */
    const struct note_key *key;    /* whose signature checkpoints have */
    const struct policy *policy;   /* whose witnesses are known */
    const struct checkpoint *from; /* kept by the auditor: events before it are not hashed again */
    const struct checkpoint *to;   /* and none after this one */
    audit_progress *progress;
    void *progress_ctx;
};

/* Recomputes every leaf from event and salt, and the tree from the leaves; compares with the stored head, the published
 * files and the checkpoints. One thread for each of the N connections in DBS. ERR_OK with faults == 0: nothing was
 * altered. Memory: two bits a leaf and a few MB. */
enum err audit_verify(struct audit_report *out, const struct audit_scope *scope, struct db *const *dbs,
                      size_t n) MUST_CHECK;

/* A bundle in pieces: leaves FROM up to the published checkpoint in FOLDER. Opened in A, for as long as it is written;
 * errors as audit_export. audit_bundle_write: at most MANY leaves more, with what stands before the first and behind
 * the last; *END: that was all. ERR_CONFLICT: leaves are erased, and the leaf that says so is not published yet; try
 * again in a moment. */
struct audit_bundle {
    struct tree before;
    struct view text; /* of the checkpoint */
    struct view origin;
    int64_t from, size;
    int64_t next; /* the leaf to go on with */
};
enum err audit_bundle_open(struct audit_bundle *b, struct arena *a, const char *folder, int64_t from) MUST_CHECK;
enum err audit_bundle_write(struct audit_bundle *b, FILE *out, struct db *db, int64_t many, bool *end) MUST_CHECK;

/* Writes leaves FROM up to the published checkpoint in FOLDER as a bundle; *SIZE is where it ends. ERR_NOT_FOUND:
 * nothing is published. ERR_LIMIT: FROM is behind it. ERR_MISMATCH: a leaf is missing, or published files are damaged.
 * ERR_CONFLICT: as audit_bundle_write. */
enum err audit_export(FILE *out, struct arena *a, struct db *db, const char *folder, int64_t from,
                      int64_t *size) MUST_CHECK;

#endif
