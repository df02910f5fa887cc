/* audit: what an auditor asks of the ledger: who received what, and was the record altered. */
#ifndef CONSENT_AUDIT_H
#define CONSENT_AUDIT_H

#include <stdio.h>

#include "consent/ledger.h"

enum audit_format { AUDIT_TABLE, AUDIT_CSV, AUDIT_JSONL };

struct audit_filter {
    int64_t since, until;           /* milliseconds, SINCE <= at < UNTIL; 0: no limit */
    struct view client, org, field; /* absent: any */
    enum ledger_type type;          /* 0: any */
};

/* Writes matching events, oldest first; *MATCHED counts them. Works while the server runs. */
enum err audit_list(struct db *db, const struct audit_filter *filter, enum audit_format format, FILE *out,
                    int64_t *matched) MUST_CHECK;

#define AUDIT_FAULTS_MAX 32

enum audit_fault_kind { AUDIT_CHANGED, AUDIT_MISSING, AUDIT_EXTRA, AUDIT_HEAD };
const char *audit_fault_name(enum audit_fault_kind k); /* "changed" ... */

/* One thing that is wrong. */
struct audit_fault {
    enum audit_fault_kind kind;
    int64_t index;    /* leaf; -1 for the head */
    int64_t many;     /* MISSING: so many leaves from INDEX on */
    const char *what; /* static, like "salt and event do not fit the digest" */
};

struct audit_report {
    int64_t leaves, erased; /* counted */
    int64_t faults;         /* all of them; the first AUDIT_FAULTS_MAX are in `first` */
    struct audit_fault first[AUDIT_FAULTS_MAX];
    struct ledger_head stored, computed;
};

/* Called now and then with the number of leaves done and the size; may be NULL. */
typedef void audit_progress(void *ctx, int64_t done, int64_t size);

/* Recomputes every leaf from event and salt and the tree from the leaves, and compares with the stored head. ERR_OK
 * with faults == 0: nothing was altered. */
enum err audit_verify(struct db *db, audit_progress *progress, void *ctx, struct audit_report *report) MUST_CHECK;

#endif
