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

/* The four bits of a digit, with a mark; 0 for any other byte. */
enum { YES = 0x10 };
static const uint8_t nibbles[256] = {
    ['0'] = YES | 0,  ['1'] = YES | 1,  ['2'] = YES | 2,  ['3'] = YES | 3,  ['4'] = YES | 4,  ['5'] = YES | 5,
    ['6'] = YES | 6,  ['7'] = YES | 7,  ['8'] = YES | 8,  ['9'] = YES | 9,  ['a'] = YES | 10, ['b'] = YES | 11,
    ['c'] = YES | 12, ['d'] = YES | 13, ['e'] = YES | 14, ['f'] = YES | 15, ['A'] = YES | 10, ['B'] = YES | 11,
    ['C'] = YES | 12, ['D'] = YES | 13, ['E'] = YES | 14, ['F'] = YES | 15};

enum err hex_read_into(uint8_t *to, size_t n, struct view text)
{
    if (!text.p || text.n % 2 || text.n / 2 != n)
        return ERR_SYNTAX;
    uint8_t marks = YES;
    for (size_t i = 0; i < n; i++) {
        uint8_t high = nibbles[text.p[2 * i]], low = nibbles[text.p[2 * i + 1]];
        marks &= high & low;
        to[i] = (uint8_t)(high << 4 | (low & 0xF));
    }
    return marks ? ERR_OK : ERR_SYNTAX;
}

enum err hex_read(struct arena *a, struct view text, struct view *out)
{
    if (!text.p || text.n % 2)
        return ERR_SYNTAX;
    uint8_t *p = arena_alloc(a, text.n / 2);
    if (!p)
        return ERR_MEMORY;
    enum err err = hex_read_into(p, text.n / 2, text);
    if (!err)
        *out = view_bytes(p, text.n / 2);
    return err;
}
