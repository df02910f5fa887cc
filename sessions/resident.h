/* resident: the person behind a card, and the profile values we hold. The id never leaves Genkan. */
#ifndef SESSIONS_RESIDENT_H
#define SESSIONS_RESIDENT_H

#include "store/row.h"

#define ACCOUNT_KEY_SIZE 32

/* Whose card is this? ACCOUNT_KEY: HMAC-SHA256 of issuer and serial number with a key of the data folder, 32 bytes.
 * ERR_NOT_FOUND: a card never seen. */
enum err resident_find_by_card(struct ident *out, struct db *db, struct arena *a, struct view account_key) MUST_CHECK;

/* A new resident without cards or profile. */
enum err resident_mint(struct ident *out, struct db *db, int64_t now) MUST_CHECK;

/* ERR_CONFLICT: this card is another resident's (linking it again to the same one is fine). */
enum err resident_link_card(struct db *db, struct ident resident, struct view account_key, int64_t now) MUST_CHECK;

/* The three above in one: the resident of a card, made if need be. *IS_NEW may be NULL. For the job of a card login. */
enum err resident_of_card(struct ident *out, bool *is_new, struct db *db, struct arena *a, struct view account_key,
                          int64_t now) MUST_CHECK;

/* Where a value comes from (product.md, "Profile fields"). The numbers stand in the database. */
enum profile_source { PROFILE_CARD_SIGNED = 1, PROFILE_CARD_READ = 2, PROFILE_UPSTREAM = 3, PROFILE_RESIDENT = 4 };
/* "card-signed", "card-read", "upstream", "resident"; static. */
const char *profile_source_name(enum profile_source s);

struct profile_value {
    struct view field; /* field id, like "name" */
    struct view json;  /* the value as JSON text */
    enum profile_source source;
    struct view as_of;  /* day it was read, "YYYY-MM-DD" */
    int64_t changed_at; /* out: unix seconds; changes with the value and only with it */
};

/* Values of a resident, sealed at rest with KEY (SEAL_KEY_SIZE bytes), bound to resident and field. FIELDS: only these
 * (N_FIELDS of them); NULL: all. *OUT in A, sorted by field id; *N may be 0. ERR_MISMATCH: a value does not open
 * (moved, changed, or another key): nothing is given then. */
enum err profile_find(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct view key,
                      struct ident resident, const struct view *fields, size_t n_fields) MUST_CHECK;

/* Records or replaces one value. Its changed_at stays when the value is the one that was there; otherwise it is NOW, or
 * one more than it was, so that two values of one second can be told apart. */
enum err profile_record(struct db *db, struct arena *a, struct view key, struct ident resident,
                        const struct profile_value *value, int64_t now) MUST_CHECK;

/* Removes one value; fine if there is none. */
enum err profile_erase(struct db *db, struct ident resident, struct view field) MUST_CHECK;

/* Removes the resident with cards, profile, sessions and consents. ERR_NOT_FOUND. */
enum err resident_erase(struct db *db, struct ident resident) MUST_CHECK;

#endif
