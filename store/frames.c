#include "store/frames.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The SQLite file format, 4.1: a frame of the log is a head of 24 bytes and a page; bytes 4 to 7 of the head are not
 * zero in the last frame of a commit. */
enum { HEAD = 24, HELD_MAX = 16 * (HEAD + 4096) };

/* The log of one connection. What is held is one run of frames that were appended behind what is in the file. */
struct log {
    sqlite3_file base;
    sqlite3_file *file; /* SQLite's own, behind this struct */
    uint8_t *held;      /* NULL: there was no memory, and everything goes straight through */
    int n;
    sqlite3_int64 at, end; /* of what is held in the file; where the next frame would go, -1: unknown */
    bool in_frame, last;   /* a page must follow; it ends the commit */
};

static struct log *log_of(sqlite3_file *f)
{
    return (struct log *)f;
}

static int flush(struct log *l)
{
    int n = l->n;
    l->n = 0;
    l->in_frame = false;
    return n ? l->file->pMethods->xWrite(l->file, l->held, n, l->at) : SQLITE_OK;
}

static bool ends_commit(const uint8_t head[HEAD])
{
    return head[4] | head[5] | head[6] | head[7];
}

/* A head that goes behind the last frame, or the page that belongs to the head that came just now. */
static bool is_append(const struct log *l, int n, sqlite3_int64 at)
{
    return l->held && at == l->end && (n == HEAD || l->in_frame) && l->n + n <= HELD_MAX;
}

static int append(struct log *l, const uint8_t *p, int n, sqlite3_int64 at)
{
    bool is_page = l->in_frame;
    l->at = l->n ? l->at : at;
    memcpy(l->held + l->n, p, (size_t)n);
    l->n += n;
    l->end = at + n;
    l->in_frame = !is_page;
    if (!is_page)
        l->last = ends_commit(p);
    return is_page && l->last ? flush(l) : SQLITE_OK;
}

/* Everything else goes straight into the file, behind what is held. */
static int log_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct log *l = log_of(f);
    if (is_append(l, n, at))
        return append(l, p, n, at);
    int rc = flush(l);
    l->end = at + n;
    return rc == SQLITE_OK ? l->file->pMethods->xWrite(l->file, p, n, at) : rc;
}

/* Whoever looks into the file finds all of it. SQLite reads heads back when it is about to write them anew, in the
 * middle of the log: nothing of that is held. */
static int log_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    struct log *l = log_of(f);
    int rc = flush(l);
    l->end = -1;
    return rc == SQLITE_OK ? l->file->pMethods->xRead(l->file, p, n, at) : rc;
}

static int log_close(sqlite3_file *f)
{
    struct log *l = log_of(f);
    int written = flush(l), closed = l->file->pMethods->xClose(l->file);
    free(l->held);
    l->held = NULL;
    return written == SQLITE_OK ? closed : written;
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct log *l = log_of(f);
    int rc = flush(l);
    l->end = -1;
    return rc == SQLITE_OK ? l->file->pMethods->xTruncate(l->file, size) : rc;
}

static int log_sync(sqlite3_file *f, int flags)
{
    struct log *l = log_of(f);
    int rc = flush(l);
    return rc == SQLITE_OK ? l->file->pMethods->xSync(l->file, flags) : rc;
}

static int log_size(sqlite3_file *f, sqlite3_int64 *size)
{
    struct log *l = log_of(f);
    int rc = flush(l);
    return rc == SQLITE_OK ? l->file->pMethods->xFileSize(l->file, size) : rc;
}

static int log_control(sqlite3_file *f, int what, void *arg)
{
    struct log *l = log_of(f);
    int rc = flush(l);
    return rc == SQLITE_OK ? l->file->pMethods->xFileControl(l->file, what, arg) : rc;
}

static int log_lock(sqlite3_file *f, int level)
{
    return log_of(f)->file->pMethods->xLock(log_of(f)->file, level);
}

static int log_unlock(sqlite3_file *f, int level)
{
    return log_of(f)->file->pMethods->xUnlock(log_of(f)->file, level);
}

static int log_check_lock(sqlite3_file *f, int *out)
{
    return log_of(f)->file->pMethods->xCheckReservedLock(log_of(f)->file, out);
}

static int log_sector(sqlite3_file *f)
{
    return log_of(f)->file->pMethods->xSectorSize(log_of(f)->file);
}

static int log_characteristics(sqlite3_file *f)
{
    return log_of(f)->file->pMethods->xDeviceCharacteristics(log_of(f)->file);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_characteristics,
};

/* --- the layer --------------------------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs *own; /* SQLite's */
static sqlite3_vfs layer;

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL))
        return own->xOpen(own, path, f, flags, out_flags);
    struct log *l = log_of(f);
    *l = (struct log){.file = (sqlite3_file *)(l + 1), .end = -1};
    int rc = own->xOpen(own, path, l->file, flags, out_flags);
    if (rc != SQLITE_OK)
        return rc;
    l->base.pMethods = &log_methods;
    l->held = malloc(HELD_MAX);
    return SQLITE_OK;
}

/* A copy of SQLite's own but for opening: the other functions of it ask for nothing that is in the struct. */
static void make_layer(void)
{
    own = sqlite3_vfs_find(NULL);
    if (!own)
        return;
    layer = *own;
    layer.zName = "genkan-frames";
    layer.szOsFile = (int)sizeof(struct log) + own->szOsFile;
    layer.pNext = NULL;
    layer.xOpen = open_file;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK)
        own = NULL;
}

const char *frames_vfs(void)
{
    pthread_once(&once, make_layer);
    return own ? layer.zName : NULL;
}
