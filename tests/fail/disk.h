/* disk: a disk that fails, is slow, or forgets what was not flushed. SQLite's calls go through disk.c. */
#ifndef TESTS_FAIL_DISK_H
#define TESTS_FAIL_DISK_H

#include <stdbool.h>

enum operation { DISK_WRITE, DISK_FLUSH, OPERATIONS };

/* The N-th operation from now on reports ERROR, once; 0: none does. */
void disk_fail(enum operation o, int n, int error);
/* Did that operation never come? Nothing fails any more. */
bool disk_never_failed(enum operation o);

/* This thread only looks: nothing it does fails, or counts. */
void disk_spare(bool spare);

/* Every flush takes MS longer. */
void disk_slow(int ms);

/* From now on FOLDER (below that of the database) holds what the disk remembers of genkan.db: what was flushed last.
 * NULL: no longer. */
void disk_watch(const char *folder);
/* What it remembers now, in another folder. */
bool disk_restore(const char *folder);

#endif
