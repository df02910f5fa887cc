/* auditor: who may look into the ledger, and the four eyes that it takes to learn whose pseudonym is whose.
 * The operator invites somebody by name and hands over a code; whoever logs in with her card and shows the code in time
 * is the auditor from then on. The operator never learns which resident that is, and needs not to. */
#ifndef CONSENT_AUDITOR_H
#define CONSENT_AUDITOR_H

#include "consent/ledger.h"

#define AUDITOR_NAME_MAX   60          /* code points */
#define AUDITOR_REASON_MAX 200         /* code points */
#define AUDITOR_CODE_LIFE  (7 * 86400) /* seconds an invitation is good for */
#define IDENTITY_LIFE      (24 * 3600) /* seconds an identity may be looked at once it was allowed */
#define IDENTITY_PATIENCE  (7 * 86400) /* seconds a request waits for its second pair of eyes */

struct auditor {
    struct ident id, resident; /* resident: IDENT_NONE as long as nobody has joined */
    struct view name;
    int64_t invited_at, code_until, joined_at, removed_at; /* unix seconds; 0: not */
};

/* Everything below that writes runs inside a write job and appends what was done to the ledger, in the same
 * transaction. Texts live in ARENA. */

/* CODE: the ticket handed over; only its ident is kept. ERR_SYNTAX: NAME is empty, too long or no text. */
enum err auditor_invite(struct ident *id, struct ledger *l, struct arena *a, struct db *db, struct view name,
                        struct view code, int64_t now_ms) MUST_CHECK;

/* ERR_NOT_FOUND: no invitation has that code, it was used, has run out or was taken back. ERR_CONFLICT: that resident
 * is an auditor already. */
enum err auditor_join(struct auditor *out, struct ledger *l, struct arena *a, struct db *db, struct view code,
                      struct ident resident, int64_t now_ms) MUST_CHECK;

/* The role is gone at once, requests that nobody decided with it. ERR_NOT_FOUND: unknown, or removed before. */
enum err auditor_remove(struct ledger *l, struct arena *a, struct db *db, struct ident id, int64_t now_ms) MUST_CHECK;

/* ERR_NOT_FOUND: that resident is no auditor. */
enum err auditor_find(struct auditor *out, struct arena *a, struct db *db, struct ident resident) MUST_CHECK;

/* All there ever were, newest first. */
enum err auditor_list(struct auditor **out, size_t *n, struct arena *a, struct db *db) MUST_CHECK;

/* Writes down what an auditor looks at, before she sees it. WHAT: "query service=...". */
enum err auditor_note(struct ledger *l, struct db *db, const struct auditor *who, const char *what,
                      int64_t now_ms) MUST_CHECK;

/* --- four eyes ---------------------------------------------------------------------------------------------------- */

enum identity_state { IDENTITY_WAITING, IDENTITY_ALLOWED, IDENTITY_DENIED, IDENTITY_OVER };

struct identity_request {
    struct ident id, auditor, decided_by;
    struct view pseudonym, reason;
    struct view asked_by, decided_name; /* names of the two */
    int64_t asked_at, decided_at, until;
    bool allowed;
};

/* Pure. What may be done with it at NOW (unix seconds)? */
enum identity_state identity_state_of(const struct identity_request *r, int64_t now);

/* Pure. May WHO decide on it: another auditor than the one who asked, and nobody has decided yet? */
bool identity_may_decide(const struct identity_request *r, const struct auditor *who, int64_t now);

/* ERR_SYNTAX: the pseudonym is none, or the reason is missing, too long or no text. */
enum err identity_ask(struct ident *id, struct ledger *l, struct arena *a, struct db *db, const struct auditor *who,
                      struct view pseudonym, struct view reason, int64_t now_ms) MUST_CHECK;

/* ERR_NOT_FOUND: no such request. ERR_PERMISSION: WHO may not (identity_may_decide). */
enum err identity_decide(struct ledger *l, struct arena *a, struct db *db, const struct auditor *who, struct ident id,
                         bool allow, int64_t now_ms) MUST_CHECK;

enum err identity_find(struct identity_request *out, struct arena *a, struct db *db, struct ident id) MUST_CHECK;
/* The newest, at most MAX. */
enum err identity_list(struct identity_request **out, size_t *n, struct arena *a, struct db *db, size_t max) MUST_CHECK;

/* Whose pseudonym is it? The ledger cannot say (an HMAC); every resident's is computed and compared. ERR_NOT_FOUND:
 * nobody's, or she has left. */
enum err identity_resident(struct ident *out, const struct ledger *l, struct db *db, struct view pseudonym) MUST_CHECK;

#endif
