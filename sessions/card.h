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

/* Logs in no more. ERR_NOT_FOUND: she has no such card. ERR_CONFLICT: it is her only one. Inside a store job. */
enum err card_remove(struct db *db, struct arena *a, struct ident resident, struct ident id) MUST_CHECK;

#endif
