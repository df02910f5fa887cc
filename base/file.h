/* file: whole small files, read with a limit and written so that a crash leaves the old one or the new one. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/err.h"

/* The contents, at most LIMIT bytes. ERR_NOT_FOUND, ERR_PERMISSION, ERR_LIMIT, ERR_IO, ERR_MEMORY. */
enum err file_read(struct arena *a, const char *path, size_t limit, struct view *out) MUST_CHECK;

/* Like file_read, but refuses (ERR_PERMISSION) a file that group or others may read or write, and anything that is no
 * regular file: for keys. */
enum err file_read_secret(struct arena *a, const char *path, size_t limit, struct view *out) MUST_CHECK;

/* Temporary file beside it, fsync, rename, fsync of the folder. MODE like 0600. */
enum err file_write(const char *path, struct view v, unsigned mode) MUST_CHECK;

/* The folder PATH is there, made with exactly MODE (like 0700) if it was not, and its name is on the disk, whoever made
 * it. Its parent must be there: ERR_NOT_FOUND. ERR_PERMISSION, ERR_IO (or something else has that name). */
enum err file_make_folder(const char *path, unsigned mode) MUST_CHECK;

/* A copy of what FROM holds from its beginning, at most LIMIT bytes, in FOLDER but without a name: whoever writes over
 * the original, or cuts it off, does not touch it. Read it through /proc/self/fd; it is gone with *FD. ERR_LIMIT. */
enum err file_copy_unnamed(int *fd, int from, const char *folder, size_t limit) MUST_CHECK;

/* Takes the lock file at PATH, which is made (0600), until *FD is closed or the process ends, however it ends.
 * ERR_BUSY: another one has it. */
enum err file_lock(int *fd, const char *path) MUST_CHECK;

/* Names in a folder that end in SUFFIX, sorted by bytes; *names in the arena. */
enum err file_list(struct arena *a, const char *folder, const char *suffix, char ***names, size_t *n) MUST_CHECK;

#endif
