#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

enum { FIRST_SIZE = 256 };

void buf_open(struct buf *b, struct arena *arena, size_t limit)
{
    *b = (struct buf){.limit = limit, .arena = arena};
}

void buf_close(struct buf *b)
{
    if (b->p && !b->arena) {
        wipe(b->p, b->size);
        free(b->p);
    }
    *b = (struct buf){.limit = b->limit, .arena = b->arena};
}

bool buf_grow(struct buf *b, size_t n)
{
    if (b->err)
        return false;
    if (n > b->limit || b->n > b->limit - n) {
        b->err = ERR_LIMIT;
        return false;
    }
    size_t need = b->n + n + 1;
    if (need <= b->size)
        return true;
    size_t size = b->size ? b->size * 2 : FIRST_SIZE;
    if (size < need)
        size = need;
    if (size - 1 > b->limit)
        size = b->limit + 1; /* NEED is not more */
    uint8_t *p = b->arena ? arena_alloc(b->arena, size) : malloc(size);
    if (!p) {
        b->err = ERR_MEMORY;
        return false;
    }
    if (b->n)
        memcpy(p, b->p, b->n);
    if (b->p && !b->arena) {
        wipe(b->p, b->size);
        free(b->p);
    }
    b->p = p;
    b->size = size;
    return true;
}

static void put_big_endian(struct buf *b, uint64_t v, size_t bytes)
{
    uint8_t *p = buf_room(b, bytes);
    for (size_t i = 0; p && i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

void buf_put_u16(struct buf *b, uint16_t v)
{
    put_big_endian(b, v, 2);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
    put_big_endian(b, v, 4);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
    put_big_endian(b, v, 8);
}

void buf_put_int(struct buf *b, int64_t v)
{
    uint8_t digits[20];
    size_t n = 0;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        digits[sizeof digits - ++n] = (uint8_t)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        buf_put_byte(b, '-');
    buf_put(b, view_bytes(digits + sizeof digits - n, n));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    /* into the room that is there, which is mostly enough */
    size_t room = b->err ? 0 : b->size - b->n;
    int n = vsnprintf(room ? (char *)b->p + b->n : NULL, room, format, args);
    if (n < 0)
        b->err = b->err ? b->err : ERR_SYNTAX;
    else if ((size_t)n < room)
        b->n += (size_t)n;
    else if (buf_grow(b, (size_t)n)) { /* leaves room for vsnprintf's NUL */
        vsnprintf((char *)b->p + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

enum err buf_done(const struct buf *b, struct view *out)
{
    *out = b->err ? VIEW_NONE : view_bytes(b->p ? b->p : (const uint8_t *)"", b->n);
    return b->err;
}

enum err buf_done_text(struct buf *b, const char **out)
{
    *out = NULL;
    if (!buf_grow(b, 0))
        return b->err;
    b->p[b->n] = 0;
    *out = (const char *)b->p;
    return ERR_OK;
}
