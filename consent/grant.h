/* grant: what one resident allows one service, field by field, and the one decision whether she must be asked again. */
#ifndef CONSENT_GRANT_H
#define CONSENT_GRANT_H

#include "consent/ask.h"
#include "consent/detail.h"
#include "consent/ledger.h"

#define GRANT_YEAR      (365 * 24 * 3600) /* seconds: consent renewal (protocol.md, "Numbers") */
#define GRANT_ONCE_LIFE (15 * 60)         /* "this time only": how long the service may fetch what was agreed */
#define GRANT_CLAIM_S   3600 /* how long a grant that was asked for by `create` waits for its first token */

enum grant_duration { GRANT_ONCE = 1, GRANT_ONE_YEAR = 2, GRANT_UNTIL_WITHDRAWN = 3 };

/* The resident's word on one field. */
struct grant_decision {
    const struct field *field;
    bool given;
    uint8_t purpose[ASK_HASH]; /* hash of the purpose she saw */
    enum field_source source;  /* the value's identity proof she saw; SOURCE_NONE: there was no value */
    struct view as_of;
    int64_t changed_at; /* of the value she saw */
    int64_t until;      /* unix seconds; 0: until withdrawn */
    int64_t since;      /* unix seconds: when she said it */
};

/* Her word on something to be done elsewhere (RFC 9396), one object. */
struct grant_detail {
    struct view type, json;    /* JSON: canonical */
    uint8_t meaning[ASK_HASH]; /* of the definition she read (consent/detail_type.h) */
    bool every_time;
    bool given;           /* she allows it; otherwise she was asked and left it out */
    int64_t until, since; /* as of a decision */
};

#define GRANT_DETAILS_MAX 32 /* of one grant; those decided longest ago are forgotten first, and asked again */

/* What a service asks to be done with a grant of its own (Grant Management for OAuth 2.0, draft 03, 5.2). */
enum grant_action {
    GRANT_ACTION_NONE,
    GRANT_CREATE, /* a fresh one; the one that is alive ends */
    GRANT_MERGE,  /* what is asked now is added to it, all else in it stays */
    GRANT_REPLACE /* it is what is asked now and nothing else */
};

enum grant_end { GRANT_LIVE = 0, GRANT_ENDED_WITHDRAWN = 1, GRANT_ENDED_EXPIRED = 2 };

/* Suspended: nothing goes out until it is resumed, by whoever suspended it. */
enum grant_stop { GRANT_RUNS = 0, GRANT_STOPPED_BY_RESIDENT = 1, GRANT_STOPPED_BY_OPERATOR = 2 };

struct grant {
    struct ident id;
    struct ledger_parties who;
    uint8_t terms_hash[32]; /* of the service's terms she saw */
    uint8_t ask_hash[32];   /* of the registration she saw */
    enum grant_duration duration;
    struct grant_decision decisions[FIELD_MAX];
    size_t n;
    const struct grant_detail *details;
    size_t n_details;
    struct view scopes; /* what she agreed to be asked (consent/grant_scope.h); absent: not known */
    int64_t given_at;   /* unix seconds, last time the resident decided */
    int64_t expires_at; /* unix seconds; 0: never */
    int64_t ended_at;   /* unix seconds; 0: not ended */
    enum grant_end end;
    enum grant_stop stop;
    int64_t claim_until; /* unix seconds: without a token until then it is over; 0: it has had one, or need not */
    int64_t leaf;        /* position in the ledger of the newest given or withdrawn event: what a receipt proves */
};

/* The part of it that says whether it still counts, without what she decided. */
struct grant_standing {
    int64_t expires_at, ended_at;
    enum grant_end end;
    enum grant_stop stop;
};

/* --- deciding: pure --------------------------------------------------------------------------------------------- */

