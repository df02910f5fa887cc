/* card: the cards of one resident, old and new. Each is known by its account key alone. */
#ifndef SESSIONS_CARD_H
#define SESSIONS_CARD_H

#include "store/row.h"

#define CARDS_MAX 8 /* of one resident: a card lives ten years and its certificates five */

struct card {
    struct ident id; /* card_id */
    int64_t linked_at, used_at;
};

/* What a card is called outside of its own row: half the SHA-256 of its account key (32 bytes). */
struct ident card_id(struct view account_key);

/* Of RESIDENT, oldest first, in A. */
enum err card_list(struct card **out, size_t *n, struct db *db, struct arena *a, struct ident resident) MUST_CHECK;

/* One card and whose it is. ERR_NOT_FOUND: never seen. */
struct card_owner {
    struct ident resident;
    int64_t linked_at, used_at;
    int64_t answered_at; /* when a service had its say about its predecessors; 0: not yet */
};
enum err card_find(struct card_owner *out, struct db *db, struct arena *a, struct view account_key) MUST_CHECK;

/* The two below inside a store job. From FROM to another resident; ERR_CONFLICT: it is not FROM's. */
enum err card_move(struct db *db, struct view account_key, struct ident from, struct ident to, int64_t now) MUST_CHECK;
enum err card_record_answered(struct db *db, struct view account_key, int64_t now) MUST_CHECK;

/* Logs in no more. ERR_NOT_FOUND: she has no such card. ERR_CONFLICT: it is her only one. Inside a store job. */
enum err card_remove(struct db *db, struct arena *a, struct ident resident, struct ident id) MUST_CHECK;

#endif
