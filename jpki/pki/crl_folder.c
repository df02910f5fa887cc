#include "jpki/pki/crl_folder.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"

#define NAMES_MAX (8 * 1024 * 1024)
#define LIST_MAX  (64 * 1024) /* distribution point and the like; the entries are on the heap */
#define WHY_SIZE  256

/* Which file it was, and in which state. */
struct stamp {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

struct crl_list {
    atomic_uint holders;
    struct arena arena;
    struct stamp stamp;
    struct crl crl;
};

struct opening {
    struct crl_folder *folder;
    const struct trust *trust;
    const struct crl_folder *before;
    struct arena names;
    struct buf seen;
    char *why;
};

static enum err refuse(const struct opening *o, const char *file, const char *rule)
{
    if (o->why)
        snprintf(o->why, WHY_SIZE, "%s: %s", file, rule);
    return ERR_CONFIG;
}

/* --- one list -------------------------------------------------------------------------------------------------- */

static void list_close(struct crl_list *l)
{
    if (atomic_fetch_sub(&l->holders, 1) > 1)
        return;
    crl_close(&l->crl);
    arena_close(&l->arena);
    free(l);
}

static bool stamp_of(struct stamp *out, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    *out = (struct stamp){.device = st.st_dev, .number = st.st_ino, .size = st.st_size, .changed = st.st_mtim};
    return true;
}

static bool is_same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->number == b->number && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static struct crl_list *find_before(const struct opening *o, const struct stamp *stamp)
{
    for (size_t i = 0; o->before && i < o->before->n; i++)
        if (is_same_stamp(&o->before->lists[i]->stamp, stamp))
            return o->before->lists[i];
    return NULL;
}

static enum err read_list(struct crl_list **out, const struct opening *o, const char *path, const struct stamp *stamp)
{
    enum crl_fault fault;
    struct crl_list *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return ERR_MEMORY;
    atomic_init(&l->holders, 1);
    arena_open(&l->arena, LIST_MAX);
    l->stamp = *stamp;
    enum err e = crl_read_file(&l->crl, &l->arena, o->trust, path, &fault);
    if (!e) {
        *out = l;
        return ERR_OK;
    }
    list_close(l);
    if (e == ERR_SYNTAX && fault == CRL_IS_DELTA) { /* nothing can be asked of it, and nothing is lost without it */
        o->folder->deltas++;
        return ERR_OK;
    }
    return e == ERR_SYNTAX ? refuse(o, path, crl_fault_text(fault)) : e == ERR_LIMIT ? refuse(o, path, "too big") : e;
}

static enum err add_file(struct opening *o, const char *path)
{
    struct stamp stamp;
    struct crl_folder *f = o->folder;
    if (f->n == CRL_FOLDER_MAX)
        return refuse(o, path, "too many CRLs");
    if (!stamp_of(&stamp, path))
        return ERR_IO;
    struct crl_list *l = find_before(o, &stamp);
    enum err e = ERR_OK;
    if (l)
        atomic_fetch_add(&l->holders, 1);
    else
        e = read_list(&l, o, path, &stamp);
    if (l)
        f->lists[f->n++] = l;
    return e;
}

/* --- the folder ------------------------------------------------------------------------------------------------ */

typedef enum err visit_fn(struct opening *o, const char *path);

/* Every *.crl below FOLDER; its two sub-folders need not be there. */
static enum err visit_all(struct opening *o, const char *folder, visit_fn *visit)
{
    static const char *const subs[] = {"", "/auth", "/sign"};
    for (size_t s = 0; s < 3; s++) {
        char **names;
        size_t n;
        const char *sub = arena_printf(&o->names, "%s%s", folder, subs[s]);
        enum err e = sub ? file_list(&o->names, sub, ".crl", &names, &n) : ERR_MEMORY;
        if (e == ERR_NOT_FOUND && s > 0)
            continue;
        for (size_t i = 0; !e && i < n; i++) {
            const char *path = arena_printf(&o->names, "%s/%s", sub, names[i]);
            e = path ? visit(o, path) : ERR_MEMORY;
        }
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err note_file(struct opening *o, const char *path)
{
    struct stamp stamp;
    if (!stamp_of(&stamp, path))
        return ERR_IO;
    buf_put_text(&o->seen, path);
    buf_printf(&o->seen, " %ju %ju %jd %jd.%ld\n", (uintmax_t)stamp.device, (uintmax_t)stamp.number,
               (intmax_t)stamp.size, (intmax_t)stamp.changed.tv_sec, stamp.changed.tv_nsec);
    return ERR_OK;
}

/* What lies there, as a digest. */
static enum err look(struct opening *o, const char *folder, uint8_t out[SHA256_SIZE])
{
    struct view text = VIEW_NONE;
    buf_open(&o->seen, NULL, NAMES_MAX);
    enum err e = visit_all(o, folder, note_file);
    if (!e)
        e = buf_done(&o->seen, &text);
    if (!e)
        sha256(out, text);
    buf_close(&o->seen);
    return e;
}

static int compare_points(struct view a, struct view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_lists(const void *a, const void *b)
{
    return compare_points((*(struct crl_list *const *)a)->crl.point, (*(struct crl_list *const *)b)->crl.point);
}

/* First what lies there is noted, then it is read: a file that changes meanwhile is read again at the next look. */
static enum err fill(struct opening *o, const char *folder)
{
    enum err e = look(o, folder, o->folder->seen);
    if (!e)
        e = visit_all(o, folder, add_file);
    if (e == ERR_NOT_FOUND && o->why && !*o->why)
        snprintf(o->why, WHY_SIZE, "%s: no such folder", folder);
    if (!e)
        qsort(o->folder->lists, o->folder->n, sizeof *o->folder->lists, compare_lists);
    return e;
}

enum err crl_folder_open(struct crl_folder **out, const char *folder, const struct trust *trust,
                         const struct crl_folder *before, char why[256])
{
    struct opening o = {.folder = calloc(1, sizeof *o.folder), .trust = trust, .before = before, .why = why};
    *out = NULL;
    if (why)
        *why = '\0';
    if (!o.folder)
        return ERR_MEMORY;
    arena_open(&o.names, NAMES_MAX);
    o.folder->lists = calloc(CRL_FOLDER_MAX, sizeof *o.folder->lists);
    enum err e = o.folder->lists ? fill(&o, folder) : ERR_MEMORY;
    arena_close(&o.names);
    if (e)
        crl_folder_close(o.folder);
    else
        *out = o.folder;
    return e;
}

void crl_folder_close(struct crl_folder *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        list_close(f->lists[i]);
    free(f->lists);
    free(f);
}

bool crl_folder_is_current(const struct crl_folder *f, const char *folder)
{
    uint8_t now[SHA256_SIZE];
    struct opening o = {0};
    arena_open(&o.names, NAMES_MAX);
    bool same = look(&o, folder, now) == ERR_OK && memcmp(now, f->seen, sizeof now) == 0;
    arena_close(&o.names);
    return same;
}

/* --- asking ---------------------------------------------------------------------------------------------------- */

/* The first list whose point is not before POINT: a binary search and not 8,000 comparisons. */
static size_t first_of(const struct crl_folder *f, struct view point)
{
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_points(f->lists[middle]->crl.point, point) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Full lists come first (their point is absent); behind them those of the certificate's own point. */
const struct crl *crl_folder_next(const struct crl_folder *f, const struct cert *c, const struct trust_root *root,
                                  size_t *at)
{
    size_t full = first_of(f, VIEW(" "));
    while (*at < f->n) {
        if (*at >= full) {
            size_t own = c->crl_point.p ? first_of(f, c->crl_point) : f->n;
            *at = *at > own ? *at : own;
        }
        if (*at >= f->n)
            return NULL;
        const struct crl *crl = &f->lists[(*at)++]->crl;
        if (crl_covers(crl, c, root))
            return crl;
        if (crl->point.p && !view_equal(crl->point, c->crl_point))
            return NULL;
    }
    return NULL;
}

void crl_folder_stock(const struct crl_folder *f, size_t *entries, int64_t *next_update)
{
    *entries = 0;
    *next_update = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct crl *crl = &f->lists[i]->crl;
        *entries += crl->serials.n;
        if (!*next_update || crl->next_update < *next_update)
            *next_update = crl->next_update;
    }
}
