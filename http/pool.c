#include "http/pool.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local struct pool found;
static _Thread_local bool looking;
static _Thread_local long alive;

void pool_look_out(void)
{
    looking = true;
    found = (struct pool){0};
}

struct pool pool_found(void)
{
    looking = false;
    return found;
}

long pool_alive(void)
{
    return alive;
}

#if POOL_FINDS
static _Thread_local size_t size; /* of the blocks; they are all alike */

/* These two take the place of the C library's for the libraries of this program, and do what those do. libmicrohttpd
 * tells nobody where the block of a connection is; it asks for it here. */
__attribute__((visibility("default"))) void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    void *p = (void *)(uintptr_t)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
    if (looking && p != MAP_FAILED && flags & MAP_ANONYMOUS && protection & PROT_WRITE && n > POOL_MAPPED) {
        found = (struct pool){p, n};
        looking = false;
        size = n;
        alive++;
    }
    return p;
}

__attribute__((visibility("default"))) int munmap(void *at, size_t n)
{
    alive -= n == size;
    return (int)syscall(SYS_munmap, at, n);
}
#endif

static bool is_empty(const uint8_t *page, size_t n)
{
    const uint64_t *word = (const uint64_t *)(const void *)page;
    for (size_t i = 0; i < n / sizeof *word; i++)
        if (word[i])
            return false;
    return true;
}

void pool_slim(const struct pool *pool)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t at = 0;
    while (pool->p && at < pool->n) {
        size_t from = at;
        while (at + page <= pool->n && is_empty(pool->p + at, page))
            at += page;
        if (at > from)
            madvise(pool->p + from, at - from, MADV_DONTNEED); /* advice: nothing is lost if it is not taken */
        at += page;
    }
}
