/* data_key: a resident's own key. Her profile values are sealed with it, it is wrapped by a master key, and it stands
 * in the database beside the values as the one row without a field. When it goes, nothing of hers opens any more. */
#ifndef SESSIONS_DATA_KEY_H
#define SESSIONS_DATA_KEY_H

#include "sessions/master.h"
#include "store/row.h"

/* The key of RESIDENT, in A. ERR_NOT_FOUND: she has none. ERR_MISMATCH: it does not open. ERR_UNAVAILABLE, here and in
 * the functions below: the master key is not there. */
enum err data_key_find(struct view *key, struct db *db, struct arena *a, struct master *m,
                       struct ident resident) MUST_CHECK;

/* The same for who has read the row (its columns sealed and master). */
enum err data_key_unwrap(struct view *key, struct arena *a, struct master *m, struct ident resident,
                         struct view wrapped, int64_t number) MUST_CHECK;

/* Inside a write job: her key, made and wrapped by the current master key if she has none. */
enum err data_key_need(struct view *key, struct db *db, struct arena *a, struct master *m,
                       struct ident resident) MUST_CHECK;

/* The number of the master key that wraps from now on: what the database says, whoever changed it. */
enum err data_key_current(int64_t *number, struct db *db, struct arena *a) MUST_CHECK;

/* --- rotation: each is a store job; CTX: the struct -------------------------------------------------------------- */

/* From now on NUMBER wraps. ERR_CONFLICT: the one before it is not the current one (somebody else rotates). */
struct data_key_turn {
    struct arena *a;
    int64_t number;
};
enum err data_key_turn_job(struct db *db, void *ctx) MUST_CHECK;

/* Wraps at most BATCH data keys anew that another master key than the current one wraps; DONE: how many. 0: none are
 * left. Can be stopped and begun again at any time. */
struct data_key_rewrap {
    struct master *master;
    struct arena *a; /* emptied by the caller between batches */
    size_t batch, done;
};
enum err data_key_rewrap_job(struct db *db, void *ctx) MUST_CHECK;

/* How many data keys wait to be wrapped anew. */
enum err data_key_waiting(int64_t *n, struct db *db, struct arena *a) MUST_CHECK;

#endif
