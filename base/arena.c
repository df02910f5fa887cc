#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

enum { BLOCK_SIZE = 16 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t n, size, touched; /* handed out; in all; from here on malloc's bytes, between N and here zero */
    alignas(max_align_t) uint8_t bytes[];
};

struct arena_defer {
    struct arena_defer *next;
    void (*fn)(void *);
    void *what;
};

void arena_open(struct arena *a, size_t ceiling)
{
    *a = (struct arena){.ceiling = ceiling};
}

static void run_defers(struct arena *a)
{
    for (struct arena_defer *d = a->defers; d; d = d->next)
        d->fn(d->what);
    a->defers = NULL;
}

void arena_close(struct arena *a)
{
    run_defers(a);
    for (struct arena_block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        wipe(b->bytes, b->n);
        free(b);
    }
    a->blocks = NULL;
    a->used = 0;
}

void arena_reset(struct arena *a)
{
    run_defers(a);
    struct arena_block *kept = NULL;
    for (struct arena_block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        wipe(b->bytes, b->n);
        if (!kept && b->size == BLOCK_SIZE) {
            kept = b;
            continue;
        }
        free(b);
    }
    if (kept) {
        kept->next = NULL;
        kept->n = 0;
    }
    a->blocks = kept;
    a->used = 0;
}

static struct arena_block *block_for(struct arena *a, size_t n)
{
    struct arena_block *b = a->blocks;
    if (b && b->size - b->n >= n)
        return b;
    size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
    b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    *b = (struct arena_block){.next = a->blocks, .size = size};
    a->blocks = b;
    return b;
}

static size_t aligned(size_t n)
{
    const size_t align = alignof(max_align_t);
    return n ? (n + align - 1) & ~(align - 1) : align;
}

/* What was wiped after a request need not be cleared for the next one. */
static void *take(struct arena *a, struct arena_block *b, size_t n)
{
    uint8_t *p = b->bytes + b->n;
    size_t end = b->n + n;
    if (end > b->touched) {
        memset(b->bytes + b->touched, 0, end - b->touched);
        b->touched = end;
    }
    b->n = end;
    a->used += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > a->ceiling)
        return NULL;
    n = aligned(n);
    if (a->used + n > a->ceiling)
        return NULL;
    struct arena_block *b = block_for(a, n);
    return b ? take(a, b, n) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(a, count * size);
}

char *arena_text(struct arena *a, struct view v)
{
    if (!v.p)
        return NULL;
    char *s = v.n < SIZE_MAX ? arena_alloc(a, v.n + 1) : NULL;
    if (s && v.n)
        memcpy(s, v.p, v.n);
    return s;
}

struct view arena_copy(struct arena *a, struct view v)
{
    char *s = arena_text(a, v);
    return s ? view_bytes(s, v.n) : VIEW_NONE;
}

/* Written into the room that is there, which is mostly enough; if not, nothing of it stays behind. */
__attribute__((format(printf, 3, 0))) static char *print_in_place(struct arena *a, int *n, const char *format,
                                                                  va_list args)
{
    struct arena_block *b = a->blocks;
    size_t room = b ? b->size - b->n : 0;
    char *s = b ? (char *)b->bytes + b->n : NULL;
    *n = vsnprintf(s, room, format, args);
    if (*n >= 0 && (size_t)*n < room && aligned((size_t)*n + 1) <= a->ceiling - a->used) {
        size_t end = b->n + aligned((size_t)*n + 1);
        memset(s + *n + 1, 0, end - b->n - (size_t)*n - 1);
        b->touched = end > b->touched ? end : b->touched;
        a->used += end - b->n;
        b->n = end;
        return s;
    }
    wipe(s, room);
    if (b)
        b->touched = b->size;
    return NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    int n;
    va_start(args, format);
    va_copy(again, args);
    char *s = print_in_place(a, &n, format, args);
    if (!s && n >= 0) {
        s = arena_alloc(a, (size_t)n + 1);
        if (s)
            vsnprintf(s, (size_t)n + 1, format, again);
    }
    va_end(again);
    va_end(args);
    return s;
}

bool arena_on_close(struct arena *a, void (*fn)(void *), void *what)
{
    struct arena_defer *d = arena_alloc(a, sizeof *d);
    if (!d) {
        fn(what);
        return false;
    }
    *d = (struct arena_defer){.next = a->defers, .fn = fn, .what = what};
    a->defers = d;
    return true;
}