/* Why the resident is asked; product.md lists them. */
enum grant_reason {
    GRANT_SILENT = 0, /* she is not asked */
    GRANT_NEW_SERVICE,
    GRANT_NEW_FIELD,     /* a field not yet decided */
    GRANT_REQUIRED_NOW,  /* a refused field is required (or has become so) */
    GRANT_TERMS_CHANGED, /* purpose text or terms */
    GRANT_PROOF_CHANGED, /* the value's identity proof */
    GRANT_EXPIRED,       /* one year passed */
    GRANT_WITHDRAWN,
    GRANT_PROMPTED,   /* prompt=consent */
    GRANT_ONLY_ONCE,  /* the last consent was for that time only */
    GRANT_NEW_DETAIL, /* something to be done that she has not allowed, or more of it */
    GRANT_EVERY_TIME, /* something that she is asked each time */
    GRANT_SUSPENDED   /* by herself or by the operator; the operator's cannot be answered with a new consent */
};
const char *grant_reason_name(enum grant_reason r); /* "new_service" ... for the log */

struct grant_facts {
    const struct ask *ask;               /* what is asked now */
    const struct grant *grant;           /* the newest grant, ended or not; NULL: none ever */
    const struct field_profile *profile; /* what is stored of the resident */
    int64_t now;                         /* unix seconds */
    bool prompt_consent;                 /* the service sent prompt=consent, or an action */
    bool reached_here;                   /* this grant was given inside this very interaction */
    struct detail_list details;          /* what is asked to be done */
};

struct grant_verdict {
    enum grant_reason reason;  /* GRANT_SILENT: go on without asking */
    const struct field *field; /* the field it is about; NULL: about the whole */
};

struct grant_verdict grant_decide(const struct grant_facts *facts);

/* Does DECISION let ITEM's field go out now: given, not run out, same purpose, same proof of VALUE (NULL: no value)? */
bool grant_covers(const struct grant_decision *d, const struct ask_item *item, const struct field_value *value,
                  int64_t now);
const struct grant_decision *grant_decision_on(const struct grant *g, const struct field *f); /* NULL: undecided */

/* Does she allow DETAIL at NOW: this or more, in the words that its type has? */
bool grant_allows(const struct grant *g, const struct detail *detail, int64_t now);

/* Was she asked for exactly DETAIL, in these words, and left it out? */
bool grant_refuses(const struct grant *g, const struct detail *detail, int64_t now);

/* Is the grant neither ended nor run out? */
bool grant_is_live(const struct grant *g, int64_t now);

/* Is it live, and not suspended? Only then anything goes out. */
bool grant_may_release(const struct grant *g, int64_t now);
bool grant_standing_may_release(const struct grant_standing *g, int64_t now);

/* What the resident chose on the page. */
struct grant_choice {
    bool given[FIELD_MAX]; /* by position in ask.items; ignored for required items, which are given by accepting */
    enum grant_duration duration;
    enum grant_action action;
    struct ident managed;      /* GRANT_MERGE, GRANT_REPLACE: the living grant that is meant */
    bool details[DETAILS_MAX]; /* by position in the answer's details; ignored for those that are not optional */
};

/* Which fields of a living grant would not go out any more if GRANT_CREATE or GRANT_REPLACE were allowed with all that
 * is asked; for GRANT_MERGE: which go on besides. At most FIELD_MAX; how many. Pure. */
size_t grant_others(const struct field *out[FIELD_MAX], const struct ask *ask, const struct grant *grant, int64_t now);

/* The grant that results from saying yes: the choice, and what PREVIOUS (live, or NULL) still says about fields not
 * asked now. The id is PREVIOUS's or NEW_ID. Pure; views are shared with the arguments. */
void grant_of_choice(struct grant *out, const struct ask *ask, const struct grant_choice *choice,
                     const struct field_profile *profile, const struct grant *previous,
                     const struct ledger_parties *who, struct ident new_id, int64_t now);

/* --- remembering ------------------------------------------------------------------------------------------------ */

