#include "base/hex.h"

static const char digits[] = "0123456789abcdef";

void hex_put(struct buf *out, struct view v)
{
    uint8_t *p = buf_room(out, v.n * 2);
    for (size_t i = 0; p && i < v.n; i++) {
        p[2 * i] = (uint8_t)digits[v.p[i] >> 4];
        p[2 * i + 1] = (uint8_t)digits[v.p[i] & 15];
    }
}

char *hex_text(struct arena *a, struct view v)
{
    struct buf b;
    const char *text;
    buf_open(&b, a, v.n * 2);
    hex_put(&b, v);
    return buf_done_text(&b, &text) == ERR_OK ? (char *)b.p : NULL;
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err hex_read(struct arena *a, struct view text, struct view *out)
{
    if (!text.p || text.n % 2)
        return ERR_SYNTAX;
    uint8_t *p = arena_alloc(a, text.n / 2);
    if (!p)
        return ERR_MEMORY;
    for (size_t i = 0; i < text.n / 2; i++) {
        int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERR_SYNTAX;
        p[i] = (uint8_t)(high << 4 | low);
    }
    *out = view_bytes(p, text.n / 2);
    return ERR_OK;
}
