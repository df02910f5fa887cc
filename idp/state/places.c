#include "idp/state/places.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "http/net.h"

#define FILE_MAX (INT64_C(1) << 30)
#define DAMAGED  "is no MaxMind DB file, or a damaged one"

struct places {
    char *path, *folder;
    pthread_mutex_t reading; /* one opens anew at a time */
    struct stat seen;        /* what PATH was then; under READING */
    pthread_rwlock_t lock;   /* of DB */
    MMDB_s db;
};

/* Metadata is the file's word: a day that no calendar has is none. */
static int64_t made_at(const MMDB_s *db)
{
    return db->metadata.build_epoch < UINT64_C(253402300800) ? (int64_t)db->metadata.build_epoch : 0;
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

static enum err wrong(struct arena *a, const char **why, enum err e, const char *path, const char *what)
{
    *why = arena_printf(a, "places.database: %s: %s", path, what);
    return e;
}

static enum err open_file(int *fd, struct stat *st, struct arena *a, const char *path, const char **why)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us up */
    if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return wrong(a, why, ERR_NOT_FOUND, path, "there is no such file");
    if (*fd < 0)
        return wrong(a, why, errno == EACCES ? ERR_PERMISSION : ERR_IO, path, "cannot be read");
    if (fstat(*fd, st) != 0 || !S_ISREG(st->st_mode))
        return wrong(a, why, ERR_CONFIG, path, "is no file");
    if (st->st_size > FILE_MAX)
        return wrong(a, why, ERR_LIMIT, path, "is larger than 1 GiB");
    return st->st_size ? ERR_OK : wrong(a, why, ERR_CONFIG, path, DAMAGED); /* nothing cannot be mapped */
}

static bool is_same(const struct stat *x, const struct stat *y)
{
    return x->st_dev == y->st_dev && x->st_ino == y->st_ino && x->st_size == y->st_size &&
           x->st_mtim.tv_sec == y->st_mtim.tv_sec && x->st_mtim.tv_nsec == y->st_mtim.tv_nsec &&
           x->st_ctim.tv_sec == y->st_ctim.tv_sec && x->st_ctim.tv_nsec == y->st_ctim.tv_nsec;
}

/* libmaxminddb opens by name. */
static enum err map(MMDB_s *db, struct arena *a, int fd, const char *path, const char **why)
{
    const char *name = arena_printf(a, "/proc/self/fd/%d", fd);
    int status = name ? MMDB_open(name, MMDB_MODE_MMAP, db) : MMDB_OUT_OF_MEMORY_ERROR;
    if (status == MMDB_SUCCESS)
        return ERR_OK;
    if (status == MMDB_OUT_OF_MEMORY_ERROR)
        return wrong(a, why, ERR_MEMORY, path, "not enough memory");
    if (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR)
        return wrong(a, why, ERR_IO, path, "cannot be mapped");
    return wrong(a, why, ERR_CONFIG, path, DAMAGED);
}

/* A page that was looked at is ours until the kernel wants it back, and in the end that would be the whole file. */
static void let_go(const MMDB_s *db)
{
    madvise((void *)(uintptr_t)db->file_content, (size_t)db->file_size, MADV_DONTNEED);
}

/* Whoever writes over a file that is mapped, or cuts it off, takes us down (SIGBUS); so we map a copy. */
static enum err open_copy(MMDB_s *db, struct stat *seen, struct arena *a, const struct places *p, const char **why)
{
    struct stat after;
    int fd = -1, copy = -1;
    enum err e = open_file(&fd, seen, a, p->path, why);
    if (!e && (e = file_copy_unnamed(&copy, fd, p->folder, FILE_MAX)))
        wrong(a, why, e, p->path, arena_printf(a, "cannot be copied into %s: %s", p->folder, err_words(e)));
    if (!e && (fstat(fd, &after) != 0 || !is_same(seen, &after)))
        e = wrong(a, why, ERR_BUSY, p->path, "is being written");
    if (!e)
        e = map(db, a, copy, p->path, why);
    if (!e)
        let_go(db);
    if (fd >= 0)
        close(fd);
    if (copy >= 0)
        close(copy);
    return e;
}

static void log_opened(const struct places *p)
{
    const MMDB_metadata_s *m = &p->db.metadata;
    log_event(LOG_INFO, "places_read", LOG_STR("file", p->path), LOG_STR("kind", m->database_type),
              LOG_INT("made_at", made_at(&p->db)));
}

