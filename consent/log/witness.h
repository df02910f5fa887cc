/* witness: the add-checkpoint exchange of C2SP tlog-witness, both sides: what a log sends, and what a witness does. */
#ifndef CONSENT_LOG_WITNESS_H
#define CONSENT_LOG_WITNESS_H

#include "consent/log/policy.h"

#define WITNESS_BODY_MAX (NOTE_MAX + 8192)

struct witness_request {
    int64_t old_size;
    struct tree_proof proof;     /* from there to the checkpoint */
    struct view checkpoint_text; /* verbatim */
    struct checkpoint checkpoint;
};

/* ERR_SYNTAX: not an add-checkpoint body. */
enum err witness_request_read(struct witness_request *out, struct arena *a, struct view body) MUST_CHECK;
/* Writes old_size, proof and checkpoint_text. */
void witness_request_put(struct buf *out, const struct witness_request *r);

/* What a witness knows of the log the request is about. */
struct witness_facts {
    bool known;         /* its origin is one of the logs watched here */
    enum err is_signed; /* note_verify with that log's key(s) */
    int64_t size;       /* of the checkpoint cosigned last; 0: none yet */
    uint8_t root[TREE_HASH];
};

/* The status of the answer, as the specification has them: 200, 400, 403, 404, 409 or 422. */
int witness_decide(const struct witness_request *r, const struct witness_facts *facts);

/* A witness with its key and its memory in a folder. */
struct witness;

/* Makes FOLDER and key if there are none. LOGS: a policy whose logs are watched. A witness that lost its memory must
 * not go on with its key, so a folder with a key and without its mark is refused (ERR_CONFLICT). */
enum err witness_open(struct witness **out, const char *folder, struct view name, const struct policy *logs,
                      struct arena *a, const char **why) MUST_CHECK;
void witness_close(struct witness *w);
const struct note_key *witness_key(const struct witness *w);

/* The verifier key of the witness NAME in FOLDER. It only reads: also while the witness runs, and it makes nothing.
 * ERR_NOT_FOUND: there is no key yet. ERR_CONFLICT as of witness_open. OUT has NAME in it. */
enum err witness_key_read(struct note_key *out, const char *folder, struct view name, struct arena *a,
                          const char **why) MUST_CHECK;

struct witness_answer {
    int status;
    const char *content_type;
    struct view body; /* in A */
    const char *why;  /* for the log; static */
};

/* One request. What is cosigned is on the disk before this returns. Any thread. Errors: could not, answer 500. */
enum err witness_add(struct witness *w, struct arena *a, struct view body, int64_t now,
                     struct witness_answer *out) MUST_CHECK;

/* The checkpoint cosigned last for a log, by the hex SHA-256 of its origin. ERR_NOT_FOUND. */
enum err witness_find(struct witness *w, struct arena *a, struct view origin_hash, struct view *out) MUST_CHECK;

#endif