/* Newest grant of a resident for a client / by id; views in ARENA. ERR_NOT_FOUND: never asked / no such grant. */
enum err grant_find(struct grant *out, struct arena *a, struct db *db, struct ident resident,
                    struct view client) MUST_CHECK;
enum err grant_find_by_id(struct grant *out, struct arena *a, struct db *db, struct ident id) MUST_CHECK;
/* The same for two who ask often, with what they look at and no more. For a login, where she may have to be asked: all
 * but org, sector and subject of WHO (resident and client are the arguments), ask_hash, scopes and leaf. For a release:
 * id, WHO, terms_hash, the decisions, how it ends and stands. All else is absent, or 0. */
enum err grant_find_for_login(struct grant *out, struct arena *a, struct db *db, struct ident resident,
                              struct view client) MUST_CHECK;
enum err grant_find_for_release(struct grant *out, struct arena *a, struct db *db, struct ident id) MUST_CHECK;
/* How it stands: for whoever needs to know no more, at a third of the cost. ERR_NOT_FOUND. */
enum err grant_find_standing(struct grant_standing *out, struct arena *a, struct db *db, struct ident id) MUST_CHECK;

/* Whom CLIENT knows as SUBJECT, its pairwise sub. ERR_NOT_FOUND: nobody who was ever asked for a field. */
enum err grant_find_resident(struct ident *out, struct arena *a, struct db *db, struct view client,
                             struct view subject) MUST_CHECK;

/* All live grants of a resident (suspended ones too), newest first; *grants in ARENA. */
enum err grant_list(struct arena *a, struct db *db, struct ident resident, int64_t now, struct grant **grants,
                    size_t *n) MUST_CHECK;

/* The newest grant of a resident for each client, ended or not, newest first: at most GRANT_LIST_MAX. */
#define GRANT_LIST_MAX 200
enum err grant_list_newest(struct arena *a, struct db *db, struct ident resident, struct grant **grants,
                           size_t *n) MUST_CHECK;

/* The functions below run inside a write job and append to the ledger what happened, in the same transaction. ARENA is
 * of the waiting caller; a job that runs twice allocates twice. */

/* The resident's answer on the consent page. */
struct grant_answer {
    const struct ask *ask; /* what the page showed */
    const struct field_profile *profile;
    struct ledger_parties who;
    int64_t at_ms;
    struct detail_list details;
    struct view scope, resource; /* of the request: words; absent: none */
};

/* She said yes: the grant is made or, where one is alive, changed, and given out as *OUT (its id may be the older
 * one's). Appends expired for one that ran out, then requested, given, refused, and changed for decisions turned over.
 * One that she suspended runs again; ERR_CONFLICT: the operator suspended it, or what is to be managed is not alive any
 * more. An action ends or changes the living grant as it says, with withdrawn for what is taken away. */
enum err grant_record(struct grant *out, struct ledger *l, struct arena *a, struct db *db,
                      const struct grant_answer *answer, const struct grant_choice *choice) MUST_CHECK;

/* She said no to everything: requested and refused; a live grant from before stays as it is. */
enum err grant_record_refusal(struct ledger *l, struct db *db, const struct grant_answer *answer) MUST_CHECK;

/* Ends a grant at once and appends withdrawn. ERR_NOT_FOUND: not that resident's, or ended already. VIA like "home". */
enum err grant_withdraw(struct ledger *l, struct arena *a, struct db *db, struct ident resident, struct ident id,
                        const char *via, int64_t at_ms) MUST_CHECK;

/* Its first token was fetched (Grant Management, draft 03, 5.6.1): it stays. Fine if it was before. */
enum err grant_claim(struct db *db, struct ident id) MUST_CHECK;

/* Ends at most MAX grants that ran out, or whose tokens nobody fetched, and appends expired for each; *DONE: how many.
 * ARENA for their rows. */
enum err grant_expire(struct ledger *l, struct arena *a, struct db *db, int64_t at_ms, size_t max,
                      size_t *done) MUST_CHECK;

#endif
