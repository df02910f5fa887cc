/* publish: how the ledger becomes public: leaves go into tiles, the tree's head is signed, witnesses are asked, and the
 * checkpoint is put beside the tiles. One at a time for a key: whoever has the lock beside it.
 *
 * A checkpoint is signed only if (1) its leaves are durable, (2) the tiles give the root that the database says, and
 * (3) the checkpoint that was signed last is a beginning of it. The last signed one lies beside the key and is on the
 * disk before the signature leaves. So two copies of one log are never both signed with that key. */
#ifndef CONSENT_PUBLISH_H
#define CONSENT_PUBLISH_H

#include "base/clock.h"
#include "consent/ledger.h"
#include "consent/log/policy.h"

/* What witnesses may take: for one answer, and all together for one checkpoint. Who was not asked for lack of time is
 * the first to be asked next time. New leaves go into the tiles after each answer, and not only at the end. */
#define PUBLISH_ANSWER_MS    800
#define PUBLISH_WITNESSES_MS 3000

/* Asks a witness: POST BODY to URL, for at most TIMEOUT_MS. *STATUS and *ANSWER (in A) are what came back. */
typedef enum err publish_post(void *ctx, struct arena *a, const char *url, struct view body, int timeout_ms,
                              int *status, struct view *answer);

struct publish_config {
    struct store *store;
    const char *folder;          /* tiles and checkpoint; made if it is not there */
    const char *key_path;        /* PEM; made if it is not there. KEY_PATH.last and KEY_PATH.lock lie beside it */
    struct view origin;          /* of the log, and the name of its key */
    const struct policy *policy; /* its witnesses with a URL are asked; NULL: none */
    publish_post *post;
    void *ctx;
    const struct clock *clock;
    int64_t (*steady_ms)(void); /* NULL: clock_steady_ms */
};

struct publisher;

/* ERR_BUSY: another process publishes with this key. ERR_CONFLICT: the log is not the one that was signed last; *WHY
 * (in A or static) explains it. Other errors: *WHY says what could not be. CONFIG's strings must outlive it. */
enum err publisher_open(struct publisher **out, const struct publish_config *config, struct arena *a,
                        const char **why) MUST_CHECK;
void publisher_close(struct publisher *p);

/* Brings all leaves of the database into the tiles; those that are full are files afterwards. */
enum err publisher_integrate(struct publisher *p) MUST_CHECK;

/* Signs and publishes the head, if it has grown or a witness is still missing. ERR_CONFLICT: this log and the one that
 * was signed, or that a witness saw, are two; nothing is signed from then on. *WHY as above. */
enum err publisher_publish(struct publisher *p, struct arena *a, const char **why) MUST_CHECK;

/* How many leaves are in the tiles. */
int64_t publisher_integrated(const struct publisher *p);

/* The size of the checkpoint published last, and how many witnesses cosigned it. */
int64_t publisher_size(const struct publisher *p);
size_t publisher_witnesses(const struct publisher *p);

/* The verifier key of the key at KEY_PATH, for `genkan key list` and policies: in A. */
enum err publish_key_text(const char **out, struct arena *a, const char *key_path, struct view origin) MUST_CHECK;

#endif
