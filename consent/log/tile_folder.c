#include "consent/log/tile_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLUSH_EACH = 64 }; /* files from which on one flush of the whole disk is cheaper than one for each */

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* The first N bytes of a file that has ALL. */
static enum err read_bytes(const char *path, size_t n, size_t all, uint8_t *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : errno == EACCES ? ERR_PERMISSION : ERR_IO;
    enum err err = fstat(fd, &st) != 0 ? ERR_IO : st.st_size != (off_t)all ? ERR_MISMATCH : ERR_OK;
    for (size_t at = 0; at < n && !err;) {
        ssize_t got = read(fd, out + at, n - at);
        if (got > 0)
            at += (size_t)got;
        else if (got == 0 || errno != EINTR)
            err = ERR_IO;
    }
    close(fd);
    return err;
}

static enum err read_tile(const char *folder, int level, int64_t n, unsigned width, size_t each, uint8_t *out)
{
    char name[TILE_PATH_MAX], path[PATH_MAX];
    tile_path(name, level, n, width);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return ERR_LIMIT;
    enum err err = read_bytes(path, width * each, width * each, out);
    if (err != ERR_NOT_FOUND || width == TILE_WIDTH)
        return err;
    tile_path(name, level, n, TILE_WIDTH);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_bytes(path, width * each, TILE_WIDTH * each, out);
}

enum err tile_folder_read(void *folder, unsigned level, int64_t n, unsigned width, uint8_t *out)
{
    return read_tile(folder, (int)level, n, width, TREE_HASH, out);
}

enum err tile_folder_read_entries(const char *folder, int64_t n, unsigned width, uint8_t *out)
{
    return read_tile(folder, TILE_ENTRIES, n, width, TILE_ENTRY, out);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

/* Every folder on the way to PATH; readable for all, as what is in them is public. */
static enum err make_folders(char *path, size_t from, bool *any)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool made = mkdir(path, 0755) == 0;
        bool ok = made ? chmod(path, 0755) == 0 : errno == EEXIST;
        *slash = '/';
        *any = *any || made;
        if (!ok)
            return errno == EACCES || errno == EPERM ? ERR_PERMISSION : ERR_IO;
    }
    return ERR_OK;
}

/* Without a flush; the rename keeps readers from ever seeing half a file. */
static enum err write_loose(const char *path, struct view v)
{
    char temp[PATH_MAX];
    if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp)
        return ERR_LIMIT;
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return ERR_IO;
    bool ok = write(fd, v.p, v.n) == (ssize_t)v.n && fchmod(fd, 0644) == 0;
    ok = close(fd) == 0 && ok;
    if (ok && rename(temp, path) == 0)
        return ERR_OK;
    unlink(temp);
    return ERR_IO;
}

static void drop_partials(const char *full)
{
    char folder[PATH_MAX + 4], path[PATH_MAX + 264];
    struct dirent *entry;
    snprintf(folder, sizeof folder, "%s.p", full);
    DIR *d = opendir(folder);
    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            unlink(path);
        }
    if (d)
        closedir(d);
    rmdir(folder);
}

static enum err path_of(char path[PATH_MAX], const struct tile_writer *w, int level, int64_t n, unsigned width)
{
    char name[TILE_PATH_MAX];
    tile_path(name, level, n, width);
    return snprintf(path, PATH_MAX, "%s/%s", w->folder, name) < PATH_MAX - 8 ? ERR_OK : ERR_LIMIT;
}

static enum err write_tile(struct tile_writer *w, int level, int64_t n, unsigned width, struct view bytes)
{
    char path[PATH_MAX];
    enum err err = path_of(path, w, level, n, width);
    if (!err)
        err = make_folders(path, strlen(w->folder) + 1, &w->made_folders);
    return err ? err : write_loose(path, bytes);
}

/* A hash for LEVEL; W->size counts the leaf already. */
static enum err push(struct tile_writer *w, unsigned level, const uint8_t hash[TREE_HASH])
{
    uint8_t root[TREE_HASH];
    INSIST(level < TILE_LEVELS);
    memcpy(w->tile[level][w->width[level]++], hash, TREE_HASH);
    if (w->width[level] < TILE_WIDTH)
        return ERR_OK;
    enum err err =
        write_tile(w, (int)level, tile_number((int)level, w->size) - 1, TILE_WIDTH, VIEW_ARRAY(w->tile[level]));
    if (err)
        return err;
    w->width[level] = 0;
    tile_root(root, (const uint8_t(*)[TREE_HASH])w->tile[level]);
    return push(w, level + 1, root);
}

enum err tile_writer_append(struct tile_writer *w, unsigned type, const uint8_t digest[SHA256_SIZE])
{
    uint8_t hash[TREE_HASH], *entry = w->entries + (size_t)(w->size % TILE_WIDTH) * TILE_ENTRY;
    entry[0] = 0;
    entry[1] = LEAF_SIZE;
    leaf_write(entry + 2, type, digest);
    leaf_hash(hash, type, digest);
    w->size++;
    enum err err = ERR_OK;
    if (w->size % TILE_WIDTH == 0)
        err = write_tile(w, TILE_ENTRIES, w->size / TILE_WIDTH - 1, TILE_WIDTH, VIEW_ARRAY(w->entries));
    return err ? err : push(w, 0, hash);
}

/* A tile that is as it was when it was flushed last is not written again: nothing that a checkpoint stands on is
 * touched. */
static bool is_flushed(const struct tile_writer *w, unsigned level)
{
    int64_t n = tile_number((int)level, w->size);
    return tile_number((int)level, w->written) == n && tile_width((int)level, n, w->written) == w->width[level];
}

