/* profile: what we hold of a resident, value by value, each sealed with her data key and bound to her and its field;
 * and where each value came from, now and before. */
#ifndef SESSIONS_PROFILE_H
#define SESSIONS_PROFILE_H

#include "sessions/master.h"
#include "store/row.h"

/* Where a value comes from (product.md, "Profile fields"). The numbers stand in the database. */
enum profile_source { PROFILE_CARD_SIGNED = 1, PROFILE_CARD_READ = 2, PROFILE_UPSTREAM = 3, PROFILE_RESIDENT = 4 };
/* "card-signed", "card-read", "upstream", "resident"; static. */
const char *profile_source_name(enum profile_source s);

#define PROFILE_ISSUER_MAX 1024 /* bytes */

/* By what a `card-signed` value was verified. Kept with the value and sealed like it: the last day of a sign
 * certificate is a birthday of its holder. The serial number is not kept. Times are unix seconds. */
struct profile_proof {
    struct view issuer;            /* of the sign certificate, as text (RFC 4514); absent: there is no proof */
    int64_t not_before, not_after; /* of that certificate */
    int64_t at;                    /* when the card signed and the certificate was checked */
};

struct profile_value {
    struct view field; /* field id, like "name" */
    struct view json;  /* the value as JSON text */
    enum profile_source source;
    struct view as_of; /* day it was read, "YYYY-MM-DD" */
    /* One '0' or '1' for each character of the text as the card has it: '1' stands in for a character that the card
     * cannot write (代替文字). Absent: nobody said. */
    struct view substitutes;
    struct profile_proof proof;
    int64_t changed_at; /* out: unix seconds; changes with the value and only with it */
};

/* Is anything stored of RESIDENT now? */
enum err profile_has_values(bool *has, struct db *db, struct arena *a, struct ident resident) MUST_CHECK;

/* Values of a resident. FIELDS: only these (N_FIELDS of them); NULL: all. *OUT in A, sorted by field id; *N may be 0.
 * ERR_MISMATCH: a value does not open (moved, changed, or another key); ERR_UNAVAILABLE: the master key is not there:
 * nothing is given then. */
enum err profile_find(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                      struct ident resident, const struct view *fields, size_t n_fields) MUST_CHECK;

/* The same without the values: field, source, as_of and changed_at, which is all that deciding whether she must be
 * asked needs; json, substitutes and proof are absent, unless one of them was recorded before these lay beside it: then
 * it is profile_find. What goes out is judged by what is sealed. */
enum err profile_outline(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                         struct ident resident, const struct view *fields, size_t n_fields) MUST_CHECK;

/* Everybody who has a value of FIELD, in batches: at most LIMIT values behind resident AFTER (IDENT_NONE: the first),
 * each opened and shown to FN with the field, source, JSON and substitutes. AFTER becomes the last one; *DONE: nobody
 * is behind. What is opened lies in A, to be emptied by the caller between batches. No view over the whole: who comes
 * meanwhile with an id that was passed is not seen. Errors as profile_find, and those of FN. */
typedef enum err profile_fn(void *ctx, struct ident resident, const struct profile_value *value);
enum err profile_scan(struct ident *after, bool *done, struct db *db, struct arena *a, struct master *m,
                      struct view field, size_t limit, profile_fn *fn, void *ctx) MUST_CHECK;

/* Records or replaces one value. Its changed_at stays when the value is the one that was there; otherwise it is NOW, or
 * one more than it was, so that two values of one second can be told apart. What is new (value, source or day) is added
 * to the history. */
enum err profile_record(struct db *db, struct arena *a, struct master *m, struct ident resident,
                        const struct profile_value *value, int64_t now) MUST_CHECK;

/* Removes one value; fine if there is none. */
enum err profile_erase(struct db *db, struct ident resident, struct view field, int64_t now) MUST_CHECK;

/* Is the value still the one whose changed_at is VERSION (0: there is none)? ERR_CONFLICT if not: somebody was faster.
 * Inside the job that then records another. */
enum err profile_check_version(struct db *db, struct arena *a, struct ident resident, struct view field,
                               int64_t version) MUST_CHECK;

/* A few values as one sealed blob, bound to RESIDENT and to what TOGETHER names (an interaction), and back. SEAL inside
 * a job. Errors as profile_find; ERR_NOT_FOUND: she has no data key, so nothing of hers can open. */
enum err profile_seal(struct view *out, struct db *db, struct arena *a, struct master *m, struct ident resident,
                      struct ident together, const struct profile_value *values, size_t n) MUST_CHECK;
enum err profile_unseal(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                        struct ident resident, struct ident together, struct view sealed) MUST_CHECK;

/* --- history ------------------------------------------------------------------------------------------------------ */

/* An older value stays sealed for so long after another took its place; that there was one, and from where, stays until
 * the resident leaves or PROFILE_HISTORY_MAX newer ones stand before it. */
#define PROFILE_HISTORY_S   (366 * 24 * 3600)
#define PROFILE_HISTORY_MAX 50

struct profile_past {
    struct view field;
    int64_t at;
    bool removed; /* the value was taken away; source and as_of mean nothing */
    enum profile_source source;
    struct view as_of;
    struct view json; /* absent: not held any more, or removed */
};

/* What the values of RESIDENT were, the present ones first: by field, newest first. In A. */
enum err profile_history(struct profile_past **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                         struct ident resident) MUST_CHECK;

/* Store job of the sweep: forgets at most LIMIT older values that are due at NOW; DONE: how many. */
struct profile_forget {
    int64_t now;
    size_t limit, done;
};
enum err profile_forget_job(struct db *db, void *ctx) MUST_CHECK;

#endif
