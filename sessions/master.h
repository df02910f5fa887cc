/* master: the keys that wrap residents' data keys (sessions/data_key.h). They have numbers and are not in the database:
 * files <folder>/profile-<number>.key, 32 bytes, 0600. Nobody but this file sees their bytes, so that a token (PKCS#11)
 * can take the place of the files. */
#ifndef SESSIONS_MASTER_H
#define SESSIONS_MASTER_H

#include "base/arena.h"
#include "base/err.h"

struct master; /* shared between threads; a number it has not seen yet is looked for in the folder */

/* Makes key NUMBER (1 and up) in FOLDER, which is made (0700) if need be; durable. One that is there already stays. */
enum err master_make(const char *folder, int64_t number) MUST_CHECK;

/* Overwrites and removes key NUMBER; fine if there is none. Whatever only it could open is lost. */
enum err master_destroy(const char *folder, int64_t number) MUST_CHECK;

/* Is there a file for key NUMBER? */
bool master_is_there(const char *folder, int64_t number);

/* The numbers of the keys that are in FOLDER, and when each was made (unix seconds); in the arena, by number. */
struct master_row {
    int64_t number, made_at;
};
enum err master_list(struct master_row **out, size_t *n, struct arena *a, const char *folder) MUST_CHECK;

enum err master_open(struct master **out, const char *folder) MUST_CHECK;
void master_close(struct master *m); /* NULL is allowed */

/* Seals KEY to AAD with master key NUMBER / opens what was sealed. ERR_NOT_FOUND: there is no such master key.
 * ERR_CONFIG, ERR_PERMISSION: its file cannot be used. ERR_MISMATCH: does not open. */
enum err master_wrap(struct master *m, struct arena *a, int64_t number, struct view aad, struct view key,
                     struct view *out) MUST_CHECK;
enum err master_unwrap(struct master *m, struct arena *a, int64_t number, struct view aad, struct view wrapped,
                       struct view *out) MUST_CHECK;

#endif