static enum err write_partials(struct tile_writer *w)
{
    enum err err = ERR_OK;
    if (w->width[0] > 0 && !is_flushed(w, 0))
        err = write_tile(w, TILE_ENTRIES, w->size / TILE_WIDTH, w->width[0],
                         view_bytes(w->entries, (size_t)w->width[0] * TILE_ENTRY));
    for (unsigned level = 0; level < TILE_LEVELS && !err; level++)
        if (w->width[level] > 0 && !is_flushed(w, level))
            err = write_tile(w, (int)level, tile_number((int)level, w->size), w->width[level],
                             view_bytes(w->tile[level], (size_t)w->width[level] * TREE_HASH));
    return err;
}

/* --- to the disk ------------------------------------------------------------------------------------------------- */

/* What is done to the files that were written since the last flush, one after another. */
struct flushing {
    const struct tile_writer *w;
    char folder[PATH_MAX]; /* of the last file */
    int64_t files;
};
typedef enum err flush_fn(struct flushing *f, const char *path, bool is_full);

static enum err each_level(struct flushing *f, int level, flush_fn *fn)
{
    const struct tile_writer *w = f->w;
    char path[PATH_MAX];
    unsigned from = level == TILE_ENTRIES ? 0 : (unsigned)level;
    int64_t end = tile_number((int)from, w->size);
    enum err err = ERR_OK;
    for (int64_t n = tile_number((int)from, w->written); n <= end && !err; n++) {
        unsigned width = n < end ? TILE_WIDTH : is_flushed(w, from) ? 0 : w->width[from];
        err = width ? path_of(path, w, level, n, width) : ERR_OK;
        if (!err && width)
            err = fn(f, path, width == TILE_WIDTH);
    }
    return err;
}

static enum err each_new(struct flushing *f, flush_fn *fn)
{
    enum err err = ERR_OK;
    for (int level = TILE_ENTRIES; level < TILE_LEVELS && !err; level++)
        err = each_level(f, level, fn);
    return err;
}

static enum err count_file(struct flushing *f, const char *path, bool is_full)
{
    (void)path, (void)is_full;
    f->files++;
    return ERR_OK;
}

static enum err sync_path(const char *path, int flags, int (*sync)(int fd))
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    enum err err = fd >= 0 && sync(fd) == 0 ? ERR_OK : ERR_IO;
    if (fd >= 0)
        close(fd);
    return err;
}

static enum err sync_file(struct flushing *f, const char *path, bool is_full)
{
    (void)f, (void)is_full;
    return sync_path(path, 0, fsync);
}

/* The names of FOLDER and of those it lies in, up to ours, whose own name is not ours to keep. */
static enum err sync_above(const struct tile_writer *w, const char *folder)
{
    char path[PATH_MAX];
    enum err err = ERR_OK;
    snprintf(path, sizeof path, "%s", folder);
    for (size_t end = strlen(w->folder); strlen(path) > end && !err;) {
        *strrchr(path, '/') = 0;
        err = sync_path(path, O_DIRECTORY, fsync);
    }
    return err;
}

/* The names, once for those that lie beside each other. */
static enum err sync_name(struct flushing *f, const char *path, bool is_full)
{
    size_t n = (size_t)(strrchr(path, '/') - path);
    (void)is_full;
    if (strlen(f->folder) == n && memcmp(f->folder, path, n) == 0)
        return ERR_OK;
    memcpy(f->folder, path, n);
    f->folder[n] = 0;
    enum err err = sync_path(f->folder, O_DIRECTORY, fsync);
    return err || !f->w->made_folders ? err : sync_above(f->w, f->folder);
}

/* "MAY delete any partial tile once the corresponding full tile is available": after an outage, too. */
static enum err drop_partials_of(struct flushing *f, const char *path, bool is_full)
{
    (void)f;
    if (is_full)
        drop_partials(path);
    return ERR_OK;
}

static enum err sync_new(struct flushing *f)
{
    enum err err = each_new(f, count_file);
    if (!err && f->files > FLUSH_EACH)
        return sync_path(f->w->folder, O_DIRECTORY, syncfs);
    if (!err)
        err = each_new(f, sync_file);
    return err ? err : each_new(f, sync_name);
}

enum err tile_writer_flush(struct tile_writer *w)
{
    struct flushing f = {.w = w};
    if (w->written == w->size)
        return ERR_OK;
    enum err err = write_partials(w);
    if (!err)
        err = sync_new(&f);
    if (!err)
        err = each_new(&f, drop_partials_of);
    if (err)
        return err;
    w->written = w->size;
    w->made_folders = false;
    return ERR_OK;
}

/* --- opening ----------------------------------------------------------------------------------------------------- */

enum err tile_writer_open(struct tile_writer *w, const char *folder, int64_t size)
{
    memset(w, 0, sizeof *w);
    w->folder = folder;
    w->size = w->written = size;
    w->made_folders = true;
    enum err err = ERR_OK;
    for (unsigned level = 0; level < TILE_LEVELS && !err; level++) {
        int64_t n = tile_number((int)level, w->size);
        w->width[level] = tile_width((int)level, n, size);
        if (w->width[level] > 0)
            err = read_tile(folder, (int)level, n, w->width[level], TREE_HASH, &w->tile[level][0][0]);
    }
    if (!err && w->width[0] > 0)
        err = read_tile(folder, TILE_ENTRIES, size / TILE_WIDTH, w->width[0], TILE_ENTRY, w->entries);
    return err;
}

void tile_writer_tree(struct tree *out, const struct tile_writer *w)
{
    tree_open(out);
    for (unsigned level = TILE_LEVELS; level-- > 0;)
        for (unsigned i = 0; i < w->width[level]; i++)
            tree_append_subtree(out, level * TILE_HEIGHT, w->tile[level][i]);
}
