/* resident: the person behind a card. The id never leaves Genkan. */
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

/* How her registration stands. Texts in A. ERR_NOT_FOUND: she has left, or never was. */
struct standing {
    int64_t created_at;
    int64_t disabled_at; /* 0: not; else no card of hers opens a session */
    struct view reason;  /* why it is disabled; else absent */
};
enum err resident_find_standing(struct standing *out, struct db *db, struct arena *a, struct ident resident) MUST_CHECK;
enum err resident_is_disabled(bool *is, struct db *db, struct arena *a, struct ident resident) MUST_CHECK;

/* Inside a store job. ERR_CONFLICT: it is so already, or there is no such resident. */
enum err resident_disable(struct db *db, struct ident resident, struct view reason, int64_t now) MUST_CHECK;
enum err resident_enable(struct db *db, struct ident resident) MUST_CHECK;

/* Whose login is it, of whose session the id begins with these 4 bytes (session_number)? ERR_NOT_FOUND: nobody's.
 * ERR_CONFLICT: of several residents. */
enum err resident_find_by_login(struct ident *out, struct db *db, struct view number) MUST_CHECK;

/* Removes the resident with cards, profile, data key, sessions and consents: without the data key nothing of hers
 * opens, wherever a copy of it may be. ERR_NOT_FOUND. */
enum err resident_erase(struct db *db, struct ident resident) MUST_CHECK;

#endif
