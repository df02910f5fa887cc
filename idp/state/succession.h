/* succession: a card never seen is perhaps the renewed one of a resident whom Genkan knows. A source of predecessors
 * says so, and the card opens her registration. Whatever else it says, or nothing: the login goes on as without it, and
 * the other ways to the older registration stay (renewal.h, and linking behind the old card). */
#ifndef IDP_STATE_SUCCESSION_H
#define IDP_STATE_SUCCESSION_H

#include "idp/rules/succession.h"
#include "idp/state/visit.h"
#include "jpki/pki/predecessors.h"

struct succession {
    struct visit *visit;
    struct view account_key;             /* of the card that logs in */
    int64_t not_before;                  /* of its certificate */
    bool answered;                       /* the source has had its say */
    struct view older[PREDECESSORS_MAX]; /* account keys */
    size_t n;
    /* of succession_settle */
    bool settled;
    enum succession_verdict verdict;
    bool left; /* the registration that the card had was empty, and is gone */
};

/* Asks, if it is to be asked: may take as long as the source takes, so on a slow route and outside of any job.
 * ACCOUNT_KEY must live as long as OUT. A source that fails is no error. */
enum err succession_ask(struct succession *out, struct visit *v, const struct cert *c,
                        struct view account_key) MUST_CHECK;

/* Inside the login's job, before the resident of the card is looked for. Decides on what stands there now. */
enum err succession_settle(struct db *db, struct succession *s) MUST_CHECK;
/* Inside the same job, after it: the service is not asked about this card again. */
enum err succession_record(struct db *db, const struct succession *s) MUST_CHECK;
/* After the job: what the log learns, and what follows when an empty registration is gone. */
void succession_done(const struct succession *s);

#endif
