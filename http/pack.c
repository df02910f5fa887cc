#include "http/pack.h"

#include "http/pool.h"

#if POOL_FINDS
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"

#define ROOM   8192       /* for one session; a multiple of a page */
#define WORDS  (ROOM / 8) /* ... of 64 bits */
#define PLACES 65536      /* what finds none here lies where GnuTLS would put it, and is never packed */
#define MORE   256        /* places that are made usable together */
#define END    ((size_t)PLACES * ROOM)

struct packed {
    uint64_t used[WORDS / 64]; /* which words are not zero */
    size_t n;                  /* how many are */
    uint64_t words[];
};

struct place {
    struct packed *packed; /* only touched by the thread that uses the session */
    uint32_t next_free;    /* 0: none */
};

/* One for the process, as the two functions by which GnuTLS takes memory are. */
static struct {
    _Atomic(uint8_t *) base; /* NULL: there is none; never changes otherwise */
    pthread_mutex_t lock;
    uint32_t n, usable; /* places that were in use once, that may be */
    uint32_t free;      /* the first that is free again, counted from 1 */
    struct place places[PLACES];
    _Atomic unsigned n_packed;
} shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct place *place_of(const void *session)
{
    uintptr_t base = (uintptr_t)atomic_load_explicit(&shelf.base, memory_order_acquire);
    uintptr_t offset = (uintptr_t)session - base;
    return base && offset < END && offset % ROOM == 0 ? &shelf.places[offset / ROOM] : NULL;
}

/* --- places ------------------------------------------------------------------------------------------------------- */

static bool make_more(void)
{
    if (shelf.usable == PLACES ||
        mprotect(shelf.base + (size_t)shelf.usable * ROOM, (size_t)MORE * ROOM, PROT_READ | PROT_WRITE) != 0)
        return false;
    shelf.usable += MORE;
    return true;
}

/* All zeros. NULL: there is no place. */
static void *place_take(void)
{
    uint8_t *at = NULL;
    INSIST(pthread_mutex_lock(&shelf.lock) == 0);
    if (shelf.free) {
        at = shelf.base + (size_t)(shelf.free - 1) * ROOM;
        shelf.free = shelf.places[shelf.free - 1].next_free;
    } else if (shelf.n < shelf.usable || make_more()) {
        at = shelf.base + (size_t)shelf.n++ * ROOM;
    }
    pthread_mutex_unlock(&shelf.lock);
    return at;
}

static void place_give_back(struct place *place, void *at)
{
    INSIST(!place->packed); /* gnutls_deinit has put it back */
    if (madvise(at, ROOM, MADV_DONTNEED) != 0)
        wipe(at, ROOM);
    INSIST(pthread_mutex_lock(&shelf.lock) == 0);
    place->next_free = shelf.free;
    shelf.free = (uint32_t)(place - shelf.places) + 1;
    pthread_mutex_unlock(&shelf.lock);
}

/* --- how GnuTLS takes memory -------------------------------------------------------------------------------------- */

static _Thread_local bool making; /* the next piece of the size of a session is one */

static void *take(size_t n, size_t size)
{
    void *at = NULL;
    if (making && n == 1 && size > ROOM / 2 && size <= ROOM) {
        making = false;
        at = place_take();
    }
    return at ? at : calloc(n, size);
}

static void give_back(void *p)
{
    struct place *place = place_of(p);
    if (place)
        place_give_back(place, p);
    else
        free(p);
}

static void shelf_open(void)
{
    if (ROOM % sysconf(_SC_PAGESIZE) != 0) /* two sessions would share a page */
        return;
    void *base = mmap(NULL, END, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return;
    madvise(base, END, MADV_NOHUGEPAGE); /* 2 MiB would stay for the sake of one session */
    atomic_store_explicit(&shelf.base, base, memory_order_release);
    gnutls_calloc = take;
    gnutls_free = give_back;
}

void pack_make(bool begin)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    INSIST(pthread_once(&once, shelf_open) == 0);
    making = begin;
}

/* --- packing ------------------------------------------------------------------------------------------------------ */

static struct packed *fold(const uint64_t *words)
{
    size_t n = 0;
    for (size_t i = 0; i < WORDS; i++)
        n += words[i] != 0;
    struct packed *p = calloc(1, sizeof *p + n * sizeof *words);
    if (!p)
        return NULL;
    for (size_t i = 0; i < WORDS; i++)
        if (words[i]) {
            p->used[i / 64] |= UINT64_C(1) << i % 64;
            p->words[p->n++] = words[i];
        }
    return p;
}

static void drop(struct packed *p)
{
    wipe(p, sizeof *p + p->n * sizeof *p->words); /* the keys of a connection are among them */
    free(p);
}

void pack_session(void *session)
{
    struct place *place = place_of(session);
    struct packed *p = place && !place->packed ? fold(session) : NULL;
    if (!p)
        return;
    if (madvise(session, ROOM, MADV_DONTNEED) != 0) { /* locked pages, for one: it stays as it is */
        drop(p);
        return;
    }
    place->packed = p;
    atomic_fetch_add_explicit(&shelf.n_packed, 1, memory_order_relaxed);
}

void pack_put_back(void *session)
{
    struct place *place = place_of(session);
    struct packed *p = place ? place->packed : NULL;
    uint64_t *words = session;
    if (!p)
        return;
    for (size_t i = 0, k = 0; i < WORDS; i++)
        if (p->used[i / 64] >> i % 64 & 1)
            words[i] = p->words[k++];
    place->packed = NULL;
    drop(p);
    atomic_fetch_sub_explicit(&shelf.n_packed, 1, memory_order_relaxed);
}

bool pack_is_packed(const void *session)
{
    struct place *place = place_of(session);
    return place && place->packed;
}

unsigned pack_count(void)
{
    return atomic_load_explicit(&shelf.n_packed, memory_order_relaxed);
}

#else

void pack_make(bool begin)
{
    (void)begin;
}

void pack_put_back(void *session)
{
    (void)session;
}

void pack_session(void *session)
{
    (void)session;
}

bool pack_is_packed(const void *session)
{
    (void)session;
    return false;
}

unsigned pack_count(void)
{
    return 0;
}
#endif
