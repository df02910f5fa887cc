#include "base/secret.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>

/* explicit_bzero(3) is not left out by the compiler either, and clears as fast as memset: arenas are wiped after every
 * request. */
void wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}

enum err secret_set(struct secret *s, struct view v)
{
    secret_wipe(s);
    if (v.n > SECRET_MAX)
        return ERR_LIMIT;
    if (v.n)
        memcpy(s->b, v.p, v.n);
    s->n = v.n;
    return ERR_OK;
}

void secret_wipe(struct secret *s)
{
    wipe(s, sizeof *s);
}

struct view secret_view(const struct secret *s)
{
    return view_bytes(s->b, s->n);
}

bool secret_equal(struct view a, struct view b)
{
    return a.p && b.p && a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

void *secret_lock_alloc(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (mlock(p, n) != 0 || madvise(p, n, MADV_DONTDUMP) != 0) {
        munmap(p, n);
        return NULL;
    }
    return p;
}

void secret_lock_free(void *p, size_t n)
{
    if (!p)
        return;
    wipe(p, n);
    munlock(p, n);
    munmap(p, n);
}