enum err places_open(struct places **out, struct arena *a, const char *path, const char *folder, const char **why)
{
    struct places *p = calloc(1, sizeof *p);
    *out = NULL;
    *why = "not enough memory";
    if (!p || !(p->path = strdup(path)) || !(p->folder = strdup(folder))) {
        if (p)
            free(p->path);
        free(p);
        return ERR_MEMORY;
    }
    enum err e = open_copy(&p->db, &p->seen, a, p, why);
    if (e) {
        free(p->path);
        free(p->folder);
        free(p);
        return e;
    }
    INSIST(pthread_mutex_init(&p->reading, NULL) == 0 && pthread_rwlock_init(&p->lock, NULL) == 0);
    log_opened(p);
    *out = p;
    return ERR_OK;
}

void places_close(struct places *p)
{
    if (!p)
        return;
    MMDB_close(&p->db);
    pthread_rwlock_destroy(&p->lock);
    pthread_mutex_destroy(&p->reading);
    free(p->path);
    free(p->folder);
    free(p);
}

/* Under READING. */
static enum err open_anew(struct places *p, struct arena *a, const char **why)
{
    struct stat now;
    MMDB_s next, last;
    if (stat(p->path, &now) == 0 && is_same(&now, &p->seen))
        return ERR_OK;
    enum err e = open_copy(&next, &now, a, p, why);
    if (e)
        return e;
    INSIST(pthread_rwlock_wrlock(&p->lock) == 0);
    last = p->db;
    p->db = next;
    INSIST(pthread_rwlock_unlock(&p->lock) == 0);
    MMDB_close(&last);
    p->seen = now;
    log_opened(p);
    return ERR_OK;
}

enum err places_reload(struct places *p, struct arena *a, const char **why)
{
    INSIST(pthread_mutex_lock(&p->reading) == 0);
    enum err e = open_anew(p, a, why);
    INSIST(pthread_mutex_unlock(&p->reading) == 0);
    return e;
}

enum err places_check(struct places_about *about, struct arena *a, const char *path, const char **why)
{
    struct stat st;
    MMDB_s db;
    int fd = -1;
    enum err e = open_file(&fd, &st, a, path, why);
    if (!e && !(e = map(&db, a, fd, path, why))) {
        *about = (struct places_about){arena_text(a, view_text(db.metadata.database_type)), made_at(&db)};
        MMDB_close(&db);
    }
    if (fd >= 0)
        close(fd);
    return e;
}

/* --- looking up --------------------------------------------------------------------------------------------------- */

static struct view find_name(MMDB_entry_s *entry, struct arena *a, const char *what, const char *language)
{
    MMDB_entry_data_s data;
    if (MMDB_get_value(entry, &data, what, "names", language, NULL) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING)
        return VIEW_NONE;
    struct view name = view_bytes(data.utf8_string, data.data_size);
    if (name.n == 0 || name.n > PLACES_NAME_MAX || !text_is_plain(name))
        return VIEW_NONE;
    return arena_copy(a, name);
}

static void find_names(struct view *ja, struct view *en, MMDB_entry_s *entry, struct arena *a, const char *what)
{
    *ja = find_name(entry, a, what, "ja");
    *en = find_name(entry, a, what, "en");
    if (!view_is(*ja))
        *ja = *en;
    if (!view_is(*en))
        *en = *ja;
}

static int look_up(MMDB_lookup_result_s *out, const MMDB_s *db, const struct net_address *address)
{
    int status = MMDB_SUCCESS;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memcpy(&v4.sin_addr, address->bytes + 12, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, address->bytes, sizeof v6.sin6_addr);
    *out = MMDB_lookup_sockaddr(db,
                                net_is_v4(address) ? (const struct sockaddr *)(const void *)&v4
                                                   : (const struct sockaddr *)(const void *)&v6,
                                &status);
    return status;
}

/* Under LOCK. */
static void find(struct session_place *out, const struct places *p, struct arena *a, const struct net_address *address)
{
    MMDB_lookup_result_s found;
    int status = look_up(&found, &p->db, address);
    if (status == MMDB_SUCCESS && found.found_entry) {
        find_names(&out->country, &out->country_en, &found.entry, a, "country");
        find_names(&out->city, &out->city_en, &found.entry, a, "city");
    } else if (status != MMDB_SUCCESS && status != MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) {
        log_event(LOG_WARN, "place_not_read", LOG_STR("file", p->path), LOG_STR("why", MMDB_strerror(status)));
    }
    let_go(&p->db);
}

struct session_place places_find(struct places *p, struct arena *a, const char *address)
{
    struct session_place out = {VIEW_NONE, VIEW_NONE, VIEW_NONE, VIEW_NONE};
    struct net_address where;
    if (!p || !net_address_read(&where, view_text(address)) || net_is_private(&where))
        return out;
    INSIST(pthread_rwlock_rdlock(&p->lock) == 0);
    find(&out, p, a, &where);
    INSIST(pthread_rwlock_unlock(&p->lock) == 0);
    return out;
}
