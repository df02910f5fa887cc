/* auditor: who may look into the ledger, and the four eyes that it takes to learn whose pseudonym is whose, or what the
 * pseudonyms of a person are.
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

#define IDENTITY_OPEN_ONE  5   /* requests of one auditor that may wait at a time */
#define IDENTITY_OPEN_ALL  25  /* and of all */
#define IDENTITY_NAME_MAX  100 /* code points of a name that is asked for */
#define IDENTITY_FOUND_MAX 32  /* residents one search finds */

/* The operator, who may ask on the server's machine for what an auditor allows, and can allow nothing himself. */
extern const struct auditor auditor_operator;

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

/* Whom a request names. As typed, except the date: "YYYY-MM-DD". */
struct identity_person {
    struct view name, birthdate;
};

enum identity_state { IDENTITY_WAITING, IDENTITY_ALLOWED, IDENTITY_DENIED, IDENTITY_OVER };

struct identity_request {
    struct ident id, auditor, decided_by;
    struct view pseudonym; /* whose is it? Empty: a person is named, and her pseudonyms are asked for */
    struct view reason;
    struct view person;                 /* sealed; absent: none, or forgotten because it is over */
    struct view asked_by, decided_name; /* names of the two; absent: the operator */
    int64_t asked_at, decided_at, until;
    bool allowed;
    struct ident searched; /* IDENT_NONE: the search has not begun */
    struct view found;     /* ids of residents, one behind the other */
    int64_t searched_at;   /* 0: it is not over */
};

/* Pure. Does it name a person? */
bool identity_is_of_person(const struct identity_request *r);

/* Pure. What may be done with it at NOW (unix seconds)? */
enum identity_state identity_state_of(const struct identity_request *r, int64_t now);

/* Pure. May WHO decide on it: another auditor than the one who asked, and nobody has decided yet? */
bool identity_may_decide(const struct identity_request *r, const struct auditor *who, int64_t now);

/* ERR_SYNTAX: the pseudonym is none, or the reason is missing, too long or no text. ERR_LIMIT: too many requests wait.
 */
enum err identity_ask(struct ident *id, struct ledger *l, struct arena *a, struct db *db, const struct auditor *who,
                      struct view pseudonym, struct view reason, int64_t now_ms) MUST_CHECK;

/* The same for a person, whose name and birth date lie sealed in the request until it is over, and never in the ledger:
 * there she is the number of the request. Both are what the caller has read strictly. */
enum err identity_ask_person(struct ident *id, struct ledger *l, struct arena *a, struct db *db,
                             const struct auditor *who, const struct identity_person *person, struct view reason,
                             int64_t now_ms) MUST_CHECK;

/* In A. ERR_NOT_FOUND: forgotten. ERR_MISMATCH: does not open. */
enum err identity_person(struct identity_person *out, struct arena *a, const struct ledger *l,
                         const struct identity_request *r) MUST_CHECK;

/* How far a search has come: from what R says to SEARCHED, with FOUND. AT: seconds, when all were looked at; 0: not
 * yet. ERR_CONFLICT: somebody else has carried it on. */
enum err identity_search(struct db *db, const struct identity_request *r, struct ident searched, struct view found,
                         int64_t at) MUST_CHECK;

/* Takes name, birth date and what was found out of all that are over. */
enum err identity_forget(struct db *db, int64_t now) MUST_CHECK;

/* ERR_NOT_FOUND: no such request. ERR_PERMISSION: WHO may not (identity_may_decide), or is no auditor any more. */
enum err identity_decide(struct ledger *l, struct arena *a, struct db *db, const struct auditor *who, struct ident id,
                         bool allow, int64_t now_ms) MUST_CHECK;

enum err identity_find(struct identity_request *out, struct arena *a, struct db *db, struct ident id) MUST_CHECK;
/* Those that wait, then the others, the newest first; at most MAX. */
enum err identity_list(struct identity_request **out, size_t *n, struct arena *a, struct db *db, int64_t now,
                       size_t max) MUST_CHECK;

/* Whose pseudonym is it? The ledger cannot say (an HMAC); every resident's is computed and compared. ERR_NOT_FOUND:
 * nobody's, or she has left. */
enum err identity_resident(struct ident *out, const struct ledger *l, struct db *db, struct view pseudonym) MUST_CHECK;

#endif
