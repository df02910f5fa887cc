#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err of_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERR_PERMISSION;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

static enum err read_all(struct arena *a, int fd, size_t limit, struct view *out)
{
    size_t n = 0, size = 4096 < limit + 1 ? 4096 : limit + 1;
    uint8_t *p = arena_alloc(a, size);
    while (p) {
        ssize_t got = read(fd, p + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        n += (size_t)got;
        if (n > limit)
            return ERR_LIMIT;
        if (got == 0) {
            *out = view_bytes(p, n);
            return ERR_OK;
        }
        if (n == size) {
            size_t larger = size * 2 < limit + 1 ? size * 2 : limit + 1;
            uint8_t *q = arena_alloc(a, larger);
            if (q)
                memcpy(q, p, n);
            p = q;
            size = larger;
        }
    }
    return ERR_MEMORY;
}

static enum err read_file(struct arena *a, const char *path, size_t limit, bool secret, struct view *out)
{
    *out = VIEW_NONE;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (secret ? O_NOFOLLOW : 0));
    if (fd < 0)
        return errno == ELOOP ? ERR_PERMISSION : of_errno();
    struct stat st;
    enum err e = ERR_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        e = secret ? ERR_PERMISSION : ERR_IO;
    else if (secret && (st.st_mode & 077))
        e = ERR_PERMISSION;
    if (!e)
        e = read_all(a, fd, limit, out);
    close(fd);
    return e;
}

enum err file_read(struct arena *a, const char *path, size_t limit, struct view *out)
{
    return read_file(a, path, limit, false, out);
}

enum err file_read_secret(struct arena *a, const char *path, size_t limit, struct view *out)
{
    return read_file(a, path, limit, true, out);
}

static enum err put_all(int fd, struct view v)
{
    while (v.n > 0) {
        ssize_t put = write(fd, v.p, v.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return ERR_IO;
        v = view_from(v, (size_t)put);
    }
    return ERR_OK;
}

static enum err write_all(int fd, struct view v)
{
    enum err e = put_all(fd, v);
    return e || fsync(fd) == 0 ? e : ERR_IO;
}

/* The entry of PATH in its folder is on the disk. */
static enum err sync_name(const char *path)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return ERR_LIMIT;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return of_errno();
    int failed = fsync(fd);
    close(fd);
    return failed ? ERR_IO : ERR_OK;
}

enum err file_write(const char *path, struct view v, unsigned mode)
{
    char temp[PATH_MAX];
    if (snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= (int)sizeof temp)
        return ERR_LIMIT;
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return of_errno();
    enum err e = fchmod(fd, (mode_t)mode) == 0 ? write_all(fd, v) : ERR_IO;
    close(fd);
    if (!e && rename(temp, path) != 0)
        e = of_errno();
    if (e) {
        unlink(temp);
        return e;
    }
    return sync_name(path);
}

enum err file_make_folder(const char *path, unsigned mode)
{
    struct stat st;
    bool made = mkdir(path, (mode_t)mode) == 0;
    if (made ? chmod(path, (mode_t)mode) != 0 : errno != EEXIST || stat(path, &st) != 0)
        return of_errno();
    if (!made && !S_ISDIR(st.st_mode))
        return ERR_IO;
    enum err e = sync_name(path);                     /* whoever made it may have ended before */
    return e == ERR_PERMISSION && !made ? ERR_OK : e; /* it lies in a folder of others, who made it */
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Room for one more name: the list doubles. */
static bool make_room(struct arena *a, char ***names, size_t n, size_t *room)
{
    if (n < *room)
        return true;
    char **larger = arena_array(a, *room * 2, sizeof **names);
    if (!larger)
        return false;
    memcpy(larger, *names, n * sizeof **names);
    *names = larger;
    *room *= 2;
    return true;
}

static enum err collect(struct arena *a, DIR *d, const char *suffix, char ***names, size_t *n, size_t room)
{
    errno = 0; /* the only way to tell the end from a failure */
    for (struct dirent *entry; (entry = readdir(d)); errno = 0) {
        if (entry->d_name[0] == '.' || !view_ends(view_text(entry->d_name), view_text(suffix)))
            continue;
        if (!make_room(a, names, *n, &room))
            return ERR_MEMORY;
        (*names)[*n] = arena_text(a, view_text(entry->d_name));
        if (!(*names)[*n])
            return ERR_MEMORY;
        ++*n;
    }
    return errno ? ERR_IO : ERR_OK;
}

enum err file_list(struct arena *a, const char *folder, const char *suffix, char ***names, size_t *n)
{
    enum { FIRST = 64 };
    *n = 0;
    *names = arena_array(a, FIRST, sizeof **names);
    if (!*names)
        return ERR_MEMORY;
    DIR *d = opendir(folder);
    if (!d)
        return of_errno();
    enum err e = collect(a, d, suffix, names, n, FIRST);
    closedir(d);
    if (!e)
        qsort(*names, *n, sizeof **names, by_bytes);
    return e;
}

static int open_unnamed(const char *folder)
{
    char path[PATH_MAX];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    /* a file system that cannot: it has a name for a moment */
    if ((size_t)snprintf(path, sizeof path, "%s/unnamed.XXXXXX", folder) >= sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static enum err copy_all(int to, int from, size_t limit)
{
    char part[65536];
    size_t done = 0;
    enum err e = ERR_OK;
    while (!e) {
        ssize_t n = pread(from, part, sizeof part, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? ERR_IO : ERR_OK;
        e = (size_t)n > limit - done ? ERR_LIMIT : put_all(to, view_bytes(part, (size_t)n));
        done += (size_t)n;
    }
    return e;
}

enum err file_copy_unnamed(int *fd, int from, const char *folder, size_t limit)
{
    *fd = open_unnamed(folder);
    if (*fd < 0)
        return of_errno();
    enum err e = copy_all(*fd, from, limit);
    if (e) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

enum err file_lock(int *fd, const char *path)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return of_errno();
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    enum err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
    close(*fd);
    *fd = -1;
    return e;
}
