#include "store/used.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A lock would be one of a process, which may be killed while it has it. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "slots are shared between processes");
_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "a slot is a word of the file");

/* The ids of one step of time are in one part, each in the first free slot of REACH from its home on (from the end of
 * the part it goes on at its beginning). */
enum { STEP_S = 2, PARTS = 31, PART_SLOTS = 8192, REACH = 64 };
_Static_assert((PARTS - 1) * STEP_S >= USED_REMEMBERED_S, "so long, whatever the moment");

/* Behind them: for all ids that share a place when one of them ended last, milliseconds; 0: never. */
enum { ENDS = PART_SLOTS };
#define FILE_SIZE ((size_t)(PARTS * PART_SLOTS + ENDS) * sizeof(uint64_t))

/* A slot is 24 bits of the step of time and 40 bits of the digest; 0: never used. */
#define DIGEST_BITS 40
#define STEP_MASK   UINT64_C(0xffffff)
#define RELEASED    ((UINT64_C(1) << DIGEST_BITS) - 1) /* in place of a digest: taken, and given back */

struct used {
    _Atomic uint64_t *slots;
    bool is_new;
};

/* --- the file --------------------------------------------------------------------------------------------------- */

static enum err of_errno(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case ELOOP: /* O_NOFOLLOW */
    case EISDIR:
    case ENXIO:
    case ENODEV:
        return ERR_CONFLICT;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_STORE;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

/* Also for a file that is there: its copy may have holes, and the first write into a hole of a file that is mapped
 * needs disk space; if there is none the process gets SIGBUS. */
static enum err allocate(int fd)
{
    int code;
    do
        code = posix_fallocate(fd, 0, FILE_SIZE);
    while (code == EINTR);
    return code ? of_errno(code) : ERR_OK;
}

/* A new one has its name when it is whole; if another process was faster, its file has the name. The flush is for the
 * size: after an outage it shall not be there shorter, to be refused. */
static enum err make(const char *path)
{
    char *temp = NULL;
    if (asprintf(&temp, "%s.XXXXXX", path) < 0)
        return ERR_MEMORY;
    int fd = mkostemp(temp, O_CLOEXEC); /* 0600 */
    enum err e = fd < 0 ? of_errno(errno) : allocate(fd);
    if (!e && (fsync(fd) != 0 || (link(temp, path) != 0 && errno != EEXIST)))
        e = of_errno(errno);
    if (fd >= 0) {
        unlink(temp);
        close(fd);
    }
    free(temp);
    return e;
}

static enum err check(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (!S_ISREG(st.st_mode) || st.st_size != (off_t)FILE_SIZE)
        return ERR_CONFLICT;
    return st.st_mode & 022 ? ERR_PERMISSION : ERR_OK; /* who writes into it can make a code good again */
}

static enum err map(struct used *u, int fd)
{
    enum err e = check(fd);
    if (!e)
        e = allocate(fd);
    if (e)
        return e;
    void *p = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return of_errno(errno);
    u->slots = p;
    return ERR_OK;
}

static int open_file(const char *path)
{
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static enum err open_or_make(int *fd, bool *is_new, const char *path)
{
    *fd = open_file(path);
    *is_new = *fd < 0 && errno == ENOENT;
    if (*is_new) {
        enum err e = make(path);
        if (e)
            return e;
        *fd = open_file(path);
    }
    return *fd < 0 ? of_errno(errno) : ERR_OK;
}

enum err used_open(struct used **out, const char *path)
{
    struct used *u = calloc(1, sizeof *u);
    if (!u)
        return ERR_MEMORY;
    int fd;
    enum err e = open_or_make(&fd, &u->is_new, path);
    if (!e)
        e = map(u, fd);
    if (fd >= 0)
        close(fd); /* the mapping stays */
    if (e)
        free(u);
    else
        *out = u;
    return e;
}

bool used_is_new(const struct used *u)
{
    return u->is_new;
}

void used_close(struct used *u)
{
    if (u)
        munmap((void *)(uintptr_t)u->slots, FILE_SIZE);
    free(u);
}

/* --- the slots -------------------------------------------------------------------------------------------------- */

/* An id as it stands in a slot, and where. */
struct mark {
    uint64_t value;
    size_t part, home;
};

static uint64_t number(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static struct mark mark_of(struct ident id)
{
    INSIST(ident_is(id));
    uint64_t step = number(id.b, 4) / STEP_S, digest = number(id.b + 6, 5);
    if (digest == 0)
        digest = 1;
    if (digest == RELEASED)
        digest = RELEASED - 1;
    return (struct mark){.value = (step & STEP_MASK) << DIGEST_BITS | digest,
                         .part = step % PARTS,
                         .home = number(id.b + 4, 2) % PART_SLOTS};
}

static _Atomic uint64_t *slot_at(const struct used *u, const struct mark *m, size_t i)
{
    return &u->slots[m->part * PART_SLOTS + (m->home + i) % PART_SLOTS];
}

/* What a slot is to a mark. Steps of time go round after 388 days: what is newer by more than BACK_MAX is of the round
 * before, and old. */
enum { BACK_MAX = 36 * 3600 / STEP_S };
enum standing { FREE, OWN, OTHERS, NEWER };

static enum standing standing(uint64_t slot, uint64_t mark)
{
    uint64_t newer_by = ((slot >> DIGEST_BITS) - (mark >> DIGEST_BITS)) & STEP_MASK;
    if (slot == mark)
        return OWN;
    if (slot == 0)
        return FREE;
    if (newer_by == 0)
        return OTHERS; /* or released: others went on behind it */
    return newer_by <= BACK_MAX ? NEWER : FREE;
}

/* Why no two who take one id hear USED_NEW. A slot is written only when it is free for what is written, so it only ever
 * moves to newer times, and once it is not free for an id it never is again (as long as no clock is set back by more
 * than that). Say that two had written the same mark. Not into one slot: for the second one it was not free. So one of
 * them went past the slot of the other, where it saw what was not free: not what was there before the other wrote, for
 * that was free; not the mark, or it had heard USED_BEFORE; so what came after the mark, which is newer. But who has
 * seen a newer one takes nothing.
 *
 * memory_order_seq_cst, the default: the argument needs no more than the order of each slot by itself, and where it
 * matters most (x86-64) it costs nothing more. */
enum used_verdict used_take(struct used *u, struct ident id)
{
    struct mark m = mark_of(id);
    bool late = false;
    for (size_t i = 0; i < REACH; i++) {
        _Atomic uint64_t *slot = slot_at(u, &m, i);
        uint64_t seen = atomic_load(slot);
        enum standing s;
        while ((s = standing(seen, m.value)) == FREE) {
            if (late)
                return USED_LATE; /* its mark may be what the newer one was written over */
            if (atomic_compare_exchange_strong(slot, &seen, m.value))
                return USED_NEW;
        }
        if (s == OWN)
            return USED_BEFORE;
        late = late || s == NEWER;
    }
    return late ? USED_LATE : USED_FULL;
}

/* NULL: not there. Behind a free slot it cannot be. */
static _Atomic uint64_t *find(const struct used *u, const struct mark *m)
{
    for (size_t i = 0; i < REACH; i++) {
        _Atomic uint64_t *slot = slot_at(u, m, i);
        enum standing s = standing(atomic_load(slot), m->value);
        if (s == OWN)
            return slot;
        if (s == FREE)
            return NULL;
    }
    return NULL;
}

bool used_is_taken(const struct used *u, struct ident id)
{
    struct mark m = mark_of(id);
    return find(u, &m) != NULL;
}

/* Never 0: a free slot before those of others would be taken by who comes again for theirs. If the slot has moved on
 * meanwhile, nothing is left to be released. */
void used_release(struct used *u, struct ident id)
{
    struct mark m = mark_of(id);
    _Atomic uint64_t *slot = find(u, &m);
    if (slot)
        atomic_compare_exchange_strong(slot, &m.value, m.value | RELEASED);
}

/* --- ends ------------------------------------------------------------------------------------------------------- */

/* Not of the first four bytes, which in the id of a code are its time. */
static _Atomic uint64_t *end_of(const struct used *u, struct ident id)
{
    INSIST(ident_is(id));
    return &u->slots[PARTS * PART_SLOTS + number(id.b + 4, 2) % ENDS];
}

void used_note_end(struct used *u, struct ident id, int64_t at_ms)
{
    _Atomic uint64_t *end = end_of(u, id);
    uint64_t seen = atomic_load(end);
    while (seen < (uint64_t)at_ms && !atomic_compare_exchange_weak(end, &seen, (uint64_t)at_ms))
        ;
}

void used_forget_ends(struct used *u)
{
    for (size_t i = 0; i < ENDS; i++)
        atomic_store(&u->slots[PARTS * PART_SLOTS + i], 0);
}

bool used_may_have_ended(const struct used *u, struct ident id, int64_t since_ms)
{
    uint64_t at = atomic_load(end_of(u, id));
    return at != 0 && at + USED_END_MS > (uint64_t)since_ms;
}
