/* policy: whose checkpoints count, and how many witnesses must have cosigned them (C2SP tlog-policy): the only trust
 * input of a verifier. */
#ifndef CONSENT_LOG_POLICY_H
#define CONSENT_LOG_POLICY_H

#include "consent/log/checkpoint.h"

#define POLICY_MAX   (256 * 1024) /* bytes of a policy file */
#define POLICY_LOGS  64
#define POLICY_NODES 128 /* witnesses and groups */

struct policy_log {
    struct note_key key; /* its name is the log's origin */
    struct view url;     /* absent: none */
};

/* A witness, or a group of nodes defined before it. */
struct policy_node {
    struct view name;
    bool is_group;
    struct note_key key; /* of a witness */
    struct view url;
    unsigned threshold; /* of a group */
    uint8_t members[POLICY_NODES];
    unsigned n_members;
    bool is_member; /* of some group already */
};

struct policy {
    struct policy_log logs[POLICY_LOGS];
    size_t n_logs;
    struct policy_node nodes[POLICY_NODES];
    size_t n_nodes;
    int quorum; /* a node, or POLICY_NO_QUORUM */
};
#define POLICY_NO_QUORUM (-1) /* "quorum none" */

struct policy_fault {
    int line; /* 0: the whole file */
    const char *rule;
};

/* Everything in A. ERR_SYNTAX with *FAULT. */
enum err policy_read(struct policy **out, struct arena *a, struct view text, struct policy_fault *fault) MUST_CHECK;

/* The same for a file. PATH NULL: *OUT is NULL. *WHY in A, with path, line and rule. */
enum err policy_read_file(const struct policy **out, struct arena *a, const char *path, const char **why) MUST_CHECK;

enum policy_answer {
    POLICY_GOOD,
    POLICY_UNKNOWN_LOG,   /* no log of this origin is in the policy */
    POLICY_NOT_SIGNED,    /* the log's signature is not there */
    POLICY_BAD_SIGNATURE, /* one of the log or of a known witness is wrong */
    POLICY_NO_WITNESSES   /* fewer cosignatures than the quorum wants */
};
const char *policy_answer_text(enum policy_answer a);

struct policy_verdict {
    enum policy_answer answer;
    size_t witnesses;            /* known ones that cosigned */
    bool cosigned[POLICY_NODES]; /* which, by node */
    int64_t newest;              /* the latest time of a cosignature, unix seconds; 0: none */
};

/* Is C a good checkpoint under P? Could not: ERR_MEMORY, ERR_CRYPTO. */
enum err policy_decide(struct policy_verdict *out, const struct policy *p, const struct checkpoint *c) MUST_CHECK;

#endif
