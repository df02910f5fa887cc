/* claim: a resident with a new card says that an older registration of the same verified person is hers. The likeness
 * is the keyed digest of the verified four (idp/rules/likeness.h). Writers run inside a store job. */
#ifndef SESSIONS_CLAIM_H
#define SESSIONS_CLAIM_H

#include "store/row.h"

#define LIKENESS_SIZE 32

/* DIGEST: LIKENESS_SIZE bytes; absent: she has none any more. */
enum err likeness_record(struct db *db, struct ident resident, struct view digest) MUST_CHECK;
/* ERR_NOT_FOUND: her values are not all verified. In A. */
enum err likeness_find(struct view *out, struct db *db, struct arena *a, struct ident resident) MUST_CHECK;

/* The other residents with DIGEST: how many (two stands for more), one of them, and whether that was there before
 * RESIDENT. */
struct likeness_others {
    size_t n;
    struct ident one;
    bool older;
};
enum err likeness_others(struct likeness_others *out, struct db *db, struct ident resident,
                         struct view digest) MUST_CHECK;

struct claim {
    struct view account_key; /* of the new card */
    struct ident claimant, account;
    struct view digest;
    int64_t created_at, due_at;
    int64_t refused_at; /* 0: not */
};

/* Writes or begins anew; ERR_CONFLICT: this card was refused before. */
enum err claim_record(struct db *db, const struct claim *c) MUST_CHECK;

/* Of a card. ERR_NOT_FOUND. In A. */
enum err claim_find(struct claim *out, struct db *db, struct arena *a, struct view account_key) MUST_CHECK;

/* Those on ACCOUNT that wait or are due, of claimants that are still there and still have the card; in A. */
enum err claim_list(struct claim **out, size_t *n, struct db *db, struct arena *a, struct ident account) MUST_CHECK;

/* Once and for all. ERR_NOT_FOUND: none such, or refused already. */
enum err claim_refuse(struct db *db, struct view account_key, struct ident account, int64_t now) MUST_CHECK;

/* The card is the older registration's from now on, and nothing is claimed any more. ERR_CONFLICT: it is not the
 * claimant's. */
enum err claim_settle(struct db *db, const struct claim *c, int64_t now) MUST_CHECK;

/* The only card of RESIDENT, *N: how many she has; absent unless one. In A. */
enum err claim_card(struct view *account_key, size_t *n, struct db *db, struct arena *a,
                    struct ident resident) MUST_CHECK;

#endif
