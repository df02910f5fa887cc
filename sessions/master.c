#include "sessions/master.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/seal.h"
#include "base/secret.h"
#include "base/text.h"

enum { PATH_SIZE = 4096, SMALL = 65536 };

struct key {
    struct key *older;
    int64_t number;
    uint8_t bytes[SEAL_KEY_SIZE];
};

/* Keys once read stay: the few there are stand in a list that only grows, and is read without a lock. */
struct master {
    _Atomic(struct key *) newest;
    pthread_mutex_t reading;
    char folder[PATH_SIZE];
};

static bool path_of(char out[PATH_SIZE], const char *folder, int64_t number)
{
    int n = snprintf(out, PATH_SIZE, "%s/profile-%" PRId64 ".key", folder, number);
    return number > 0 && n > 0 && n < PATH_SIZE;
}

bool master_is_there(const char *folder, int64_t number)
{
    char path[PATH_SIZE];
    return path_of(path, folder, number) && access(path, F_OK) == 0;
}

enum err master_make(const char *folder, int64_t number)
{
    char path[PATH_SIZE];
    uint8_t bytes[SEAL_KEY_SIZE];
    if (!path_of(path, folder, number))
        return ERR_LIMIT;
    if (access(path, F_OK) == 0)
        return ERR_OK;
    enum err e = file_make_folder(folder, 0700);
    if (e)
        return e;
    chance_bytes(bytes, sizeof bytes);
    e = file_write(path, VIEW_ARRAY(bytes), 0600);
    wipe(bytes, sizeof bytes);
    return e;
}

static bool number_of(struct view name, int64_t *out)
{
    static const char before[] = "profile-", behind[] = ".key";
    struct view digits = view_part(name, sizeof before - 1, name.n - (sizeof before - 1) - (sizeof behind - 1));
    return view_starts(name, VIEW("profile-")) && text_to_int(digits, out) && *out > 0;
}

static int by_number(const void *a, const void *b)
{
    const struct master_row *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

enum err master_list(struct master_row **out, size_t *n, struct arena *a, const char *folder)
{
    char **names, path[PATH_SIZE];
    size_t count;
    struct stat s;
    *n = 0;
    enum err e = file_list(a, folder, ".key", &names, &count);
    if (e)
        return e;
    *out = arena_array(a, count, sizeof **out);
    if (!*out)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct master_row row;
        if (!number_of(view_text(names[i]), &row.number) || !path_of(path, folder, row.number) || stat(path, &s) != 0)
            continue;
        row.made_at = s.st_mtime;
        (*out)[(*n)++] = row;
    }
    qsort(*out, *n, sizeof **out, by_number);
    return ERR_OK;
}

/* In place, so that the very blocks are overwritten; a disk that writes elsewhere (flash, copy on write) keeps them
 * until it needs the room. */
static enum err overwrite(const char *path)
{
    static const uint8_t nothing[SEAL_KEY_SIZE];
    FILE *f = fopen(path, "r+b");
    if (!f)
        return errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_PERMISSION : ERR_IO;
    bool ok = fwrite(nothing, sizeof nothing, 1, f) == 1 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = fclose(f) == 0 && ok;
    return ok ? ERR_OK : ERR_IO;
}

enum err master_destroy(const char *folder, int64_t number)
{
    char path[PATH_SIZE];
    if (!path_of(path, folder, number))
        return ERR_LIMIT;
    enum err e = overwrite(path);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    return unlink(path) == 0 ? ERR_OK : ERR_IO;
}

enum err master_open(struct master **out, const char *folder)
{
    struct master *m = calloc(1, sizeof *m);
    if (!m)
        return ERR_MEMORY;
    if (snprintf(m->folder, sizeof m->folder, "%s", folder) >= PATH_SIZE) {
        free(m);
        return ERR_LIMIT;
    }
    INSIST(pthread_mutex_init(&m->reading, NULL) == 0);
    *out = m;
    return ERR_OK;
}

void master_close(struct master *m)
{
    if (!m)
        return;
    for (struct key *k = atomic_load(&m->newest), *older; k; k = older) {
        older = k->older;
        wipe(k, sizeof *k);
        free(k);
    }
    pthread_mutex_destroy(&m->reading);
    free(m);
}

/* --- finding ----------------------------------------------------------------------------------------------------- */

static const struct key *find_read(struct master *m, int64_t number)
{
    for (const struct key *k = atomic_load_explicit(&m->newest, memory_order_acquire); k; k = k->older)
        if (k->number == number)
            return k;
    return NULL;
}

static enum err read_file(struct key *k, const char *folder)
{
    char path[PATH_SIZE];
    struct arena a;
    struct view bytes;
    if (!path_of(path, folder, k->number))
        return ERR_NOT_FOUND;
    arena_open(&a, SMALL);
    enum err e = file_read_secret(&a, path, SEAL_KEY_SIZE, &bytes);
    if (!e && bytes.n == SEAL_KEY_SIZE)
        memcpy(k->bytes, bytes.p, SEAL_KEY_SIZE);
    else if (!e || e == ERR_LIMIT)
        e = ERR_CONFIG;
    arena_close(&a);
    return e;
}

static enum err add(struct master *m, int64_t number)
{
    struct key *k = calloc(1, sizeof *k);
    if (!k)
        return ERR_MEMORY;
    k->number = number;
    enum err e = read_file(k, m->folder);
    if (e) {
        free(k);
        return e;
    }
    k->older = atomic_load(&m->newest);
    atomic_store_explicit(&m->newest, k, memory_order_release);
    return ERR_OK;
}

/* Also one that was made while we run: that is how a rotation reaches a running server. */
static enum err find(const struct key **out, struct master *m, int64_t number)
{
    *out = find_read(m, number);
    if (*out)
        return ERR_OK;
    enum err e = ERR_OK;
    INSIST(pthread_mutex_lock(&m->reading) == 0);
    if (!find_read(m, number))
        e = add(m, number);
    INSIST(pthread_mutex_unlock(&m->reading) == 0);
    *out = find_read(m, number);
    return e;
}

enum err master_wrap(struct master *m, struct arena *a, int64_t number, struct view aad, struct view key,
                     struct view *out)
{
    const struct key *k;
    enum err e = find(&k, m, number);
    return e ? e : seal_write_again(a, VIEW_ARRAY(k->bytes), aad, key, out);
}

enum err master_unwrap(struct master *m, struct arena *a, int64_t number, struct view aad, struct view wrapped,
                       struct view *out)
{
    const struct key *k;
    enum err e = find(&k, m, number);
    if (!e)
        e = seal_read_again(a, VIEW_ARRAY(k->bytes), aad, wrapped, out);
    return e == ERR_SYNTAX ? ERR_MISMATCH : e;
}
