/* predecessors: which certificates did this one take the place of? The serial number changes with every renewal; J-LIS
 * knows which follows which (証明書新旧紐付け情報) and tells those who may check certificates. How it does so on the
 * wire is not public (docs/decisions/predecessors.md): whoever asks hides behind a source, and the words below are
 * ours. */
#ifndef JPKI_PKI_PREDECESSORS_H
#define JPKI_PKI_PREDECESSORS_H

#include "jpki/pki/cert.h"

#define PREDECESSORS_MAX        8
#define PREDECESSORS_BODY_MAX   16384
#define PREDECESSORS_NONCE_SIZE 43 /* characters: base64url of 32 bytes */

enum predecessors_result {
    PREDECESSORS_NOT_ANSWERED, /* nobody could say anything */
    PREDECESSORS_UNKNOWN,      /* the service does not know this certificate */
    PREDECESSORS_TOO_NEW,      /* not yet: it becomes known some time (about 90 minutes) after it was issued */
    PREDECESSORS_NONE,         /* it is the first one of this person */
    PREDECESSORS_OLDER,        /* it follows those that are named */
};

struct predecessors {
    enum predecessors_result result;
    struct view older[PREDECESSORS_MAX]; /* issuer (DER Name) || serial (DER INTEGER), like verify's account_input */
    size_t n;
};

/* Whoever can be asked. C was verified, and is an authentication certificate. ERR_TIMEOUT, ERR_UNAVAILABLE: no answer;
 * ERR_SYNTAX: one that cannot be believed; others: we failed. */
struct predecessors_source {
    enum err (*ask)(void *ctx, struct arena *a, const struct cert *c, struct predecessors *out);
    void *ctx;
};

/* --- the words -----------------------------------------------------------------------------------------------------
 */

struct predecessors_question {
    struct view nonce; /* PREDECESSORS_NONCE_SIZE characters, fresh for each question */
    const struct cert *cert;
};

/* JSON. */
enum err predecessors_write(struct view *out, struct arena *a, const struct predecessors_question *q) MUST_CHECK;

/* Strict. ERR_SYNTAX with *WHY (static): no such JSON, another question's answer, the certificate itself or one twice
 * among the older ones, more than PREDECESSORS_MAX. */
enum err predecessors_read(struct predecessors *out, struct arena *a, const struct predecessors_question *q,
                           struct view body, const char **why) MUST_CHECK;

/* "older"; static. */
const char *predecessors_result_name(enum predecessors_result r);

#endif
