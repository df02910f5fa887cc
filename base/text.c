#include "base/text.h"

#include <stdio.h>

#include "base/scan.h"

/* Length of the well-formed UTF-8 sequence at P (RFC 3629 section 4), 0 if there is none. */
static size_t sequence(const uint8_t *p, size_t n)
{
    uint8_t a = p[0], low = 0x80, high = 0xBF;
    size_t len;
    if (a < 0x80)
        return a ? 1 : 0;
    if (a >= 0xC2 && a <= 0xDF)
        len = 2;
    else if (a >= 0xE0 && a <= 0xEF)
        len = 3;
    else if (a >= 0xF0 && a <= 0xF4)
        len = 4;
    else
        return 0;
    if (n < len)
        return 0;
    if (a == 0xE0)
        low = 0xA0; /* no overlong form */
    if (a == 0xED)
        high = 0x9F; /* no surrogate */
    if (a == 0xF0)
        low = 0x90;
    if (a == 0xF4)
        high = 0x8F; /* nothing above U+10FFFF */
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return len;
}

/* Eight bytes that are all ASCII and not NUL: no top bit is set, nor by taking one off each. */
static bool is_ascii_word(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return (((x - UINT64_C(0x0101010101010101)) | x) & UINT64_C(0x8080808080808080)) == 0;
}

bool text_is_utf8(struct view v)
{
    for (size_t i = 0, len; i < v.n; i += len) {
        len = 8;
        if (v.n - i >= len && is_ascii_word(v.p + i))
            continue;
        len = v.p[i] - 1U < 0x7F ? 1 : sequence(v.p + i, v.n - i);
        if (len == 0)
            return false;
    }
    return true;
}

static uint32_t code_point(const uint8_t *p, size_t len)
{
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3F);
    return c;
}

bool text_is_plain(struct view v)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {{0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x200B, 0x200F},
                  {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
    for (size_t i = 0, len; i < v.n; i += len) {
        len = sequence(v.p + i, v.n - i);
        if (len == 0)
            return false;
        uint32_t c = code_point(v.p + i, len);
        for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++)
            if (c >= hidden[k].first && c <= hidden[k].last)
                return false;
    }
    return true;
}

static scan_block not_printable(scan_block x)
{
    return (x < 0x20) | (x > 0x7E);
}

bool text_is_printable(struct view v)
{
    return scan_passes(v, not_printable);
}

static scan_block not_visible(scan_block x)
{
    return (x < 0x21) | (x > 0x7E);
}

bool text_is_visible(struct view v)
{
    return scan_passes(v, not_visible);
}

/* A byte of a table for each, since a code is looked through whenever it comes or goes. */
/* clang-format off */
static const uint8_t unreserved[256] = {
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1,
    ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1,
    ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1,
    ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1,
    ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
    ['y'] = 1, ['z'] = 1, ['-'] = 1, ['.'] = 1, ['_'] = 1, ['~'] = 1};
/* clang-format on */

static scan_block reserved(scan_block x)
{
    return ((x | 0x20) - 'a' >= 26) & (x - '0' >= 10) & (x != '-') & (x != '.') & (x != '_') & (x != '~');
}

size_t text_unreserved(struct view v)
{
    if (scan_passes(v, reserved))
        return v.n;
    const uint8_t *p = v.p, *end = v.p + v.n;
    while (p < end && unreserved[*p])
        p++;
    return (size_t)(p - v.p);
}

size_t text_count(struct view v)
{
    size_t count = 0;
    for (size_t i = 0; i < v.n; i++)
        count += (v.p[i] & 0xC0) != 0x80;
    return count;
}

size_t text_leading_int(struct view v, int64_t *out)
{
    uint64_t u = 0;
    size_t n = 0;
    for (unsigned digit; n < v.n && (digit = v.p[n] - (unsigned)'0') <= 9; n++)
        u = u * 10 + digit;
    /* 19 digits fit into 64 bits; with more, U is anything */
    if (n > 19 || u > INT64_MAX || (n > 1 && v.p[0] == '0'))
        return 0;
    *out = (int64_t)u;
    return n;
}

bool text_to_int(struct view v, int64_t *out)
{
    int64_t number;
    if (v.n == 0 || text_leading_int(v, &number) != v.n)
        return false;
    *out = number;
    return true;
}

bool text_next_word(struct view *rest, struct view *word)
{
    while (view_next(rest, ' ', word))
        if (word->n > 0)
            return true;
    return false;
}

bool text_has_word(struct view list, struct view word)
{
    struct view piece;
    while (word.n && list.n >= word.n && view_next(&list, ' ', &piece))
        if (piece.n == word.n && memcmp(piece.p, word.p, word.n) == 0)
            return true;
    return false;
}
