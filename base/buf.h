/* buf: bytes being written. Grows up to a limit; a failure sticks, so a writer writes on and asks once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

struct buf {
    uint8_t *p;
    size_t n, size, limit;
    struct arena *arena; /* NULL: heap */
    enum err err;        /* the first failure */
};

/* A buffer of at most LIMIT bytes. ARENA NULL: heap, and buf_close is needed; otherwise the arena owns the bytes. */
void buf_open(struct buf *b, struct arena *arena, size_t limit);
void buf_close(struct buf *b); /* wipes and frees; for arena buffers a no-op that empties */

/* Makes room for N more bytes and one NUL; false after a failure. */
bool buf_grow(struct buf *b, size_t n);

/* Room for N bytes to be written directly; NULL after a failure. What is allocated is never more than the limit and one
 * NUL, so room that is there may be used. */
static inline uint8_t *buf_room(struct buf *b, size_t n)
{
    if ((b->err || n >= b->size - b->n) && !buf_grow(b, n))
        return NULL;
    uint8_t *p = b->p + b->n;
    b->n += n;
    return p;
}

static inline void buf_put(struct buf *b, struct view v)
{
    uint8_t *p = buf_room(b, v.n);
    if (p && v.n)
        memcpy(p, v.p, v.n);
}

static inline void buf_put_text(struct buf *b, const char *s)
{
    buf_put(b, view_text(s));
}

static inline void buf_put_byte(struct buf *b, uint8_t byte)
{
    uint8_t *p = buf_room(b, 1);
    if (p)
        *p = byte;
}

void buf_put_u16(struct buf *b, uint16_t v); /* big endian */
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_int(struct buf *b, int64_t v); /* decimal */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was written; valid until the next put or close. ERR_LIMIT or ERR_MEMORY if any put failed. */
enum err buf_done(const struct buf *b, struct view *out) MUST_CHECK;
/* The same with a NUL behind it, as a C string. */
enum err buf_done_text(struct buf *b, const char **out) MUST_CHECK;

#endif
